"""What published values of defined indicators were computed from, as text to keep, and the values computed from it once more.

While a report is composed, which values were read is noted. From that follows what they rest on: the deliveries of their sources
as they stood at the build, the counts of the places and periods their formulas look at, the versions of their definitions.
Computed anew from these by the code of every build, for those places alone, they are the same to the last bit.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period, PeriodKind
from huying.analytics.published import Published
from huying.analytics.sources import Delivered
from huying.analytics.trees import Tree
from huying.analytics.values import due, listing, store
from huying.analytics.values.listing import Held, Version
from huying.analytics.values.lookbacks import looked_at
from huying.analytics.values.store import Store
from huying.kernel.errors import InvalidInput, Unavailable
from huying.kernel.words import Words

Keep = Callable[[str], str]
Kept = Callable[[str], str]


@dataclass
class Looked:
    """Which values were read."""

    codes: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    periods: set[str] = field(default_factory=set)


class Noting(Store):
    """Stored values that note what is read of them."""

    def __init__(self, of: Store, looked: Looked) -> None:
        super().__init__(of.con)
        self.looked = looked

    def rows(
        self, indicators: Sequence[str], nodes: Iterable[str], periods: Sequence[str]
    ) -> dict[tuple[str, str, str], dict[str, float | None]]:
        listed = list(nodes)
        self.looked.codes.update(indicators)
        self.looked.nodes.update(code for code in listed if code)
        self.looked.periods.update(periods)
        return super().rows(indicators, listed, periods)


def keep(looked: Looked, figures: Published, kept: Store | None, put: Keep) -> str:
    """Put what the values rest on; the digest of all of it. put: keeps a text, gives its digest.

    Raises Unavailable when the values are older than the figures beside them, or deliveries came in meanwhile.
    """
    state = kept.state() if kept else None
    if (
        state is None
        or kept is None
        or (state.watermark.date(), state.counted, state.tree)
        != (figures.state.watermark.date(), figures.state.digest, figures.state.tree_digest)
        or figures.touched(state.generation) != set()  # None: no longer known
    ):
        raise _busy()
    said = listing.versions(sorted(looked.codes))
    if other := sorted(code for code, rows in said.items() if any(listing.daily_of(version.row) for version in rows)):
        raise InvalidInput(
            _("报表不能用%(codes)s：它由最低一级每天的件数算出，这些件数不随报表保存。") % {"codes": "、".join(other)},
            cure=_("请从报表的指标中去掉，或改为相加的指标。"),
        )
    named = sorted({source for rows in said.values() for version in rows for source in listing.named(version.row)})
    delivered, offered = dict[str, dict[str, str]](), dict[str, dict[str, list[str]]]()
    titles = listing.titles()
    for kind, name in named:
        if kind == "facts":
            continue
        offered.setdefault(kind, {})[name] = sorted(listing.known_measures(kind, name))
        rows = list(due.rows(kind, name, None, datetime.fromisoformat(state.read)))
        if due.digest(rows) != state.deliveries.get(f"{kind}:{name}", due.digest([])):
            raise _busy()
        # By year: what was delivered of a past year is shared by all editions since.
        by_year = groupby(sorted(rows, key=lambda row: (row.day.year, row.node, row.day)), key=lambda row: row.day.year)
        delivered[f"{kind}:{name}"] = {str(year): put(_text([_row(row) for row in own])) for year, own in by_year}
    counted = sorted({name for rows in said.values() for version in rows for name in listing.counted_of(version.row)})
    places = sorted(_places(looked, said, figures.tree()))
    periods = _periods(looked, [version.row for rows in said.values() for version in rows])
    counts = sorted(list(row) for row in figures.counts(counted, periods, places)) if counted else []
    whole = {
        "definitions": {
            code: [
                [v.number, str(v.valid_from), str(v.valid_to or ""), v.row.model_dump(mode="json"), v.withdrawn]
                for v in rows
            ]
            for code, rows in sorted(said.items())
        },
        "groups": {code: list(listed) for code, listed in sorted(listing.groups().items())},
        "offered": offered,
        "titles": {source: [titles[source].zh, titles[source].en] for source in delivered if source in titles},
        "deliveries": delivered,
        "read": state.read,
        "places": places,
        "kinds": sorted({Period.parse(key).kind.value for key in looked.periods}),
        "measures": counted,
        "counts": put(_text(counts)),
    }
    return put(_text(whole))


def _busy() -> Unavailable:
    return Unavailable(
        _("指标数值正在更新。"), cure=_("请过一会儿再取数；一直如此的，请运行 huying report refresh。"), retry_after=30
    )


def _places(looked: Looked, said: Mapping[str, Sequence[Version]], tree: Tree) -> set[str]:
    """Those that were read, those their ranks are given among, and those a rate is drawn toward."""
    found = set(looked.nodes)
    rows = [version.row for versions in said.values() for version in versions]
    groups = listing.groups()
    for row in rows:
        found.update(groups.get(row.peers, ()))
    toward = {row.smoothing.toward for row in rows if row.smoothing}
    if "level" in toward:
        levels = {span.level for code in found for span in tree.spans.get(code, ())}
        found |= {node.code for node in tree.nodes if node.level in levels}
    if "parent" in toward:
        found |= {span.parent for code in set(found) for span in tree.spans.get(code, ()) if span.parent}
    return found


def _periods(looked: Looked, rows: Sequence[IndicatorRow]) -> list[str]:
    own = [Period.parse(key) for key in looked.periods]
    near = {p for period in own for p in (period, period.previous, period.year_before) if p}
    return sorted({other.key for row in rows for period in near for other in looked_at(row, period)})


@dataclass(frozen=True)
class Again:
    """What was kept, read back. deliveries: by (kind, name); read: the moment up to which they were taken."""

    held: Held
    deliveries: dict[tuple[str, str], list[Delivered]]
    read: datetime
    places: frozenset[str]
    kinds: frozenset[str]
    measures: list[str]
    counts: list[list[Any]]


def again(digest: str, kept: Kept) -> Again:
    """kept: the text under a digest; its errors are passed on."""
    said = json.loads(kept(digest))
    deliveries = {}
    for source, years in said["deliveries"].items():
        kind, _mark, name = source.partition(":")
        rows = [_delivered(row) for chunk in years.values() for row in json.loads(kept(chunk))]
        deliveries[kind, name] = sorted(rows, key=lambda row: (row.node, row.day))
    versions = {
        code: [
            Version(
                number,
                IndicatorRow.model_validate(row),
                date.fromisoformat(starts),
                date.fromisoformat(ends) if ends else None,
                ended,
            )
            for number, starts, ends, row, ended in rows
        ]
        for code, rows in said["definitions"].items()
    }
    offered = {
        kind: {name: frozenset(known) for name, known in names.items()} for kind, names in said["offered"].items()
    }
    return Again(
        Held(
            versions,
            {code: tuple(listed) for code, listed in said["groups"].items()},
            offered,
            {source: Words(*title) for source, title in said["titles"].items()},
        ),
        deliveries,
        datetime.fromisoformat(said["read"]),
        frozenset(said["places"]),
        frozenset(said["kinds"]),
        said["measures"],
        json.loads(kept(said["counts"])),
    )


@contextmanager
def replayed(said: Again, figures: Published, tree: Tree) -> Iterator[None]:
    """Whoever asks for definitions, deliveries or values meanwhile is given those, the values computed anew. Loads the engine."""
    from huying.analytics.values.building import rebuilt
    from huying.analytics.values.inputs import Deliveries

    kinds = {PeriodKind(kind) for kind in said.kinds}
    with (
        listing.instead(said.held),
        due.instead(said.deliveries),
        tempfile.TemporaryDirectory(prefix="huying-verify-") as folder,
        rebuilt(Path(folder), figures, tree, Deliveries(dict(said.deliveries), {}), said.places, kinds) as values,
        store.instead(values),
    ):
        yield


def _text(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _row(row: Delivered) -> list[Any]:
    return [row.node, str(row.day), dict(row.values), row.n, row.at.isoformat(), row.generated]


def _delivered(said: Sequence[Any]) -> Delivered:
    node, day, values, n, at, generated = said
    return Delivered(node, date.fromisoformat(day), values, n, datetime.fromisoformat(at), generated)
