"""Who acts in a request: the account's session must run, its password be its own, a post be chosen; then `request.actor` is set.

Anything short of that leaves `request.actor` None, and every guarded page refuses (kernel.pages.staff).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from huying.domains.organizations import queries, services
from huying.kernel.actors import ADMINISTRATORS, Role
from huying.kernel.errors import Forbidden
from huying.kernel.http.errors import answer, wants_json
from huying.web.signin.second_factor import has_second_factor

STAFF_PATHS = ("/desk/", "/field/", "/wall/", "/api/")
# Sent by what a page asks of its own accord: an unattended desk must still fall idle. Leaving it out gains nothing else.
BY_ITSELF = "X-Huying-By-Itself"
# What a page may ask of the machine it runs on: its own position and camera (a photo of a pothole), nothing else.
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()"


def factor_wanted(account: object, roles: frozenset[Role]) -> bool:
    """Whether these roles need a second factor here (HUYING_SECOND_FACTOR: administrators, all or none; never in the demo)."""
    if getattr(account, "is_demo", False) or settings.HUYING_SECOND_FACTOR == "none":
        return False
    return settings.HUYING_SECOND_FACTOR == "all" or not roles.isdisjoint(ADMINISTRATORS)


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = None  # type: ignore[attr-defined]
        response = self._settle(request) or self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if getattr(request, "actor", None) is not None and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def _settle(self, request: HttpRequest) -> HttpResponseBase | None:
        """Set `request.actor`; or the answer to give instead."""
        if not request.session.session_key or request.path.startswith(settings.STATIC_URL):
            return None
        account = request.user
        if not account.is_authenticated:
            return None
        session = services.live_session(
            request.session.session_key,
            idle=timedelta(minutes=settings.HUYING_IDLE_MINUTES),
            longest=timedelta(hours=settings.HUYING_SESSION_HOURS),
            # EventSource can't send a header of its own; a screen that listens is nobody's work.
            by_itself=BY_ITSELF in request.headers or request.headers.get("Accept") == "text/event-stream",
        )
        if session is None:
            logout(request)
            return self._lead(request, "account_login")
        inside = request.path.startswith(STAFF_PATHS)
        if account.must_change_password:
            return self._lead(request, "signin_password") if inside else None
        if session.post_id is None:
            return self._lead(request, "signin_posts") if inside else None
        try:
            actor = queries.actor_for(account, session.post_id)
        except Forbidden:
            return self._lead(request, "signin_posts") if inside else None
        if factor_wanted(account, actor.roles) and not has_second_factor(account):
            return self._lead(request, "mfa_activate_totp") if inside else None
        request.actor = actor  # type: ignore[attr-defined]
        return None

    @staticmethod
    def _lead(request: HttpRequest, name: str) -> HttpResponseBase:
        """To the page that settles it; a program is told in JSON, a fragment takes the whole page along."""
        if wants_json(request):
            return answer(
                request, 401, _("请先登录并选择岗位。"), cure=_("在浏览器中登录后重试。"), code="not_signed_in"
            )
        if request.headers.get("HX-Request") == "true":
            response = HttpResponse(status=204)
            response["HX-Redirect"] = reverse(name)
            return response
        return HttpResponseRedirect(reverse(name))
