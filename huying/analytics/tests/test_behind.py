"""Every figure opens exactly the records it counted; and the scanner reads what Django reads."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import pytest
from django.db import connection

from bench import synthetic
from huying.analytics import published
from huying.analytics.behind import behind
from huying.analytics.definitions import load
from huying.analytics.definitions.reading import SHIPPED
from huying.analytics.lake import extract, scan
from huying.analytics.lake.store import Lake
from huying.analytics.periods import Period
from huying.analytics.trees import Node, Tree, named
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.clock import ZONE
from huying.kernel.errors import NotFound, Refused

VILLAGES = ["331102001001", "331102001002", "331121100201"]
AS_OF = datetime(2026, 9, 20, 10, tzinfo=ZONE)
DEFINITIONS = load(SHIPPED.read_text(), "matters.yaml", synthetic.TABLE)
NODES = synthetic.lishui([(code, code) for code in VILLAGES])
CITY = "331100000000"


def aware(row):
    """A made-up row with Django's moments, as either database takes them."""
    kinds = [kind for _name, kind in synthetic.COLUMNS]
    made = []
    for kind, value in zip(kinds, row, strict=True):
        if kind is synthetic.Kind.SECONDS and value is not None:
            value = datetime.fromisoformat(value).replace(tzinfo=UTC)
        made.append(bool(value) if kind is synthetic.Kind.BOOL and value is not None else value)
    return made


