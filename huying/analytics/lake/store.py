"""The lake: facts in one DuckDB file, brought up to date from the main database, counted, published.

Order of a refresh, so that a crash anywhere leaves the old figures and the next run resumes:
1. read the dirty marks (a mark is older than the row read after it); 2. extract; 3. one DuckDB transaction: change the facts and
keep what the change adds to the cells; 4. one SQLite transaction: add it to the published cells; 5. forget the marks. The
generation, raised in 3 and said in 4, tells whether what was kept was published; marks not forgotten are read again and add
nothing.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from huying.analytics.conditions import REPEATS_PLACE
from huying.analytics.connection import connect, extension
from huying.analytics.definitions import Definitions
from huying.analytics.lake import extract
from huying.analytics.lake.counting import RECENT_DAYS, SQL_TYPES, Counting
from huying.analytics.lake.filling import fill
from huying.analytics.lake.layout import Layout
from huying.analytics.lake.turn import Refreshed, locked
from huying.analytics.published import Publisher, State
from huying.analytics.trees import Tree
from huying.kernel import clock, facts

# More changed keys than this, and reading everything through the scanner is quicker than asking for each.
MANY = 50_000


class Lake:
    """Open with `with Lake.opened(...) as lake`; holds the lake's lock meanwhile."""

    def __init__(self, definitions: Definitions, tree: Tree, home: Path, con: duckdb.DuckDBPyConnection) -> None:
        self.definitions, self.table, self.tree, self.home, self.con = definitions, definitions.table, tree, home, con
        self.layout = Layout.of(con, definitions)
        self.counting = Counting(con, definitions, self.layout)
        self.publisher = Publisher(home, self.counting.measures)

    @classmethod
    @contextmanager
    def opened(cls, definitions: Definitions, tree: Tree, home: Path, *, wait: bool = True) -> Iterator[Lake]:
        """Raises Unavailable when another process refreshes it and `wait` is false."""
        with locked(home, wait=wait):
            con = connect(str(home / "facts.duckdb"), threads="2", preserve_insertion_order="false")
            try:
                yield cls(definitions, tree, home, con)
            finally:
                con.close()

    # Refreshing

    def refresh(self, *, full: bool = False) -> Refreshed:
        """Bring facts and published cells up to now. full: extract everything anew."""
        began = time.monotonic()
        watermark = clock.now().replace(microsecond=0)
        incoming = self.home / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        keys = facts.dirty(self.table.name)
        if full or not self._has_facts() or len(keys) > MANY:
            read = self._replace(extract.everything(self.table, incoming), watermark)
            way = "full"
            self._publish_all(watermark)
        else:
            way, read = self._change(keys, watermark, incoming)
        facts.settle(keys)
        shutil.rmtree(incoming, ignore_errors=True)
        return Refreshed(way, watermark, read, time.monotonic() - began)

    def _change(self, keys: facts.DirtyKeys, watermark: datetime, incoming: Path) -> tuple[str, int]:
        stored, published = self._stored(), self.publisher.state()
        if published is not None and published.generation == stored["kept"] - 1 and self._same_rules(published):
            self._publish_kept()  # the last run stopped between changing the facts and publishing
            published = self.publisher.state()
        resumable = (
            published is not None
            and published.generation == stored["generation"]
            and self._same_rules(published)
            and published.watermark <= watermark
        )
        file = extract.some(self.table, keys.ids(), incoming)
        read = self._load(file, "incoming")
        self._changed(keys)
        if not resumable or published is None:
            with self._transaction():
                self._alter("false")
                self._note(watermark, int(stored["generation"]) + 1)
            self._publish_all(watermark)
            return "recounted", read
        added = self._add(watermark, published)
        if added is None:
            # A day or a place the layout doesn't know yet: lay out and count anew, from the lake.
            self._publish_all(watermark)
            return "recounted", read
        return "added" if read or added else "nothing", read

    def _add(self, watermark: datetime, published: State) -> int | None:
        """Change the facts, publish what it adds. Returns the number of cells changed; None when the layout must be made anew."""
        con, was, now = self.con, int(published.watermark.timestamp()), int(watermark.timestamp())
        moved = " OR ".join(f"({c} >= {was} AND {c} < {now})" for c in self.definitions.moving) or "false"
        with self._transaction():
            self._alter(moved)
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE signed AS SELECT *, -1 AS sign, {was}::BIGINT AS as_of FROM before "
                f"UNION ALL BY NAME SELECT *, 1 AS sign, {now}::BIGINT AS as_of FROM after"
            )
            if not self.layout.covers("signed"):
                self._note(watermark, published.generation + 1)
                return None
            measures = self.counting.cells("signed", "added", _recent(watermark))
            self.counting.touched("signed", "touched")
            # By code and key: should this run stop before it publishes, the next one may have laid the tree out anew.
            con.execute(f"CREATE OR REPLACE TABLE kept_cells AS {self._named('added', measures)}")
            con.execute(f"CREATE OR REPLACE TABLE kept_touched AS {self._named('touched', [])}")
            self._note(watermark, published.generation + 1, kept=True)
        self._publish_kept()
        row = con.execute("SELECT count(*) FROM kept_cells").fetchone()
        return int(row[0]) if row else 0

    def _alter(self, moved: str) -> None:
        """Put the incoming facts in place of the changed ones. What is counted otherwise than before stands in the temp tables
        `before` and `after`: those, the others of the same place and item, and whatever meets `moved`."""
        con, key = self.con, self.table.key
        columns = ", ".join({key: 0, **dict.fromkeys(self.counting.columns), REPEATS_PLACE: 0})
        concerned = f"{moved} OR {key} IN (SELECT {key} FROM changed)"
        if self.counting.marks:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE places AS SELECT place_key FROM facts SEMI JOIN changed USING ({key}) "
                f"UNION SELECT place_key FROM incoming"
            )
            concerned += " OR place_key IN (SELECT place_key FROM places)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE before AS SELECT {columns} FROM facts WHERE {concerned}")
        located = self._located("incoming")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE arrived AS SELECT *, NULL::BOOLEAN AS {REPEATS_PLACE} FROM ({located})"
        )
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE after AS SELECT {columns} FROM before ANTI JOIN changed USING ({key}) "
            f"UNION ALL SELECT {columns} FROM arrived"
        )
        if self.counting.marks:
            whole = self.counting.repeats("(SELECT * FROM after SEMI JOIN places USING (place_key))")
            for table in ("after", "arrived"):
                con.execute(
                    f"UPDATE {table} SET {REPEATS_PLACE} = marked.repeats FROM ({whole}) AS marked "
                    f"WHERE {table}.{key} = marked.{key}"
                )
        con.execute(f"DELETE FROM facts WHERE {key} IN (SELECT {key} FROM changed)")
        con.execute("INSERT INTO facts BY NAME SELECT * FROM arrived")
        con.execute(
            f"UPDATE facts SET {REPEATS_PLACE} = marked.{REPEATS_PLACE} FROM (SELECT {key}, {REPEATS_PLACE} FROM after "
            f"EXCEPT SELECT {key}, {REPEATS_PLACE} FROM before) AS marked WHERE facts.{key} = marked.{key}"
        )

    # Facts

    def _has_facts(self) -> bool:
        """Whether the lake holds facts of the same shape."""
        row = self.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'lake_state'").fetchone()
        return bool(row and row[0]) and self._stored()["shape"] == self._shape()

    def _shape(self) -> str:
        return repr([(column.name, column.kind.value) for column in self.table.columns])

    def _stored(self) -> dict[str, Any]:
        """shape: of the facts; generation: raised by each change; kept: the generation the kept addition leads to, or -1."""
        row = self.con.execute("SELECT shape, generation, kept, watermark FROM lake_state").fetchone()
        return dict(zip(("shape", "generation", "kept", "watermark"), row or ("", 0, -1, ""), strict=True))

    def _same_rules(self, published: State) -> bool:
        return published.digest == self.definitions.digest and published.tree_digest == self.tree.digest

    def _load(self, file: Path, into: str) -> int:
        """The extracted file as the temp view or table `into`. Returns its number of rows."""
        if file.suffix == ".parquet":
            self.con.execute(f"CREATE OR REPLACE TEMP VIEW {into} AS SELECT * FROM read_parquet('{file}')")
        else:
            types = ", ".join(f"'{c.name}': '{SQL_TYPES[c.kind]}'" for c in self.table.columns)
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT * FROM read_csv('{file}', header=false, quote='\"', escape='\"', "
                f"nullstr='{extract.NULL}', auto_detect=false, delim=',', new_line='\\r\\n', parallel=false, columns={{{types}}})"
            )
        row = self.con.execute(f"SELECT count(*) FROM {into}").fetchone()
        return int(row[0]) if row else 0

    def _located(self, relation: str) -> str:
        """SQL: `relation` with `loc`, the number of its combination of division codes, instead of the codes.

        New combinations are numbered first."""
        codes = self.layout.located
        same = " AND ".join(f"r.{code} IS NOT DISTINCT FROM l.{code}" for code in codes)
        self.con.execute(
            f"INSERT INTO location SELECT (SELECT coalesce(max(loc), 0) FROM location) + row_number() OVER (), * FROM ("
            f"SELECT DISTINCT {', '.join(codes)} FROM {relation} r WHERE NOT EXISTS (SELECT 1 FROM location l WHERE {same}))"
        )
        return f"SELECT r.* EXCLUDE ({', '.join(codes)}), l.loc FROM {relation} r JOIN location l ON {same}"

    def _replace(self, file: Path, watermark: datetime) -> int:
        """All facts anew from the extracted file."""
        read = self._load(file, "incoming")
        generation = int(self._stored()["generation"]) if self._tables("lake_state") else 0
        key = self.table.key
        with self._transaction():
            codes = ", ".join(f"{code} VARCHAR" for code in self.layout.located)
            self.con.execute(f"CREATE OR REPLACE TABLE location (loc BIGINT, {codes})")
            located = self._located("incoming")
            if self.counting.marks:
                # The window runs over three columns, not over all of them.
                marked = f"({self.counting.repeats('incoming')})"
                self.con.execute(
                    f"CREATE OR REPLACE TABLE facts AS SELECT f.*, m.repeats AS {REPEATS_PLACE} "
                    f"FROM ({located}) AS f LEFT JOIN {marked} AS m ON m.{key} = f.{key}"
                )
            else:
                self.con.execute(
                    f"CREATE OR REPLACE TABLE facts AS SELECT *, NULL::BOOLEAN AS {REPEATS_PLACE} FROM ({located})"
                )
            self.con.execute(
                "CREATE OR REPLACE TABLE lake_state (shape VARCHAR, generation BIGINT, kept BIGINT, watermark VARCHAR)"
            )
            self.con.execute("INSERT INTO lake_state VALUES (?, ?, -1, '')", [self._shape(), generation])
            self._note(watermark, generation + 1)
        self.con.execute(f"DROP {'VIEW' if file.suffix == '.parquet' else 'TABLE'} incoming")
        return read

    def _tables(self, name: str) -> bool:
        row = self.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone()
        return bool(row and row[0])

    def _changed(self, keys: facts.DirtyKeys) -> None:
        """The temp table `changed`: one row a changed key."""
        fill(self.con, "changed", f"{self.table.key} BIGINT", ((key,) for key in keys.ids()), temp="TEMP")

    def _note(self, watermark: datetime, generation: int, *, kept: bool = False) -> None:
        said = [generation, generation if kept else -1, watermark.isoformat()]
        self.con.execute("UPDATE lake_state SET generation = ?, kept = ?, watermark = ?", said)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.con.begin()
        try:
            yield
        except BaseException:
            self.con.rollback()
            self.layout.forget()
            raise
        self.con.commit()

    # Publishing

    def _publish_all(self, watermark: datetime) -> None:
        """Count all facts and publish them as a new set."""
        with self._transaction():
            self.layout.write(self.tree)
        as_of = int(watermark.timestamp())
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW signed_all AS SELECT *, 1::TINYINT AS sign, {as_of}::BIGINT AS as_of FROM facts"
        )
        held = self.counting.cells("signed_all", "counted", _recent(watermark))
        self.counting.medians("medians_all")
        medians = self._named("medians_all", ["indicator", "seconds", "n"])
        cells = self._named("counted", [name if name in held else f"0 AS {name}" for name in self.counting.measures])
        self.publisher.rebuild(
            self._state(), self.tree.nodes, lambda path: self._write(path, {"cells": cells, "medians": medians})
        )
        self.con.execute("DROP TABLE counted; DROP TABLE medians_all; DROP VIEW signed_all")

    def _write(self, path: Path, tables: dict[str, str]) -> None:
        """Fill the tables of the SQLite file, which nobody else has open, from queries: half the time of Python's rows.

        The one place where DuckDB's copy of SQLite writes. Never let it open a file that `sqlite3` has open in this process:
        the two drop each other's locks.
        """
        self.con.execute(f"LOAD '{extension('sqlite_scanner')}'")
        self.con.execute(f"ATTACH '{_quoted(str(path))}' AS figures (TYPE sqlite)")
        try:
            for table, sql in tables.items():
                self.con.execute(f"INSERT INTO figures.{table} {sql}")
        finally:
            self.con.execute("DETACH figures")

    def _named(self, relation: str, columns: list[str]) -> str:
        """SQL: `relation` (node and period by number) with code and key instead, in their order."""
        listed = "".join(f", {column}" for column in columns)
        return (
            f"SELECT node.code AS node, period.key AS period{listed} FROM {relation} AS r "
            f"JOIN node ON node.id = r.node JOIN period ON period.id = r.period ORDER BY r.node, r.period"
        )

    def _publish_kept(self) -> None:
        """Publish what the last change of facts adds; it is kept in the lake until the next."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE again AS SELECT node.id AS node, period.id AS period FROM kept_touched "
            "JOIN node ON node.code = kept_touched.node JOIN period ON period.key = kept_touched.period"
        )
        self.counting.medians("medians_now", "again")
        medians = self._named("medians_now", ["indicator", "seconds", "n"])
        codes = ", ".join(f"'{code}'" for code in self.definitions.medians)
        emptied = (
            f"SELECT node, period, indicator FROM kept_touched CROSS JOIN (SELECT unnest([{codes}]::VARCHAR[]) AS indicator) "
            f"ANTI JOIN ({medians}) AS there USING (node, period, indicator)"
        )
        measures = [name for name, *_ in self.con.execute("DESCRIBE kept_cells").fetchall()[2:]]
        self.publisher.add(
            self._state(),
            measures,
            self._rows("SELECT * FROM kept_cells ORDER BY node, period"),
            self._rows(medians),
            self._rows(emptied),
        )

    def _state(self) -> State:
        counted = f"FROM facts WHERE {self.counting.countable()}"
        demo = "coalesce(bool_or(is_demo), false)" if self.table.column("is_demo") else "false"
        row = self.con.execute(
            f"SELECT count(*), {demo}, count(*) FILTER (loc NOT IN (SELECT loc FROM place)) {counted}"
        ).fetchone()
        records, invented, unlocated = row or (0, False, 0)
        stored = self._stored()
        watermark = clock.local(datetime.fromisoformat(stored["watermark"]))
        now = int(watermark.timestamp())
        ahead = " UNION ALL ".join(
            f"SELECT min({c}) AS turn FROM facts WHERE {c} >= {now}" for c in self.definitions.moving
        )
        turn = self.con.execute(f"SELECT min(turn) FROM ({ahead})").fetchone() if ahead else None
        return State(
            watermark=watermark,
            generation=int(stored["generation"]),
            digest=self.definitions.digest,
            tree_digest=self.tree.digest,
            first_day=self.layout.first_day() if records else None,
            records=int(records),
            unlocated=int(unlocated),
            demo=bool(invented),
            recent_from=_recent(watermark),
            turns_at=turn[0] if turn else None,
        )

    def _rows(self, sql: str) -> Iterator[Any]:
        cursor = self.con.execute(sql)
        while rows := cursor.fetchmany(10_000):
            yield from rows


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _recent(watermark: datetime) -> date:
    return watermark.date() - timedelta(RECENT_DAYS)
