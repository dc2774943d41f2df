"""Indicator values of a province: 14 cities, 86 counties, 1,350 townships, 17,000 villages, 100,000 grids; 50 M events.

`python -m bench.values [EVENTS]` prints one line a step with its budget. Tree and events of 36 months are made anew, the same
every time. Beside `huying analytics rollup` runs the same reckoning as SQL written by hand on the same DuckDB, which must find
the same values; and, over a fifth of the events, one with pandas, in an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from bench import beside, places
from bench.figures import Figures, Sizes

Result = TypeVar("Result")
EVENTS, PANDAS_EVENTS, MONTHS, FIRST_YEAR = 50_000_000, 10_000_000, 36, 2023
BELOW = (("city", 14), ("county", 86), ("township", 1_350), ("village", 17_000), ("grid", 100_000))
DEFINITIONS = """indicators:
- {code: closed_rate, name: {zh: 办结率, en: closed}, numerator: closed, denominator: registered, direction: higher}
- {code: registered, name: {zh: 件数, en: registered}, expression: registered}
- {code: hours, name: {zh: 用时, en: hours}, numerator: seconds, denominator: closed, factor: 0.0002777777777777778,
   direction: lower}
"""


def months() -> list[str]:
    return [f"{FIRST_YEAR + i // 12}-{i % 12 + 1:02}" for i in range(MONTHS)]


def make(folder: Path, events: int, share: int = 1) -> None:
    """tree.csv, defs.yaml and facts/2023-01.parquet … in `folder`; one of `share` places of each level.

    A hash of its number decides all of an event.
    """
    import duckdb

    (folder / "facts").mkdir(parents=True)
    (folder / "defs.yaml").write_text(DEFINITIONS, encoding="utf-8")
    with (folder / "tree.csv").open("w", encoding="utf-8") as out:
        out.write("node,parent,level\nP,,province\n")
        above = ["P"]
        for level, count in BELOW:
            names = [f"{level[:3]}{i:06}" for i in range(max(count // share, 1))]
            for i, name in enumerate(names):
                out.write(f"{name},{above[i * len(above) // len(names)]},{level}\n")
            above = names
    con = duckdb.connect(config={"threads": "2", "preserve_insertion_order": "false"})
    each = events // MONTHS
    for i, month in enumerate(months()):
        first = date.fromisoformat(f"{month}-01")
        length = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
        con.execute(
            f"COPY (SELECT 'gri' || lpad(((h >> 8) % {len(above)})::VARCHAR, 6, '0') AS node, "
            f"DATE '{first}' + ((h >> 40) % {length})::INTEGER AS date, 1::INTEGER AS registered, "
            f"((h >> 3) % 10 < 8)::INTEGER AS closed, "
            f"CASE WHEN (h >> 3) % 10 < 8 THEN ((h >> 20) % 1000000)::INTEGER END AS seconds "
            f"FROM (SELECT hash(range) AS h FROM range({i * each}, {(i + 1) * each}))) "
            f"TO '{folder}/facts/{month}.parquet' (FORMAT parquet, COMPRESSION snappy)"
        )
    con.close()


def one_day(folder: Path) -> None:
    """A day's changes in the newest month: a thirtieth of its events come once more, as corrections and late ones do."""
    import duckdb

    file = folder / "facts" / f"{months()[-1]}.parquet"
    with duckdb.connect(config={"threads": "2"}) as con:
        con.execute(
            f"COPY (SELECT * FROM '{file}' UNION ALL SELECT * FROM '{file}' WHERE date = DATE '{months()[-1]}-28') "
            f"TO '{file}.new' (FORMAT parquet, COMPRESSION snappy)"
        )
    os.replace(f"{file}.new", file)


RATIO = "CASE WHEN {under} <> 0 THEN {over} / {under} END"


