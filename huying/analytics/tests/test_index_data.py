"""`huying index data`: a place's own figures as csv; reckoned from the files, the index is the page's to the last bit."""

import csv
import json

import pytest
from click.testing import CliRunner

from huying.analytics import index_data, standing
from huying.analytics.index_commands import group
from huying.analytics.periods import Period
from huying.analytics.values import Value, catalogue
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotFound

from .made import BRIDGE, CITY, EAST, MILL, WEST
from .test_standing import OCTOBER, placed

pytestmark = pytest.mark.django_db
__all__ = ["placed"]
SEPTEMBER = Period.parse("2026-09")


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(*words):
    done = CliRunner().invoke(group, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_files_give_the_index_of_the_page_with_every_part_in_both_periods(placed, tmp_path):
    placed(in_time=3, redo=1)
    out = tmp_path / "out"
    said = json.loads(run("data", "--period", "2026-10", "--period", "2026-09", "--out", out, "--json"))
    assert (said["index"], said["units"], said["periods"], said["indicators"]) == ("index", 2, 2, 2)
    files = ("--data", out / "iData.csv", "--meta", out / "iMeta.csv", "--spec", out / "spec.yaml")
    run("compute", *files, "--out", tmp_path / "results")
    scores = {(row["uCode"], row["Time"]): row for row in rows(tmp_path / "results" / "07_results_full_scores.csv")}
    made = standing.standing(CITY, OCTOBER)
    assert {one.node.code: (one.before, one.now) for one in made.below} == {
        place: tuple(float(scores[place, time]["index"]) for time in ("2026-09", "2026-10")) for place in (EAST, WEST)
    }
    for part in standing.standing(EAST, OCTOBER).parts:
        assert (part.before, part.now) == tuple(float(scores[EAST, t][part.code]) for t in ("2026-09", "2026-10"))


def test_what_is_hidden_is_na_with_its_reason_and_what_is_known_says_what_it_rests_on(placed, tmp_path):
    placed(in_time=3, redo=1)
    done = index_data.write(tmp_path, [OCTOBER], level=Level.TOWNSHIP)
    data = {row["uCode"]: row for row in rows(tmp_path / "iData.csv")}
    assert (data[BRIDGE]["in_time"], data[MILL]["in_time"]) == ("50", "NA")
    assert {row["uCode"]: row["in_time"] for row in rows(tmp_path / "denominators.csv")} == {BRIDGE: "20", MILL: "NA"}
    told = {(row["uCode"], row["iCode"]): row["reason"] for row in rows(tmp_path / "missing.csv")}
    assert told[MILL, "in_time"] == "small", "it closed four"
    assert sum(done.missing.values()) == len(told)
    assert done.missing["small"] == sum(why == "small" for why in told.values())


def test_a_place_without_an_index_another_name_mixed_periods_or_no_such_level_write_nothing(placed, tmp_path):
    folder = tmp_path / "none"
    with pytest.raises(NotFound, match="no composite index"):
        index_data.write(folder, [OCTOBER], level=Level.COUNTY)
    placed(in_time=1, redo=1)
    with pytest.raises(NotFound, match="no index 'other'"):
        index_data.write(folder, [OCTOBER], level=Level.COUNTY, index="other")
    with pytest.raises(InvalidInput, match="several kinds"):
        index_data.write(folder, [OCTOBER, Period.parse("2026-Q3")], level=Level.COUNTY)
    with pytest.raises(NotFound, match="no province"):
        index_data.write(folder, [OCTOBER], level=Level.PROVINCE)
    assert not folder.exists()


def test_the_weights_are_those_of_the_kind_of_period(placed):
    placed(weights={"month": {"p_in_time": 3}, "year": {"p_redo": 7}}, in_time=1, redo=1)
    assert index_data.defined(OCTOBER).settings.weights.use == "month"
    assert index_data.defined(Period.parse("2026")).settings.weights.use == "year"
    assert index_data.defined(Period.parse("2026-Q3")).settings.weights.use == "original"
    assert standing.standing(EAST, OCTOBER).parts[0].weight == pytest.approx(0.75)


def test_a_figure_whose_reporting_is_not_sound_is_unknown_not_full_marks(placed):
    placed(in_time=1, redo=1)
    entry = next(entry for entry in catalogue() if entry.code == "redo")
    none = Value(entry, None, OCTOBER, value=0.0, unchecked=True)
    assert index_data.figure(none) is None
    assert index_data.reason(none) == index_data.UNCHECKED
