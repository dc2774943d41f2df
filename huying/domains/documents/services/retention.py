"""Every kind of record has a period and a basis; at its end it is de-identified or deleted, by a job that reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.documents.models import Document, LegalHold, RetentionRule
from huying.domains.documents.permissions import require_holder
from huying.domains.documents.queries import held, retention_rule
from huying.domains.documents.services.attachments import discard
from huying.domains.documents.vocabulary import Ending, Origin
from huying.domains.identities import services as identities
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

BATCH = 200
MOST_FORESEEN = 1000
LEAST_MONTHS = 6  # 网络安全法 Art 21: logs six months


@dataclass(frozen=True)
class Kept:
    """ended: (before, after id, limit) → ids, ascending, of records that ended before then and are not yet let go of.

    let_go: (ids, ending) in the job's transaction: the record's own texts, its place in the search index.
    """

    ended: Callable[[datetime, int, int], list[int]]
    let_go: Callable[[list[int], Ending], None]


_kinds: dict[str, Kept] = {}


def register_retention(
    kind: str, ended: Callable[[datetime, int, int], list[int]], let_go: Callable[[list[int], Ending], None]
) -> None:
    _kinds[kind] = Kept(ended, let_go)


def retention_kinds() -> list[str]:
    """The kinds of record for which a rule has an effect."""
    return sorted(_kinds)


@dataclass(frozen=True, kw_only=True)
class NewRule:
    kind: str
    valid_from: date
    months: int
    ending: Ending
    basis: str


def put_retention_rules(*, actor: Actor, rules: Sequence[NewRule]) -> int:
    """The schedule (or a change to it), each rule with its basis. A rule of the same kind and day is replaced."""
    for place, rule in enumerate(rules):
        if not rule.basis.strip() or rule.months < LEAST_MONTHS:
            raise InvalidInput(
                _("第 %(n)d 条保存期限有误。") % {"n": place + 1},
                fields={"basis": _("须写明依据。"), "months": _("不少于 %(n)d 个月。") % {"n": LEAST_MONTHS}},
            )
    with transaction.atomic():
        RetentionRule.objects.bulk_create(
            [
                RetentionRule(
                    kind=rule.kind,
                    valid_from=rule.valid_from,
                    months=rule.months,
                    ending=Ending(rule.ending).value,
                    basis=rule.basis,
                )
                for rule in rules
            ],
            update_conflicts=True,
            unique_fields=["kind", "valid_from"],
            update_fields=["months", "ending", "basis"],
        )
    return len(rules)


def place_hold(*, actor: Actor, kind: str, record_ids: Iterable[int], why: str) -> int:
    """Keep records from being let go of, with the reason. Returns how many were not held before."""
    if not why.strip():
        raise InvalidInput(_("请写明保全的理由。"), fields={"why": _("必填。")})
    ids = list(dict.fromkeys(record_ids))
    require_holder(actor, kind, ids)
    with transaction.atomic():
        known = held(kind, ids)
        fresh = [record_id for record_id in ids if record_id not in known]
        now = clock.now()
        LegalHold.objects.bulk_create(
            [
                LegalHold(kind=kind, record_id=record_id, why=why[:300], placed_label=actor.label[:120], placed_at=now)
                for record_id in fresh
            ]
        )
        _log(kind, fresh, "record.held", actor, why)
    return len(fresh)


def lift_hold(*, actor: Actor, kind: str, record_ids: Iterable[int], why: str) -> int:
    """The reason is gone; the period runs its course again."""
    if not why.strip():
        raise InvalidInput(_("请写明解除保全的理由。"), fields={"why": _("必填。")})
    wanted = list(record_ids)
    require_holder(actor, kind, wanted)
    with transaction.atomic():
        ids = sorted(held(kind, wanted))
        if not ids:
            raise NotFound(_("这些记录没有被保全。"))
        LegalHold.objects.filter(kind=kind, record_id__in=ids, lifted_at__isnull=True).update(
            lifted_at=clock.now(), lifted_label=actor.label[:120]
        )
        _log(kind, ids, "record.hold_lifted", actor, why)
    return len(ids)


def _log(kind: str, ids: Iterable[int], action: str, actor: Actor, why: str) -> None:
    audit.record(
        [
            audit.NewEvent(kind=kind, record_id=record_id, action=action, actor=actor, reason=why)
            for record_id in sorted(ids)
        ]
    )


@dataclass(frozen=True)
class Foreseen:
    """What the nightly job will let go of within so many days (0: tonight), counted to `MOST_FORESEEN`."""

    days: int
    n: int
    held: int
    ids: tuple[int, ...]


def foresee(kind: str, days: Sequence[int]) -> list[Foreseen]:
    """For each horizon, what the rule in force on that day would let go of by then; two queries a horizon."""
    found = []
    kept = _kinds.get(kind)
    for ahead in days:
        day = clock.today() + timedelta(days=ahead)
        rule = retention_rule(kind, day)
        if kept is None or rule is None:
            continue
        before = datetime.combine(months_before(day, rule.months), time(), tzinfo=clock.ZONE)
        ids = kept.ended(before, 0, MOST_FORESEEN + 1)
        kept_back = held(kind, ids)
        found.append(Foreseen(ahead, len(ids) - len(kept_back), len(kept_back), tuple(set(ids) - kept_back)))
    return found


@dataclass
class RetentionReport:
    """What the job did for one kind. rule: "" when the schedule has none, and nothing was let go of."""

    kind: str
    rule: str = ""
    basis: str = ""
    before: str = ""
    let_go: int = 0
    held: int = 0
    identities: int = 0
    files: int = 0


def run_retention(*, actor: Actor) -> list[dict[str, object]]:
    """Let go of what is past its period, batch by batch, each its own transaction; one report a kind."""
    if not actor.is_system:
        raise Forbidden(_("由系统任务执行。"))
    return [asdict(_run_kind(actor, kind, kept)) for kind, kept in sorted(_kinds.items())]


def _run_kind(actor: Actor, kind: str, kept: Kept) -> RetentionReport:
    report = RetentionReport(kind)
    rule = retention_rule(kind)
    if rule is None:
        return report
    before = months_before(clock.today(), rule.months)
    report.rule, report.basis, report.before = f"{rule.months} M", rule.basis, before.isoformat()
    ending, after = Ending(rule.ending), 0
    while True:
        with transaction.atomic():
            ids = kept.ended(datetime.combine(before, time(), tzinfo=clock.ZONE), after, BATCH)
            if not ids:
                return report
            after = ids[-1]
            kept_back = held(kind, ids)
            go = [record_id for record_id in ids if record_id not in kept_back]
            report.held += len(kept_back)
            if go:
                report.identities += identities.forget(actor=actor, kind=kind, record_ids=go, why=rule.basis)
                files = Document.objects.everything("the period is over").filter(kind=kind, record_id__in=go)
                if ending is Ending.DE_IDENTIFY:
                    files = files.exclude(origin=Origin.FORM)  # forms carry no identity and stay as the office's record
                report.files += discard(files.values_list("id", flat=True))
                kept.let_go(go, ending)
                _log(kind, go, f"record.{ending.value}", actor, rule.basis)
                report.let_go += len(go)


def months_before(day: date, months: int) -> date:
    """The same day `months` earlier, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(f"{day} less {months} months")