def by_hand(folder: Path, out: Path) -> None:
    """The same columns by SQL that knows this tree and these indicators, written by one who knows DuckDB."""
    import duckdb

    con = duckdb.connect(config={"threads": "2", "preserve_insertion_order": "false"})
    con.execute(f"CREATE TABLE tree AS SELECT row_number() OVER () AS id, * FROM read_csv('{folder}/tree.csv')")
    con.execute(
        "CREATE TABLE up AS SELECT a.id, b.id AS parent, a.node, a.level FROM tree a LEFT JOIN tree b ON b.node = a.parent"
    )
    con.execute(
        f"CREATE TABLE grid AS SELECT up.id, (year(date) - {FIRST_YEAR}) * 12 + month(date) - 1 AS p, "
        f"sum(registered)::BIGINT AS registered, sum(closed)::BIGINT AS closed, sum(seconds)::BIGINT AS seconds, 1 AS places, "
        f"(count(seconds) > 0)::INTEGER AS timed "
        f"FROM '{folder}/facts/*.parquet' AS facts JOIN up USING (node) GROUP BY ALL"
    )
    below = "grid"
    for level, _count in [*BELOW[-2::-1], ("province", 1)]:
        con.execute(
            f"CREATE TABLE {level} AS SELECT up.parent AS id, p, sum(registered)::BIGINT AS registered, "
            f"sum(closed)::BIGINT AS closed, sum(seconds)::BIGINT AS seconds, sum(places)::BIGINT AS places, "
            f"sum(timed)::BIGINT AS timed "
            f"FROM {below} JOIN up USING (id) GROUP BY ALL"
        )
        below = level
    levels = ["province", *(level for level, _count in BELOW)]
    con.execute(
        "CREATE TABLE expected AS WITH RECURSIVE walk AS (SELECT id, id AS ancestor FROM up WHERE level = 'grid' "
        "UNION ALL SELECT walk.id, up.parent FROM walk JOIN up ON up.id = walk.ancestor WHERE up.parent IS NOT NULL) "
        "SELECT ancestor AS id, count(*) AS expected FROM walk GROUP BY ALL"
    )
    # Every place in every month, as those without an event have a row too.
    con.execute(
        f"CREATE TABLE measured AS SELECT up.id, up.parent, up.level, periods.p, registered, closed, seconds, "
        f"coalesce(places, 0) AS places, coalesce(timed, 0) AS timed, expected "
        f"FROM up CROSS JOIN (SELECT range AS p FROM range({MONTHS})) AS periods "
        f"JOIN expected USING (id) LEFT JOIN ({' UNION ALL '.join(f'SELECT * FROM {level}' for level in levels)}) AS found "
        f"ON found.id = up.id AND found.p = periods.p"
    )
    # (code, numerator, denominator, factor, order of the ranks, how many places reported all of its parts)
    asked = (
        ("closed_rate", "closed", "registered", 1.0, "DESC", "places"),
        ("registered", "registered", "", 1.0, "", "places"),
        ("hours", "seconds", "closed", 0.0002777777777777778, "ASC", "timed"),
    )
    parts = []
    for code, over, under, factor, order, reported in asked:
        # Ranked before the factor: whole numbers divided are equal to the last bit where the ratios are.
        ranked = RATIO.format(over=f"{over}::DOUBLE", under=f"{under}::DOUBLE" if under else "1e0")
        top, bottom = f"({over}::DOUBLE * {factor!r})", f"{under}::DOUBLE" if under else "1e0"
        to_date = "OVER (PARTITION BY id, p // 12 ORDER BY p)"
        ytd = RATIO.format(
            over=f"(sum({over}) {to_date})::DOUBLE * {factor!r}",
            under=f"(sum({under}) {to_date})::DOUBLE" if under else "1e0",
        )
        ranks = [
            f"CASE WHEN value IS NOT NULL THEN rank() OVER (PARTITION BY p, {group} ORDER BY ranked {order} NULLS LAST) END"
            if order
            else "NULL"
            for group in ("level", "parent")
        ]
        last, before = (
            "lag(value, 12) OVER (PARTITION BY id ORDER BY p)",
            "lag(value) OVER (PARTITION BY id ORDER BY p)",
        )
        growths = [f"CASE WHEN {then} > 0 THEN value / {then} - 1 END" for then in ("last_year", "before")]
        parts.append(
            f"SELECT id, p, '{code}' AS indicator, value, {over if under else 'NULL'} AS numerator, "
            f"{under or 'NULL'} AS denominator, {reported} AS n_reported, expected AS n_expected, "
            f"{reported} / expected AS completeness, "
            f"{growths[0]} AS year_on_year, {growths[1]} AS previous_period, ytd AS year_to_date, {ranks[0]} AS rank_in_level, "
            f"CASE WHEN parent IS NOT NULL THEN {ranks[1]} END AS rank_among_siblings, last_year AS value_last_year, "
            f"before AS value_previous, CASE WHEN value IS NOT NULL THEN 0 END AS periods_carried, value AS smoothed "
            f"FROM (SELECT *, {last} AS last_year, {before} AS before FROM (SELECT *, {RATIO.format(over=top, under=bottom)} "
            f"AS value, {ranked} AS ranked, {ytd} AS ytd FROM measured))"
        )
    out.mkdir()
    for i, part in enumerate(parts):
        con.execute(
            f"COPY (SELECT up.node, {FIRST_YEAR} + p // 12 AS year, p % 12 + 1 AS month, part.* EXCLUDE (id, p) "
            f"FROM ({part}) AS part JOIN up USING (id)) TO '{out}/{i}.parquet' (FORMAT parquet, COMPRESSION snappy)"
        )
    con.close()


