"""The night's work: every whole period against the ladder, each warning one step on, each step a task. Run again, it changes
nothing that hasn't changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from huying.analytics import definitions, published
from huying.analytics.periods import Period, PeriodKind
from huying.domains.tasks import queries as tasks
from huying.domains.tasks.services import NewTask, create_tasks
from huying.domains.warnings.ladder import joined
from huying.domains.warnings.models import IndicatorWarning, LadderRow, Round, Seen, Telling
from huying.domains.warnings.services import owners, places, wording
from huying.domains.warnings.services.closing import close_mended
from huying.domains.warnings.services.findings import Finding, again, coloured, due, early, kinds, whole
from huying.domains.warnings.services.forecasts import keep_tried
from huying.domains.warnings.services.moving import (
    READING,
    SYSTEM,
    Moved,
    change,
    corrected,
    event,
    events_of,
    reading,
    step_on,
    steps_before,
    store,
)
from huying.domains.warnings.services.telling import keep, send_singles, tell
from huying.domains.warnings.vocabulary import KIND, News, Origin, Owner, RungState, State
from huying.kernel import audit, bulk, clock

WINDOW = timedelta(days=7)


@dataclass
class Evaluated:
    """What one run did."""

    periods: list[str] = field(default_factory=list)
    opened: int = 0
    repeated: int = 0
    escalated: int = 0
    mended: int = 0
    corrected: int = 0
    closed: int = 0
    unowned: int = 0
    forecasts: int = 0


def evaluate() -> Evaluated:
    """Look at every whole period since the last run, and at the last seven days. Raises Unavailable before any figures."""
    done = Evaluated()
    rungs = joined(row.rung for row in LadderRow.objects.filter(state=RungState.PUBLISHED))
    with published.opened() as figures:
        for kind in kinds(rungs):
            newest = whole(figures.state.watermark.date(), kind)
            last = Round.objects.filter(period=kind.value).order_by("-starts").values_list("key", flat=True).first()
            earlier = again(figures, definitions.shipped(), rungs, _seen_before(kind, newest))
            with transaction.atomic():
                _reread(earlier, figures.state.watermark, done)
            for period in due(Period.parse(last) if last else None, newest):
                looked = coloured(figures, definitions.shipped(), rungs, period, _watched(Origin.COLOUR, kind))
                with transaction.atomic():
                    before = done.opened
                    _apply(looked.findings, figures.state.watermark, done)
                    Round.objects.update_or_create(
                        period=kind.value,
                        key=period.key,
                        defaults={
                            "starts": period.start,
                            "done_at": clock.now(),
                            "looked": looked.figures,
                            "coloured": looked.coloured,
                            "opened": done.opened - before,
                        },
                    )
                done.periods.append(period.key)
        watched = _watched(Origin.EARLY, PeriodKind.WEEK)
        tried, signals = early(figures, rungs, watched)
        at_places, there = places.early(figures, rungs, watched)
        tried, signals = tried + at_places, signals + there
        with transaction.atomic():
            keep_tried(tried)
            _apply(_apart(signals), figures.state.watermark, done)
    done.forecasts = sum(one.carried for one in tried)
    return done


def _watched(origin: Origin, kind: PeriodKind) -> set[tuple[str, str]]:
    """Place and indicator of what is open."""
    rows = IndicatorWarning.objects.everything("the figures of open warnings are looked at each night")
    return set(rows.filter(state=State.OPEN, origin=origin, period=kind.value).values_list("division", "indicator"))


def _seen_before(kind: PeriodKind, newest: Period) -> dict[Period, set[tuple[str, str]]]:
    """The periods before the newest that open warnings were seen in, each with its places and indicators."""
    found: dict[Period, set[tuple[str, str]]] = {}
    rows = Seen.objects.filter(warning__state=State.OPEN, warning__origin=Origin.COLOUR, warning__period=kind.value)
    for key, division, indicator in rows.exclude(key=newest.key).values_list(
        "key", "warning__division", "warning__indicator"
    ):
        found.setdefault(Period.parse(key), set()).add((division, indicator))
    return found


def _reread(findings: list[Finding], watermark: object, done: Evaluated) -> None:
    """What late data changed in a period before the newest is written into its warning. What it means for the warning as it
    stands (its step, its end) the newest period decides, which is always read again."""
    rows = Seen.objects.filter(
        warning__state=State.OPEN,
        warning__origin=Origin.COLOUR,
        key__in={one.key for one in findings},
        warning__division__in={one.place.node.code for one in findings},
    )
    seen = {
        (row.warning.division, row.warning.indicator, row.key): row
        for row in rows.select_for_update(of=("self",)).select_related("warning")
    }
    events, written = [], []
    for finding in findings:
        row = seen.get((finding.place.node.code, finding.indicator, finding.key))
        if row is None or not corrected(row, finding):
            continue
        events.append(event(row.warning, "corrected", change(row, finding)))
        written.append(reading(row, finding, watermark))
        done.corrected += 1
    bulk.save_many(written, READING)
    audit.record(events)


def _apart(signals: list[Finding]) -> list[Finding]:
    """Seven days that share days with those last seen say nothing new: one of them a week, however often the job runs."""
    rows = Seen.objects.filter(warning__origin=Origin.EARLY, warning__division__in={f.place.node.code for f in signals})
    latest = {}
    for division, indicator, ends in rows.order_by("ends").values_list(
        "warning__division", "warning__indicator", "ends"
    ):
        latest[division, indicator] = ends
    return [
        one
        for one in signals
        if (known := latest.get((one.place.node.code, one.indicator))) is None or one.ends - known >= WINDOW
    ]


def _apply(findings: list[Finding], watermark: object, done: Evaluated) -> None:
    """One period's findings: readings written, warnings opened, tasks given, posts told, all in the caller's transaction."""
    if not findings:
        return
    rows = IndicatorWarning.objects.everything("the night's evaluation").select_for_update(of=("self",))
    kind, origin, key = findings[0].period.value, findings[0].origin, findings[0].key
    among = rows.filter(origin=origin, period=kind, division__in={f.place.node.code for f in findings}).order_by("id")
    open_rows: dict[tuple[str, str], IndicatorWarning] = {}
    last: dict[tuple[str, str], IndicatorWarning] = {}
    for row in among:
        last[row.division, row.indicator] = row
        if row.state == State.OPEN:
            open_rows[row.division, row.indicator] = row
    known = {
        (seen.warning.division, seen.warning.indicator): seen
        for seen in Seen.objects.filter(warning__in=[row.pk for row in among], key=key).select_related("warning")
    }
    busy = tasks.with_open_tasks(KIND, [row.pk for row in open_rows.values()])
    before = steps_before(known.values(), key)
    moved: list[Moved] = []
    for finding in findings:
        series = finding.place.node.code, finding.indicator
        warning, seen = open_rows.get(series), known.get(series)
        if seen is not None and (warning is None or seen.warning_id != warning.pk):
            continue  # closed for this very period: what was decided stands
        if seen is not None and not corrected(seen, finding):
            continue
        if warning is None and finding.verdict.rung is None:
            continue
        moved.append(step_on(finding, warning, seen, last.get(series), before, watermark))
    store(moved)
    done.opened += sum(one.new for one in moved)
    done.corrected += sum(one.corrected is not None for one in moved)
    for news in (News.ESCALATED, News.REPEATED, News.MENDED):
        setattr(done, news.value, getattr(done, news.value) + sum(one.news is news for one in moved))
    audit.record([entry for one in moved for entry in events_of(one, key)])
    lines = owners.Lines()
    asks = [
        one
        for one in moved
        if one.news is not None
        and one.finding.verdict.rung is not None
        and (one.news is not News.REPEATED or one.warning.pk not in busy)
    ]
    asked = {id(one) for one in asks}
    tellings = [
        telling
        for one in moved
        if one.news is not None and id(one) not in asked
        for telling in tell(one.seen, one.news, one.finding, lines.up(_path(one.finding), one.finding.ends))
    ]
    send_singles(keep([*tellings, *_given(asks, lines, done)]))
    done.closed += close_mended([row.pk for row in open_rows.values()])


def _path(finding: Finding) -> tuple[tuple[str, ...], str]:
    """The place and those above it, and the item of the portfolio by which who answers is found."""
    return finding.place.path, finding.verdict.rung.item if finding.verdict.rung else ""


def _given(asks: Iterable[Moved], lines: owners.Lines, done: Evaluated) -> list[Telling]:
    """A task for each, to the post that answers; whoever is told gets it in a letter or the day's digest."""
    rows: list[tuple[Moved, owners.Answering]] = []
    tellings: list[Telling] = []
    for ask in asks:
        rung = ask.finding.verdict.rung
        assert rung is not None
        assert ask.news is not None
        line = lines.up(_path(ask.finding), clock.today())
        if not line:
            done.unowned += 1
            continue
        # Where the place has no body of its own, the next above is the first of the line already.
        above = rung.owner is Owner.ABOVE and line[0].place == ask.finding.place.node.code and len(line) > 1
        rows.append((ask, line[1] if above else line[0]))
        tellings += tell(ask.seen, ask.news, ask.finding, line)
    given = create_tasks(
        actor=SYSTEM,
        rows=[
            NewTask(
                title=wording.headline(ask.warning, ask.seen),
                detail=wording.detail(ask.warning, ask.seen),
                unit_id=owner.unit_id,
                post_id=owner.post_id,
                limit=ask.finding.verdict.rung.limit if ask.finding.verdict.rung else "",
                subject_kind=KIND,
                subject_id=ask.warning.pk,
                told=False,
            )
            for ask, owner in rows
        ],
    )
    for (ask, _owner), task in zip(rows, given, strict=True):
        ask.seen.task_id, ask.seen.step = task.pk, ask.warning.step
    bulk.save_many([ask.seen for ask, _owner in rows], ("task", "step"))
    return tellings
