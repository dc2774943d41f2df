"""Who may open a page: the first gate, before a domain's own permissions and scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden

View = Callable[..., HttpResponseBase]


def staff(*roles: Role, administrators: bool = False) -> Callable[[View], View]:
    """The view is for signed-in staff; with `roles`, for posts that hold one of them.

    An administrator of the system reads no business content, so holds no page that isn't marked `administrators=True` or
    names the role. A visitor is led to sign in and back.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = getattr(request, "actor", None)
            if not isinstance(actor, Actor) or actor.kind != "staff":
                return _to_sign_in(request)
            if roles and not actor.has(*roles):
                raise Forbidden(_("这一页不属于您的岗位。"), cure=_("如需办理，请换到相应岗位，或请该岗位的同事处理。"))
            if not roles and not administrators and not actor.reads_business:
                raise Forbidden(_("系统、安全、审计三类管理岗位不看业务内容。"), cure=_("请从左侧导航进入管理页面。"))
            return view(request, *args, **kwargs)

        guarded.roles = roles  # type: ignore[attr-defined]
        return guarded

    return wrap


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        # A fragment can't hold the sign-in page: the whole page goes there.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
        return response
    return redirect_to_login(request.get_full_path())


def only(may: Callable[[Actor], bool]) -> Callable[[View], View]:
    """Of an operation of the API: whoever is signed in and may not is told so before what was sent is read; whoever isn't
    goes on to the sign-in's 401."""

    def wrap(run: View) -> View:
        @wraps(run)
        def guarded(request: HttpRequest, **given: Any) -> HttpResponseBase:
            actor = getattr(request, "actor", None)
            if isinstance(actor, Actor) and not may(actor):
                raise Forbidden(_("这一项不属于您的岗位。"), cure=_("如需办理，请换到相应岗位，或请该岗位的同事处理。"))
            return run(request, **given)

        return guarded

    return wrap


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in actor of a guarded view."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
