"""Residents follow what they said: by number and code, see who looked, answer whether it was solved."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.matters.pages import reading
from huying.domains.matters.pages.portal import door
from huying.domains.matters.services.residents import Followed, ReporterAct
from huying.domains.matters.vocabulary import SATISFIED_WORDS, SOLVED_WORDS, TOLD, Satisfied, Solved
from huying.kernel import clock, crypto
from huying.kernel.errors import HuyingError, NotFound, TooMany

FOLLOWED = "followed_matter"
FOLLOWED_S = 30 * 60
# What opens the vault, and an act that goes through the gate, carries the code, which no server keeps: the resident's own
# browser does, sealed.
CODE_COOKIE = "huying_follow"
ASKED_SOLVED = (Solved.YES, Solved.PARTLY, Solved.NO)
ASKED_SATISFIED = (Satisfied.YES, Satisfied.FAIRLY, Satisfied.NO)


class FollowForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("编号"), max_length=40)
    code = forms.CharField(
        label=gettext_lazy("查询码"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


@never_cache
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Number and code open one matter for half an hour in this browser. Wrong ones are counted and locked out."""
    form = FollowForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            number, code = form.cleaned_data["number"].strip().upper(), form.cleaned_data["code"].strip()
            try:
                found = door().open_by_code(number, code)
                if not request.user.is_authenticated:
                    request.session.cycle_key()  # a session planted beforehand opens nothing
                request.session[FOLLOWED] = {"id": found, "at": clock.now().timestamp()}
                return _with_code(HttpResponseRedirect(reverse("matters_mine")), found, code)
            except (NotFound, TooMany):
                # one answer for both: only a number that exists can be locked
                form.add_error(None, _("编号或查询码不对，或因连续输错五次锁定了15分钟。请核对受理回执，或稍后再试。"))
    return render(
        request, "matters/follow.html", {"form": form, "outside": settings.HUYING_ZONE == "outer"}, status=status
    )


def _with_code(response: HttpResponse, found: int, code: str) -> HttpResponse:
    sealed = base64.urlsafe_b64encode(crypto.seal(code.encode(), _bound(found))).decode()
    response.set_cookie(
        CODE_COOKIE,
        sealed,
        max_age=FOLLOWED_S,
        path=reverse("matters_mine"),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def _bound(found: int) -> bytes:
    return f"portal follow:{found}".encode()


def kept_code(request: HttpRequest, found: int) -> str:
    """The code this browser opened the matter with. Raises NotFound when it is gone."""
    try:
        sealed = base64.urlsafe_b64decode(request.COOKIES.get(CODE_COOKIE, ""))
        return crypto.open_(sealed, _bound(found)).decode()
    except (binascii.Error, crypto.Damaged, crypto.KeyLost):
        raise not_open() from None


def not_open() -> NotFound:
    return NotFound(_("请先用编号和查询码打开您的事项。"), cure=_("查询码在登记时给过您一次。"))


def opened_matter(request: HttpRequest) -> int:
    """The id under which this browser opened its matter. Raises NotFound after half an hour."""
    held = request.session.get(FOLLOWED) or {}
    if not held or clock.now().timestamp() - held.get("at", 0) > FOLLOWED_S:
        raise not_open()
    return int(held["id"])


@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The story in plain words, the reply, what comes next, who looked at the identity, and what one may do."""
    try:
        it = door().followed(opened_matter(request))
    except NotFound:
        return HttpResponseRedirect(reverse("matters_follow"))
    return render(request, "matters/mine.html", _mine(it))


def _mine(it: Followed) -> dict[str, Any]:
    lines = it.story.lines if it.story else ()
    return {
        "it": it,
        "outside": settings.HUYING_ZONE == "outer",
        "lines": [reading.Told(at=line.at, who="", what=line.words, text=line.text) for line in reversed(lines)],
        "sent": [(TOLD[sent.action], sent) for sent in it.acts],
        "solved": [(value.value, str(SOLVED_WORDS[value])) for value in ASKED_SOLVED],
        "satisfied": [(value.value, str(SATISFIED_WORDS[value])) for value in ASKED_SATISFIED],
    }


@never_cache
@require_POST
def act(request: HttpRequest, action: str) -> HttpResponse:
    """What a resident may do with their own matter: add, rate, withdraw, ask to reopen, appeal."""
    found = opened_matter(request)
    done = ReporterAct(
        action=action,
        text=request.POST.get("text", "").strip()[:4000],
        solved=request.POST.get("solved", ""),
        satisfied=request.POST.get("satisfied", ""),
    )
    try:
        door().act(found, done, kept_code(request, found) if settings.HUYING_ZONE == "outer" else "")
    except HuyingError as error:
        context = _mine(door().followed(found)) | {"error": error, "failed": action, "typed": done.text}
        return render(request, "matters/mine.html", context, status=error.status)
    said = _("已送出：%(act)s。") if settings.HUYING_ZONE == "outer" else _("已记下：%(act)s。")
    messages.success(request, said % {"act": TOLD[action]})
    return HttpResponseRedirect(reverse("matters_mine"))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close one's matter on a borrowed phone."""
    return closed(request, HttpResponseRedirect(reverse("matters_follow")))


def closed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """`response`, and this browser opens nothing any more."""
    request.session.pop(FOLLOWED, None)
    response.delete_cookie(CODE_COOKIE, path=reverse("matters_mine"))
    return response
