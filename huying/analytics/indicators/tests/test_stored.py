"""Facts in Parquet and values in a folder say what the csv files say; a second run reads and writes only what changed."""

import csv
import json
import os
import random
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huying.analytics.indicators.plain import rollup
from huying.analytics.indicators.tests.made import Town, rolled
from huying.analytics.indicators.writing import COLUMNS, number
from huying.analytics.periods import PeriodKind
from huying.kernel.errors import InvalidInput

HOWS = [
    {"time": "sum", "tree": "sum"},
    {"time": "average", "tree": "sum"},
    {"time": "last-in-period", "tree": "max"},
    {"time": "median", "tree": "median"},
]


def indicators():
    return [
        {"code": f"i{i}", "expression": "n", "aggregation": how, "direction": "higher"} for i, how in enumerate(HOWS)
    ]


def split(folder):
    """facts.csv as a folder of Parquet, a file a month; those that would say the same stay as they are."""
    (folder / "facts").mkdir(exist_ok=True)
    there = {file.stem: file for file in (folder / "facts").iterdir()}
    with duckdb.connect() as con:
        types = "{'node': 'VARCHAR', 'date': 'DATE', 'n': 'DECIMAL(18, 3)'}"
        con.execute(f"CREATE TABLE facts AS FROM read_csv('{folder}/facts.csv', types = {types}, header = true)")
        months = [month for (month,) in con.execute("SELECT DISTINCT strftime(date, '%Y-%m') FROM facts").fetchall()]
        for month in months:
            rows = f"SELECT * FROM facts WHERE strftime(date, '%Y-%m') = '{month}'"
            file = folder / "facts" / f"{month}.parquet"
            if month not in there or con.execute(f"FROM '{file}'").fetchall() != con.execute(rows).fetchall():
                con.execute(f"COPY ({rows}) TO '{file}'")
    for month in there.keys() - set(months):
        there[month].unlink()


def stored(folder, out, kind="month"):
    return rollup(folder / "tree.csv", folder / "facts", folder / "defs.yaml", PeriodKind(kind), folder / out)