# The same columns by one who knows pandas: text taken as categories, a month summed at a time, sums up the tree level by level,
# nothing row by row. Written as ours are: snappy, a row a place, month and indicator.
PANDAS = """
import glob, sys
import numpy as np, pandas as pd
folder, out = sys.argv[1:]
LEVELS = ['province', 'city', 'county', 'township', 'village', 'grid']
tree = pd.read_csv(folder + '/tree.csv')
number = pd.Series(tree.index, tree.node)
tree['up'] = tree.parent.map(number).fillna(-1).astype('int32')
files = sorted(glob.glob(folder + '/facts/*.parquet'))
months = pd.period_range(files[0][-15:-8], files[-1][-15:-8], freq='M')
parts = []
for name in files:
    part = pd.read_parquet(name)
    date = part.pop('date').astype('datetime64[s]')
    part['p'] = (date.dt.year - months[0].year) * 12 + date.dt.month - months[0].month
    part['node'] = part.node.astype('category')
    part = part.groupby(['node', 'p'], observed=True).sum(min_count=1).reset_index()
    parts.append(part.assign(node=part.node.astype(str).map(number)))
low = pd.concat(parts).assign(places=1)
low['timed'] = low.seconds.notna().astype(int)
sums = []
for level in LEVELS[::-1]:
    sums.append(low)
    low = low.assign(node=tree.up.to_numpy()[low.node]).groupby(['node', 'p'], as_index=False).sum(min_count=1)
every = pd.MultiIndex.from_product([tree.index, range(len(months))], names=['node', 'p'])
made = pd.concat(sums).set_index(['node', 'p']).reindex(every)
expected = (tree.level == 'grid').astype(int)
for level in LEVELS[:0:-1]:
    own = tree.index[tree.level == level]
    expected = expected.add(expected[own].groupby(tree.up[own]).sum(), fill_value=0)
expected = np.repeat(expected.to_numpy(), len(months)).astype(float)
made[['places', 'timed']] = made[['places', 'timed']].fillna(0)
node, p = (made.index.get_level_values(i) for i in (0, 1))
columns = {'level': tree.level.astype('category').cat.codes.to_numpy()[node], 'up': tree.up.to_numpy()[node], 'p': p}
year = p // 12
written = []
for code, over, under, factor, better, reported in (
    ('closed_rate', 'closed', 'registered', 1.0, False, 'places'),
    ('registered', 'registered', None, 1.0, None, 'places'),
    ('hours', 'seconds', 'closed', 0.0002777777777777778, True, 'timed'),
):
    top, bottom = made[over], made[under] if under else None
    value = top * factor if bottom is None else top * factor / bottom.where(bottom != 0)
    so_far = made[[over] + ([under] if under else [])].groupby([node, year]).cumsum()
    so_far = so_far.groupby([node, year]).ffill()
    ytd = so_far[over] * factor if bottom is None else so_far[over] * factor / so_far[under].where(so_far[under] != 0)
    before, last_year = value.groupby(level=0).shift(), value.groupby(level=0).shift(12)
    # Ranked before the factor: whole numbers divided are equal to the last bit where the ratios are.
    ranked = top if bottom is None else top / bottom.where(bottom != 0)
    frame = pd.DataFrame({**columns, 'ranked': ranked.to_numpy()})
    if better is None:
        in_level = among = np.full(len(frame), np.nan)
    else:
        in_level = frame.groupby(['p', 'level']).ranked.rank(method='min', ascending=better).to_numpy()
        among = frame.groupby(['p', 'up']).ranked.rank(method='min', ascending=better).where(frame.up >= 0).to_numpy()
    written.append(pd.DataFrame({
        'node': tree.node.to_numpy()[node], 'year': months[0].year + year, 'month': p % 12 + 1, 'indicator': code,
        'value': value.to_numpy(), 'numerator': top.to_numpy() if under else np.nan,
        'denominator': bottom.to_numpy() if under else np.nan, 'n_reported': made[reported].to_numpy(), 'n_expected': expected,
        'completeness': made[reported].to_numpy() / expected,
        'year_on_year': (value / last_year.where(last_year > 0) - 1).to_numpy(),
        'previous_period': (value / before.where(before > 0) - 1).to_numpy(), 'year_to_date': ytd.to_numpy(),
        'rank_in_level': in_level, 'rank_among_siblings': among, 'value_last_year': last_year.to_numpy(),
        'value_previous': before.to_numpy(), 'periods_carried': np.where(value.isna(), np.nan, 0.0), 'smoothed': value.to_numpy(),
    }))
    written[-1].to_parquet(f'{out}/{len(written)}.parquet', index=False)
"""
# No more than brings the sums up the tree: what ours does besides, pandas would have to do too.
PANDAS_SUMS = PANDAS[: PANDAS.index("every = ")] + "pd.concat(sums).to_parquet(out + '/sums.parquet', index=False)\n"


