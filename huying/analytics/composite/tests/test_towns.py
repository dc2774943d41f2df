"""Fourteen made-up towns over two months: the command against an oracle of loops, and all its options at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from huying.analytics.composite.commands import group
from huying.analytics.composite.tests import by_hand

TOWNS = Path(__file__).parent / "cases" / "towns"
DATA, META = TOWNS / "iData.csv", TOWNS / "iMeta.csv"


def index(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(group, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("standard")
    assert index("compute", "--data", DATA, "--meta", META, "--out", out)[0] == 0
    return out


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With settings, tree and another version: into a folder that is not there yet."""
    out = tmp_path_factory.mktemp("full") / "new" / "results"
    given = ("--spec", TOWNS / "spec.yaml", "--tree", TOWNS / "tree.csv", "--against", TOWNS / "other.yaml")
    code, said, _ = index("compute", "--data", DATA, "--meta", META, *given, "--out", out, "--json")
    assert code == 0
    told = json.loads(said.splitlines()[-1])
    assert (told["units"], told["periods"], told["indicators"], told["screened_out"]) == (14, 2, 8, 0)
    assert sorted(told["files"]) == sorted(file.name for file in out.iterdir())
    return out


def test_every_score_is_that_of_the_oracle(standard: Path) -> None:
    wanted = by_hand.scores(DATA, META)
    found = by_hand.rows_of(standard / "01_aggregated.csv")
    assert len(found) == 28
    for row in found:
        for code, column in wanted.items():
            assert float(row[code]) == pytest.approx(column[row["uCode"], row["Time"]], abs=1e-9), (row["uCode"], code)


def test_every_rank_is_that_of_the_oracle(standard: Path) -> None:
    wanted = by_hand.scores(DATA, META)
    for row in by_hand.rows_of(standard / "07_results_full_ranks.csv"):
        for code, column in wanted.items():
            own = column[row["uCode"], row["Time"]]
            ahead = sum((v or 0) > (own or 0) + 1e-9 for key, v in column.items() if key[1] == row["Time"])
            assert int(row[code]) == 1 + ahead, (row["uCode"], code)


def test_the_point_that_was_drawn_in_is_on_record(standard: Path) -> None:
    found = by_hand.rows_of(standard / "01_treated_points.csv")
    assert [(row["uCode"], row["Time"], row["iCode"], row["how"]) for row in found] == [
        ("T10", "2026-08", "Answer", "winhi"),
        ("T10", "2026-09", "Answer", "winhi"),
    ]
    assert [float(row["before"]) for row in found] == [71.5, 64]


def test_the_settings_written_out_give_the_same_files_again_byte_for_byte(standard: Path, tmp_path: Path) -> None:
    spec = standard / "spec.yaml"
    assert yaml.safe_load(spec.read_text())["impute"] == {
        "method": "group_mean",
        "group": "Terrain",
        "otherwise": "leave",
    }
    assert index("compute", "--data", DATA, "--meta", META, "--spec", spec, "--out", tmp_path)[0] == 0
    for file in standard.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_months_change_is_explained_to_the_last_digit(full: Path) -> None:
    sums: dict[str, float] = {}
    ends = {}
    for row in by_hand.rows_of(full / "08_change_contributions.csv"):
        sums[row["uCode"]] = sums.get(row["uCode"], 0) + float(row["contribution"])
        ends[row["uCode"]] = float(row["after"]) - float(row["before"])
    assert len(sums) == 14
    assert sums == pytest.approx(ends, abs=1e-9)


def test_each_thing_the_settings_ask_for_stands_in_a_file(full: Path) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        return by_hand.rows_of(full / f"{name}.csv")

    assert {row["method"] for row in rows("03_weighings")} == {"ahp"}
    assert float(rows("03_weighings")[0]["consistency_ratio"]) == pytest.approx(0, abs=1e-9)
    assert max(float(row["before"]) - float(row["after"]) for row in rows("08_adjustments")) <= 2
    assert {row["tree.parent"] for row in rows("07_results_group_ranks_tree.parent")} == {"C1", "C2"}
    assert {row["iCode"] for row in rows("09_remove_level1_summary")} >= {"Nominal", "Fires"}
    assert len(rows("11_uncertainty_draws")) == 40 * 5
    assert {row["seed"] for row in rows("11_uncertainty_draws")} == {"7"}
    assert [row["Variable"] for row in rows("11_sensitivity")][-1] == "weights of level 1, 2"
    assert {row["Fires"] for row in rows("10_provenance")} == {"shrunk", "few+shrunk"}
    assert {row["setting"] for row in rows("12_comparison_settings")} >= {"aggregate.nodes.Index", "adjust.rules"}
    assert len(rows("12_comparison")) == 28
    assert not (full / "05_goalposts.csv").exists()


def test_blank_stays_blank_in_every_file_that_shows_it(full: Path) -> None:
    assert [row["uCode"] for row in by_hand.rows_of(full / "01_denominated.csv") if not row["Mediated"]] == [
        "T04",
        "T07",
    ]
    assert "nan" not in (full / "01_denominated.csv").read_text().lower()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("normalise: {default: {method: minmax}}", "does not exist; did you mean min_max?"),
        ("impute: {method: group_mean, group: Area}", "impute.group: there is no group 'Area' — name one of Terrain"),
        ("analysis: {remove: [3]}", "analysis.remove: nodes of level 3 cannot be removed"),
        ("uncertainty: {vary: [{setting: a.b, values: [1, 2]}]}", "uncertainty.vary.0: there is no setting 'a.b'"),
        ("weights: {use: experts}", "weights.use: there is no set 'experts'"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_in_an_error_and_nothing_is_written(
    spec: str, said: str, tmp_path: Path
) -> None:
    from huying.kernel.errors import InvalidInput

    (tmp_path / "spec.yaml").write_text(spec)
    with pytest.raises(InvalidInput) as fault:
        index("compute", "--data", DATA, "--meta", META, "--spec", tmp_path / "spec.yaml", "--out", tmp_path / "out")
    assert said in fault.value.one_line()
    assert not (tmp_path / "out").exists()


def test_several_faults_are_listed_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("impute: {method: mode}\ntreat: {defalt: none}\n")
    given = ("--spec", tmp_path / "spec.yaml", "--out", tmp_path / "out")
    code, _, said = index("compute", "--data", DATA, "--meta", META, *given)
    assert code == 1
    assert said.splitlines()[0] == "error: 2 settings cannot be used"
    assert "  spec.yaml:2 treat.defalt: there is no setting 'defalt' here; did you mean default?" in said.splitlines()


def test_a_wrong_call_exits_2_and_help_shows_an_example(tmp_path: Path) -> None:
    assert index("compute", "--data", DATA, "--out", tmp_path)[0] == 2
    assert index("compute", "--data", tmp_path / "none.csv", "--meta", META, "--out", tmp_path)[0] == 2
    code, said, _ = index("compute", "--help")
    assert code == 0
    assert "Example: huying index compute --data iData.csv" in said


def test_the_settings_in_full_are_a_file_that_is_taken_back(tmp_path: Path) -> None:
    code, said, _ = index("settings", "--meta", META)
    assert code == 0
    (tmp_path / "spec.yaml").write_text(said)
    assert index("settings", "--spec", tmp_path / "spec.yaml")[1] == said
