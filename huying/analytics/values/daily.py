"""Records as what is rolled up when counts aren't simply summed: of each lowest place and day how many there were.

Nothing counted on a known day is zero, not unknown: each lowest place has every day from the first record's to the watermark's.
So does a place above others that records lie in directly. The roll-up itself is the one of plain files and deliveries. Counts of
a village on a day are small cells: such indicators stand at the county and above alone (evaluating.why_not).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np

from huying.analytics import definitions
from huying.analytics.connection import connect
from huying.analytics.engines import Columns
from huying.analytics.engines.embedded import Embedded, arrays
from huying.analytics.lake.counting import Counting
from huying.analytics.lake.filling import EPOCH_DAY, put
from huying.analytics.lake.layout import Layout
from huying.analytics.lake.numbered import Numbered, Spans
from huying.analytics.lake.rollup import Rollup
from huying.analytics.periods import PeriodKind
from huying.analytics.published import State
from huying.analytics.trees import Tree
from huying.analytics.values.rolling import Rolling
from huying.kernel.errors import Unavailable

# Days of lowest places: a province's grids over three years, in a gigabyte.
MOST = 60_000_000
LAKE = "facts.duckdb"


@dataclass
class Daily(Rolling):
    """The counts `names` of each lowest place and day, loaded once for all kinds of period."""

    home: Path
    tree: Tree
    state: State
    names: list[str]
    nodes: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = sorted({node.code for node in self.tree.nodes})

    @property
    def measures(self) -> list[str]:
        return self.names

    def loaded(self, engine: Embedded) -> Rollup:
        spans = Spans.of(self.tree, self.nodes)
        work = Rollup(engine, spans, PeriodKind.MONTH)
        work.load(Counts(spans, self.names, self._read(), self.state))
        return work

    def _read(self) -> Columns:
        """place (its number), d, and each count, where any record was counted. Raises Unavailable without a lake."""
        file = self.home / LAKE
        if not file.exists():
            raise Unavailable(f"there is no lake at {file}", cure="huying report refresh --full")
        rules, number = definitions.shipped(), {code: i for i, code in enumerate(self.nodes)}
        with connect(str(file), access_mode="READ_ONLY") as con:
            layout = Layout.of(con, rules)
            whole = f"(SELECT *, {int(self.state.watermark.timestamp())}::BIGINT AS as_of FROM facts)"
            found = arrays(con.execute(_counted(rules, layout, Counting(con, rules, layout), self.names, whole)))
        place = np.array([number[code] for code in found.pop("code").tolist()], dtype=np.int32)
        return {"loc": place, **found}


def _counted(
    rules: definitions.Definitions, layout: Layout, counting: Counting, names: Sequence[str], facts: str
) -> str:
    """SQL: code, d and each named count, of the lowest place each record lay in on the day it is counted."""
    parts = []
    for name in names:
        count = rules.measures[name]
        listed = ", ".join(f"{'count(*)' if other == name else '0'} AS {other}" for other in names)
        parts.append(
            f"SELECT node.code AS code, calendar.d AS d, {listed} FROM {facts} AS f "
            f"{layout.join('f', layout.day(count.day))} JOIN node ON node.id = place.leaf "
            f"WHERE {count.day} IS NOT NULL AND {counting.countable()} AND {count.sql()} GROUP BY ALL"
        )
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in names)
    return f"SELECT code, d::INTEGER AS d, {sums} FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL"


@dataclass
class Counts:
    """The facts of a roll-up (lake.rollup.Facts). sparse: as Daily reads them."""

    spans: Spans
    names: list[str]
    sparse: Columns
    state: State

    def days(self) -> tuple[date, date] | None:
        if self.state.first_day is None:
            return None
        return self.state.first_day, self.state.watermark.date()

    def said(self, line: int) -> str:
        return str(line)

    def write(self, con: duckdb.DuckDBPyConnection) -> list[int]:
        first, last = self.days() or (EPOCH_DAY, EPOCH_DAY - timedelta(1))
        loc, begins, ends = self._stretches(first, last)
        if (many := int((ends - begins + 1).sum())) > MOST:
            raise Unavailable(
                f"{many:,} days of lowest places are too many to aggregate otherwise than by sum",
                cure="define the indicator over a sum, or over a department's dataset",
            )
        put(con, "stretch", loc=loc, begins=begins, ends=ends)
        put(con, "sparse", temp="", **self.sparse)
        listed = ", ".join(f"coalesce(sparse.{name}, 0)::BIGINT AS m{i}" for i, name in enumerate(self.names))
        con.execute(
            f"CREATE OR REPLACE TABLE facts AS SELECT every.loc AS loc, every.d AS d, 0::BIGINT AS line, {listed} FROM "
            f"(SELECT loc, unnest(range(begins, ends + 1))::INTEGER AS d FROM stretch) AS every LEFT JOIN sparse USING (loc, d)"
        )
        return [0] * len(self.names)

    def _stretches(self, first: date, last: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place, first and last day (since 1970) of each stretch in which a place counts records itself."""
        own = np.unique(self.sparse["loc"]).astype(np.int32)
        numbered = Numbered.of(self.spans, first, last)
        starts = [*((start - EPOCH_DAY).days for start in numbered.starts), (last - EPOCH_DAY).days + 1]
        starts[0] = (first - EPOCH_DAY).days
        found = [numbered.lowest(epoch, own) for epoch in range(len(numbered.starts))]
        many = [len(places) for places in found]
        return (
            np.concatenate(found) if found else np.empty(0, dtype=np.int32),
            np.repeat(np.array(starts[:-1], dtype=np.int32), many),
            np.repeat(np.array([start - 1 for start in starts[1:]], dtype=np.int32), many),
        )
