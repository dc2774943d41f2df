"""Plain files are read as offices save them; a wrong row is handed back with its reason, a wrong tree refused."""

import csv
import json
import os

import duckdb
import pytest
from click.testing import CliRunner

from huying.analytics.indicators import files
from huying.analytics.indicators.commands import group
from huying.kernel.errors import InvalidInput

TREE = "node,parent,level\nC,,city\nA,C,county\nB,C,county\n"
FACTS = "node,date,done,cases\nA,2026-10-03,3,12\nB,2026-10-04,1,8\n"
RATE = "- {code: rate, numerator: done, denominator: cases, direction: higher}"


@pytest.fixture(scope="module", autouse=True)
def without_spark():
    kept = os.environ.pop("HUYING_ANALYTICS_ENGINE", None)
    yield
    if kept is not None:
        os.environ["HUYING_ANALYTICS_ENGINE"] = kept


def roll(folder, tree=TREE, facts=FACTS, *more, defs=RATE, out="out.csv"):
    """What the command wrote, by node; and what it said at the end."""
    for name, text in (("tree.csv", tree), ("facts.csv", facts), ("defs.yaml", defs)):
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    named = ("tree.csv", "facts.csv", "defs.yaml")
    given = [f"--{name.split('.')[0].replace('defs', 'definitions')}={folder / name}" for name in named]
    arguments = ["rollup", *given, "--period=month", f"--out={folder / out}", "--json", *more]
    done = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    if not out.endswith(".csv"):
        return {}, said
    with (folder / out).open() as read:
        return {(row["node"], row["period"]): row for row in csv.DictReader(read)}, said


@pytest.mark.parametrize(
    "facts",
    [
        "\ufeff" + FACTS,
        FACTS.replace("\n", "\r\n"),
        FACTS.replace(",", ";"),
        FACTS.replace(",", "\t").encode("utf-16"),
        FACTS.replace("node,date", "Node,DATE"),
        FACTS.replace("cases\n", "cases,备注\n").replace("12\n", "12,迟报\n").replace("8\n", "8,\n").encode("gb18030"),
        "node,date,done,cases,,\n,,,,,\nA,2026-10-03,3,12,,\n\nB,2026-10-04,1,8,,\n",
        'node,date,done,cases\n"A","2026-10-03","3","1,2"\nB,2026-10-04,1,8\n'.replace("1,2", "12"),
        "node,date,done,cases\nA,2026/10/3,３,12\nB,2026年10月4日,1.0,8\n",
        "node,date,done,cases\nA,20261003,3,12\nB,2026-10-04 00:00:00,1,8\n",
        "node,date,done,cases\nA,2026-10,3,12\nB,2026-Q4,1,8\n",
    ],
)
def test_facts_are_read_as_offices_save_them(tmp_path, facts):
    rows, said = roll(tmp_path, TREE, facts)
    city = rows["C", "2026-10"]
    assert (city["numerator"], city["denominator"], said["rejected"], said["warnings"]) == ("4", "20", 0, [])


def test_thousands_are_read_with_their_commas(tmp_path):
    rows, _said = roll(tmp_path, TREE, 'node,date,done,cases\nA,2026-10-03,"1,200","2,400.50"\n')
    assert (rows["A", "2026-10"]["numerator"], rows["A", "2026-10"]["denominator"]) == ("1200", "2400.5")


def test_of_ten_thousand_rows_the_seven_that_are_wrong_are_handed_back_and_the_others_taken(tmp_path):
    rows = [f"{'AB'[i % 2]},2026-10-{1 + i % 31:02},1,{2 + i}" for i in range(10_000)]
    wrong = {
        10: ("Q,2026-10-02,3,4", "'Q' is no node of the tree"),
        500: ("A,2026-13-01,3,4", "date: '2026-13-01' is no day"),
        999: ("A,2026-10-01,many,4", "done: 'many' is no number"),
        4000: ("A,,3,4", "the date is missing"),
        5000: ("A,2026-10-01,3", "4 columns are expected, not 3"),
        7777: ("A,1899-10-01,3,4", "1899-10-01 lies outside 2000 to 2099"),
        9999: ("A,2026-10-01,NaN,4", "done: 'NaN' is no number — leave it blank if it wasn't reported"),
    }
    for i, (row, _reason) in wrong.items():
        rows[i] = row
    facts = "node,date,done,cases\n" + "\n".join(rows) + "\n"
    values, said = roll(tmp_path, TREE, facts, f"--rejects={tmp_path / 'rejects.csv'}")
    assert (values["C", "2026-10"]["numerator"], said["rejected"]) == ("9993", 7)
    assert said["warnings"][1].startswith("facts.csv, line 12: 'Q' is no node")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig") as read:
        back = list(csv.DictReader(read))
    assert [int(row["line"]) for row in back] == [i + 2 for i in wrong]
    assert all(row["reason"].startswith(reason) for row, (_text, reason) in zip(back, wrong.values(), strict=True))
    first = (tmp_path / "out.csv").read_bytes()
    roll(tmp_path, TREE, facts)
    assert (tmp_path / "out.csv").read_bytes() == first


