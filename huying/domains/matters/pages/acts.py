"""Which acts a page offers, in what order, and how each is asked for and carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.reading import Facts
from huying.domains.matters.vocabulary import Channel, Kind, Solved
from huying.domains.matters.workflow import MATTER
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.words import Words


@dataclass(frozen=True)
class Offered:
    """An act as a button. simple: needs nothing typed, so one press does it."""

    action: str
    words: Words
    needs: tuple[str, ...]
    key: str = ""

    @property
    def simple(self) -> bool:
        return not FIELDS.get(self.action, self.needs)


# action → what its form asks, beside what the process needs; a field is a method of forms.ActForm
FIELDS: dict[str, tuple[str, ...]] = {
    "sort_petition": ("petition_kind",),
    "refer_petition": ("petition_kind", "reason"),
    "answer_directly": ("text",),
    "handle_on_the_spot": ("text",),
    "not_accept": ("outcome", "reason"),
    "dispatch": ("lead_unit", "supporters", "rule_key"),
    "designate": ("lead_unit", "supporters", "reason"),
    "pass_down": ("unit",),
    "receive": (),
    "claim": (),
    "report_in": (),
    "approve_extension": (),
    "approve_reply": (),
    "resume": (),
    "close": (),
    "urge": (),
    "archive": (),
    "contact": ("way", "reached", "summary"),
    "call_supporters": ("units",),
    "whistle": ("units", "reason"),
    "supporter_answer": ("text",),
    "record_no_answer": ("silent_unit", "reason"),
    "ask_extension": ("amount", "reason"),
    "suspend": ("suspension", "reason"),
    "reply": ("text",),
    "attempt_follow_up": ("way",),
    "follow_up": ("way", "solved", "satisfied", "said"),
    "correct": ("title", "content", "place", "urgent"),
    "comment": ("text",),
    "merge": ("like", "into"),
    "supervise": ("trigger", "reason"),
    "answer_supervision": ("text",),
    "name_leader": ("post",),
    "decide_unreasonable": ("panel", "outside_member", "upheld", "reason"),
}
VERBS: dict[str, Callable[..., Matter]] = {
    row.action: getattr(services, "object_" if row.action == "object" else row.action)
    for row in MATTER.transitions
    if row.action not in ("card", "answer_merged", "merge_on")
}
# The next act is the first of these that may be done, a key presses it; with none of them the process waits for others.
NEXT = (
    "sort_petition",
    "handle_on_the_spot",
    "dispatch",
    "receive",
    "report_in",
    "supporter_answer",
    "approve_extension",
    "uphold_objection",
    "answer_supervision",
    "resume",
    "reply",
    "approve_reply",
    "follow_up",
    "decide_unreasonable",
    "redo",
    "close",
    "uphold_not_accepted",
)
KEYS = {
    "dispatch": "d",
    "receive": "r",
    "reply": "e",
    "approve_reply": "a",
    "follow_up": "f",
    "close": "c",
    "contact": "t",
}
OF_LEAD = frozenset(
    {
        "receive",
        "object",
        "claim",
        "contact",
        "call_supporters",
        "whistle",
        "ask_extension",
        "suspend",
        "resume",
        "reply",
        "ask_unreasonable",
        "answer_supervision",
    }
)


@dataclass(frozen=True)
class Offer:
    """The process's next act, where it is this actor's, and what else may be done."""

    next: Offered | None
    others: list[Offered]

    def find(self, action: str) -> Offered | None:
        return next((row for row in (self.next, *self.others) if row is not None and row.action == action), None)


def offered(actor: Actor, matter: Matter, facts: Facts) -> Offer:
    """What `actor` may do with the matter now. What is not allowed is absent."""
    rows = [
        Offered(row.action, row.words, row.needs, KEYS.get(row.action, ""))
        for row in MATTER.allowed(matter.state, actor.roles)
        if row.action in VERBS and _makes_sense(row.action, actor, matter, facts)
    ]
    # An unsolved matter goes back before it is closed, a solved one is closed (once its bounded redo is used up, too).
    order = {action: place for place, action in enumerate(NEXT) if action != "redo" or matter.solved == Solved.NO}
    first = min((row for row in rows if row.action in order), key=lambda row: order[row.action], default=None)
    return Offer(first, [row for row in rows if row is not first])


def _makes_sense(action: str, actor: Actor, matter: Matter, facts: Facts) -> bool:
    """What the process's table can't know: whose order it is, and what is open."""
    if action in OF_LEAD and not facts.lead and not (action == "call_supporters" and actor.has(Role.DISPATCHER)):
        return False
    rules: Mapping[str, Callable[[], bool]] = {
        "redo": lambda: _may_redo(matter),
        "return_reply": lambda: _may_redo(matter),
        "sort_petition": lambda: matter.kind == Kind.PETITION,
        "refer_petition": lambda: matter.kind == Kind.PETITION,
        "handle_on_the_spot": lambda: matter.channel == Channel.GRID,
        "report_in": lambda: facts.partner is not None and facts.partner.received_at is None,
        "supporter_answer": lambda: facts.partner is not None,
        "record_no_answer": lambda: bool(facts.silent_partners),
        "ask_extension": lambda: (
            facts.extension is None and not matter.extended and not limits_against("ask_extension", matter, facts)
        ),
        "suspend": lambda: not limits_against("suspend", matter, facts),
        "approve_extension": lambda: _decides_extension(actor, facts),
        "refuse_extension": lambda: _decides_extension(actor, facts),
        "claim": lambda: matter.handler_post != actor.post_id,
        "object": lambda: not matter.designated,
        "whistle": lambda: _township(actor),
        "answer_supervision": lambda: facts.supervision is not None,
        "decide_unreasonable": lambda: facts.unreasonable is not None and facts.unreasonable.decided_at is None,
        "ask_unreasonable": lambda: facts.unreasonable is None,
        "appeal_unreasonable": lambda: (
            facts.unreasonable is not None
            and facts.unreasonable.decided_at is not None
            and facts.unreasonable.outcome == "upheld"
        ),
        "approve_reply": lambda: facts.reply is not None and facts.reply.by_post != actor.post_id,
        "designate": lambda: matter.state == "objected",
        "unmerge": lambda: matter.replied_at is None,
    }
    return rules[action]() if action in rules else True


def _may_redo(matter: Matter) -> bool:
    """Redo is bounded: once the rulebook's cap is used up, the matter is closed as the reporter said, or supervised."""
    return matter.redo_count < int(rulebook.parameter("redo.cap", clock.today(), matter.division))


