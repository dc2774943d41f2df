"""Residents: say it, follow it by a code, see who looked, answer whether it was solved. No account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.documents import services as documents
from huying.domains.documents.vocabulary import Origin
from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.matters import queries, services
from huying.domains.matters.models import Matter, Reply
from huying.domains.matters.pages import reading
from huying.domains.matters.pages.words import action_words
from huying.domains.matters.vocabulary import (
    CONFIDENTIALITY_WORDS,
    KIND_WORDS,
    SATISFIED_WORDS,
    SOLVED_WORDS,
    STATE_WORDS,
    Channel,
    Confidentiality,
    Kind,
    ReviewState,
    Satisfied,
    Solved,
    State,
)
from huying.domains.matters.workflow import MATTER
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import HuyingError, NotFound, TooMany
from huying.kernel.words import Words, words

FOLLOWED = "followed_matter"
FOLLOWED_S = 30 * 60
# What of the log a resident reads, in plain words; work between offices that names no step of theirs is left out.
PUBLIC: dict[str, Words] = {
    "register": words("已收到，并登记编号", "received and given a number"),
    "dispatch": words("已派给承办单位", "sent to the unit that answers"),
    "designate": words("已指定承办单位", "a unit has been designated"),
    "receive": words("承办单位已签收", "the unit has received it"),
    "contact": words("承办单位与您联系", "the unit contacted you"),
    "approve_extension": words("批准延长办理时间", "more time has been granted"),
    "suspend": words("暂停计时", "the clock is paused"),
    "resume": words("恢复计时", "the clock runs on"),
    "approve_reply": words("答复已审核，请看答复", "the reply is ready to read"),
    "return_reply": words("答复没有通过审核，退回重办", "the reply was sent back to be done again"),
    "follow_up": words("已回访", "you were asked how it went"),
    "attempt_follow_up": words("回访没有联系上您", "we could not reach you"),
    "redo": words("退回重办", "sent back to be done again"),
    "close": words("办结", "closed"),
    "reopen": words("重新办理", "opened again"),
    "answer_directly": words("已直接答复", "answered directly"),
    "not_accept": words("不予派单，理由如下", "not dispatched, for this reason"),
    "refer_petition": words("已导入法定程序", "led into its lawful procedure"),
    "withdraw": words("已撤回", "withdrawn"),
    "merge": words("与同一事项合并办理，仍会答复您", "handled with the same matter; you will still be answered"),
    "answer_merged": words("答复已作出", "answered"),
    "comment": words("补充", "added"),
    "supervise": words("已列入督办", "put under supervision"),
    "decide_unreasonable": words("评审结论", "the panel's decision"),
}
ACTS = ("comment", "evaluate", "withdraw", "reopen", "appeal_unreasonable")


class SubmitForm(forms.Form):
    """What a resident is asked: what, where; the rest may stay empty."""

    content = forms.CharField(
        label=gettext_lazy("发生了什么"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=20_000,
        required=False,
        help_text=gettext_lazy("一句话也可以；有照片就不用多写。"),
    )
    photo = forms.FileField(
        label=gettext_lazy("照片"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
        help_text=gettext_lazy("照片里的拍摄位置等信息会去掉。"),
    )
    township = forms.ChoiceField(label=gettext_lazy("在哪个乡镇、街道"))
    place = forms.CharField(
        label=gettext_lazy("具体地点"), required=False, max_length=200, help_text=gettext_lazy("例如：大猷街菜市场北门")
    )
    kind = forms.ChoiceField(label=gettext_lazy("您想要"), required=False, initial=Kind.HELP)
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("您的身份"),
        widget=forms.RadioSelect,
        initial=Confidentiality.OPEN,
        help_text=gettext_lazy("隐名：承办单位不知道您是谁，由中心转达。匿名：只凭查询码查看结果。"),
    )
    name = forms.CharField(label=gettext_lazy("怎么称呼您"), required=False, max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("电话"), required=False, max_length=32, help_text=gettext_lazy("只用来答复您这一件事。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["content"].either = self.fields["photo"].either = True  # type: ignore[attr-defined]
        known = territory.tree()
        grouped: dict[str, list[tuple[str, str]]] = {}
        for code in known.at_level(Level.TOWNSHIP):
            grouped.setdefault(known[known.parent(code)].name, []).append((code, known[code].name))
        for name, choices in (
            ("township", [("", _("请选择")), *grouped.items()]),
            ("kind", [(kind.value, str(said)) for kind, said in KIND_WORDS.items() if kind is not Kind.PETITION]),
            ("confidentiality", [(value.value, str(said)) for value, said in CONFIDENTIALITY_WORDS.items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["phone"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not str(given.get("content", "")).strip() and not given.get("photo"):
            self.add_error("content", _("请写一句话，或拍一张照片。"))
        return given


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """Say it. The answer is the number and the code, told once and printable."""
    first = {"content": request.GET.get("content", "")[:2000]}
    form = SubmitForm(request.POST or None, request.FILES or None, initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        anonymous = given["confidentiality"] == Confidentiality.ANONYMOUS
        reporter = vault.Identity(name=given["name"], phone=given["phone"])
        try:
            with transaction.atomic():  # a photo that is refused leaves no half matter
                done = services.register(
                    actor=Actor.public(Channel.WEB),
                    channel=Channel.WEB,
                    kind=Kind(given["kind"] or Kind.HELP),
                    content=given["content"].strip() or _("（见照片）"),
                    division=given["township"],
                    place=given["place"],
                    confidentiality=Confidentiality(given["confidentiality"]),
                    reporter=reporter if reporter and not anonymous else None,
                )
                attach(Actor.public(Channel.WEB), given.get("photo"), done.matter, Origin.REPORTER)
        except HuyingError as error:
            for name, text in error.fields.items():
                form.add_error(name if name in form.fields else None, text)
            form.add_error(None, f"{error.message}{error.cure}")
            return render(request, "matters/submit.html", {"form": form}, status=error.status)
        answer = render(request, "matters/submitted.html", {"matter": done.matter, "code": done.query_code})
        answer["Cache-Control"] = "no-store"
        return answer
    return render(request, "matters/submit.html", {"form": form}, status=422 if form.is_bound else 200)


def attach(actor: Actor, photo: Any, matter: Matter, origin: Origin) -> None:
    """Keep the photo with the matter; documents looks at what it really is and takes its metadata out."""
    if photo:
        file = documents.NewFile(name=photo.name or "", content=photo.read())
        documents.attach(actor=actor, kind="matter", record_id=matter.pk, files=[file], origin=origin)


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
                found = queries.by_code(number, code)
                request.session[FOLLOWED] = {"id": found.pk, "at": clock.now().timestamp()}
                return HttpResponseRedirect(reverse("matters_mine"))
            except HuyingError as error:
                form.add_error(None, error.one_line())
                status = error.status if isinstance(error, TooMany) else 422
    return render(request, "matters/follow.html", {"form": form}, status=status)


def _followed(request: HttpRequest) -> Matter:
    held = request.session.get(FOLLOWED) or {}
    if not held or clock.now().timestamp() - held.get("at", 0) > FOLLOWED_S:
        raise NotFound(_("请先用编号和查询码打开您的事项。"), cure=_("查询码在登记时给过您一次。"))
    found = Matter.objects.everything("opened by its query code").filter(pk=held["id"]).first()
    if found is None:
        raise NotFound(_("没有这个事项。"))
    return found


def _resident(matter: Matter) -> Actor:
    return Actor.public(Channel.WEB, public_key=f"matter:{matter.pk}")


@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The story in plain words, the reply, what comes next, who looked at the identity, and what one may do."""
    try:
        matter = _followed(request)
    except NotFound:
        return HttpResponseRedirect(reverse("matters_follow"))
    return render(request, "matters/mine.html", _mine(matter))


