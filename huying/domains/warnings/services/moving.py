"""One warning one step on: what a finding makes of it and of its reading, and a few statements that store them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from huying.domains.warnings.models import IndicatorWarning, Seen
from huying.domains.warnings.services.findings import Finding
from huying.domains.warnings.vocabulary import KIND, RANK, News, Origin, Step
from huying.kernel import audit, bulk, clock
from huying.kernel.actors import Actor

SYSTEM = Actor.system("warnings.evaluate")
# What of a row of Seen a finding says.
READING = (
    *("value", "numerator", "denominator", "n", "colour", "known", "outside", "text", "in_a_row"),
    *("expected", "low", "high", "reference", "watermark", "corrected_at"),
)


@dataclass
class Moved:
    """A warning that a finding opened or moved on.

    new: opened just now. corrected: what the log keeps of a reading that was another before.
    news: what posts are told of, None where only a figure changed.
    """

    warning: IndicatorWarning
    seen: Seen
    finding: Finding
    news: News | None
    new: bool
    corrected: dict[str, object] | None


def step_on(
    finding: Finding,
    warning: IndicatorWarning | None,
    seen: Seen | None,
    earlier: IndicatorWarning | None,
    before: dict[int, list[str]],
    watermark: object,
) -> Moved:
    """What the finding does to its warning, nothing of it stored yet. before: of a warning the steps of its other periods."""
    rung, new = finding.verdict.rung, warning is None
    corrected = change(seen, finding) if seen is not None else None
    news: News | None
    if warning is None:
        warning, news = _opened(finding, earlier), News.OPENED
    elif seen is not None:
        news = News.ESCALATED if rung and _harder(warning, finding) else None
    elif rung is not None:
        news = News.ESCALATED if _harder(warning, finding) else News.REPEATED
    else:
        news = News.MENDED if finding.known else None
    early, fresh = finding.origin is Origin.EARLY, seen is None
    signals = max(seen.in_a_row, 1) if seen is not None else 1 if new else warning.in_a_row + 1
    row = reading(seen or Seen(warning=warning, key=finding.key, ends=finding.ends), finding, watermark)
    if early and finding.outside:
        row.in_a_row = signals  # a forecast knows of no week but its own
    if rung is not None:
        warning.in_a_row = row.in_a_row if early else finding.verdict.in_a_row
        # A correction may take a step back; without one a warning only climbs.
        others = [warning.step] if fresh else before.get(warning.pk, [])
        warning.step = max([rung.step, *others], key=lambda step: RANK[Step(step)])
    elif finding.known:
        warning.in_a_row = 0
    warning.version += 1
    return Moved(warning, row, finding, news, new, corrected)


def store(moved: list[Moved]) -> None:
    """Warnings, then their readings: a few statements, however many they are."""
    bulk.create_many([one.warning for one in moved if one.new])
    bulk.save_many([one.warning for one in moved if not one.new], ("step", "in_a_row", "version"))
    for one in moved:
        one.seen.warning = one.warning
    bulk.create_many([one.seen for one in moved if one.corrected is None])
    bulk.save_many([one.seen for one in moved if one.corrected is not None], READING)


def events_of(one: Moved, key: str) -> list[audit.NewEvent]:
    events = [event(one.warning, "corrected", one.corrected)] if one.corrected is not None else []
    if one.news is not None:
        payload: dict[str, object] = {
            "key": key,
            "value": one.finding.value,
            "n": one.finding.n,
            "colour": one.finding.colour,
            "step": one.warning.step,
        }
        events.append(event(one.warning, one.news.value, payload, first=one.new))
    return events


def _harder(warning: IndicatorWarning, finding: Finding) -> bool:
    assert finding.verdict.rung is not None
    return RANK[finding.verdict.rung.step] > RANK[Step(warning.step)]


def steps_before(seen: Iterable[Seen], key: str) -> dict[int, list[str]]:
    """Of each warning the steps taken for its other periods that are still out of bounds."""
    rows = Seen.objects.filter(warning__in={row.warning_id for row in seen}, outside=True).exclude(key=key)
    found: dict[int, list[str]] = {}
    for warning, step in rows.exclude(step="").values_list("warning_id", "step"):
        found.setdefault(warning, []).append(step)
    return found


def corrected(seen: Seen, finding: Finding) -> bool:
    """Whether the figure of a period looked at before is another now, or, by a correction before it, its place in the row."""
    was = (seen.value, seen.numerator, seen.denominator, seen.colour)
    if was != (finding.value, finding.numerator, finding.denominator, finding.colour):
        return True
    return finding.origin is Origin.COLOUR and seen.in_a_row != finding.verdict.in_a_row


def _opened(finding: Finding, before: IndicatorWarning | None) -> IndicatorWarning:
    assert finding.verdict.rung is not None
    return IndicatorWarning(
        origin=finding.origin,
        division=finding.place.node.code,
        place=finding.place.node.name,
        level=int(finding.place.node.level),
        indicator=finding.indicator,
        name_zh=finding.name.zh if finding.name else "",
        name_en=finding.name.en if finding.name else "",
        period=finding.period.value,
        step=finding.verdict.rung.step,
        in_a_row=finding.verdict.in_a_row,
        opened_at=clock.now(),
        again_of=before,
    )


def reading(row: Seen, finding: Finding, watermark: object) -> Seen:
    """The row with what the finding says; not stored."""
    if row.pk is not None:
        row.corrected_at = clock.now()
    row.value, row.numerator, row.denominator, row.n = (
        finding.value,
        finding.numerator,
        finding.denominator,
        finding.n,
    )
    row.colour, row.known, row.outside, row.text = finding.colour, finding.known, finding.outside, finding.text
    row.in_a_row = finding.verdict.in_a_row
    if finding.forecast is not None:
        made = finding.forecast
        row.expected, row.low, row.high = made.expected, made.low, made.high
    row.reference = finding.reference
    row.watermark = watermark  # type: ignore[assignment]
    return row


def change(seen: Seen, finding: Finding) -> dict[str, object]:
    """What the log keeps of a correction."""
    return {
        "key": finding.key,
        "was": seen.value,
        "is": finding.value,
        "in_a_row_was": seen.in_a_row,
        "in_a_row": finding.verdict.in_a_row,
    }


def event(warning: IndicatorWarning, action: str, payload: dict[str, object], *, first: bool = False) -> audit.NewEvent:
    return audit.NewEvent(
        kind=KIND,
        record_id=warning.pk,
        action=action,
        actor=SYSTEM,
        to_state=warning.state,
        payload=payload,
        first=first,
    )
