"""Starting, pausing, extending and stopping clocks. Call each inside the transaction of the act that causes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from huying.kernel import audit, clock, crypto, deadlines, prepared
from huying.kernel.actors import Actor
from huying.kernel.bulk import insert_many, save_many
from huying.kernel.clocks.cards import card_at, next_turn, turns_of
from huying.kernel.clocks.models import ClockRecord, FrozenRule
from huying.kernel.errors import NotAllowedNow

CHUNK = 900
CALCULATED = ["due_at", "internal_due_at", "provisional", "turns", "next_turn_at", "card"]

_calendar_source: Callable[[], deadlines.Calendar] | None = None


def set_calendar_source(source: Callable[[], deadlines.Calendar]) -> None:
    """Who knows which days are worked; given once, by the rulebook."""
    global _calendar_source
    _calendar_source = source


def calendar() -> deadlines.Calendar:
    if _calendar_source is None:
        raise RuntimeError("no calendar source: the rulebook gives one when it is installed")
    return _calendar_source()


@dataclass(frozen=True, kw_only=True)
class StartClock:
    """A limit to run on (kind, record_id, slot). `external_due` goes with a rule that has no limit of its own."""

    kind: str
    record_id: int
    rule: deadlines.Rule
    started_at: datetime
    unit_id: int
    slot: str = "handling"
    external_due: datetime | None = None


def start(items: Sequence[StartClock]) -> list[ClockRecord]:
    """Start clocks; returns them in the order given, with `due_at` (and without their numbers)."""
    if not items:
        return []
    days = calendar()
    frozen = _freeze({id(item.rule): item.rule for item in items}.values())
    rows = []
    for item in items:
        reckoned = deadlines.compute(item.rule, item.started_at, days, external_due=item.external_due)
        row = ClockRecord(
            kind=item.kind,
            record_id=item.record_id,
            slot=item.slot,
            unit_id=item.unit_id,
            rule_key=item.rule.key,
            rule_id=frozen[item.rule],
            started_at=item.started_at,
            external_due_at=item.external_due,
        )
        _apply(row, reckoned)
        rows.append(row)
    insert_many(rows)
    return rows


def pause(kind: str, at: Mapping[int, datetime], reason: str, slot: str = "handling") -> list[ClockRecord]:
    """Stand still from `at[record_id]`. Raises InvalidInput for a reason the rule does not list."""
    rows = _locked(kind, at, slot, {"running"})
    for row in rows:
        moment = at[row.record_id]
        trial = [*_pauses(row), deadlines.Pause(moment, None, reason)]
        deadlines.compute(
            rule_of(row), row.started_at, calendar(), trial, _extensions(row), external_due=row.external_due_at
        )
        row.card = card_at(row, moment)
        row.state, row.paused_at, row.next_turn_at = "paused", moment, None
        row.pauses = [*row.pauses, {"start": moment.isoformat(), "end": None, "reason": reason}]
    save_many(rows, ["state", "paused_at", "next_turn_at", "pauses", "card"])
    return rows


def resume(kind: str, at: Mapping[int, datetime], slot: str = "handling") -> list[ClockRecord]:
    """Run on from `at[record_id]`; the time between does not count, and the due moment moves."""
    rows = _locked(kind, at, slot, {"paused"})
    for row in rows:
        row.pauses = [*row.pauses[:-1], {**row.pauses[-1], "end": at[row.record_id].isoformat()}]
        row.state, row.paused_at = "running", None
        _apply(row, deadline_of(row), at[row.record_id])
    save_many(rows, ["state", "paused_at", "pauses", *CALCULATED])
    return rows


def extend(
    kind: str, added: Mapping[int, deadlines.Extension], at: datetime, slot: str = "handling"
) -> list[ClockRecord]:
    """Lengthen each record's clock. Raises InvalidInput beyond the rule's cap or times, or by another approver than its own."""
    rows = _locked(kind, added, slot, {"running"})
    for row in rows:
        more = added[row.record_id]
        told = {"limit": str(more.limit), "approved_by": more.approved_by, "reason": more.reason}
        row.extensions = [*row.extensions, told]
        _apply(row, deadline_of(row), at)
    save_many(rows, ["extensions", *CALCULATED])
    return rows


def stop(kind: str, at: Mapping[int, datetime], slot: str | None = "handling") -> list[ClockRecord]:
    """Stop at `at[record_id]`; the card is the one that stood then, whether or not a worker had turned it."""
    rows = _locked(kind, at, slot, {"running", "paused"}, missing_ok=True)
    for row in rows:
        row.card = card_at(row, at[row.record_id])
        row.state, row.stopped_at, row.paused_at, row.next_turn_at = "stopped", at[row.record_id], None, None
    save_many(rows, ["state", "stopped_at", "paused_at", "next_turn_at", "card"])
    return rows


def reopen(kind: str, at: Mapping[int, datetime], slot: str = "handling") -> list[ClockRecord]:
    """Run a stopped clock on towards the same due moment: the answer was not one."""
    rows = _locked(kind, at, slot, {"stopped"})
    for row in rows:
        row.state, row.stopped_at = "running", None
        row.next_turn_at = next_turn(row, at[row.record_id])
    save_many(rows, ["state", "stopped_at", "next_turn_at"])
    return rows


def of_records(kind: str, record_ids: Iterable[int], slot: str | None = None) -> list[ClockRecord]:
    """All clocks of the records, in one query, oldest first."""
    rows = ClockRecord.objects.filter(kind=kind, record_id__in=list(record_ids)).select_related("rule").order_by("pk")
    return list(rows.filter(slot=slot) if slot else rows)


def rules_of(kind: str, record_ids: Iterable[int], slot: str = "handling") -> dict[int, deadlines.Rule]:
    """The rules frozen on the records' clocks, in one query; a record without that clock is left out."""
    return {row.record_id: rule_of(row) for row in of_records(kind, record_ids, slot)}