def _mine(matter: Matter) -> dict[str, Any]:
    told = []
    for entry in audit.history("matter", matter.pk):
        if entry.action not in PUBLIC:
            continue
        if entry.action == "comment" and entry.actor_kind != "public":
            continue
        why = (
            entry.reason
            if entry.action in ("not_accept", "refer_petition", "decide_unreasonable", "approve_extension")
            else ""
        )
        text = str(entry.payload.get("text", "")) if entry.action in ("comment", "answer_directly") else ""
        told.append(reading.Told(at=entry.at, who="", what=PUBLIC[entry.action], why=why, text=text))
    reply = (
        Reply.objects.filter(matter_id=matter.merged_into_id or matter.pk, review=ReviewState.APPROVED)
        .order_by("-at")
        .first()
    )
    public = [row.action for row in MATTER.transitions if row.public and matter.state in row.sources]
    return {
        "matter": matter,
        "state": STATE_WORDS[State(matter.state)],
        "said": NEXT_STEP.get(matter.state, ""),
        "story": told[::-1],
        "reply": reply,
        "looks": vault_read.looks("matter", matter.pk),
        "can": [action for action in ACTS if action in public],
        "solved": [(value.value, str(said)) for value, said in SOLVED_WORDS.items() if value in ASKED_SOLVED],
        "satisfied": [(value.value, str(said)) for value, said in SATISFIED_WORDS.items() if value in ASKED_SATISFIED],
    }


