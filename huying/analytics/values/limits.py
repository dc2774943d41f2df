"""A place's own thresholds for the indicators that come with Huying: drafted, put in force from a day, every version kept.

They are written as a definition's are (a share in per cent), so that one page and one judgement serve both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import Field

from huying.analytics import definitions
from huying.analytics.definitions import Direction, Indicator, Unit, local
from huying.analytics.indicators.checking import check
from huying.analytics.indicators.schema import IndicatorRow, Threshold
from huying.analytics.models import CountedLimits
from huying.analytics.values import defining
from huying.analytics.vocabulary import CODE, LIMITS
from huying.kernel import audit, clock, packs
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.words import words

State = CountedLimits.State


class LimitsRow(packs.PackRow):
    """A place's own thresholds for an indicator that comes with Huying, as `thresholds.yaml` says them: a share in per cent."""

    code: str = Field(pattern=CODE)
    thresholds: tuple[Threshold, ...] = Field(min_length=1)


DAYS = words("天", "days")


def indicator(code: str) -> Indicator | None:
    """The counted indicator that can have thresholds: one with a direction."""
    found = definitions.shipped().indicator(code)
    return None if found is None or found.direction is Direction.NONE else found


def codes() -> list[str]:
    """Of those that can have thresholds."""
    return [one.code for one in definitions.shipped().indicators if one.direction is not Direction.NONE]


def scale(found: Indicator) -> float:
    """What a value is multiplied by where people read and write it: a share in per cent, days as they are."""
    return 100 if found.unit is Unit.SHARE else 1


def as_definition(found: Indicator, own: Sequence[Mapping[str, Any]]) -> IndicatorRow:
    """The indicator as a definition would say it, with the shipped thresholds and the place's `own`."""
    factor = scale(found)
    shipped = definitions.without_own(found.code).thresholds
    formula: dict[str, Any] = {"expression": found.code}
    if found.denominator:
        formula = {"numerator": f"{found.code}__n", "denominator": f"{found.code}__d"}
    return IndicatorRow(
        **formula,
        code=found.code,
        name=packs.Names(zh=found.name.zh, en=found.name.en),
        unit="%" if found.unit is Unit.SHARE else str(DAYS),
        factor=factor,
        direction=found.direction.value,
        min_n=found.min_n,
        thresholds=tuple(_written(one, factor) for one in [*shipped, *map(local.threshold, own)]),
    )


def own(row: IndicatorRow, found: Indicator) -> list[dict[str, Any]]:
    """Of what such a definition says, the limits that aren't the shipped ones, as they are kept."""
    factor = scale(found)
    shipped = [_written(one, factor) for one in definitions.without_own(found.code).thresholds]
    return [_kept(one, factor) for one in row.thresholds if one not in shipped]


def _written(one: definitions.Threshold, factor: float) -> Threshold:
    at = {name: None if step is None else round(step * factor, 9) for name, step in _steps(one).items()}
    levels = tuple(level.column for level in sorted(one.levels))
    return Threshold.model_validate({**at, "valid_from": one.start, "levels": levels, "reference": one.reference})


def _kept(one: Threshold, factor: float) -> dict[str, Any]:
    at = {name: round(step / factor, 9) for name, step in _steps(one).items() if step is not None}
    return {"from": one.valid_from.isoformat(), "levels": list(one.levels), **at, "reference": one.reference}


def _steps(one: definitions.Threshold | Threshold) -> dict[str, float | None]:
    return {"green": one.green, "yellow": one.yellow, "orange": one.orange}


def versions(code: str) -> list[CountedLimits]:
    """Oldest first, the draft last."""
    return list(CountedLimits.objects.filter(code=code).order_by("version"))


@transaction.atomic
def draft(*, actor: Actor, row: IndicatorRow, why: str) -> CountedLimits:
    """Write the draft of the next version, or change it. Raises Forbidden, NotFound, InvalidInput for limits that contradict the
    direction or each other, and without a reason."""
    defining.require_drafter(actor)
    found = _known(row.code)
    if faults := [fault for fault in check([row]) if not fault.warning]:
        raise InvalidInput(_("阈值没有保存：%(what)s") % {"what": faults[0].message}, cure=faults[0].cure)
    if not why.strip() or len(why) > defining.LONGEST_WHY:
        raise InvalidInput(_("阈值没有保存：请写明理由。"), fields={"why": _("请写明为什么改，不超过300字。")})
    held = CountedLimits.objects.select_for_update().filter(code=row.code).order_by("version").last()
    again = held is not None and held.state == State.DRAFT
    made = held if again and held else CountedLimits(code=row.code, version=held.version + 1 if held else 1)
    before = _published(row.code)
    made.content, made.state = own(row, found), State.DRAFT
    fresh = [one["from"] for one in made.content if before is None or one not in before.content]
    made.valid_from = date.fromisoformat(min(fresh)) if fresh else clock.today()
    made.author, made.why, made.changed_at = actor.label, why.strip(), clock.now()
    made.save()
    _log(actor, made, "limits_redrafted" if again else "limits_drafted", first=not again)
    return made


