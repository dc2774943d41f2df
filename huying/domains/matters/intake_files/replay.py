"""Replay a past year: each request led through the real services at the times it was really created, due and closed.

What the file tells is kept as it is; what it doesn't tell is not made up:

- The due moment enters as a clock by the rule `imported`. A request without one runs against no clock, is counted as such,
  and has no part in the on-time rate.
- When a unit received an order and when it replied isn't published. Receipt is entered at the moment of creation and the
  reply, its review and the follow-up at that of closing: figures on those steps say nothing about a replayed source.
- Nobody was asked whether the matter was solved: the follow-up says "not reached", which is never a "yes".
- "(Duplicate)": the request it repeats isn't published, so it cannot be merged into anything. It is closed under its own
  number, at its own time, with an answer that says what it was; so it counts, on time or late, as it does in the file.
  "Closed (Transferred)" likewise.
- "New" has been sent to a unit that has not received it; "Open", "Pending" and "In Progress" are in hand. Their clocks run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from huying.domains.matters import services
from huying.domains.matters.intake_files.importing import Outcome, Taker, batches, default_division, require
from huying.domains.matters.intake_files.profile import Profile, match
from huying.domains.matters.intake_files.rows import Entry, Fault, Reader
from huying.domains.matters.models import Matter
from huying.domains.matters.services import Ask, Dispatch, Intake, MakeReply, Order, Registered
from huying.domains.matters.vocabulary import Satisfied, Solved, State
from huying.domains.organizations import queries as organizations
from huying.domains.territory import queries as territory
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import InvalidInput
from huying.kernel.sheets import Line, RejectFile, open_sheet
from huying.kernel.words import words

IMPORTED = "imported"
ROLES = frozenset({Role.DISPATCHER, Role.HANDLER, Role.FOLLOWUP_CLERK})


@dataclass
class Replayed(Outcome):
    """closed, on_time …: as the stored matters tell it of the whole source, not as the file does."""

    closed: int = 0
    open: int = 0
    without_due: int = 0
    duplicates: int = 0
    transferred: int = 0
    closed_with_due: int = 0
    on_time: int = 0
    on_time_rate: float | None = None
    statuses: dict[str, int] = field(default_factory=dict)

    def sentence(self) -> str:
        rate = "-" if self.on_time_rate is None else f"{self.on_time_rate:.2%}"
        return (
            f"read {self.read}: accepted {self.accepted}, already known {self.already_known}, handed back {self.rejected}; "
            f"closed {self.closed}, open {self.open}; on time {self.on_time} of {self.closed_with_due} closed with a due date "
            f"({rate}); {self.without_due} came without one and are not judged"
        )


class _Fitting(Reader):
    """Also hands back rows that tell no possible life, or an agency nobody here stands for."""

    def __init__(self, profile: Profile, reader_of: Any, units: dict[str, int]) -> None:
        super().__init__(profile, reader_of)
        self._units = units

    def read(self, line: Line) -> Entry | Fault:
        entry = super().read(line)
        if isinstance(entry, Fault):
            return entry
        closed_at, status, agency = (
            entry.extra.get("closed_at"),
            str(entry.extra.get("status")),
            entry.extra.get("agency"),
        )
        cure = words("请核对这一行。", "Check this row.")
        if agency not in self._units:
            known = "、".join(sorted(self._units))
            return Fault(
                entry.number,
                words(f"承办机构：本地没有对应“{agency}”的单位。", f"agency: nobody here stands for “{agency}”."),
                words(f"已对应的机构：{known}", f"Known agencies: {known}"),
            )
        if status.startswith("Closed") != isinstance(closed_at, datetime):
            return Fault(
                entry.number,
                words("状态与办结时间不一致。", "The status and the closing time contradict each other."),
                cure,
            )
        if isinstance(closed_at, datetime) and entry.at is not None and closed_at < entry.at:
            return Fault(entry.number, words("办结时间早于创建时间。", "Closed before it was created."), cure)
        return entry


class _Recorder(Taker):
    """Registers with the due moment as it came."""

    def intake(self, entry: Entry, key: str) -> Intake:
        from dataclasses import replace

        return replace(super().intake(entry, key), rule_key=IMPORTED)


def replay_file(
    path: Path,
    profile: Profile,
    *,
    division: str = "",
    rejects: Path | None = None,
    progress: Callable[[Replayed], None] = lambda done: None,
) -> Replayed:
    """Replay `path`; each batch is one transaction, so a life is told whole or not at all. Sent again, it adds nothing.

    Raises InvalidInput when the profile tells no lives, or the file is unfit.
    """
    needed = {"closed_at", "status", "agency", "external_due_at"}
    if not needed <= set(profile.columns) or not profile.agencies:
        raise InvalidInput(
            _("导入方案“%(name)s”没有办结时间、状态、机构和到期时间，不能重放。") % {"name": profile.name},
            cure=_("可重放的方案：baltimore-311。"),
        )
    place = division or default_division()
    units = _units(profile, place)
    actor = Actor(kind="system", label=f"replay:{profile.name}", roles=ROLES)
    done = Replayed()
    target = rejects or path.with_name(f"{path.stem}.rejects.csv")
    with open_sheet(path) as sheet, RejectFile(target, sheet.header) as handed_back:
        matching = match(profile, sheet.header)
        require(profile, matching, sheet.header)
        done.tell_columns(sheet.header, matching)
        reader = _Fitting(profile, matching, units)
        taker = _Recorder(actor, profile, place, False)

        def hand_back(line: Line, fault: Fault) -> None:
            handed_back.write(line.number, line.cells, fault.reason, fault.cure)
            done.rejected += 1
            done.rejects_file = str(target)

        for lines in batches(sheet.lines):
            with transaction.atomic():
                taken = taker.take(lines, reader, done, hand_back)
                _live(taken, actor, units)
            done.read += len(lines)
            for entry, _registered in taken:
                status = str(entry.extra["status"])
                done.statuses[status] = done.statuses.get(status, 0) + 1
            _count(done, profile.source)
            progress(done)
    return done


def _units(profile: Profile, division: str) -> dict[str, int]:
    """Agency → the unit here that does its work; an agency without one is left out."""
    columns = territory.columns(division)
    found = {agency: organizations.department_of(columns, key) for agency, key in profile.agencies.items()}
    if not any(found.values()):
        raise InvalidInput(
            _("区划 %(division)s 没有任何部门，无法派单。") % {"division": division},
            cure=_("请先安装地方包，或用 --division 指明有部门的区划。"),
        )
    return {agency: unit.id for agency, unit in found.items() if unit is not None}


def _live(taken: Sequence[tuple[Entry, Registered]], actor: Actor, units: dict[str, int]) -> None:
    """All the lives of a batch: sent, received, answered, checked, closed, each at its own time."""
    rows = [(entry, made.matter.pk, str(entry.extra["status"])) for entry, made in taken]
    services.dispatch.many(
        [
            Dispatch(
                actor=actor,
                matter_id=pk,
                at=entry.at,
                lead_unit=units[str(entry.extra["agency"])],
                rule_key=IMPORTED,
                grounds=(f"{entry.extra['agency']}",),
            )
            for entry, pk, _status in rows
        ],
        trusted=True,
    )
    services.receive.many(
        [Order(actor=actor, matter_id=pk, at=entry.at) for entry, pk, status in rows if not status.startswith("New")],
        trusted=True,
    )
    ended = [(pk, entry.extra["closed_at"], status) for entry, pk, status in rows if status.startswith("Closed")]
    services.reply.many(
        [MakeReply(actor=actor, matter_id=pk, at=_at(at), text=_answer(status)) for pk, at, status in ended],
        trusted=True,
    )
    services.approve_reply.many(
        [Order(actor=actor, matter_id=pk, at=_at(at)) for pk, at, _status in ended], trusted=True
    )
    services.follow_up.many(
        [
            Ask(actor=actor, matter_id=pk, at=_at(at), solved=Solved.UNREACHED, satisfied=Satisfied.UNREACHED)
            for pk, at, _status in ended
        ],
        trusted=True,
    )
    services.close.many([Order(actor=actor, matter_id=pk, at=_at(at)) for pk, at, _status in ended], trusted=True)


def _at(moment: object) -> datetime:
    assert isinstance(moment, datetime)
    return moment


def _answer(status: str) -> str:
    if "Duplicate" in status:
        return "来源系统标为重复件；所重复的原件没有公布，按本件自己的时间办结。"
    if "Transferred" in status:
        return "来源系统标为已转其他机构办理。"
    return "来源系统标为已办结；办理内容没有公布。"


def _count(done: Replayed, source: str) -> None:
    """Figures of the whole source as stored: an own count over the matters, by the clocks' due moments."""
    ended = Q(state=State.CLOSED)
    due = Q(due_at__isnull=False)
    told = (
        Matter.objects.everything("a replay counts what it stored")
        .filter(source=source)
        .aggregate(
            closed=Count("pk", filter=ended),
            open=Count("pk", filter=~ended),
            without_due=Count("pk", filter=~due),
            closed_with_due=Count("pk", filter=ended & due),
            on_time=Count("pk", filter=ended & due & Q(closed_at__lte=F("due_at"))),
        )
    )
    for name, value in told.items():
        setattr(done, name, value)
    done.duplicates = sum(n for status, n in done.statuses.items() if "Duplicate" in status)
    done.transferred = sum(n for status, n in done.statuses.items() if "Transferred" in status)
    done.on_time_rate = done.on_time / done.closed_with_due if done.closed_with_due else None