def _decides_extension(actor: Actor, facts: Facts) -> bool:
    """The rule names who approves; never the asker."""
    if facts.extension is None or facts.extension.by_post == actor.post_id:
        return False
    rule = facts.rule.extension if facts.rule is not None else None
    return rule is None or not rule.approver or rule.approver in actor.roles


def limits_against(action: str, matter: Matter, facts: Facts) -> str:
    """What the running limit's own rule has against more time or a pause, in words; "" when nothing."""
    if action == "ask_extension":
        if facts.rule is None or facts.rule.extension is None:
            return _("此时限依规定不能延期。")
        if matter.due_at is not None and clock.now() > matter.due_at:
            return _("时限已过，不能再申请延期。")
    if action == "suspend" and (facts.rule is None or not facts.rule.pauses):
        return _("此时限的规则没有列明可以中止的情形。")
    return ""


def _township(actor: Actor) -> bool:
    unit = organizations.unit(actor.unit_id) if actor.unit_id is not None else None
    return unit is not None and unit.level == Level.TOWNSHIP


def carry_out(action: str, *, actor: Actor, matter_id: int, version: int, values: dict[str, Any]) -> Matter:
    """Do it through the services; their errors come through."""
    return VERBS[action](actor=actor, matter_id=matter_id, version=version, **values)