@pytest.fixture
def matters(db):
    columns = ", ".join(f"{f.column} {f.db_type(connection)}" for f in synthetic.Matter._meta.fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_matters ({columns})")
    names = [name for name, _kind in synthetic.COLUMNS]
    rows = [aware(synthetic.matter(number, VILLAGES, 2026)) for number in range(1, 400)]
    made = [synthetic.Matter(**dict(zip(names, row, strict=True))) for row in rows]
    for matter in made[::17]:
        matter.petition = True
    for matter in made[::5]:
        matter.place_key = "the same corner"
    synthetic.Matter._default_manager.bulk_create(made)
    return made


def test_every_figure_opens_exactly_the_records_it_counted(matters, tmp_path):
    with clock.use(clock.FixedClock(AS_OF)), Lake.opened(DEFINITIONS, Tree(NODES), tmp_path) as lake:
        lake.refresh()
    parts = {"n": "numerator", "d": "denominator"}
    compared = 0
    with published.opened(tmp_path) as figures:
        for code, key in ((CITY, "2026"), ("331102000000", "2026-08"), (CITY, "2026-W33")):
            node, period = named(Tree(NODES), code, AS_OF.date()), Period.parse(key)
            cell = figures.cells([code], [key])[code, key]
            for measure, counted in cell.items():
                indicator, _, part = measure.rpartition("__")
                ids = behind(DEFINITIONS, f"{indicator}.{parts.get(part, part)}", node, period, AS_OF).ids
                assert ids.count() == counted, (measure, key)
                compared += bool(counted)
    assert compared > 60


OLD, NEW, MOVED = "331102001000", "331102009000", "331102001001"
MERGED = date(2026, 7, 1)


def merging():
    """On 1 July the township goes into a new one with one village; the other is withdrawn, another township moves county."""
    for node in NODES:
        if node.code == OLD:
            yield replace(node, valid_to=MERGED)
        elif node.code == MOVED:
            yield replace(node, valid_to=MERGED)
            yield replace(node, parent=NEW, valid_from=MERGED)
        elif node.code == VILLAGES[1]:
            yield replace(node, valid_to=MERGED)
        elif node.code == "331121100000":
            yield replace(node, valid_to=MERGED)
            yield replace(node, parent="331102000000", valid_from=MERGED)
        else:
            yield node
    yield Node(NEW, "331102000000", Level.TOWNSHIP, "新镇", MERGED)


def test_around_a_merger_a_figure_opens_the_records_counted_where_the_tree_led_that_day(matters, tmp_path):
    tree = Tree(merging())
    with clock.use(clock.FixedClock(AS_OF)), Lake.opened(DEFINITIONS, tree, tmp_path) as lake:
        lake.refresh()
    compared = 0
    with published.opened(tmp_path) as figures:
        for node in {node.code: node for node in tree.nodes}.values():
            for key in ("2026", "2026-Q3", "2026-06", "2026-07", "2026-W27"):
                cell = figures.cells([node.code], [key]).get((node.code, key), {})
                for measure in ("volume__n", "closed_in_time__d", "solved__n"):
                    indicator, _, part = measure.rpartition("__")
                    name = f"{indicator}.{'numerator' if part == 'n' else 'denominator'}"
                    counted = cell.get(measure, 0)
                    if node.level > Level.COUNTY and 0 < counted < 10:
                        continue
                    ids = behind(DEFINITIONS, name, node, Period.parse(key), AS_OF, tree).ids
                    assert ids.count() == counted, (node.code, key, measure)
                    compared += bool(counted)
    assert compared > 40


def test_a_hidden_figure_opens_no_records(matters):
    village = named(Tree(NODES), VILLAGES[1], AS_OF.date())
    with pytest.raises(Refused, match="少于10件"):
        behind(DEFINITIONS, "returned.numerator", village, Period.parse("2026-08"), AS_OF)


@pytest.mark.parametrize("figure", ["nothing.numerator", "volume.denominator", "by_kind.petition", "volume"])
def test_a_figure_nobody_defined_is_not_found(matters, figure):
    with pytest.raises(NotFound):
        behind(DEFINITIONS, figure, NODES[0], Period.parse("2026"), AS_OF)


def test_the_scanner_reads_from_sqlite_what_django_would_store(tmp_path):
    database, out = tmp_path / "main.sqlite3", tmp_path / "out.parquet"
    rows = [synthetic.matter(number, VILLAGES, 2026) for number in range(1, 60)]
    names = [name for name, _kind in synthetic.COLUMNS]
    with closing(sqlite3.connect(database)) as con:
        con.execute(f"CREATE TABLE m ({', '.join(names)})")
        con.executemany(f"INSERT INTO m VALUES ({', '.join('?' for _ in names)})", rows)
        con.commit()
    columns = [[name, kind.value] for name, kind in synthetic.COLUMNS]
    scan.scan(
        {"engine": "sqlite", "attach": str(database), "sql": "SELECT * FROM m", "columns": columns, "out": str(out)}
    )
    read = duckdb.sql(f"SELECT * FROM '{out}' ORDER BY id").fetchall()
    assert read == [synthetic.TABLE.plain(tuple(aware(row))) for row in rows]


def test_texts_that_look_like_marks_and_quotes_pass_through_unchanged(tmp_path):
    database, out = tmp_path / "it's.sqlite3", tmp_path / "out.parquet"
    texts = ["O'Neil", 'a "b"', "", "多行\n文字", ";--", None]
    with closing(sqlite3.connect(database)) as con:
        con.execute("CREATE TABLE m (t TEXT)")
        con.executemany("INSERT INTO m VALUES (?)", [(text,) for text in texts])
        con.commit()
    order = {"engine": "sqlite", "sql": "SELECT t FROM m WHERE 'it''s' = 'it''s'", "columns": [["t", "text"]]}
    scan.scan({**order, "attach": str(database), "out": str(out)})
    assert [row[0] for row in duckdb.sql(f"SELECT * FROM '{out}'").fetchall()] == texts


def test_a_query_that_needs_djangos_own_sql_functions_does_not_go_to_the_scanner(db):
    from django.db.models.functions import TruncDate

    dated = synthetic.Matter._default_manager.annotate(day=TruncDate("registered_at")).values_list("day")
    assert extract._needs_django(dated) == (connection.vendor == "sqlite")
    assert not extract._needs_django(synthetic.rows(None))


def test_the_real_matters_offer_a_query_the_scanner_can_run(db):
    from huying.kernel import facts

    assert not extract._needs_django(facts.table("matters").rows(None))


@pytest.mark.postgresql
def test_the_scanner_reads_from_postgresql_what_django_would_store(tmp_path):
    import psycopg

    from tests.support import postgresql

    cluster, out = postgresql.cluster(), tmp_path / "out.parquet"
    name = f"scanned_{tmp_path.name.lower().replace('-', '_')}"[:50]
    cluster.run("createdb", name)
    types = {"int": "bigint", "text": "text", "bool": "boolean", "date": "date", "seconds": "timestamptz"}
    rows = [aware(synthetic.matter(number, VILLAGES, 2026)) for number in range(1, 60)]
    with psycopg.connect(cluster.url(name), autocommit=True) as con:
        con.execute(f"CREATE TABLE m ({', '.join(f'{column} {types[kind]}' for column, kind in synthetic.COLUMNS)})")
        con.cursor().executemany(f"INSERT INTO m VALUES ({', '.join(['%s'] * len(synthetic.COLUMNS))})", rows)
    order = {
        "engine": "postgres",
        "attach": cluster.url(name),
        "sql": "SELECT * FROM m",
        "columns": [[column, kind.value] for column, kind in synthetic.COLUMNS],
        "out": str(out),
    }
    scan.scan(order)
    read = duckdb.sql(f"SELECT * FROM '{out}' ORDER BY id").fetchall()
    assert read == [synthetic.TABLE.plain(tuple(row)) for row in rows]