def same(ours: Path, theirs: Path) -> int:
    """How many rows both found, equal to a billionth in every column. Raises RuntimeError where they differ."""
    import duckdb

    keys = ("node", "period", "indicator")
    with duckdb.connect(config={"threads": "2"}) as con:
        con.execute("SET enable_progress_bar = false")  # a spawned process looks like somebody's prompt
        columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM '{theirs}/*.parquet'").fetchall()]
        columns = [name for name in columns if name not in ("node", "year", "month", "indicator")]
        # 1 - 1 of two rounded ratios keeps few digits: an absolute bound beside the relative one.
        unequal = " OR ".join(
            f"(a.{name} IS NULL) <> (b.{name} IS NULL) OR abs(a.{name} - b.{name}) > 1e-9 * greatest(1, abs(b.{name}))"
            for name in columns
        )
        found = con.execute(
            f"SELECT count(*), count(*) FILTER (WHERE b.node IS NULL OR a.node IS NULL OR {unequal}) "
            f"FROM '{ours}/*.parquet' AS a FULL JOIN (SELECT *, printf('%04d-%02d', year, month) AS period "
            f"FROM '{theirs}/*.parquet') AS b USING ({', '.join(keys)})"
        ).fetchone()
    if found is None or found[1]:
        raise RuntimeError(
            f"the two reckonings differ in {found[1] if found else 'all'} rows of {found[0] if found else 0}"
        )
    return int(found[0])


