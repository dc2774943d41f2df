"""The sections `indicators`, `index`, `peers` and `thresholds` of a pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.analytics.indicators.checking import check
from huying.analytics.indicators.expressions import names, parse
from huying.analytics.indicators.frameworks import IndexRow, framework_of, settings_of
from huying.analytics.indicators.schema import LEVELS, IndicatorRow, PeerRow
from huying.analytics.models import IndexDefinition, PeerGroup
from huying.analytics.values import defining, limits, listing
from huying.kernel import clock, packs
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput


def check_indicators(entries: list[packs.Entry[IndicatorRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    """Duplicates, contradictions, unreadable formulas, what no index may do, and what records answer but people would type."""
    for found in check([entry.value for entry in entries]):
        yield entries[found.index].fault(found.message, found.cure, warning=found.warning)
    counted = definitions.shipped()
    delivered = {row.code: set(row.delivered) for row in pack.rows("datasets")}
    groups = {row.code for row in pack.rows("peers")}
    for entry in entries:
        yield from _sources(entry, counted, delivered)
        row = entry.value
        if row.peers and row.peers not in groups:
            yield entry.fault(
                _("%(code)s：没有同类组 %(name)s") % {"code": row.code, "name": row.peers},
                _("在 peers.yaml 里写明它有哪些区划。"),
            )
        if (counts := listing.daily_of(row)) and LEVELS.index(row.level) > LEVELS.index("county"):
            yield entry.fault(
                _("%(code)s：%(names)s不相加时按最低一级每天的件数计算，县级以下会露出少于10件的数")
                % {"code": row.code, "names": "、".join(counts)},
                "level: county",
            )


def _sources(
    entry: packs.Entry[IndicatorRow], counted: definitions.Definitions, delivered: Mapping[str, set[str]]
) -> Iterator[packs.Fault]:
    """delivered: the measures of each dataset and survey of the pack."""
    row = entry.value
    if not row.sources:
        yield entry.fault(_("%(code)s：没有写明来源") % {"code": row.code}, "sources: [{facts: matters}]")
    used = {name.name for name in _names(row)} - set(row.constants)
    typed = [source for source in row.sources if not source.facts]
    answered = used & set(counted.measures) | ({row.code} & {indicator.code for indicator in counted.indicators})
    if typed and answered and len(typed) == len(row.sources):
        yield entry.fault(
            _("%(code)s：%(names)s由办理记录得出，不得填报") % {"code": row.code, "names": "、".join(sorted(answered))},
            "sources: [{facts: matters}]",
        )
    offered = set(counted.measures) if len(typed) < len(row.sources) else set()
    for source in typed:
        name = source.dataset or source.survey
        if name not in delivered:
            yield entry.fault(
                _("%(code)s：本包没有数据集 %(name)s") % {"code": row.code, "name": name},
                _("在 datasets.yaml 里写明它由谁报、何时报。"),
            )
            return
        offered |= delivered[name]
    if twice := sorted(set(row.constants) & offered):
        yield entry.fault(
            _("%(code)s：常数%(names)s与量同名") % {"code": row.code, "names": "、".join(twice)}, _("给常数另起名。")
        )
    if row.sources and (unknown := sorted(used - offered)):
        yield entry.fault(
            _("%(code)s：来源中没有 %(names)s") % {"code": row.code, "names": "、".join(unknown)},
            _("可用的有：%(names)s") % {"names": "、".join(sorted(offered)[:12])},
        )


def _names(row: IndicatorRow) -> Iterator[Any]:
    for text in (row.numerator, row.denominator, row.expression):
        try:
            yield from names(parse(text)) if text else ()
        except InvalidInput:
            continue  # said by `check` already, with its column


def install_indicators(rows: list[IndicatorRow], actor: Actor) -> dict[str, int]:
    """A row that differs from the newest version becomes the next one, in force from today. Nothing is overwritten."""
    return defining.install(rows, actor)


def export_indicators(_actor: Actor) -> Iterable[IndicatorRow]:
    """The newest published version of each that is still in force."""
    return [rows[-1].row for _code, rows in sorted(listing.versions().items()) if rows[-1].valid_to is None]


def check_peers(entries: list[packs.Entry[PeerRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    for entry in entries:
        if len(set(entry.value.places)) < len(entry.value.places):
            yield entry.fault(_("%(code)s：有区划写了两次") % {"code": entry.value.code}, _("只留一次。"))


def install_peers(rows: list[PeerRow], _actor: Actor) -> dict[str, int]:
    held = {row.code: row for row in listing.peer_rows()}
    counts = {"created": 0, "changed": 0, "kept": 0}
    changed = []
    for row in rows:
        counts["kept" if held.get(row.code) == row else "changed" if row.code in held else "created"] += 1
        if held.get(row.code) != row:
            name = row.name.model_dump() if row.name else {}
            changed.append(PeerGroup(code=row.code, name=name, places=list(row.places)))
    PeerGroup.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["code"], update_fields=["name", "places"]
    )
    return counts


def export_peers(_actor: Actor) -> Iterable[PeerRow]:
    return listing.peer_rows()


packs.section(
    "peers",
    schema=PeerRow,
    key=("code",),
    check=check_peers,
    install=install_peers,
    export=export_peers,
)
packs.section(
    "indicators",
    schema=IndicatorRow,
    key=("code",),
    check=check_indicators,
    install=install_indicators,
    export=export_indicators,
)


def check_index(entries: list[packs.Entry[IndexRow]], pack: packs.Pack) -> Iterator[packs.Fault]:
    """Each fault at its row; what concerns the whole at the first."""
    at = {entry.value.code: entry for entry in entries}
    rows = [entry.value for entry in entries]
    try:
        framework_of(rows, {row.code: row for row in pack.rows("indicators")})
        settings_of(rows)
    except InvalidInput as error:
        for code, said in (error.fields or {"": error.message}).items():
            where = at.get(code, entries[0])
            yield where.fault(f"{code}: {said}" if code else said, error.cure)


def install_index(rows: list[IndexRow], _actor: Actor) -> dict[str, int]:
    """As with indicators: what differs from the newest version becomes the next one."""
    counts = {"created": 0, "changed": 0, "kept": 0}
    if not rows:
        return counts
    code = next(row.code for row in rows if not row.parent)
    content = [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
    held = IndexDefinition.objects.filter(code=code).order_by("version").last()
    if held is not None and held.content == content:
        counts["kept"] = len(rows)
        return counts
    counts["changed" if held else "created"] = len(rows)
    IndexDefinition.objects.create(
        code=code, version=held.version + 1 if held else 1, content=content, valid_from=clock.today()
    )
    return counts


def export_index(_actor: Actor) -> Iterable[IndexRow]:
    held = IndexDefinition.objects.order_by("pk").last()
    return [IndexRow.model_validate(row) for row in held.content] if held else []


packs.section(
    "index",
    schema=IndexRow,
    key=("code",),
    check=check_index,
    install=install_index,
    export=export_index,
    after=("indicators",),
)


def check_limits(entries: list[packs.Entry[limits.LimitsRow]], _pack: packs.Pack) -> Iterator[packs.Fault]:
    for entry in entries:
        if said := limits.judged(entry.value):
            yield entry.fault(said, _("可设的有：%(codes)s") % {"codes": "、".join(limits.codes())})


packs.section(
    "thresholds",
    schema=limits.LimitsRow,
    key=("code",),
    check=check_limits,
    install=lambda rows, actor: limits.install(rows, actor),
    export=lambda _actor: limits.installed(),
)
