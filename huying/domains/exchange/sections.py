"""A pack's `datasets.yaml`: what departments report, and when."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.exchange import services
from huying.domains.exchange.dates import due_of
from huying.domains.exchange.queries import newest_definitions
from huying.domains.exchange.refusals import answered, refused
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import Type
from huying.kernel import packs
from huying.kernel.actors import Actor
from huying.kernel.deadlines import Calendar

# The years whose shape decides nothing but the order of due and lock.
PLAIN_WEEKS = Calendar((), ())


def check(entries: list[packs.Entry[DatasetRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    """What is refused by name, what the records answer, owners nobody has, and dates in the wrong order."""
    units = {row.code for row in pack.rows("units")}
    departments = {row.department for row in pack.rows("units")}
    for entry in entries:
        row = entry.value
        yield from _refused(entry, (row.code, row.name.zh, row.name.en), row.code)
        for measure in row.measures:
            said = (measure.code, measure.name.zh, measure.name.en)
            yield from _refused(entry, said, f"{row.code}.{measure.code}")
            if known := answered(*said):
                yield entry.fault(
                    _("%(code)s：办理记录已有“%(known)s”，不得填报。")
                    % {"code": f"{row.code}.{measure.code}", "known": known},
                    _("删去，指标改用 sources: [{facts: matters}]；如不是同一事，请另取编码和名称。"),
                )
            if measure.type is Type.RATE and measure.parts is None and row.survey is None:
                yield entry.fault(
                    _("%(code)s：比率没有分子分母（parts），不能向上级汇总。") % {"code": f"{row.code}.{measure.code}"},
                    _("补上两个计数，并写 parts: [分子, 分母]。"),
                    warning=True,
                )
        if row.owner not in units and row.owner not in departments:
            yield entry.fault(
                _("%(code)s：本包没有部门或单位“%(owner)s”。") % {"code": row.code, "owner": row.owner},
                _("写 departments.yaml 的部门键，或一个单位的编码。"),
            )
        period = Period.holding(row.valid_from, row.kind_of_period)
        reckoned = due_of(row.calendar, period, PLAIN_WEEKS)
        if reckoned.locks <= reckoned.due:
            yield entry.fault(
                _("%(code)s：锁定日不晚于报送期限。") % {"code": row.code}, _("lock 从期末数起，须比 due 长。")
            )


def _refused(entry: packs.Entry[DatasetRow], names: tuple[str, ...], told: str) -> Iterator[packs.Fault]:
    if why := refused(*names):
        yield entry.fault(
            _("%(code)s：%(why)s（“%(found)s”，%(reference)s）。")
            % {"code": told, "why": why.why, "found": why.found, "reference": why.reference},
            str(why.cure),
        )


def install(rows: list[DatasetRow], actor: Actor) -> dict[str, int]:
    return services.put_datasets(actor=actor, rows=rows)


def export(actor: Actor) -> Iterator[DatasetRow]:
    yield from (held.row for held in newest_definitions().values())


packs.section(
    "datasets",
    schema=DatasetRow,
    key=("code",),
    check=check,
    install=install,
    export=export,
    after=("units", "divisions"),
)
