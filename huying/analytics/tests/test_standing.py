"""A place's composite index: reckoned by hand, its change told by indicator, what is hidden counted as unknown."""

import pytest

from huying.analytics import published, standing
from huying.analytics.indicators.frameworks import IndexRow
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.sections import install_index
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining
from huying.kernel.actors import Actor

from .made import BRIDGE, CITY, EAST, MILL, WATERMARK, WEST, Matter, Town, nodes
from .test_lake import refresh

pytestmark = pytest.mark.django_db
OCTOBER = Period.parse("2026-10")
SYSTEM = Actor.system("pack")
HOW = {
    "screen": {"by": "none"},
    "impute": {"method": "none"},
    "treat": {"default": "none"},
    "normalise": {"default": {"method": "goalposts", "scale": 100}, "constant": "middle"},
    "aggregate": {"default": {"method": "arithmetic", "minimum_data": 0.5}},
}


def _indicator(code, of, worst, best, direction):
    return IndicatorRow.model_validate(
        {
            "code": code,
            "name": {"zh": code, "en": code},
            "sources": [{"facts": "matters"}],
            "numerator": f"{of}__n",
            "denominator": f"{of}__d",
            "unit": "%",
            "factor": 100,
            "direction": direction,
            "level": "village",
            "goalposts": {"worst": worst, "best": best},
        }
    )


def _closed(number, month, in_time, county=EAST, township=BRIDGE):
    at = WATERMARK.replace(month=month, day=10)
    return Matter(number, at, county=county, township=township, closed_at=at, closed_in_time=in_time)


@pytest.fixture
def placed(tmp_path, monkeypatch, clock):
    """East: 18 of 20 closed in time in September, 10 of 20 in October; West 20 of 20, then 4 of 4. None redone."""
    monkeypatch.setattr(published, "folder", lambda: tmp_path / "lake")
    made = Town()
    made.put(*(_closed(i, 9, i >= 2) for i in range(20)), *(_closed(100 + i, 10, i >= 10) for i in range(20)))
    made.put(*(_closed(200 + i, 9, True, WEST, MILL) for i in range(20)))
    made.put(*(_closed(300 + i, 10, True, WEST, MILL) for i in range(4)))
    refresh(made, tmp_path / "lake", full=True)
    defining.install(
        [
            _indicator("in_time", "closed_in_time", 0, 100, "higher"),
            _indicator("redo", "redone", 100, 0, "lower"),
        ],
        SYSTEM,
    )

    def define(weights=None, **shares):
        how = HOW | ({"weights": {"sets": weights}} if weights else {})
        rows = [{"code": "index", "name": {"zh": "平安指数", "en": "Index"}, "settings": how}]
        for code, weight in shares.items():
            rows.append({"code": f"p_{code}", "name": {"zh": code, "en": code}, "parent": "index", "weight": weight})
        rows += [{"code": code, "parent": f"p_{code}"} for code in shares]
        install_index([IndexRow.model_validate(row) for row in rows], SYSTEM)
        building.refresh(tmp_path / "lake", Tree(nodes()))

    return define


def test_no_definition_no_index(placed):
    assert standing.standing(EAST, OCTOBER) is None


def test_the_index_is_the_weighted_mean_of_the_scores(placed):
    placed(in_time=3, redo=1)
    made = standing.standing(EAST, OCTOBER)
    assert made.own.now == pytest.approx((3 * 50 + 1 * 100) / 4)
    assert made.own.before == pytest.approx((3 * 90 + 1 * 100) / 4)
    assert (made.known, made.asked) == (2, 2)
    assert {part.code: (part.weight, part.now) for part in made.parts} == {
        "p_in_time": (pytest.approx(0.75), pytest.approx(50)),
        "p_redo": (pytest.approx(0.25), pytest.approx(100)),
    }


def test_what_moved_it_is_told_by_indicator_and_sums_to_the_change(placed):
    placed(in_time=3, redo=1)
    own = standing.standing(EAST, OCTOBER).own
    assert [(share.code, share.kind) for share in own.moved] == [("in_time", "score")]
    assert sum(share.points for share in own.moved) == pytest.approx(own.now - own.before)


def test_the_city_lists_its_counties_each_with_its_own_change(placed):
    placed(in_time=1, redo=1)
    made = standing.standing(CITY, OCTOBER)
    assert {one.node.code: one.now for one in made.below} == {EAST: pytest.approx(75), WEST: pytest.approx(100)}


def test_a_place_whose_figures_are_hidden_has_no_index(placed):
    placed(in_time=1, redo=1)
    below = {one.node.code: one for one in standing.standing(WEST, OCTOBER).below}
    assert below[MILL].now is None, "it closed four"
    assert {one.node.code for one in standing.standing(EAST, OCTOBER).below} == {BRIDGE}
