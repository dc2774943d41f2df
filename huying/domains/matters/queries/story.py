"""What the reporter is told of a matter, the same by code in one installation and across the gate between two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huying.domains.identities import queries as vault
from huying.domains.matters.models import Matter, Reply
from huying.domains.matters.vocabulary import NEXT_STEP, STATE_WORDS, TOLD, ReviewState, State
from huying.domains.matters.workflow import MATTER
from huying.domains.organizations import queries as organizations
from huying.kernel import audit, clock
from huying.kernel.words import Words

ACTS = ("comment", "evaluate", "withdraw", "reopen", "appeal_unreasonable")
"""What a reporter may do with the own matter, in the order in which it is offered."""
# Where the log's reason was written to be told to the reporter; elsewhere it is between offices.
REASONED = {
    "not_accept",
    "refer_petition",
    "overturn_not_accepted",
    "uphold_not_accepted",
    "decide_unreasonable",
    "suspend",
}
SPOKEN = {"comment", "answer_directly", "handle_on_the_spot"}
ANSWERS = {"answer_directly", "handle_on_the_spot"}


@dataclass(frozen=True)
class PublicLine:
    """One step. `text` is what was said with it; `action` is a key of TOLD."""

    at: datetime
    action: str
    text: str = ""

    @property
    def words(self) -> Words:
        return TOLD[self.action]


@dataclass(frozen=True)
class PublicLook:
    """A sight of the identity: when, on what ground; the post and its purpose only where the reader stands in the zone."""

    at: datetime
    basis: str
    post: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class PublicStory:
    """What the reporter sees by the code: the steps in plain words, the answer, what may be done. No post, no person."""

    number: str
    state: State
    version: int
    unit: str
    due_at: datetime | None
    lines: tuple[PublicLine, ...]
    reply: str
    replied_at: datetime | None
    can: tuple[str, ...]

    @property
    def state_words(self) -> Words:
        return STATE_WORDS[self.state]

    @property
    def next_step(self) -> Words | str:
        return NEXT_STEP.get(self.state, "")

    @property
    def may_evaluate(self) -> bool:
        return "evaluate" in self.can

    @property
    def may_reopen(self) -> bool:
        return "reopen" in self.can

    @property
    def may_withdraw(self) -> bool:
        return "withdraw" in self.can

    def as_row(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "number": self.number,
            "state": self.state.value,
            "version": self.version,
            "unit": self.unit,
            "due_at": _text(self.due_at),
            "lines": [[_text(line.at), line.action, line.text] for line in self.lines],
            "reply": self.reply,
            "replied_at": _text(self.replied_at),
            "can": list(self.can),
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> PublicStory:
        """Raises KeyError, TypeError or ValueError for a row that is none. A step this version has no words for is left out."""
        return cls(
            number=str(row["number"]),
            state=State(row["state"]),
            version=int(row["version"]),
            unit=str(row["unit"]),
            due_at=_moment(row["due_at"]),
            lines=tuple(
                PublicLine(datetime.fromisoformat(at), str(action), str(text))
                for at, action, text in row["lines"]
                if action in TOLD
            ),
            reply=str(row["reply"]),
            replied_at=_moment(row["replied_at"]),
            can=tuple(action for action in ACTS if action in row["can"]),
        )


def _text(moment: datetime | None) -> str:
    return clock.local(moment).isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def public_story(found: Matter) -> PublicStory:
    """For the reporter, after `by_code`. A merged matter shows its main order's answer."""
    return public_stories([found])[0]


def public_stories(matters: Iterable[Matter]) -> list[PublicStory]:
    """`public_story` of each, in their order; a fixed number of queries."""
    rows = list(matters)
    answering = {row.pk: row.merged_into_id or row.pk for row in rows}
    histories = audit.histories("matter", {*answering, *answering.values()})
    approved = Reply.objects.filter(matter__in=set(answering.values()), review=ReviewState.APPROVED).order_by("pk")
    replies = {reply.matter_id: reply for reply in approved}
    units = organizations.unit_names({row.lead_unit_id for row in rows if row.lead_unit_id})
    stories = []
    for row in rows:
        told = [entry for entry in histories.get(row.pk, []) if _is_told(entry)]
        reply = replies.get(answering[row.pk])
        text, replied_at = (reply.text, reply.at) if reply else ("", None)
        if not text:
            of_answer = histories.get(answering[row.pk], [])
            spoken = [entry for entry in of_answer if entry.action in ANSWERS and entry.payload.get("text")]
            if spoken:
                text, replied_at = str(spoken[-1].payload["text"]), spoken[-1].at
        stories.append(
            PublicStory(
                number=row.number,
                state=State(row.state),
                version=row.version,
                unit=units.get(row.lead_unit_id or 0, ""),
                due_at=row.due_at if row.replied_at is None else None,
                lines=tuple(PublicLine(entry.at, entry.action, _said(entry)) for entry in told),
                reply=text,
                replied_at=replied_at,
                can=tuple(action for action in ACTS if _may(action, row)),
            )
        )
    return stories


def _is_told(entry: audit.HistoryEntry) -> bool:
    return entry.action in TOLD and (entry.action != "comment" or entry.actor_kind == "public")


def _said(entry: audit.HistoryEntry) -> str:
    if entry.action in SPOKEN:
        return str(entry.payload.get("text", ""))
    if entry.action in {"dispatch", "designate"}:
        return str(entry.payload.get("unit", ""))
    if entry.action == "approve_extension":
        return str(entry.payload.get("why", ""))
    return entry.reason if entry.action in REASONED else ""


def _may(action: str, row: Matter) -> bool:
    found = MATTER.find(action, State(row.state))
    if found is None or not found.public:
        return False
    if action == "reopen":
        return row.reopen_until is not None and clock.now() <= row.reopen_until
    return action != "appeal_unreasonable" or row.unreasonable


def public_looks(found: Matter) -> list[PublicLook]:
    """Who saw the reporter's identity: post, moment, purpose, ground. For the reporter, after `by_code`."""
    return [PublicLook(look.at, str(look.basis), look.post, look.purpose) for look in vault.looks("matter", found.pk)]