def test_rejects_that_were_mended_are_sent_as_they_came_back(tmp_path):
    roll(tmp_path, TREE, FACTS + "A,2026-10-05,six,7\n", f"--rejects={tmp_path / 'rejects.csv'}")
    mended = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").replace(",six,", ",6,")
    values, said = roll(tmp_path, TREE, mended)
    assert (values["A", "2026-10"]["numerator"], said["rejected"]) == ("6", 0)


def test_quotes_that_do_not_close_stop_the_run_instead_of_swallowing_rows(tmp_path):
    with pytest.raises(InvalidInput, match=r"facts.csv, line 2: unexpected end of data"):
        roll(tmp_path, TREE, 'node,date,done,cases\nA,2026-10-03,"3,12\nB,2026-10-04,1,8\n')
    assert not (tmp_path / "out.csv").exists()


def test_a_column_of_the_tree_that_means_nothing_is_said_and_a_misspelt_one_refused(tmp_path):
    _rows, said = roll(tmp_path, "node,parent,level,name\nC,,city,市\nA,C,county,甲\nB,C,county,乙\n")
    assert said["warnings"] == ["tree.csv: nothing is made of the columns name"]
    with pytest.raises(InvalidInput) as refused:
        roll(tmp_path, "node,parent,level,valid_form\nC,,city,\nA,C,county,\nB,C,county,\n")
    assert refused.value.one_line() == "tree.csv, line 1: valid_form is no column here — perhaps valid_from"


def test_a_place_that_outlives_its_parent_is_said_as_no_figure_above_has_it(tmp_path):
    tree = "node,parent,level,valid_from,valid_to\nC,,city,2000-01-01,\nA,C,county,,2026/10/1\nB,C,county,,\nv,A,village,,\n"
    rows, said = roll(tmp_path, tree, FACTS.replace("A,", "v,"))
    assert (rows["C", "2026-10"]["numerator"], rows["v", "2026-10"]["numerator"]) == ("1", "3")
    assert "line 5: v below A on 2026-10-01" in said["warnings"][0]


def test_a_place_reports_a_rate_when_it_reports_both_its_parts(tmp_path):
    facts = "node,date,done,cases\nA,2026-10-03,,12\nB,2026-10-04,,8\nB,2026-10-09,1,\n"
    rows, _said = roll(tmp_path, TREE, facts)
    city = rows["C", "2026-10"]
    assert (city["denominator"], city["n_reported"], city["n_expected"], city["completeness"]) == (
        "20",
        "1",
        "2",
        "0.5",
    )


def test_a_place_that_moved_reports_both_parts_though_one_before_and_one_after(tmp_path):
    tree = "node,parent,level,valid_from,valid_to\nC,,city,,\nA,C,county,,\nB,C,county,,\n"
    tree += "v,A,village,,2026-10-10\nv,B,village,2026-10-10,\n"
    rows, _said = roll(tmp_path, tree, "node,date,done,cases\nv,2026-10-03,,12\nv,2026-10-14,1,\n")
    assert [rows[node, "2026-10"]["n_reported"] for node in "CABv"] == ["1", "1", "1", "1"]


def test_constants_and_counts_of_places_need_no_measure(tmp_path):
    rows, _said = roll(tmp_path, defs="- {code: places, expression: nodes() * k, constants: {k: 2}}")
    assert rows["C", "2026-10"]["value"] == "4"


def test_values_are_written_as_one_parquet_file_with_the_columns_of_the_csv(tmp_path):
    rows, _said = roll(tmp_path)
    roll(tmp_path, out="out.parquet")
    with duckdb.connect() as con:
        read = con.execute(f"SELECT * FROM '{tmp_path / 'out.parquet'}'")
        names = [column[0] for column in read.description]
        found = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
    assert names == list(next(iter(rows.values())))
    assert {(row["node"], row["value"], row["rank_in_level"]) for row in found} == {
        ("C", 0.2, 1.0), ("A", 0.25, 1.0), ("B", 0.125, 2.0)
    }  # fmt: skip
    with pytest.raises(InvalidInput, match=r"--out out.xlsx: no .xlsx is written"):
        roll(tmp_path, out="out.xlsx")


@pytest.mark.parametrize(
    "text", ["2026-02-30", "3/10/2026", "10月3日", "2026-10-03Z", "2026-10-03 12:00 GMT", "20261332", "soon"]
)
def test_what_may_be_another_day_is_no_day(text):
    with pytest.raises(InvalidInput, match="is no day"):
        files.day_of(text)
