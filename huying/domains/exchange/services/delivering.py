"""Delivering and correcting values: the good ones are kept, the others handed back with reasons; the same twice is once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.exchange import queries
from huying.domains.exchange.judging import Figures, Given, Judged, judge
from huying.domains.exchange.models import Delivery, Report
from huying.domains.exchange.permissions import delivers, may_deliver, stands
from huying.domains.exchange.queries import Held
from huying.domains.exchange.services.opening import asked_from, reports_of
from huying.domains.exchange.services.reminding import settle_reminders
from huying.domains.exchange.vocabulary import KIND, STANDING_WORDS, Action, Standing, Way
from huying.domains.exchange.workflow import REPORT
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.bulk import save_many
from huying.kernel.errors import Forbidden, InvalidInput

MOST_ROWS = 20_000


@dataclass
class Trial:
    """One row as it would go: what was judged of it, the report it is for, whether it corrects, or says nothing new."""

    judged: Judged
    report: Report | None = None
    corrects: bool = False
    unchanged: bool = False

    @property
    def good(self) -> bool:
        return not self.judged.faults and not self.unchanged


@dataclass
class Outcome:
    """accepted: reports with a new version. unchanged: rows that said what stands already. refused: handed back."""

    accepted: list[Report] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Trial] = field(default_factory=list)


def try_out(*, actor: Actor, code: str, rows: Sequence[Given]) -> list[Trial]:
    """What delivering these rows would do; nothing is written. Raises NotFound, Forbidden, InvalidInput for too many rows."""
    require_deliverer(actor, code)
    return _tried(actor, queries.dataset(code), rows, lock=False)


def deliver(*, actor: Actor, code: str, rows: Sequence[Given], way: Way) -> Outcome:
    """Keep every row that is in order. Raises as `try_out`; what is wrong with a row is in the outcome."""
    require_deliverer(actor, code)
    held = queries.dataset(code)
    with transaction.atomic():
        trials = _tried(actor, held, rows, lock=True)
        outcome = Outcome(unchanged=sum(trial.unchanged for trial in trials))
        outcome.refused = [trial for trial in trials if trial.judged.faults]
        good = [trial for trial in trials if trial.good]
        _write(actor, held, good, way)
        outcome.accepted = [trial.report for trial in good if trial.report is not None]
        settle_reminders(actor, outcome.accepted)
    return outcome


def deliver_one(*, actor: Actor, code: str, row: Given, way: Way = Way.PAGE) -> Report | None:
    """As `deliver`, of one row; None when it says what stands already. Raises InvalidInput naming each field."""
    outcome = deliver(actor=actor, code=code, rows=[row], way=way)
    for trial in outcome.refused:
        raise InvalidInput(
            _("还不能报送。"),
            fields={t.field or "row": f"{t.message}{t.cure}" for t in reversed(trial.judged.faults)},
        )
    return outcome.accepted[0] if outcome.accepted else None


def require_deliverer(actor: Actor, code: str = "") -> None:
    if delivers(actor, code):
        return
    if actor.is_machine:
        raise Forbidden(
            _("这个密钥不含数据集“%(code)s”。") % {"code": code[:40]}, cure=_("请本单位负责人另发含它的密钥。")
        )
    raise Forbidden(_("报送由承办员或单位负责人办理。"))


def _tried(actor: Actor, held: Held, rows: Sequence[Given], *, lock: bool) -> list[Trial]:
    if len(rows) > MOST_ROWS:
        raise InvalidInput(_("一次最多 %(most)d 行。") % {"most": MOST_ROWS}, cure=_("请分几次报送。"))
    now, today = clock.now(), clock.today()
    periods = {given.period: _period(held, given.period) for given in rows}
    wanted = {(given.division.strip(), period.key) for given in rows if (period := periods[given.period]) is not None}
    reports = _reports(actor, held, wanted, [p for p in periods.values() if p], lock=lock)
    # what stands elsewhere is no business of who delivers here: a fault that names it would tell it
    owed = {division for (division, _key), report in reports.items() if may_deliver(actor, report)}
    figures = _figures(held, {p for p in periods.values() if p}, owed)
    standing = queries.latest(list(reports.values()))
    twice = _twice(rows)
    trials = []
    for given in rows:
        period = periods[given.period]
        division = given.division.strip()
        if period is None or period.last >= today:
            trials.append(Trial(_refused(given, *_why_no_period(held, period))))
            continue
        before, year = figures.get((division, period.previous.key), {}), period.year_before
        judged = judge(held.row, given, before, figures.get((division, year.key), {}) if year else {}, today)
        trial = Trial(judged, reports.get((division, period.key)))
        _placed(trial, actor, held, now)
        if (division, given.period.strip()) in twice:
            judged.refuse(_("同一地方同一期写了两次。"), _("只留一行。"))
        if trial.report is not None and not judged.faults:
            _against(trial, standing.get(trial.report.pk))
        trials.append(trial)
    return trials


def _period(held: Held, text: str) -> Period | None:
    """None for what is no period of the dataset's kind."""
    try:
        period = Period.parse(text)
    except InvalidInput:
        return None
    return period if period.kind is held.row.kind_of_period else None


def _why_no_period(held: Held, period: Period | None) -> tuple[str, str]:
    if period is None:
        written = {"month": "2026-10", "quarter": "2026-Q3", "year": "2026"}[held.row.period]
        return _("期别写得不对。"), _("这个数据集写成 %(written)s。") % {"written": written}
    return _("这一期还没有结束。"), _("期末之后再报。")