@transaction.atomic
def publish(*, actor: Actor, code: str) -> CountedLimits:
    """Put the draft in force; each limit holds from its day. Raises Forbidden, NotFound, InvalidInput for a day gone by."""
    defining.require_publisher(actor)
    made = _draft(code)
    if made.valid_from < clock.today():
        raise InvalidInput(
            _("没有发布：草稿的阈值自%(day)s起，已经过了。") % {"day": made.valid_from}, cure=_("作废草稿，另写一天。")
        )
    made.state, made.publisher, made.changed_at = State.PUBLISHED, actor.label, clock.now()
    made.save()
    _log(actor, made, "limits_published", before=State.DRAFT)
    transaction.on_commit(lay_out)
    return made


@transaction.atomic
def discard(*, actor: Actor, code: str) -> None:
    """Let the draft go. Raises Forbidden, NotFound."""
    defining.require_drafter(actor)
    made = _draft(code)
    _log(actor, made, "limits_discarded", before=State.DRAFT, after="")
    made.delete()


@transaction.atomic
def install(rows: Sequence[LimitsRow], actor: Actor) -> dict[str, int]:
    """As a pack says: what differs from the newest published version becomes the next one. Drafts stay, behind it."""
    counts = {"created": 0, "changed": 0, "kept": 0}
    for row in rows:
        found = _known(row.code)
        content, held = [_kept(one, scale(found)) for one in row.thresholds], versions(row.code)
        before = next((one for one in reversed(held) if one.state == State.PUBLISHED), None)
        if before is not None and before.content == content:
            counts["kept"] += 1
            continue
        counts["changed" if before else "created"] += 1
        number = before.version + 1 if before else 1
        for draft in (one for one in held if one.state == State.DRAFT):
            draft.version = number + 1
            draft.save(update_fields=["version"])
        CountedLimits.objects.create(
            code=row.code,
            version=number,
            content=content,
            valid_from=min(one.valid_from for one in row.thresholds),
            author=actor.label,
            publisher=actor.label,
            changed_at=clock.now(),
        )
    transaction.on_commit(lay_out)
    return counts


def installed() -> list[LimitsRow]:
    """What is in force or to come, as a pack writes it."""
    rows = CountedLimits.objects.filter(state=State.PUBLISHED).order_by("code", "version")
    newest = {row.code: row.content for row in rows}
    found = {code: indicator(code) for code in newest}
    return [
        LimitsRow(code=code, thresholds=tuple(_written(local.threshold(one), scale(known)) for one in said))
        for code, said in newest.items()
        if said and (known := found[code]) is not None
    ]


def judged(row: LimitsRow) -> str:
    """What is wrong with a row of a pack; "" where nothing is."""
    if (found := indicator(row.code)) is None:
        return _("%(code)s：随程序没有这个可以设阈值的指标") % {"code": row.code}
    whole = as_definition(found, [_kept(one, scale(found)) for one in row.thresholds])
    return next((fault.message for fault in check([whole]) if not fault.warning), "")


def lay_out() -> None:
    """Lay what is in force beside the published figures, where every process reads it."""
    newest: dict[str, list[dict[str, Any]]] = {}
    for row in CountedLimits.objects.filter(state=State.PUBLISHED).order_by("code", "version"):
        newest[row.code] = row.content
    local.write(newest)


def _known(code: str) -> Indicator:
    if (found := indicator(code)) is None:
        raise NotFound(_("没有可以改阈值的指标：%(code)s") % {"code": code[:60]})
    return found


def _published(code: str) -> CountedLimits | None:
    return CountedLimits.objects.filter(code=code, state=State.PUBLISHED).order_by("version").last()


def _draft(code: str) -> CountedLimits:
    found = CountedLimits.objects.select_for_update().filter(code=code, state=State.DRAFT).first()
    if found is None:
        raise NotFound(_("没有待发布的草稿。"))
    return found


def _log(
    actor: Actor, made: CountedLimits, action: str, *, before: str = "", after: str | None = None, first: bool = False
) -> None:
    said = {"code": made.code, "version": made.version, "valid_from": str(made.valid_from), "content": made.content}
    event = audit.NewEvent(
        kind=LIMITS,
        record_id=made.pk,
        action=action,
        actor=actor,
        from_state=str(before),
        to_state=str(made.state if after is None else after),
        reason=made.why,
        payload=said,
        first=first,
    )
    audit.record([event])