def deadline_of(row: ClockRecord) -> deadlines.Deadline:
    """The limit reckoned again from what is frozen on the clock; it explains itself (`.steps`, `.skipped`, `.basis`)."""
    return deadlines.compute(
        rule_of(row),
        row.started_at,
        calendar(),
        _pauses(row),
        _extensions(row),
        external_due=row.external_due_at,
    )


def recompute_provisional(*, actor: Actor) -> int:
    """Reckon every provisional clock anew after a calendar year was published, an event each; returns how many moved.

    Call inside a transaction. Other clocks are never touched (design rule 5).
    """
    moved = last = 0
    while True:
        rows = list(
            ClockRecord.objects.select_for_update(of=("self",))
            .select_related("rule")
            .filter(provisional=True, state__in=["running", "paused"], pk__gt=last)
            .order_by("pk")[:CHUNK]
        )
        if not rows:
            return moved
        events, now = [], clock.now()
        before = {row.pk: row.due_at for row in rows}
        for row in rows:
            _apply(row, deadline_of(row), now)
            events.append(
                audit.NewEvent(
                    kind=row.kind,
                    record_id=row.record_id,
                    action="clock_recomputed",
                    actor=actor,
                    basis=row.rule_key,
                    payload={"slot": row.slot, "from": before[row.pk].isoformat(), "to": row.due_at.isoformat()},
                )
            )
        save_many(rows, CALCULATED)
        audit.record(events)
        for listener in _retimed:
            listener(rows)
        moved, last = moved + len(rows), rows[-1].pk


_retimed: list[Callable[[Sequence[ClockRecord]], None]] = []


def on_retime(listener: Callable[[Sequence[ClockRecord]], None]) -> None:
    """Be told, in the same transaction, which clocks got a new due moment by a recomputation."""
    _retimed.append(listener)


def _apply(row: ClockRecord, reckoned: deadlines.Deadline, at: datetime | None = None) -> None:
    row.due_at = reckoned.due
    row.internal_due_at = reckoned.internal_due
    row.provisional = reckoned.provisional or reckoned.cards_provisional
    row.turns = turns_of(reckoned)
    row.card = card_at(row, at or row.started_at)
    row.next_turn_at = next_turn(row, at or row.started_at) if row.state == "running" else None


