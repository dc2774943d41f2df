"""Feeds that this project generates until a department delivers: drawn around each measure's `typical`, marked as generated.

Only datasets whose row says `feed: generated` are filled, through the service, each report on a day before it was due; but one
report stays open, one comes late, and one is corrected, so that each can be seen.
"""

from __future__ import annotations

import math
import operator
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from huying.domains.exchange import queries, services
from huying.domains.exchange.judging import judge
from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.schema import DatasetRow, Measure
from huying.domains.exchange.services import Given
from huying.domains.exchange.vocabulary import Feed, Kind, Type, Way
from huying.kernel import clock
from huying.kernel.actors import Actor

TRIES = 50
AFTER = timedelta(days=2)
NOTE = "演示数据，由程序生成。"
ACTOR = Actor.system("演示数据生成（generated demo feed）")


def build(seed: int = 20261122) -> int:
    """Fill every generated feed of this place up to now; returns how many reports were delivered. Idempotent."""
    draw = random.Random(seed)
    generated = {
        code: held.row for code, held in queries.newest_definitions().items() if held.row.feed is Feed.GENERATED
    }
    services.open_reports(generated)
    rows = Report.objects.everything("the demo fills its own feeds").filter(code__in=list(generated), version=0)
    by_moment: dict[tuple[datetime, str], list[Report]] = defaultdict(list)
    now = clock.now()
    for report in rows.order_by("last_day", "code", "division"):
        if report.due_at is None:
            continue
        # Each dataset on one day of its own between the period's end and the due day.
        days = (report.due_at.date() - report.last_day).days
        at = clock.local(report.due_at).replace(hour=15, minute=0, second=0) - timedelta(days=min(2, days - 1))
        if at < now:
            by_moment[at, report.code].append(report)
    left_open, late = _open_and_late(by_moment)
    done = 0
    scale: dict[str, float] = {}
    for (at, code), reports in sorted(by_moment.items(), key=lambda item: item[0]):
        row = generated[code]
        for moment, own in (
            (at, [one for one in reports if one.pk not in (left_open, late)]),
            (reports[0].due_at, [one for one in reports if one.pk == late]),
        ):
            if own and moment is not None:
                with clock.use(clock.FixedClock(moment + AFTER if moment is not at else at)):
                    given = [_drawn(draw, row, one, scale) for one in own]
                    done += len(services.deliver(actor=ACTOR, code=code, rows=given, way=Way.GENERATED).accepted)
    _correct(generated)
    services.mark_late()
    services.raise_reminders()
    return done


def _open_and_late(by_moment: Mapping[tuple[datetime, str], list[Report]]) -> tuple[int | None, int | None]:
    """The report that stays open though it was due, and the one of an earlier period that comes two days late."""
    now = clock.now()
    due = [one for reports in by_moment.values() for one in reports if one.due_at and one.due_at < now - AFTER]
    if not due:
        return None, None
    newest = max(one.last_day for one in due)
    still = [one for one in due if one.locks_at and one.locks_at > now] or [
        one for one in due if one.last_day == newest
    ]
    before = [one for one in due if one.last_day < newest]
    order = operator.attrgetter("last_day", "division", "code")
    return min(still, key=order).pk, max(before, key=order).pk if before else None


def _drawn(draw: random.Random, row: DatasetRow, report: Report, scale: dict[str, float]) -> Given:
    """Values that pass every rule; a place keeps its size from month to month."""
    size = scale.setdefault(report.division, draw.uniform(0.5, 1.6))
    season = 1 + 0.15 * math.sin(report.last_day.month / 12 * 2 * math.pi)
    if row.kind is Kind.SURVEY:
        return _surveyed(draw, row, report)
    for _try in range(TRIES):
        values: dict[str, float | None] = {}
        for measure in row.measures:
            values[measure.code] = _figure(draw, row, measure, values, size * season, scale, report.division)
        given = Given(report.division, report.key, values, note=NOTE)
        if not judge(row, given, {}, {}, clock.today()).faults:
            break
    return given


