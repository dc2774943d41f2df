"""Sign-ins, failures, sign-outs and second factors reach the audit."""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from huying.domains.organizations import queries, services
from huying.kernel import audit
from huying.kernel.actors import Actor

BROWSERS = re.compile(r"(Edg|MicroMessenger|Firefox|Chrome|Safari)/")


def browser_of(request: HttpRequest) -> str:
    """The browser's family, for the list of one's own sessions; the rest of the header isn't kept."""
    found = BROWSERS.search(request.headers.get("User-Agent", ""))
    phone = "手机 " if "Mobile" in request.headers.get("User-Agent", "") else ""
    return phone + {"Edg": "Edge", "MicroMessenger": "微信"}.get(found[1], found[1]) if found else phone.strip()


def person(account: Any) -> Actor:
    """An account that isn't in any post yet: it may only sign in, out and choose."""
    return Actor(kind="staff", label=account.display_name, account_id=account.pk)


def signed_in(sender: object, request: HttpRequest, user: Any, **_more: object) -> None:
    if not request.session.session_key:
        request.session.save()
    services.open_session(
        actor=person(user),
        account_id=user.pk,
        session_key=request.session.session_key or "",
        browser=browser_of(request),
    )
    take_only_post(request, user)


def take_only_post(request: HttpRequest, account: Any) -> queries.PostView | None:
    """Who holds just one post is in it at once; None when there is a choice to make, or a password to change first."""
    held = queries.posts_of(account.pk)
    if len(held) != 1 or account.must_change_password:
        return None
    actor = queries.actor_for(account, held[0])
    services.choose_post(actor=actor, session_key=request.session.session_key or "")
    return held[0]


def signed_out(sender: object, request: HttpRequest, user: Any, **_more: object) -> None:
    key = request.session.session_key
    if user is not None and key:
        services.end_session_of_key(actor=person(user), session_key=key, why="signed_out")


def failed(sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_more: object) -> None:
    """The account is named when it exists; what was typed never is (people type passwords into the wrong field)."""
    account_id = queries.account_id_of(str(credentials.get("username", "")))
    audit.access(Actor.public("signin"), "signin.failed", "account", account_id, result="refused")


def factor_added(sender: object, user: Any, authenticator: Any, **_more: object) -> None:
    services.note_second_factor(actor=person(user), account_id=user.pk, added=True, factor=authenticator.type)


def factor_removed(sender: object, user: Any, authenticator: Any, **_more: object) -> None:
    services.note_second_factor(actor=person(user), account_id=user.pk, added=False, factor=authenticator.type)


def connect() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="signin.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="signin.signed_out")
    user_login_failed.connect(failed, dispatch_uid="signin.failed")
    authenticator_added.connect(factor_added, dispatch_uid="signin.factor_added")
    authenticator_removed.connect(factor_removed, dispatch_uid="signin.factor_removed")
