"""Ranks, ranks within groups, what a unit is best and worst at, and where a cell's value comes from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from huying.analytics.composite import files, results
from huying.analytics.composite.commands import group
from huying.analytics.composite.ranking import ranks
from huying.analytics.composite.run import compute
from huying.analytics.composite.statistics import check
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

ASIS = {"default": {"method": "none"}}


def test_the_best_is_first_ties_share_the_best_place_and_the_unknown_has_none() -> None:
    np.testing.assert_array_equal(ranks(np.array([5, 9, 9, NONE, 1]), best_first=True), [3, 1, 1, NONE, 4])


def test_each_period_is_ranked_alone_and_listed_best_first() -> None:
    of = data({"a": [1, 2, 9, 8]}, units=["E", "W"] * 2, times=["2025"] * 2 + ["2026"] * 2)
    run = compute(of, framework(["a"]), spec())
    found = results.ranked(run)
    assert found.column("Index").tolist() == [2, 1, 1, 2]
    assert [found.units[row] for row in results.in_order(run, found)] == ["W", "E", "E", "W"]


def test_ranks_within_groups_leave_out_who_has_none() -> None:
    of = data({"a": [1, 2, 3, 4]}, groups={"kind": ["hill", "city", "hill", ""]})
    run = compute(of, framework(["a"], groups=["kind"]), spec(results={"groups": ["kind"]}))
    np.testing.assert_array_equal(results.ranked(run, "kind").column("Index"), [2, 1, 1, NONE])


def test_a_group_that_does_not_exist_stops_before_anything_is_reckoned() -> None:
    with pytest.raises(InvalidInput) as fault:
        compute(data({"a": [1, 2]}), framework(["a"]), spec(results={"groups": ["kind"]}))
    assert "results.groups: there is no group 'kind'" in refused(fault)


def test_a_rate_on_too_few_is_not_ranked_and_its_cell_says_why() -> None:
    of = data({"fires": [1, 2, 3]}, denominators={"people": [5, 500, 500]})
    tree = framework(["fires"], denominators={"fires": "people"}, down=["fires"])
    run = compute(of, tree, spec(small_numbers={"minimum_n": 10}))
    np.testing.assert_array_equal(results.ranked(run).column("fires"), [NONE, 1, 2])
    from huying.analytics.composite.provenance import spelled

    assert [spelled(int(code)) for code in run.origins[:2, 0]] == ["few", "reported"]


def test_strengths_and_weaknesses_leave_out_what_most_units_share() -> None:
    of = data({"good": [9, 2, 1, 5], "bad": [1, 7, 8, 9], "shared": [1, 1, 1, 0], "unknown": [NONE, 1, 2, 3]})
    run = compute(of, framework(["good", "bad", "shared", "unknown"]), spec())
    found = results.highlights(run, results.ranked(run), 2)
    first = [(one.kind, one.code, one.rank, one.of) for one in found if one.row == 0]
    assert first == [("strength", "good", 1, 4), ("weakness", "bad", 4, 4)]
    assert ("weakness", "shared", 4) in [(one.kind, one.code, one.rank) for one in found if one.row == 3]


def test_a_cell_can_be_traced_from_the_index_to_the_figure_delivered() -> None:
    of = data({"fires": [2, NONE, 9, 4], "trust": [10, 20, 30, NONE]}, denominators={"people": [10, 10, 10, 20]})
    tree = framework(["fires", "trust"], denominators={"fires": "people"}, down=["fires"])
    run = compute(of, tree, spec(impute={"method": "median"}, denominate={"scale": {"fires": 100}}))
    steps = {step: (value, said) for step, value, said in run.trace("u2", "fires")}
    assert np.isnan(steps["raw"][0])
    assert steps["denominated"][1] == "over people, per 100"
    assert steps["imputed"] == (20, "median")
    assert steps["normalised"][0] == 100
    assert "min_max: (−x − -90) / 70 · 100 + 0" in steps["normalised"][1]
    assert run.trace("u4", "Index")[-1] == ("Index", 75.0, "arithmetic")
    assert [said for _, _, said in run.trace("u4", "Index")[:2]] == ["weight 0.5", "weight 0.5"]
    with pytest.raises(InvalidInput, match="there is no unit 'u9'"):
        run.trace("u9", "Index")


def test_what_should_be_looked_at_before_believing_the_index_is_listed() -> None:
    of = data(
        {"a": [1, 1, 1, 1], "b": [1, 2, 3, 4], "twin": [1, 2, 3, 4], "none": [NONE] * 4, "few": [1, NONE, NONE, 2]},
        times=["2025-12", "2025-12", "2026-02", "2026-02"],
        units=["E", "W"] * 2,
    )
    tree = framework({"P": ["a", "b", "twin", "none"], "Q": ["few"]})
    assert {(one.kind, one.code) for one in check(of.raw, tree)} == {
        ("one value", "a"),
        ("twin columns", "twin"),
        ("no data", "none"),
        ("few data", "few"),
        ("missing period", "2026-01"),
        ("lone child", "Q"),
    }


def test_an_indicator_that_is_zero_nearly_everywhere_leaves_no_half_written_folder(tmp_path: Path) -> None:
    """Its quantiles meet, which the alternative scale by quantiles must bear."""
    rare = data({"a": [0.0] * 19 + [7], "b": [float(n) for n in range(20)]})
    of = framework(["a", "b"], parameters={"a": {"Target": 9, "goalpost_lower": 0, "goalpost_upper": 9}})
    names = files.write(compute(rare, of, spec()), tmp_path)
    assert "12_comparison.csv" not in names
    assert "06_agg_gmean_equal.csv" in names
    found = (tmp_path / "00_findings.csv").read_text(encoding="utf-8").splitlines()
    assert 'unused metadata,Target,"read by distance_to_target, which 1 that have it don\'t use"' in found
    assert sum(line.startswith("unused metadata,goalpost_") for line in found) == 2


def test_where_no_unit_has_an_index_none_is_first(tmp_path: Path) -> None:
    (tmp_path / "meta.csv").write_text(
        "iCode,Type,Level,Direction,Weight,Parent\na,Indicator,1,1,1,I\nI,Aggregate,2,1,1,\n", encoding="utf-8"
    )
    (tmp_path / "data.csv").write_text("uCode,a\nu,\nv,\n", encoding="utf-8")
    (tmp_path / "spec.yaml").write_text("screen: {by: none}\n", encoding="utf-8")
    given = [
        f"--{name}={tmp_path / file}"
        for name, file in (("data", "data.csv"), ("meta", "meta.csv"), ("spec", "spec.yaml"))
    ]
    done = CliRunner().invoke(group, ["compute", *given, f"--out={tmp_path / 'out'}", "--json"], catch_exceptions=False)
    assert (done.exit_code, json.loads(done.output)["first"]) == (0, None)
