"""Pages of signing in: name and password, post, password, own sessions, out."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huying.domains.organizations import queries, services
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages.numbers import whole_number
from huying.web.signin.adapters import home_of
from huying.web.signin.forms import ChangePasswordForm, SignInForm
from huying.web.signin.middleware import factor_wanted
from huying.web.signin.second_factor import has_second_factor
from huying.web.signin.signals import person, take_only_post


class SignIn(LoginView):
    template_name = "signin/sign_in.html"
    form_class = SignInForm

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm


sign_in = SignIn.as_view()


def _next(request: HttpRequest, default: str = "/desk/") -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and safe else default


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("account_login")


@login_required
@require_http_methods(["GET", "POST"])
def posts(request: HttpRequest) -> HttpResponse:
    """Choose the post to act in. One post: it is taken at once, by a form that needs no choice."""
    account: Any = request.user  # an Account: login_required
    if account.must_change_password:
        return redirect("signin_password")
    held = queries.posts_of(account.pk)
    if request.method == "POST":
        wanted = request.POST.get("post", "")
        view = next((one for one in held if str(one.id) == wanted), None)
        if view is None:
            raise InvalidInput(_("您目前不在该岗位任职。"), cure=_("请从列表中选择。"), fields={"post": wanted})
        actor = queries.actor_for(account, view)
        services.choose_post(actor=actor, session_key=request.session.session_key or "")
        if factor_wanted(account, actor.roles) and not has_second_factor(account):
            return redirect("mfa_activate_totp")
        return HttpResponseRedirect(_next(request, home_of(view)))
    current = getattr(request, "actor", None)
    units = queries.units(view.unit_id for view in held)
    choices = [(view, units[view.unit_id], bool(current and current.post_id == view.id)) for view in held]
    context = {"choices": choices, "next": request.GET.get("next", "")}
    return render(request, "signin/posts.html", context, status=200 if held else 403)


@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    account: Any = request.user  # an Account: login_required
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(
                actor=person(account),
                account_id=account.pk,
                old=form.cleaned_data["old"],
                new=form.cleaned_data["password"],
            )
        except HuyingError as fault:
            for name, text in (fault.fields or {"old": fault.message}).items():
                form.add_error(name, text)
        else:
            account.refresh_from_db()
            key = request.session.session_key or ""
            services.end_all_sessions(
                actor=person(account),
                account_id=account.pk,
                why="password",
                keep=key,
            )
            update_session_auth_hash(request, account)
            services.carry_session(old_key=key, new_key=request.session.session_key or "")
            messages.success(request, _("密码已修改，其他设备上的登录已退出。"))
            only = take_only_post(request, account)
            return HttpResponseRedirect(home_of(only) if only else reverse("signin_posts"))
    forced = bool(account.must_change_password)
    return render(request, "signin/password.html", {"form": form, "forced": forced}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """One's own sessions; end one, or all the others."""
    account: Any = request.user  # an Account: login_required
    key = request.session.session_key or ""
    if request.method == "POST":
        if request.POST.get("session") == "all":
            services.end_all_sessions(
                actor=person(account),
                account_id=account.pk,
                why="everywhere",
                keep=key,
            )
        elif (session := whole_number(request.POST.get("session", ""))) is not None:
            services.end_sessions(actor=person(account), session_ids=[session], why="ended")
        return redirect("signin_sessions")
    running = queries.sessions_of(account.pk)
    here = services.session_digest(key)
    return render(request, "signin/sessions.html", {"running": running, "here": here})
