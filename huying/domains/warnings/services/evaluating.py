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
from huying.domains.warnings.services import owners, wording
from huying.domains.warnings.services.closing import close_mended
from huying.domains.warnings.services.findings import Finding, again, coloured, due, early, kinds, whole
from huying.domains.warnings.services.forecasts import keep_tried
from huying.domains.warnings.services.telling import keep, send_singles, tell
from huying.domains.warnings.vocabulary import KIND, RANK, News, Origin, Owner, RungState, State, Step
from huying.kernel import audit, clock
from huying.kernel.actors import Actor

WINDOW = timedelta(days=7)
SYSTEM = Actor.system("warnings.evaluate")


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


@dataclass
class _Ask:
    """A task to give for a warning's latest period."""

    warning: IndicatorWarning
    seen: Seen
    finding: Finding
    news: News


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
        tried, signals = early(figures, rungs, _watched(Origin.EARLY, PeriodKind.WEEK))
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
    events = []
    for finding in findings:
        row = seen.get((finding.place.node.code, finding.indicator, finding.key))
        if row is None or not _corrected(row, finding):
            continue
        events.append(_event(row.warning, "corrected", _change(row, finding)))
        _written(row.warning, finding, row, watermark)
        done.corrected += 1
    audit.record(events)


def _change(seen: Seen, finding: Finding) -> dict[str, object]:
    """What the log keeps of a correction."""
    return {
        "key": finding.key,
        "was": seen.value,
        "is": finding.value,
        "in_a_row_was": seen.in_a_row,
        "in_a_row": finding.verdict.in_a_row,
    }


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
    asks: list[_Ask] = []
    events: list[audit.NewEvent] = []
    tellings: list[Telling] = []
    for finding in findings:
        series = finding.place.node.code, finding.indicator
        warning, seen = open_rows.get(series), known.get(series)
        news: News | None
        if seen is not None and (warning is None or seen.warning_id != warning.pk):
            continue  # closed for this very period: what was decided stands
        if seen is not None and not _corrected(seen, finding):
            continue
        if warning is None:
            if finding.verdict.rung is None:
                continue
            warning = _opened(finding, last.get(series))
            done.opened += 1
            news = News.OPENED
        elif seen is not None:
            events.append(_event(warning, "corrected", _change(seen, finding)))
            done.corrected += 1
            news = News.ESCALATED if finding.verdict.rung and _harder(warning, finding) else None
        elif finding.verdict.rung is not None:
            news = News.ESCALATED if _harder(warning, finding) else News.REPEATED
        else:
            news = News.MENDED if finding.known else None
        corrected = seen is not None
        seen = _written(warning, finding, seen, watermark)
        if finding.verdict.rung is not None:
            warning.in_a_row = finding.verdict.in_a_row
            # A correction may take a step back; without one a warning only climbs.
            others = _steps_before(warning, key) if corrected else [warning.step]
            warning.step = max([finding.verdict.rung.step, *others], key=lambda step: RANK[Step(step)])
        elif finding.known:
            warning.in_a_row = 0
        if warning.origin == Origin.EARLY and finding.verdict.rung is not None:
            warning.in_a_row = seen.in_a_row
        warning.version += 1
        warning.save()
        if news is None:
            continue
        done.escalated += news is News.ESCALATED
        done.repeated += news is News.REPEATED
        done.mended += news is News.MENDED
        payload: dict[str, object] = {
            "key": key,
            "value": finding.value,
            "n": finding.n,
            "colour": finding.colour,
            "step": warning.step,
        }
        events.append(_event(warning, news.value, payload, first=news is News.OPENED))
        if finding.verdict.rung is not None and (news is not News.REPEATED or warning.pk not in busy):
            asks.append(_Ask(warning, seen, finding, news))
        else:
            tellings += tell(seen, news, finding, owners.up(list(finding.place.path), _item(finding), finding.ends))
    audit.record(events)
    tellings += _given(asks, done)
    send_singles(keep(tellings))
    done.closed += close_mended([row.pk for row in open_rows.values()])


def _harder(warning: IndicatorWarning, finding: Finding) -> bool:
    assert finding.verdict.rung is not None
    return RANK[finding.verdict.rung.step] > RANK[Step(warning.step)]


def _item(finding: Finding) -> str:
    return finding.verdict.rung.item if finding.verdict.rung else ""


def _steps_before(warning: IndicatorWarning, key: str) -> list[str]:
    """The steps taken for other periods of the warning that are still out of bounds."""
    rows = Seen.objects.filter(warning=warning, outside=True).exclude(key=key).exclude(step="")
    return list(rows.values_list("step", flat=True))


def _corrected(seen: Seen, finding: Finding) -> bool:
    """Whether the figure of a period looked at before is another now, or, by a correction before it, its place in the row."""
    was = (seen.value, seen.numerator, seen.denominator, seen.colour)
    if was != (finding.value, finding.numerator, finding.denominator, finding.colour):
        return True
    return finding.origin is Origin.COLOUR and seen.in_a_row != finding.verdict.in_a_row


def _opened(finding: Finding, before: IndicatorWarning | None) -> IndicatorWarning:
    assert finding.verdict.rung is not None
    return IndicatorWarning.objects.create(
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


def _written(warning: IndicatorWarning, finding: Finding, seen: Seen | None, watermark: object) -> Seen:
    row = seen or Seen(warning=warning, key=finding.key, ends=finding.ends)
    if seen is not None:
        row.corrected_at = clock.now()
    row.value, row.numerator, row.denominator, row.n = (
        finding.value,
        finding.numerator,
        finding.denominator,
        finding.n,
    )
    row.colour, row.known, row.outside, row.text = finding.colour, finding.known, finding.outside, finding.text
    row.in_a_row = finding.verdict.in_a_row
    if finding.origin is Origin.EARLY and finding.outside and seen is None:
        row.in_a_row = warning.in_a_row + 1 if warning.seen.exists() else 1
    if finding.forecast is not None:
        made = finding.forecast
        row.expected, row.low, row.high = made.expected, made.low, made.high
    row.reference = finding.reference
    row.watermark = watermark  # type: ignore[assignment]
    row.save()
    return row


def _event(
    warning: IndicatorWarning, action: str, payload: dict[str, object], *, first: bool = False
) -> audit.NewEvent:
    return audit.NewEvent(
        kind=KIND,
        record_id=warning.pk,
        action=action,
        actor=SYSTEM,
        to_state=warning.state,
        payload=payload,
        first=first,
    )


def _given(asks: Iterable[_Ask], done: Evaluated) -> list[Telling]:
    """A task for each, to the post that answers; whoever is told gets it in a letter or the day's digest."""
    rows: list[tuple[_Ask, owners.Answering]] = []
    tellings: list[Telling] = []
    for ask in asks:
        rung = ask.finding.verdict.rung
        assert rung is not None
        line = owners.up(list(ask.finding.place.path), rung.item, clock.today())
        if not line:
            done.unowned += 1
            continue
        own = owners.answering(ask.finding.place.node.code, rung.item, clock.today())
        # Where the place has no body of its own, the next above is the first of the line already.
        owner = line[1] if rung.owner is Owner.ABOVE and own is not None and len(line) > 1 else line[0]
        rows.append((ask, owner))
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
        ask.seen.save(update_fields=["task", "step"])
    return tellings
