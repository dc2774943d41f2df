"""The door over records: rows for whoever may open each of them, coarse; nobody else finds the table. Answers as dataframes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from huying.analytics import door
from huying.analytics.bench import records, statements
from huying.analytics.bench.selection import Selection
from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import RecusalReason
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Kind
from huying.entry.commands.analytics import group
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.audit.models import AccessEntry
from huying.kernel.errors import InvalidInput
from tests.support.figures import Figures
from tests.support.web import signed_in

pytestmark = pytest.mark.django_db
EAST, OTHER = "331102000000", "331121000000"
NOVEMBER = Selection(("closed_in_time",), EAST, "own", "2026-11", "2026-11")
API = "/api/v1/analytics/sql"


@pytest.fixture
def town(cast: Any, figures: Figures) -> Any:
    """Three matters of the county, of which one is a petition, and one of the county beside it."""
    figures.month(EAST, "2026-11", closed_in_time=(20, 40))
    figures.publish(date(2026, 11, 21))
    cast.register(division="331102001001")
    cast.register(division="331102001001")
    cast.register(division="331102001001", kind=Kind.PETITION)
    cast.register("city_taker", division="331121100000")
    return cast


@pytest.fixture
def analyst(town: Any) -> Actor:
    return replace(town["leader"], roles=frozenset({Role.ANALYST}), account_id=7)


def rows(actor: Actor, sql: str, selection: Selection = NOVEMBER) -> list[list[Any]]:
    return statements.answered(actor, selection, sql).rows


def opened(folder: Any, content: bytes) -> duckdb.DuckDBPyRelation:
    (folder / "answer.parquet").write_bytes(content)
    return duckdb.read_parquet(str(folder / "answer.parquet"))


def test_a_supervisor_has_a_row_for_each_matter_that_may_be_opened_and_for_no_petition(town: Any) -> None:
    found = rows(town["supervisor"], "SELECT month, county, township, kind, state, days_to_close FROM matters")
    assert found == [["2026-11", EAST, "331102001000", "help", "registered", None]] * 2


def test_rows_tell_no_number_no_place_below_the_township_no_moment_and_no_words(town: Any) -> None:
    (columns,) = {tuple(name for name, _type in records.COLUMNS)}
    assert not {"id", "number", "village", "grid", "place_key", "registered_at", "title", "content"} & set(columns)
    told = str(rows(town["supervisor"], "SELECT * FROM matters"))
    for matter in Matter.objects.visible_to(town["supervisor"]):
        for word in (matter.number, matter.title, "331102001001", f"{matter.registered_at:%H:%M}"):
            assert word not in told


def test_whoever_opens_no_record_finds_no_table_of_them(analyst: Actor) -> None:
    for sql in ("SELECT * FROM matters", "SELECT * FROM main.matters", "SELECT (SELECT count(*) FROM MATTERS)"):
        with pytest.raises(InvalidInput) as caught:
            rows(analyst, sql)
        assert "does not exist" in caught.value.fields["sql"]
    assert rows(analyst, "SELECT count(*) FROM figures") == [[1]]


def test_a_statement_that_hides_the_tables_name_finds_nothing(town: Any) -> None:
    """It isn't read for a statement that doesn't name it; what the engine puts together by itself stays empty."""
    for sql in ("SELECT * FROM query('SELECT * FROM mat' || 'ters')", "SELECT * FROM query_table('mat' || 'ters')"):
        with pytest.raises(InvalidInput):
            rows(town["supervisor"], sql)


def test_whoever_is_recused_has_no_row_of_it(town: Any) -> None:
    first = Matter.objects.visible_to(town["supervisor"]).filter(kind=Kind.HELP)[0]
    kept_out = vault.NewRecusal(
        kind="matter", record_id=first.pk, post_id=town["supervisor"].post_id, reason=RecusalReason.ACCUSED
    )
    vault.recuse(actor=town["dispatcher"], recusals=[kept_out])
    assert rows(town["supervisor"], "SELECT count(*) FROM matters") == [[1]]


def test_more_records_than_the_door_reads_are_refused_not_cut(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 1)
    with pytest.raises(InvalidInput, match="超过 1 件"):
        rows(town["supervisor"], "SELECT 1 FROM matters")


def test_what_was_opened_is_logged_with_how_much_and_refusals_too(town: Any) -> None:
    rows(town["supervisor"], "SELECT count(*) FROM matters")
    with pytest.raises(InvalidInput):
        rows(town["supervisor"], "DROP TABLE matters")
    audit.flush_access()
    said = AccessEntry.objects.filter(post_id=town["supervisor"].post_id).order_by("pk").values_list("what", "result")
    (opened, refused) = [one for one in said if one[0].startswith("sql")]
    assert (opened[0].startswith("sql.rows 2: "), opened[1]) == (True, "ok")
    assert ("DROP TABLE" in refused[0], refused[1]) == (True, "refused")


def test_an_answer_is_a_dataframes_file_whatever_its_columns_are_called(tmp_path: Any) -> None:
    answer = door.ask(
        {"figures": ((("n", "DOUBLE"),), [[1.5], [None]])},
        """SELECT n, n, date '2026-11-01' AS day, [1, 2] AS list, 1 AS "a"", x; --", sum(n) OVER () = 1.5 AS b FROM figures""",
    )
    frame = opened(tmp_path, door.as_parquet(answer))
    assert frame.columns == ["n", "n_2", "day", "list", 'a", x; --', "b"]
    assert [str(kind) for kind in frame.types] == ["DOUBLE", "DOUBLE", "DATE", "VARCHAR", "INTEGER", "BOOLEAN"]
    assert frame.fetchall()[1][:2] == (None, None)


def test_a_program_asks_over_the_api_as_json_and_as_a_file(town: Any, tmp_path: Any) -> None:
    client = signed_in(town, "supervisor")
    asked = {"sql": "SELECT kind, count(*) AS n FROM matters GROUP BY kind", "first": "2026-11", "last": "2026-11"}
    told = client.post(API, asked, content_type="application/json").json()
    assert (told["columns"], told["types"], told["rows"]) == (["kind", "n"], ["VARCHAR", "BIGINT"], [["help", 2]])
    file = client.post(API, {**asked, "format": "parquet"}, content_type="application/json")
    assert opened(tmp_path, file.content).fetchall() == [("help", 2)]
    other = client.post(API, {**asked, "place": OTHER}, content_type="application/json")
    assert other.status_code == 404
    assert signed_in(town, "water").post(API, asked, content_type="application/json").status_code == 403
    assert signed_in(town, "leader").post(API, asked, content_type="application/json").status_code == 200


def test_the_page_offers_the_table_to_those_who_have_it(town: Any) -> None:
    assert "days_to_close" in signed_in(town, "supervisor").get("/desk/bench/sql").content.decode()
    assert "days_to_close" not in signed_in(town, "analyst").get("/desk/bench/sql").content.decode()


def test_the_operator_asks_as_a_post_on_the_machine(town: Any, tmp_path: Any) -> None:
    out = tmp_path / "x.parquet"
    post = "331102-centre/supervisor"
    done = CliRunner().invoke(
        group,
        ["sql", "--as", post, "--first", "2026-11", "--last", "2026-11", "--out", str(out), "SELECT kind FROM matters"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert duckdb.read_parquet(str(out)).fetchall() == [("help",)] * 2
