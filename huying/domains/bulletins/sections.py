"""The pack's section of report sets: which reports a place makes, of what sections, who approves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from huying.analytics import definitions
from huying.analytics.periods import PeriodKind
from huying.domains.bulletins.models import ReportSet
from huying.domains.bulletins.vocabulary import SectionKind, Step
from huying.kernel import packs
from huying.kernel.actors import Actor


class SectionRow(packs.PackRow):
    """indicators: codes of indicators; figures, places and trend must name some. title: other than the kind's own words."""

    kind: SectionKind
    title: packs.Names | None = None
    indicators: tuple[str, ...] = ()


class ReportSetRow(packs.PackRow):
    """redhead: words of the red head (版头); {place} stands for the division's name. approval: the steps in order."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    name: packs.Names
    period: PeriodKind
    levels: tuple[Literal["province", "city", "county", "township"], ...] = ("city", "county", "township")
    redhead: packs.Names | None = None
    approval: tuple[Step, ...] = Field(default=(Step.OWN,), min_length=1)
    sections: tuple[SectionRow, ...] = Field(min_length=1)


NEEDS_INDICATORS = (SectionKind.FIGURES, SectionKind.PLACES, SectionKind.TREND)


def check(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    rules = definitions.shipped()
    counted = {indicator.code for indicator in rules.indicators}
    known = counted | {row.code for row in pack.rows("indicators")}
    for entry in entries:
        for section in entry.value.sections:
            if section.kind in NEEDS_INDICATORS and not section.indicators:
                yield entry.fault(
                    _("“%(kind)s”一节没有列出指标。") % {"kind": section.kind.value}, _("在 indicators 里写指标代码。")
                )
            for code in section.indicators:
                if code not in known:
                    yield entry.fault(
                        _("没有这个指标：%(code)s") % {"code": code},
                        _("可用的指标：%(known)s")
                        % {"known": "、".join(sorted(counted)) + "；" + _("以及本包 indicators 里的")},
                    )


def install(rows: list[ReportSetRow], actor: Actor) -> dict[str, int]:
    present = {row.code: row for row in ReportSet.objects.all()}
    counts = {"created": 0, "changed": 0, "kept": 0}
    made, changed = [], []
    for row in rows:
        body, kept = row.model_dump(mode="json"), present.get(row.code)
        if kept is None:
            made.append(ReportSet(code=row.code, period=row.period, body=body))
            counts["created"] += 1
        elif kept.body == body:
            counts["kept"] += 1
        else:
            kept.period, kept.body = row.period, body
            changed.append(kept)
            counts["changed"] += 1
    ReportSet.objects.bulk_create(made)
    ReportSet.objects.bulk_update(changed, ["period", "body"])
    return counts


def export(actor: Actor) -> Iterator[ReportSetRow]:
    for row in ReportSet.objects.order_by("code"):
        yield ReportSetRow.model_validate(row.body)


packs.section(
    "report_sets", schema=ReportSetRow, key=("code",), check=check, install=install, export=export, format="yaml",
    after=("indicators",),
)  # fmt: skip