def _locked(
    kind: str, wanted: Iterable[int], slot: str | None, states: set[str], missing_ok: bool = False
) -> list[ClockRecord]:
    ids = sorted(set(wanted))
    rows: list[ClockRecord] = []
    if len(ids) == 1:
        every = prepared.rows("clocks of a record", _of_record, kind, ids[0])
        rows = [row for row in every if row.state in states and slot in (None, "", row.slot)]
        ids_left: list[int] = []
    else:
        ids_left = ids
    for begin in range(0, len(ids_left), CHUNK):
        found = (
            ClockRecord.objects.select_for_update(of=("self",))
            .select_related("rule")
            .filter(kind=kind, record_id__in=ids_left[begin : begin + CHUNK], state__in=sorted(states))
        )
        rows.extend((found.filter(slot=slot) if slot else found).order_by("pk"))
    if not missing_ok and {row.record_id for row in rows} != set(ids):
        absent = sorted(set(ids) - {row.record_id for row in rows})
        raise NotAllowedNow(f"计时不在可操作的状态：{kind} {absent[:3]}", cure="请刷新后再试。")
    return rows


def _of_record(kind: str, record_id: int) -> QuerySet[ClockRecord]:
    # The rule is not read along: it is frozen, and known by its number after the first time (`_rule`).
    return ClockRecord.objects.select_for_update(of=("self",)).filter(kind=kind, record_id=record_id).order_by("pk")


def _pauses(row: ClockRecord) -> list[deadlines.Pause]:
    return [
        deadlines.Pause(
            datetime.fromisoformat(p["start"]), datetime.fromisoformat(p["end"]) if p["end"] else None, p["reason"]
        )
        for p in row.pauses
    ]


def _extensions(row: ClockRecord) -> list[deadlines.Extension]:
    return [
        deadlines.Extension(deadlines.Limit.parse(e["limit"]), e.get("approved_by", ""), e.get("reason", ""))
        for e in row.extensions
    ]


_by_digest: dict[str, deadlines.Rule] = {}


def rule_of(row: ClockRecord) -> deadlines.Rule:
    """The frozen rule, read once for each content; the content, not the row's number, is its name."""
    frozen = row.rule
    if frozen.digest not in _by_digest:
        _by_digest[frozen.digest] = deadlines.Rule.from_json(frozen.body)
    return _by_digest[frozen.digest]


_known_rules: dict[deadlines.Rule, int] = {}


def _freeze(rules: Collection[deadlines.Rule]) -> dict[deadlines.Rule, int]:
    """The stored, content-addressed copies of `rules`; a new one is inserted once, whoever comes first."""
    fresh = [rule for rule in rules if rule not in _known_rules]
    known = {rule: _known_rules[rule] for rule in rules if rule in _known_rules}
    if not fresh:
        return known
    bodies = {rule: rule.as_json() for rule in fresh}
    digests = {
        rule: crypto.digest(json.dumps(body, sort_keys=True, ensure_ascii=False).encode())
        for rule, body in bodies.items()
    }
    rows = FrozenRule.objects.filter(digest__in=set(digests.values()))
    stored = dict(rows.values_list("digest", "pk"))
    # Kept in memory only once this transaction has committed: a rule inserted in it may yet be rolled back.
    found = {rule: stored[digest] for rule, digest in digests.items() if digest in stored}
    transaction.on_commit(lambda: _known_rules.update(found))
    if missing := {digest: bodies[rule] for rule, digest in digests.items() if digest not in stored}:
        FrozenRule.objects.bulk_create(
            [FrozenRule(digest=digest, body=body) for digest, body in missing.items()], ignore_conflicts=True
        )
        stored = dict(rows.all().values_list("digest", "pk"))
    return {**known, **{rule: stored[digest] for rule, digest in digests.items()}}


def forget_rules() -> None:
    """Drop the remembered numbers of frozen rules: the database has been emptied or exchanged under this process."""
    _known_rules.clear()
