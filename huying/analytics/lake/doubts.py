"""What is taken as it stands and yet may be a mistake: rows said twice, and two values where only one can hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt

from huying.analytics.engines.embedded import side_by_side
from huying.analytics.lake.delivered import Stored

SOME = 10
# So many rows' hashes are sorted at once: a quarter of a gigabyte.
AT_ONCE = 8_000_000
Lines = npt.NDArray[np.int64]


@dataclass
class Doubts:
    """Lines that repeat an earlier one; by measure, lines that contradict one. Each: how many, and where the first few stand."""

    repeated: tuple[int, list[str]] = (0, [])
    contrary: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    def said(self, name: str) -> Iterator[str]:
        """In words; name: of the file or folder."""
        count, where = self.repeated
        if count:
            yield f"{name}: {count} lines repeat an earlier one word for word, and count again: {_some(count, where)}"
        for measure, found in self.contrary.items():
            yield (
                f"{name}: {measure} has another value for the same place and day than an earlier line has; "
                f"the later line holds: {_some(*found)}"
            )


def of(con: duckdb.DuckDBPyConnection, facts: Stored, stated: Iterable[str]) -> Doubts:
    """Of Parquet files that were looked at. stated: measures of which a place has one value a day.

    What was found of files that haven't changed since is kept with them; only rows of one day can repeat each other.
    """
    wanted = sorted(set(stated))

    def look(parts: Sequence[int]) -> Doubts:
        key = hashlib.sha256(repr(([facts.known_by(i) for i in parts], wanted)).encode()).hexdigest()[:32]
        if key in before:
            facts.doubts[key] = before[key]
        else:
            with con.cursor() as own:
                facts.doubts[key] = _found(own, facts, parts, wanted)
        return Doubts(*facts.doubts[key])

    before, facts.doubts = facts.doubts, {}
    with side_by_side(con) as pool:
        found = list(pool.map(look, facts.overlapping_each_other()))
    whole = Doubts(_joined(one.repeated for one in found))
    for measure in facts.measures:
        parts = [one.contrary[measure] for one in found if measure in one.contrary]
        if parts:
            whole.contrary[measure] = _joined(parts)
    return whole


def _found(
    con: duckdb.DuckDBPyConnection, facts: Stored, parts: Sequence[int], stated: Sequence[str]
) -> tuple[tuple[int, list[str]], dict[str, tuple[int, list[str]]]]:
    rows = " UNION ALL ".join(facts.rows_of(i) for i in parts)
    columns = ", ".join(["node", "d", *(f"m{m}" for m in range(len(facts.measures)))])
    twice = np.sort(np.concatenate(list(_repeated(con, rows, columns, sum(facts.rows(i) for i in parts)))))
    contrary = {}
    for name in stated:
        m = f"m{facts.measures.index(name)}"
        held = (
            f"SELECT node, d, min_by({m}, line) AS first FROM ({rows}) WHERE {m} IS NOT NULL "
            f"GROUP BY node, d HAVING min({m}) <> max({m})"
        )
        others = con.execute(
            f"SELECT line FROM ({rows}) JOIN ({held}) USING (node, d) WHERE {m} <> first ORDER BY line"
        ).fetchnumpy()["line"]
        lines = np.setdiff1d(np.asarray(others, dtype=np.int64), twice)
        if len(lines):
            contrary[name] = len(lines), [facts.said(int(line)) for line in lines[:SOME]]
    return (len(twice), [facts.said(int(line)) for line in twice[:SOME]]), contrary


def _repeated(con: duckdb.DuckDBPyConnection, rows: str, columns: str, count: int) -> Iterator[Lines]:
    """Lines that say the same as an earlier one: by 64 bits of hash, which sort five times as fast as the rows themselves.

    Two different rows among a million agree in all 64 by chance once in 37 million files.
    """
    slices = -(-count // AT_ONCE)
    for part in range(slices):
        some = f" WHERE d % {slices} = {part}" if slices > 1 else ""
        read = con.execute(f"SELECT hash({columns}) AS h, line FROM ({rows}){some}").fetchnumpy()
        hashes, lines = np.asarray(read["h"]), np.asarray(read["line"])
        order = np.argsort(hashes)
        same = hashes[order[1:]] == hashes[order[:-1]]
        held = order[np.r_[same, False] | np.r_[False, same]]
        held = held[np.lexsort((lines[held], hashes[held]))]
        yield lines[held[1:]][hashes[held[1:]] == hashes[held[:-1]]]


def _joined(found: Iterable[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    listed = list(found)
    return sum(count for count, _where in listed), [line for _count, where in listed for line in where][:SOME]


def _some(count: int, where: Sequence[str]) -> str:
    return ", ".join(where) + (" …" if count > len(where) else "")
