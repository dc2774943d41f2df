"""The door answers one SELECT over the tables it was given, and nothing leads out of it: attacks, each by its own way."""

import os
import time

import pytest

from huying.analytics import door
from huying.analytics.door import asking
from huying.kernel.errors import InvalidInput, TooMany

COLUMNS = (("division", "VARCHAR"), ("value", "DOUBLE"), ("running", "BOOLEAN"))
ROWS = [["331102000000", 0.5, False], ["331121000000", None, True], ['a "quoted", name', 1.0, False], ["", 2.0, False]]


@pytest.fixture(scope="module")
def ask():
    def asked(sql):
        return door.ask({"figures": (COLUMNS, ROWS)}, sql)

    return asked


def refused(ask, sql):
    with pytest.raises(InvalidInput) as caught:
        ask(sql)
    return caught.value.fields["sql"]


def test_one_select_is_answered_and_unknown_stays_unknown(ask):
    found = ask("SELECT division, value, running FROM figures ORDER BY value NULLS LAST")
    assert found.columns == ["division", "value", "running"]
    assert found.rows == [
        ["331102000000", 0.5, False],
        ['a "quoted", name', 1.0, False],
        ["", 2.0, False],
        ["331121000000", None, True],
    ]


def test_a_common_table_a_window_and_a_union_are_selects_too(ask):
    found = ask(
        "WITH known AS (SELECT * FROM figures WHERE value IS NOT NULL)"
        " SELECT count(*) OVER () n FROM known UNION ALL SELECT 0 LIMIT 1"
    )
    assert found.columns == ["n"]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO figures VALUES ('x', 1, true)",
        "UPDATE figures SET value = 1",
        "DELETE FROM figures",
        "DROP TABLE figures",
        "CREATE TABLE x AS SELECT 1",
        "CREATE MACRO m() AS 1",
        "COPY figures TO '/tmp/out.csv'",
        "COPY figures FROM '/etc/passwd'",
        "EXPORT DATABASE '/tmp/out'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA enable_profiling",
        "CALL enable_logging()",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "VACUUM",
        "CHECKPOINT",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE figures",
        "SELECT $1",
        "",
        "-- nothing but a remark",
        "SELEC 1",
    ],
)
def test_what_is_not_one_select_is_refused_before_it_runs(ask, sql):
    assert refused(ask, sql)


def test_a_pragma_that_reads_is_a_select_to_the_parser_and_tells_of_no_file(ask):
    assert [row[1:] for row in ask("PRAGMA database_list").rows] == [["memory", None]]


@pytest.mark.parametrize(
    "source",
    [
        "'/etc/passwd'",
        "read_csv('/etc/passwd')",
        "read_csv_auto('/etc/passwd')",
        "read_text('/etc/passwd')",
        "read_text('ask.json')",
        "read_blob('/proc/self/environ')",
        "read_json('tables.json')",
        "read_parquet('https://127.0.0.1/x.parquet')",
        "glob('/*')",
        "sniff_csv('/etc/passwd')",
        "parquet_metadata('/tmp/x')",
        "sqlite_scan('/tmp/x.sqlite3', 't')",
        "postgres_scan('host=127.0.0.1', 'public', 't')",
        "query('COPY figures TO ''/tmp/huying-out.csv''')",
        "query_table('/etc/passwd')",
        "'http://127.0.0.1:9/x.csv'",
        "sys",
        "con",
        "folder",
    ],
)
def test_nothing_but_the_tables_can_be_read(ask, source):
    said = refused(ask, f"SELECT * FROM {source}")
    # It got as far as being run, and there was nothing.
    assert "only SELECT" not in said
    assert "限额" not in said


@pytest.mark.parametrize("function", ["getenv('HOME')", "getenv('HUYING_HOME')", "write_log('x')"])
def test_no_function_reaches_the_environment(ask, function):
    try:
        found = ask(f"SELECT {function}")
    except InvalidInput:
        return
    assert not found.rows[0][0]


def test_the_process_has_none_of_our_environment(ask, monkeypatch):
    monkeypatch.setenv("HUYING_SECRET_FOR_TEST", "do-not-tell")
    seen = asking.subprocess.run
    given = {}
    monkeypatch.setattr(
        asking.subprocess, "run", lambda *args, **options: given.update(options) or seen(*args, **options)
    )
    ask("SELECT 1")
    assert "HUYING_SECRET_FOR_TEST" in os.environ
    assert given["env"] == {"LANG": "C.UTF-8"}


def test_what_locks_it_cannot_be_undone_by_a_select(ask):
    assert ask("SELECT current_setting('enable_external_access')").rows == [[False]]
    assert refused(ask, "SELECT set_config('enable_external_access', 'true')")


def test_an_answer_ends_at_its_limit_and_says_there_was_more(ask):
    found = ask("SELECT * FROM range(20000)")
    assert (len(found.rows), found.more) == (asking.MOST_ROWS, True)


def test_a_statement_that_never_ends_is_ended(ask, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 1)
    began = time.monotonic()
    assert "已停下" in refused(
        ask, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"
    )
    assert time.monotonic() - began < 10


def test_a_statement_that_wants_all_memory_is_refused(ask):
    assert refused(ask, "SELECT list(a.range) FROM range(100000000) a GROUP BY a.range % 3")


def test_an_answer_of_boundless_length_is_refused(ask):
    assert refused(ask, "SELECT repeat('x', 100000) FROM range(1000)")


def test_only_so_many_run_at_once(ask):
    for _n in range(asking.AT_ONCE):
        asking._places.acquire()
    try:
        with pytest.raises(TooMany):
            ask("SELECT 1")
    finally:
        for _n in range(asking.AT_ONCE):
            asking._places.release()
    assert ask("SELECT 1").rows == [[1]]


def test_a_parquet_file_holds_the_rows(tmp_path):
    import duckdb

    path = tmp_path / "x.parquet"
    path.write_bytes(door.parquet("figures", COLUMNS, ROWS))
    found = duckdb.sql(f"SELECT count(*), sum(value), count(value) FROM '{path}'").fetchall()
    assert found == [(4, 3.5, 3)]
