"""Vetoes, deductions, multipliers: as written, capped, recorded; never by one figure alone, never on what is unknown."""

from __future__ import annotations

import numpy as np
import pytest

from huying.analytics.composite import results
from huying.analytics.composite.run import Run, compute
from huying.analytics.composite.spec import Adjust
from huying.analytics.composite.tests.made import NONE, data, framework, refused, spec
from huying.kernel.errors import InvalidInput

ASIS = {"default": {"method": "none"}}
TREE = framework({"P": ["score", "trust"], "Q": ["deaths", "checked"]}, weights={"P": 1, "Q": 0, "trust": 0})
FIGURES = data(
    {"score": [80, 80, 80, 80], "trust": [97, 95, 89, NONE], "deaths": [0, 4, 7, NONE], "checked": [1, 1, 0, 1]}
)


def adjusted(*rules: dict[str, object], **of: object) -> Run:
    return compute(FIGURES, TREE, spec(normalise=ASIS, adjust={"rules": list(rules), **of}))


def deduction(**of: object) -> dict[str, object]:
    return {"kind": "deduction", "name": "deaths", "node": "Index", "code": "deaths", **of}


BANDS = [{"from": 3, "to": 5, "points": 5, "each": True}, {"from": 6, "to": 9, "points": 10, "each": True}]


def test_points_by_bands_each_case_counted() -> None:
    """Wenzhou 2017: an accident of three to five deaths costs five points each, six to nine ten."""
    assert adjusted(deduction(bands=BANDS)).index.tolist() == [80, 60, 10, 80]


def test_points_by_the_distance_from_a_threshold() -> None:
    rule = deduction(code="trust", each=0.25, beyond=96, side="below")
    assert adjusted(rule).index.tolist() == [80, 79.75, 78.25, 80]


def test_a_deduction_is_capped_by_itself_by_the_node_and_by_the_lowest_score() -> None:
    assert adjusted(deduction(bands=BANDS, at_most=12)).index.tolist() == [80, 68, 68, 80]
    two = (deduction(bands=BANDS, at_most=12), deduction(name="again", each=2))
    assert adjusted(*two, total={"Index": 15}).index.tolist() == [80, 65, 65, 80]
    assert adjusted(deduction(bands=BANDS), lowest=30).index.tolist() == [80, 60, 30, 80]


def test_a_repeat_counts_double() -> None:
    doubled = {"when": [{"code": "checked", "below": 1}], "factor": 2}
    assert adjusted(deduction(each=1, multipliers=[doubled])).index.tolist() == [80, 76, 66, 80]


def test_negative_points_are_a_bonus() -> None:
    assert adjusted(deduction(code="trust", bands=[{"from": 96, "to": None, "points": -3}])).index.tolist() == [
        *(83, 80, 80, 80)
    ]


def test_a_multiplier_applies_before_deductions_and_within_its_bounds() -> None:
    times = {
        "kind": "multiplier",
        "name": "late",
        "node": "Index",
        "when": [{"code": "deaths", "above": 0}],
        "factor": 0.5,
    }
    assert adjusted(deduction(each=1), times).index.tolist() == [80, 36, 33, 80]
    assert adjusted({**times, "floor": 50}).index.tolist() == [80, 50, 50, 80]


VETO = {
    "kind": "veto",
    "name": "grave accident",
    "node": "Index",
    "when": [{"code": "deaths", "at_least": 3}, {"code": "checked", "at_least": 1}],
}


def test_a_veto_needs_the_figure_and_its_confirmation() -> None:
    run = adjusted({**VETO, "score": 0})
    assert run.index.tolist() == [80, 0, 80, 80]
    assert adjusted({**VETO, "cap": 60}).index.tolist() == [80, 60, 80, 80]
    (done, open_) = run.adjusted.log  # type: ignore[union-attr]
    assert (done.before, done.after, done.said) == (80, 0, "deaths 4, checked 1")
    assert (open_.row, open_.said) == (3, "not judged: deaths unknown, checked 1")


def test_a_veto_may_take_a_unit_out_of_the_ranking_and_leave_its_score() -> None:
    run = adjusted({**VETO, "unranked": True})
    assert run.index.tolist() == [80] * 4
    np.testing.assert_array_equal(results.ranked(run).column("Index"), [1, NONE, 1, 1])


@pytest.mark.parametrize(
    "when",
    [
        [{"code": "deaths", "at_least": 3}],
        [{"code": "deaths", "at_least": 3}, {"code": "deaths", "at_most": 9}],
    ],
)
def test_no_figure_vetoes_alone(when: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"at least 2 items|two different figures"):
        Adjust.model_validate({"rules": [{**VETO, "when": when, "score": 0}]})


def test_a_rule_on_a_pillar_moves_the_index_above_it() -> None:
    tree = framework({"P": ["score"], "Q": ["deaths"]})
    of = data({"score": [80, 80], "deaths": [0, 4]})
    rule = {**deduction(each=1), "node": "P"}
    run = compute(of, tree, spec(normalise=ASIS, adjust={"rules": [rule]}))
    assert run.scores.column("P").tolist() == [80, 76]
    assert run.index.tolist() == [40, 40]
    assert run.aggregated.table.column("P").tolist() == [80, 80]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"node": "deaths", "each": 1}, "adjust.rules.0 (deaths): there is no aggregate 'deaths'"),
        ({"code": "births", "each": 1}, "there is no 'births' among the raw figures"),
        ({"code": "Q", "figures": "aggregated", "node": "P", "each": 1}, "Q does not stand below P"),
    ],
)
def test_a_rule_on_what_does_not_exist_is_refused(rule: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        adjusted(deduction(**rule))
    assert said in refused(fault)


def test_two_rules_of_one_name_and_an_idle_total_are_refused() -> None:
    with pytest.raises(InvalidInput, match="another rule has that name"):
        adjusted(deduction(each=1), deduction(each=2))
    with pytest.raises(InvalidInput, match=r"adjust.total.P: no deduction is made from it"):
        adjusted(deduction(each=1), total={"P": 4})


@pytest.mark.parametrize("of", [{}, {"each": 1, "bands": BANDS}, {"bands": BANDS, "beyond": 3}])
def test_a_deduction_that_says_too_little_or_too_much_is_refused(of: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"either `each` or `bands`|`beyond` and `side` belong to `each`"):
        Adjust.model_validate({"rules": [deduction(**of)]})


def test_points_given_are_capped_as_points_taken_are() -> None:
    assert adjusted(deduction(each=-10, at_most=5)).index.tolist() == [80, 85, 85, 80]


def test_where_one_band_ends_on_which_the_next_begins_the_next_counts() -> None:
    bands = [{"from": 1, "to": 4, "points": 2}, {"from": 4, "to": 7, "points": 20}]
    assert adjusted(deduction(bands=bands)).index.tolist() == [80, 60, 60, 80]


def test_a_multiplier_of_a_deduction_that_cannot_be_judged_is_on_record() -> None:
    """The points are taken once; that it might have been twice is said."""
    doubled = deduction(code="checked", each=2, multipliers=[{"when": [{"code": "trust", "below": 90}], "factor": 2}])
    run = adjusted(doubled)
    assert run.index.tolist() == [78, 78, 80, 78]
    assert run.adjusted is not None
    said = [(one.row, one.said) for one in run.adjusted.log if one.said.startswith("not judged")]
    assert said == [(3, "not judged: checked 1, trust unknown")]