def timed(*command: str, **environment: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of a command. Raises RuntimeError with its last words."""
    with tempfile.TemporaryFile("w+") as words:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command], cwd=places.CHECKOUT, env={**os.environ, **environment}, stdout=words, stderr=words, text=True
        )
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            raise RuntimeError(f"{' '.join(command[:4])}: {words.read()[-800:]}")
    return seconds, used.ru_maxrss / 1024


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Do it in a process of its own: the peak memory of whatever is started later would count this one's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def ours(folder: Path) -> tuple[float, float]:
    """The command as people run it, from Python's start to its end."""
    files = [f"--tree={folder / 'tree.csv'}", f"--facts={folder / 'facts'}", f"--definitions={folder / 'defs.yaml'}"]
    command = ["-m", "huying", "analytics", "rollup", *files, "--period=month", f"--out={folder / 'ours'}"]
    return timed(sys.executable, *command, HUYING_HOME=str(folder / "home"), HUYING_ANALYTICS_ENGINE="duckdb")


def in_pandas(folder: Path, script: str) -> tuple[float, float]:
    out = folder / "pandas"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    (folder / "in_pandas.py").write_text(script, encoding="utf-8")
    return timed(str(beside.python()), str(folder / "in_pandas.py"), str(folder), str(out))


def measure(events: int, pandas_events: int, share: int = 1) -> Iterator[tuple[str, float, str, float]]:
    """Step, value, ≤ or ≥ or nothing, bound."""
    folder = places.folder() / "values"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    apart(make, folder, events, share)
    yield f"{events:,} events made, seconds", time.monotonic() - began, "", 0
    try:
        whole, memory = ours(folder)
        by_hand_too = [sys.executable, "-m", "bench.values", "by-hand", str(folder), str(folder / "by-hand")]
        hand, hand_memory = timed(*by_hand_too)
        yield "values of all levels, seconds", whole, "", 0
        yield "SQL written by hand, seconds", hand, "", 0
        yield "times the SQL written by hand", whole / hand, "≤", 1.25
        yield "peak memory, MB", memory, "", 0
        yield "peak memory of the SQL written by hand, MB", hand_memory, "", 0
        yield "rows alike in every column", apart(same, folder / "ours", folder / "by-hand"), "", 0
        shutil.rmtree(folder / "by-hand")
        apart(one_day, folder)
        again, memory = ours(folder)
        yield "one day's changes, seconds", again, "≤", 5
        yield "peak memory of one day's changes, MB", memory, "", 0
        # What was brought up to date is what SQL by hand makes of everything anew.
        timed(*by_hand_too)
        yield "rows alike after them", apart(same, folder / "ours", folder / "by-hand"), "", 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    apart(make, folder, pandas_events, share)
    try:
        whole, _memory = ours(folder)
        pandas, pandas_memory = in_pandas(folder, PANDAS)
        yield f"{pandas_events:,} events: values of all levels, seconds", whole, "", 0
        yield f"{pandas_events:,} events: pandas, the same columns, seconds", pandas, "", 0
        yield "times quicker than pandas", pandas / whole, "≥", 3
        yield "peak memory of pandas, MB", pandas_memory, "", 0
        yield "rows alike in pandas", apart(same, folder / "ours", folder / "pandas"), "", 0
        sums, _memory = in_pandas(folder, PANDAS_SUMS)
        yield f"{pandas_events:,} events: pandas, sums up the tree alone, seconds", sums, "", 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(figures: Figures, sizes: Sizes) -> None:
    events, share = (EVENTS, 1) if sizes.matters >= 1_000_000 else (36_000, 50)
    for step, value, bound, limit in measure(events, min(PANDAS_EVENTS, events), share):
        figures.add("", step, value, at_most=limit if bound == "≤" else None, at_least=limit if bound == "≥" else None)


def main(events: int = EVENTS) -> None:
    for step, value, bound, limit in measure(events, min(PANDAS_EVENTS, events)):
        asked = f" ({bound} {limit:g})" if bound else ""
        print(f"values · {step}: {value:.2f}{asked}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["by-hand"]:
        by_hand(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:2]))