ASKED_SOLVED = (Solved.YES, Solved.PARTLY, Solved.NO)
ASKED_SATISFIED = (Satisfied.YES, Satisfied.FAIRLY, Satisfied.NO)
NEXT_STEP: dict[str, Words] = {
    State.SORTING: words(
        "接下来：工作人员判断属于哪一类信访事项，再进入办理。",
        "Next: it is sorted into its kind of petition.",
    ),
    State.REGISTERED: words(
        "接下来：派给负责的单位。",
        "Next: it is sent to the unit that answers for it.",
    ),
    State.DISPATCHED: words(
        "接下来：承办单位签收并联系您。",
        "Next: the unit receives it and contacts you.",
    ),
    State.OBJECTED: words(
        "接下来：重新确定由哪个单位办，不用您再说一遍。",
        "Next: the right unit is decided; you need not tell it again.",
    ),
    State.IN_HAND: words(
        "接下来：承办单位在期限内答复您。",
        "Next: the unit answers you within the limit.",
    ),
    State.SUSPENDED: words(
        "现在暂停计时，原因在下面；恢复后继续办理。",
        "The clock is paused for the reason below.",
    ),
    State.REPLIED: words(
        "接下来：答复先审核，通过后您就能看到。",
        "Next: the reply is reviewed, then you can read it.",
    ),
    State.REVIEWED: words(
        "接下来：由没有经办的人回访您，问问题解决没有、满不满意。",
        "Next: someone who did not handle it asks how it went.",
    ),
    State.FOLLOWED_UP: words(
        "接下来：办结，或退回重办。",
        "Next: it is closed, or sent back to be done again.",
    ),
    State.CLOSED: words(
        "已办结。期限内问题没解决的，可以申请重新办理。",
        "Closed. If it is not solved you may ask for it to be reopened.",
    ),
    State.NOT_ACCEPTED: words(
        "没有派单，理由和其他途径在下面。",
        "It was not dispatched; the reason and other ways are below.",
    ),
    State.MERGED: words(
        "与同一事项合并办理，办好后一样答复您。",
        "Handled together with the same matter; you will be answered too.",
    ),
}


@never_cache
@require_POST
def act(request: HttpRequest, action: str) -> HttpResponse:
    """What a resident may do with their own matter: add, rate, withdraw, ask to reopen, appeal."""
    matter = _followed(request)
    if action not in ACTS:
        raise NotFound(_("没有这个动作。"))
    said = request.POST.get("text", "").strip()[:4000]
    values: dict[str, Any] = {"reason": said}
    if action == "comment":
        values = {"text": said}
    elif action == "evaluate":
        values = {
            "solved": _answer(Solved, request.POST.get("solved", "")),
            "satisfied": _answer(Satisfied, request.POST.get("satisfied", "")),
            "said": said,
        }
    try:
        getattr(services, action)(actor=_resident(matter), matter_id=matter.pk, **values)
    except HuyingError as error:
        context = _mine(matter) | {"error": error, "failed": action, "typed": said}
        return render(request, "matters/mine.html", context, status=error.status)
    messages.success(request, _("已记下：%(act)s。") % {"act": PUBLIC.get(action) or action_words(action)})
    return HttpResponseRedirect(reverse("matters_mine"))


def _answer(kind: type[Solved] | type[Satisfied], value: str) -> Solved | Satisfied | None:
    try:
        return kind(value)
    except ValueError:
        return None


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close one's matter on a borrowed phone."""
    request.session.pop(FOLLOWED, None)
    return HttpResponseRedirect(reverse("matters_follow"))