def _surveyed(draw: random.Random, row: DatasetRow, report: Report) -> Given:
    values: dict[str, Any] = {}
    n = draw.randint(400, 600)
    for measure in row.measures:
        share = min(0.99, max(0.01, ((measure.typical or 90) + draw.uniform(-2, 2)) / 100))
        half = 196 * math.sqrt(share * (1 - share) / n)  # 95 %, normal approximation
        values[measure.code] = round(share * 100, 1)
        values[f"{measure.code}_low"] = max(0.0, round(share * 100 - half, 1))
        values[f"{measure.code}_high"] = min(100.0, round(share * 100 + half, 1))
    survey = {
        "n": n,
        "fieldwork_from": report.last_day - timedelta(days=20),
        "fieldwork_to": report.last_day - timedelta(days=11),
    }
    return Given(report.division, report.key, values, survey=survey, note=NOTE)


def _figure(
    draw: random.Random,
    row: DatasetRow,
    measure: Measure,
    values: Mapping[str, float | None],
    size: float,
    scale: dict[str, float],
    division: str,
) -> float | None:
    usual = 10.0 if measure.typical is None else measure.typical
    if measure.type is Type.RATE:
        return None if measure.parts else min(measure.maximum or 100.0, max(0.0, usual + draw.uniform(-2, 2)))
    whole = row.measure(measure.part_of) if measure.part_of else None
    above = values.get(measure.part_of)
    if whole is not None and above is not None:
        share = min(1.0, usual / (whole.typical or 10.0))
        if above == 1:
            # Whether a place has its one centre doesn't change with the month.
            return float(scale.setdefault(f"{division} {measure.code}", draw.random()) < share)
        return _part(draw, measure, above, share)
    mean = usual * size
    found = float(_poisson(draw, mean)) if measure.type is Type.COUNT else max(0.0, draw.gauss(mean, mean * 0.2))
    return found if measure.is_whole else round(found, 1)


def _part(draw: random.Random, measure: Measure, whole: float, share: float) -> float:
    """How much of `whole` it is where `share` is usual: of counts each for itself, else rounding makes small ones perfect."""
    share += draw.uniform(-0.1, 0.1) * min(share, 1 - share)
    if measure.type is not Type.COUNT:
        return float(round(whole * share))
    if whole > 200:
        found = draw.gauss(whole * share, math.sqrt(whole * share * (1 - share)))
        return float(min(whole, max(0, round(found))))
    return float(sum(draw.random() < share for _one in range(int(whole))))


def _poisson(draw: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(draw.gauss(mean, math.sqrt(mean))))
    left, n = math.exp(-mean), 0
    product = draw.random()
    while product > left:
        product *= draw.random()
        n += 1
    return n


def _correct(rows: dict[str, DatasetRow]) -> None:
    """One figure of the period before the newest is corrected in a reopened or still open report."""
    datasets = [code for code, row in rows.items() if row.kind is Kind.DATASET]
    if Delivery.objects.filter(report__code__in=datasets, version=2).exists():
        return
    found = (
        Report.objects.everything("the demo corrects one of its own")
        .filter(code__in=datasets, version=1)
        .order_by("-last_day", "code", "division")
        .first()
    )
    if found is None or found.first_at is None or found.locks_at is None:
        return
    delivery = queries.latest([found])[found.pk]
    counted = [m for m in rows[found.code].measures if m.type is Type.COUNT and not m.part_of]
    values = {**delivery.values, counted[0].code: (delivery.values[counted[0].code] or 0) + 1}
    at = min(found.first_at + timedelta(days=1), clock.now(), found.locks_at)
    with clock.use(clock.FixedClock(at)):
        given = Given(found.division, found.key, values, note="核对台账后补报一件（演示数据）。")
        services.deliver(actor=ACTOR, code=found.code, rows=[given], way=Way.GENERATED)
