"""A matter's printed forms: who may issue which, and what stands on it. The paper is Chinese whatever the screen speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from huying.domains.documents import services as documents
from huying.domains.documents.vocabulary import FORM_WORDS, Form
from huying.domains.matters.models import Assignment, Matter, Reply, Supervision
from huying.domains.matters.vocabulary import (
    CHANNEL_WORDS,
    CONFIDENTIALITY_WORDS,
    KIND_WORDS,
    OPEN_STATES,
    STATE_WORDS,
    TRIGGER_WORDS,
    Channel,
    Confidentiality,
    Kind,
    Part,
    ReviewState,
    State,
    Trigger,
)
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.domains.territory import queries as territory
from huying.kernel import clock, clocks
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, NotAllowedNow

R = Role
ISSUERS: dict[Form, frozenset[Role]] = {
    Form.TRANSFER: frozenset({R.DISPATCHER, R.SUPERVISOR}),
    Form.RECEIPT: frozenset({R.CALL_TAKER, R.DISPATCHER, R.FOLLOWUP_CLERK}),
    Form.REPLY: frozenset({R.HANDLER, R.UNIT_HEAD, R.FOLLOWUP_CLERK}),
    Form.URGING: frozenset({R.SUPERVISOR, R.DISPATCHER}),
    Form.SUPERVISION: frozenset({R.SUPERVISOR}),
}
OF_LEAD = frozenset({R.HANDLER, R.UNIT_HEAD})
NOW: dict[Form, Callable[[Matter], bool]] = {
    Form.TRANSFER: lambda matter: matter.lead_unit_id is not None and matter.due_at is not None,
    Form.RECEIPT: lambda matter: matter.due_at is not None,
    Form.REPLY: lambda matter: matter.reviewed_at is not None,
    Form.URGING: lambda matter: _waits(matter),
    Form.SUPERVISION: lambda matter: _waits(matter) and matter.supervised,
}


def _waits(matter: Matter) -> bool:
    return matter.state in OPEN_STATES and matter.lead_unit_id is not None and matter.due_at is not None


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the issuer adds. handling: of a reply letter; demand, answer_by: of a notice."""

    handling: str = ""
    demand: str = ""
    answer_by: datetime | None = None


def may_issue(actor: Actor, matter: Matter, form: Form) -> bool:
    """By role; a unit's own staff only for what their unit leads."""
    if actor.has(*(ISSUERS[form] - OF_LEAD)):
        return True
    return actor.has(*(ISSUERS[form] & OF_LEAD)) and actor.unit_id is not None and actor.unit_id == matter.lead_unit_id


def printable(actor: Actor, matter: Matter) -> list[Form]:
    """The forms this actor may issue of the matter as it stands."""
    return [form for form in Form if may_issue(actor, matter, form) and NOW[form](matter)]


def issue(*, actor: Actor, matter: Matter, form: Form, said: Said) -> int:
    """Number the form, fill it, keep it with the matter; the document's id. `matter`: one the actor may see."""
    return documents.issue_form(
        actor=actor,
        form=form,
        sign=sign_of(actor),
        kind="matter",
        record_id=matter.pk,
        content=content(actor, matter, form, said),
    )


def content(actor: Actor, matter: Matter, form: Form, said: Said) -> documents.FormContent:
    """What will stand on the form. Raises Forbidden, NotAllowedNow."""
    if not may_issue(actor, matter, form):
        raise Forbidden(_("您的岗位不印制“%(form)s”。") % {"form": FORM_WORDS[form]}, cure=_("请该岗位的同事印制。"))
    if not NOW[form](matter):
        raise NotAllowedNow(
            _("现在还不能印制“%(form)s”。") % {"form": FORM_WORDS[form]}, cure=_("事项办到那一步后再印制。")
        )
    with override("zh-hans"):
        return {
            Form.TRANSFER: _transfer,
            Form.RECEIPT: _receipt,
            Form.REPLY: _reply,
            Form.URGING: _notice,
            Form.SUPERVISION: _supervision,
        }[form](actor, matter, said)


def sign_of(actor: Actor) -> str:
    """The office's short name in a form's number: its division without the word for its level (莲都区 → 莲都)."""
    code = actor.division
    name = territory.names([code]).get(code, "") if code else ""
    for ending in ("街道", "自治县", "省", "市", "区", "县", "镇", "乡"):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name or "呼应"


def _issuer(actor: Actor) -> tuple[str, str]:
    """The unit's name and phone."""
    unit = organizations.unit(actor.unit_id) if actor.unit_id is not None else None
    return (unit.name, unit.phone or "12345") if unit is not None else (actor.label, "12345")