def read(folder):
    """The rows of all files, as the csv has them."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {', '.join(COLUMNS)} FROM '{folder}/*.parquet'").fetchall()
    said = [tuple("" if x is None else number(x) if isinstance(x, float) else str(x) for x in row) for row in found]
    return sorted(said)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(["week", "month", "quarter"]),
    late=st.booleans(),
    placed=st.sampled_from([True, True, False]),
)
def test_a_folder_written_twice_is_what_one_run_over_everything_writes(tmp_path_factory, seed, kind, late, placed):
    folder = tmp_path_factory.mktemp("town")
    chance = random.Random(seed)
    town = Town(chance, date(2024, 2, 20))
    town.rows += [("v0", date(2024, 2, 20) + timedelta(chance.randrange(500)), n) for n in range(12)]
    if placed:
        town.rows = standing(town)
    town.write(folder)
    rolled(folder, kind, *indicators())
    split(folder)
    stored(folder, "values", kind)
    assert read(folder / "values") == _csv(folder)
    # A late or corrected day.
    town.rows.append(("v1", chance.choice([row[1] for row in town.rows]), 3) if late else town.rows.pop())
    town.write(folder)
    rolled(folder, kind, *indicators())
    split(folder)
    stored(folder, "values", kind)
    assert read(folder / "values") == _csv(folder)


@pytest.mark.parametrize("levels", [["city", "county", "village"], ["province"]])
def test_indicators_of_which_only_high_places_or_none_have_values_stand_beside_the_others(town, levels):
    asked = [{"code": f"of_{level}", "expression": f"n * {i}", "level": level} for i, level in enumerate(levels)]
    rolled(town, "month", *asked)
    stored(town, "values")
    assert read(town / "values") == _csv(town)


def _csv(folder):
    with (folder / "out.csv").open() as file:
        return sorted(tuple(row.values()) for row in csv.DictReader(file))


def standing(town):
    """The rows whose place stands on their day: with others, everything is read again."""
    return [row for row in town.rows if town.parent(row[0], row[1]) is not None]


@pytest.fixture
def town(tmp_path):
    made = Town(random.Random(3), date(2024, 2, 20))
    made.rows = standing(made)
    made.rows += [("v0", date(2024, month, 9), month) for month in (2, 3, 4)]
    made.write(tmp_path)
    rolled(tmp_path, "month", *indicators()[:2])
    split(tmp_path)
    return tmp_path


def test_what_did_not_change_is_neither_read_nor_written_again(town):
    stored(town, "values")
    kept = {file: file.stat().st_mtime_ns for file in (town / "values").rglob("*.parquet")}
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE april AS FROM '{town}/facts/2024-04.parquet'")
        con.execute(f"COPY (FROM april UNION ALL FROM april LIMIT 1) TO '{town}/facts/2024-04.parquet'")
    assert stored(town, "values").anew == ["2024-04", "2024-05"]  # what is compared with April, too
    now = {file: file.stat().st_mtime_ns for file in (town / "values").rglob("*.parquet")}
    same = {file.name for file in kept.keys() & now.keys() if kept[file] == now[file]}
    assert {"2024-02.parquet", "2024-03.parquet"} <= same
    assert "2024-04.parquet" not in same
    assert sum(".kept" in str(file) for file in kept.keys() & now.keys()) == len(list((town / "facts").iterdir())) - 1
    assert not stored(town, "values").anew


def test_a_run_that_ends_in_the_middle_leaves_the_figures_as_they_were(town, monkeypatch):
    stored(town, "values")
    before = read(town / "values")
    (town / "defs.yaml").write_text((town / "defs.yaml").read_text().replace('"higher"', '"lower"'))

    def full(_from, _to):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huying.analytics.indicators.writing.Path.replace", full)
    with pytest.raises(OSError, match="No space left"):
        stored(town, "values")
    monkeypatch.undo()
    assert read(town / "values") == before
    assert not [name for name in os.listdir(town / "values") if name.startswith(".2024")], "nothing half-written stays"
    stored(town, "values")
    assert read(town / "values") != before


def test_what_a_broken_run_had_already_read_is_still_written_by_the_next(town, monkeypatch):
    stored(town, "values")
    before = read(town / "values")
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE april AS FROM '{town}/facts/2024-04.parquet'")
        con.execute(f"COPY (FROM april UNION ALL FROM april) TO '{town}/facts/2024-04.parquet'")
    monkeypatch.setattr("huying.analytics.indicators.plain.as_folder", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stored(town, "values")
    monkeypatch.undo()
    assert read(town / "values") == before
    stored(town, "values")
    after = read(town / "values")
    stored(town, "anew")
    assert after == read(town / "anew") != before


def test_lines_said_twice_and_contradictions_are_named(tmp_path):
    (tmp_path / "tree.csv").write_text("node,parent,level\nA,,city\n")
    (tmp_path / "facts.csv").write_text("node,date,n\nA,2026-10-05,1\nA,2026-10-05,1\nA,2026-10-05,2\nA,2026-10-05,\n")
    said = {}
    for time in ("sum", "last"):
        row = {"code": "n", "name": {"zh": "数", "en": "n"}, "expression": "n", "aggregation": {"time": time}}
        (tmp_path / "defs.yaml").write_text(json.dumps([row]))
        done = rollup(
            *(tmp_path / f"{x}" for x in ("tree.csv", "facts.csv", "defs.yaml")), PeriodKind.MONTH, tmp_path / "o.csv"
        )
        said[time] = done.warnings
    assert said["sum"] == ["facts.csv: 1 lines repeat an earlier one word for word, and count again: 3"]
    assert said["last"][1] == (
        "facts.csv: n has another value for the same place and day than an earlier line has; the later line holds: 4"
    )


def doubted(folder, files, time="last"):
    """The warnings of a rollup over Parquet files, each given as rows of (node, day, n)."""
    (folder / "tree.csv").write_text("node,parent,level\nA,,city\nB,A,county\n")
    (folder / "facts").mkdir(exist_ok=True)
    with duckdb.connect() as con:
        for name, rows in files.items():
            con.execute("CREATE OR REPLACE TABLE facts (node VARCHAR, date DATE, n DECIMAL(9, 2))")
            con.executemany("INSERT INTO facts VALUES (?, ?, ?)", rows)
            con.execute(f"COPY facts TO '{folder}/facts/{name}.parquet'")
    row = {"code": "n", "name": {"zh": "数", "en": "n"}, "expression": "n", "aggregation": {"time": time}}
    (folder / "defs.yaml").write_text(json.dumps([row]))
    return stored(folder, "values").warnings


def test_rows_said_twice_and_contradictions_are_named_in_parquet_too(tmp_path):
    october = [("A", "2026-10-05", 1), ("A", "2026-10-05", 1), ("A", "2026-10-05", 2), ("A", "2026-10-05", None)]
    files = {"2026-10": october, "2026-11": [("B", "2026-11-05", None), ("B", "2026-11-05", None)]}
    repeated = (
        "facts: 2 lines repeat an earlier one word for word, and count again: 2026-10.parquet:2, 2026-11.parquet:2"
    )
    other = "facts: n has another value for the same place and day than an earlier line has; the later line holds: "
    other += "2026-10.parquet:3"
    assert doubted(tmp_path, files) == [repeated, other]
    assert doubted(tmp_path, {}) == [repeated, other], "said again though no file is read again"
    assert doubted(tmp_path, {}, "sum") == [repeated], "what is summed may come in several rows"


def test_a_file_delivered_twice_under_another_name_is_named(tmp_path):
    rows = [("A", "2026-10-05", 1), ("B", "2026-10-06", 2)]
    files = {"2026-09": [("A", "2026-09-05", 1)], "2026-10": rows, "october": [*rows, ("B", "2026-10-06", 3)]}
    said = doubted(tmp_path, files)
    assert said[0].endswith("count again: october.parquet:1, october.parquet:2")
    assert said[1].endswith("the later line holds: october.parquet:3")


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("AB"),
            st.sampled_from(["2026-10-05", "2026-10-06"]),
            st.sampled_from([None, 0, 1, 2.5]),
        ),
        min_size=1,
        max_size=14,
    )
)
def test_doubts_about_parquet_are_those_about_csv(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("doubts")
    said = [line.replace("one.parquet:", "").removeprefix("facts") for line in doubted(folder, {"one": rows})]
    lines = [f"{node},{day},{'' if n is None else n}" for node, day, n in rows]
    # A csv's first row is its second line.
    (folder / "facts.csv").write_text("\n".join(["node,date,n", *lines, ""]))
    names = [folder / name for name in ("tree.csv", "facts.csv", "defs.yaml")]
    csv_says = rollup(*names, PeriodKind.MONTH, folder / "o.csv").warnings
    moved = [_moved(line.removeprefix("facts.csv")) for line in csv_says]
    assert said == moved


def _moved(said):
    head, _colon, lines = said.rpartition(": ")
    dots = " …" if lines.endswith(" …") else ""
    return f"{head}: " + ", ".join(str(int(n) - 1) for n in lines.removesuffix(" …").split(", ")) + dots


def test_a_file_that_did_not_change_is_not_even_opened(town):
    stored(town, "values")
    february = town / "facts" / "2024-02.parquet"
    about = february.stat()
    # Its size and the moment of its writing say that it is what it was; its bytes are not looked at.
    february.write_bytes(b"x" * about.st_size)
    os.utime(february, ns=(about.st_atime_ns, about.st_mtime_ns))
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE april AS FROM '{town}/facts/2024-04.parquet'")
        con.execute(f"COPY (FROM april UNION ALL FROM april) TO '{town}/facts/2024-04.parquet'")
    stored(town, "values")
    february.touch()
    with pytest.raises(InvalidInput, match=r"2024-02\.parquet is no Parquet file"):
        stored(town, "values")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 'Q' AS node, DATE '2024-02-29' AS date, 1 AS n", "row 1: 'Q' is no node of the tree"),
        ("SELECT 'v0' AS node, NULL::DATE AS date, 1 AS n UNION ALL FROM old", "the date is missing"),
        ("SELECT 'v0' AS node, DATE '1899-12-30' AS date, 1 AS n", "1899-12-30 to 1899-12-30 lies outside 2000 to 2099"),
        ("SELECT 'v0' AS node, '2024-02-29' AS date, 1 AS n", "node must be text and date a DATE"),
        ("SELECT 'v0' AS node, DATE '2024-02-29' AS date, 'many' AS n", "n is VARCHAR, no number"),
        ("SELECT 'v0' AS node, DATE '2024-02-29' AS date", "there is no measure"),
        ("SELECT 'v0' AS node, DATE '2024-02-29' AS date, 1e-11 AS n", "line 1 of 2024-04.parquet, n: '1e-11' is too long"),
        ("SELECT 'v0' AS node, DATE '2024-02-29' AS date, 12345678901234567890123::DOUBLE AS n", "too long a number"),
        ("SELECT 'v0' AS node, DATE '2024-02-29' AS date, 9e18::DOUBLE AS n UNION ALL "
         "SELECT 'v1', DATE '2024-02-29', 9e18::DOUBLE", "a sum is too great to be held exactly"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(town, sql, said):
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE old AS SELECT node, date, n FROM '{town}/facts/2024-04.parquet'")
        for file in (town / "facts").iterdir():
            file.unlink()
        con.execute(f"COPY ({sql}) TO '{town}/facts/2024-04.parquet'")
    with pytest.raises(InvalidInput, match=said):
        stored(town, "values")
    assert not list((town / "values").glob("*.parquet")) if (town / "values").exists() else True


def test_binary_fractions_are_taken_as_they_are_written(town):
    with duckdb.connect() as con:
        for file in (town / "facts").iterdir():
            file.unlink()
        sql = "SELECT 'v0' AS node, DATE '2024-02-29' AS date, n FROM (VALUES (12345678.25::DOUBLE), (0.1), (0.2)) AS t(n)"
        con.execute(f"COPY ({sql}) TO '{town}/facts/2024-02.parquet'")
    stored(town, "values")
    assert {row[3] for row in read(town / "values") if row[0] == "v0" and row[2] == "i0"} == {"12345678.55"}


def test_a_folder_without_facts_is_said(town):
    for file in (town / "facts").iterdir():
        file.unlink()
    with pytest.raises(InvalidInput, match=r"facts holds no \.parquet file"):
        stored(town, "values")