def _refused(given: Given, message: str, cure: str) -> Judged:
    judged = Judged(given)
    judged.refuse(message, cure, "period")
    return judged


def _twice(rows: Iterable[Given]) -> set[tuple[str, str]]:
    named = Counter((given.division.strip(), given.period.strip()) for given in rows)
    return {key for key, n in named.items() if n > 1}


def _reports(
    actor: Actor, held: Held, wanted: set[tuple[str, str]], periods: list[Period], *, lock: bool
) -> dict[tuple[str, str], Report]:
    """The reports asked for, whoever owes them; those of earlier periods are opened on the way (unsaved unless `lock`)."""
    rows = Report.objects.everything("who owes it is checked row by row").filter(
        code=held.row.code, key__in={key for _d, key in wanted}, division__in={division for division, _k in wanted}
    )
    if lock:
        rows = rows.select_for_update(of=("self",)).order_by("pk")
    found = {(row.division, row.key): row for row in rows}
    start = asked_from(held)
    for period in {p for p in periods if held.row.valid_from <= p.last and p.last < start}:
        due_free, _nobody = reports_of(held.row, period, None)
        fresh = [r for r in due_free if (r.division, r.key) in wanted and (r.division, r.key) not in found]
        fresh = [r for r in fresh if actor.is_system or r.unit_id == actor.unit_id]
        if lock and fresh:
            Report.objects.bulk_create(fresh, ignore_conflicts=True)
            again = Report.objects.everything("just opened").filter(code=held.row.code, key=period.key)
            fresh = [row for row in again if (row.division, row.key) in wanted]
        found |= {(row.division, row.key): row for row in fresh if (row.division, row.key) not in found}
    return found


def _figures(held: Held, periods: set[Period], divisions: set[str]) -> dict[tuple[str, str], Figures]:
    """What stands for the period before and the same one a year before, of the places; two queries."""
    keys = {p.previous.key for p in periods} | {year.key for p in periods if (year := p.year_before) is not None}
    rows = list(
        Report.objects.everything("values to hold the new ones against")
        .filter(code=held.row.code, key__in=keys, division__in=divisions, version__gt=0)
        .only("pk", "division", "key", "version")
    )
    values = queries.latest(rows)
    return {(row.division, row.key): values[row.pk].values for row in rows if row.pk in values}


def _placed(trial: Trial, actor: Actor, held: Held, now: datetime) -> None:
    """Whether there is such a report, it is the actor's, and it is open."""
    judged, report = trial.judged, trial.report
    if report is None or not may_deliver(actor, report):
        judged.refuse(
            _("本单位没有“%(division)s”这一期的报送任务。") % {"division": judged.given.division[:20]},
            _("核对区划编码（12 位）和期别；模板里列着本单位要报的。"),
            "division",
        )
        trial.report = None
        return
    at = stands(report, now)
    trial.corrects = report.version > 0
    action = Action.CORRECT if trial.corrects else Action.DELIVER
    if REPORT.find(action.value, at.value) is None:
        judged.refuse(
            _("这一期%(standing)s，不能再写。") % {"standing": STANDING_WORDS[at]},
            _("请上级督办员重开，写明理由。"),
        )


def _against(trial: Trial, last: Delivery | None) -> None:
    """The same again is nothing new; something else is a correction and wants a reason."""
    if last is None:
        return
    judged = trial.judged
    same = last.values == judged.values and _kept(last) == judged.survey
    if same:
        trial.unchanged = True
    elif not judged.note:
        judged.refuse(_("这是更正，须写明原因。"), _("在“说明”里写为什么改。"), "note")


def _kept(last: Delivery) -> dict[str, Any]:
    if last.n is None:
        return {}
    return {
        "n": last.n,
        "fieldwork_from": last.fieldwork_from,
        "fieldwork_to": last.fieldwork_to,
        "conducted_by": last.conducted_by,
        "method": last.method,
    }


def _write(actor: Actor, held: Held, trials: Sequence[Trial], way: Way) -> None:
    now = clock.now()
    made, events = [], []
    for trial in trials:
        report, judged = trial.report, trial.judged
        assert report is not None
        at = stands(report, now)
        first = report.version == 0
        report.version += 1
        late = report.due_at is not None and now > report.due_at
        if first:
            report.first_at, report.missed_at = now, None
            if late and report.late_at is None:
                report.late_at = now
        made.append(
            Delivery(
                report=report,
                version=report.version,
                definition_id=held.id,
                values=judged.values,
                note=judged.note,
                way=way,
                late=late and first,
                after_lock=at is Standing.REOPENED,
                post_id=actor.post_id,
                delivered_by=actor.label[:128],
                at=now,
                **judged.survey,
            )
        )
        events.append(
            audit.NewEvent(
                kind=KIND,
                record_id=report.pk,
                action=Action.DELIVER if first else Action.CORRECT,
                actor=actor,
                from_state=at,
                to_state=stands(report, now),
                reason=judged.note,
                basis=held.row.reference,
                payload={"version": report.version, "values": judged.values, "way": way.value},
            )
        )
    Delivery.objects.bulk_create(made)
    save_many(
        [trial.report for trial in trials if trial.report is not None], ["version", "first_at", "late_at", "missed_at"]
    )
    audit.record(events)