def _limit(matter: Matter) -> tuple[str, str]:
    """The limit in words and the law it rests on."""
    rows = clocks.of_records("matter", [matter.pk], matter.clock_slot)
    if not rows:
        return "按规定时限", ""
    rule = clocks.deadline_of(rows[-1]).rule
    basis = "；".join(str(one) for one in rule.basis)
    length = rule.limit.words.zh if rule.limit is not None else "随来文时限"
    return (f"{length}（{basis}）" if basis else length), basis


def _category(matter: Matter) -> str:
    kind = KIND_WORDS[Kind(matter.kind)].zh
    found = (
        rulebook.item(matter.item, clock.local(matter.registered_at).date(), matter.county or matter.city)
        if matter.item
        else None
    )
    return f"{kind}·{found.words.zh}" if found is not None else kind


def _place(matter: Matter) -> str:
    code = next((c for level in reversed(Level) if (c := getattr(matter, level.column))), "")
    named = territory.tree().full_name(code[:12], below=matter.city) if code[:12] in territory.tree() else ""
    return f"{named} {matter.place}".strip()


def _transfer(actor: Actor, matter: Matter, said: Said) -> documents.FormContent:
    rows = list(Assignment.objects.everything("orders of a matter its reader may see").filter(matter=matter))
    names = organizations.unit_names({row.unit_id for row in rows} | {matter.lead_unit_id or 0})
    lead = next((row for row in reversed(rows) if row.unit_id == matter.lead_unit_id), None)
    issuer, phone = _issuer(actor)
    assert matter.due_at is not None
    return documents.TransferSlip(
        matter_number=matter.number,
        registered_at=matter.registered_at,
        channel=CHANNEL_WORDS[Channel(matter.channel)].zh,
        category=_category(matter),
        place=_place(matter),
        content=matter.content,
        unit=names.get(matter.lead_unit_id or 0, ""),
        supporters="、".join(names[row.unit_id] for row in rows if row.part == Part.SUPPORT),
        limit=_limit(matter)[0],
        due=matter.due_at,
        grounds="；".join(str(ground) for ground in (lead.grounds if lead is not None else [])),
        confidentiality=CONFIDENTIALITY_WORDS[Confidentiality(matter.confidentiality)].zh,
        contact=phone,
        issuer=issuer,
    )


def _appeal(matter: Matter) -> str:
    if matter.kind == Kind.PETITION:
        return "不服处理意见的，自收到之日起三十日内可以请求复查（《信访工作条例》第三十五条）。"
    days = rulebook.parameter("reopen.window_days", clock.today(), matter.county or matter.city)
    return f"对结果有异议的，可以在回访时说明，或者在办结后{days}日内凭编号和查询码要求重新办理。"


def _receipt(actor: Actor, matter: Matter, said: Said) -> documents.FormContent:
    assert matter.due_at is not None
    return documents.Receipt(
        matter_number=matter.number,
        registered_at=matter.registered_at,
        category=_category(matter),
        content=matter.content,
        limit=_limit(matter)[0],
        due=matter.due_at,
        query_address="在公众端“查看办到哪一步”填编号和查询码，或者拨打12345询问。",
        appeal=_appeal(matter),
        issuer=_issuer(actor)[0],
    )


def _reply(actor: Actor, matter: Matter, said: Said) -> documents.FormContent:
    approved = Reply.objects.filter(matter=matter, review=ReviewState.APPROVED).order_by("-at").first()
    if approved is None:
        raise NotAllowedNow(_("还没有审核通过的答复。"), cure=_("答复审核通过后再印制。"))
    issuer, phone = _issuer(actor)
    return documents.Reply(
        matter_number=matter.number,
        registered_at=matter.registered_at,
        content=matter.content,
        findings=approved.text,
        handling=said.handling,
        basis=_limit(matter)[1] or "《国务院办公厅关于进一步优化地方政务服务便民热线的指导意见》",
        appeal=_appeal(matter),
        contact=phone,
        issuer=issuer,
    )


def _notice(actor: Actor, matter: Matter, said: Said) -> documents.Notice:
    assert matter.due_at is not None
    now = clock.now()
    late = "已经超期" if matter.due_at < now else "尚在时限内"
    return documents.Notice(
        matter_number=matter.number,
        unit=organizations.unit_names([matter.lead_unit_id or 0]).get(matter.lead_unit_id or 0, ""),
        content=matter.content,
        due=matter.due_at,
        state=f"{STATE_WORDS[State(matter.state)].zh}，{late}。",
        demand=said.demand,
        answer_by=said.answer_by or matter.due_at,
        basis=_limit(matter)[1] or "本级工作规定",
        issuer=_issuer(actor)[0],
    )


def _supervision(actor: Actor, matter: Matter, said: Said) -> documents.FormContent:
    made = _notice(actor, matter, said)
    row = Supervision.objects.filter(matter=matter).order_by("-at").first()
    if row is None:
        return made
    why = f"督办缘由：{TRIGGER_WORDS[Trigger(row.trigger)].zh}。{row.reason}"
    return replace(made, state=f"{made.state}{why}")
