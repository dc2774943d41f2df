"""No setting is without effect in silence: what the choices beside it don't use is refused, whatever step it belongs to."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from huying.analytics.composite.preparing import denominators
from huying.analytics.composite.reading import spec_of
from huying.analytics.composite.spec import Denominate
from huying.analytics.composite.tests.made import framework, refused
from huying.kernel.errors import InvalidInput

WHEN = [{"code": "a", "above": 0}]


def deduction(**given: Any) -> dict[str, Any]:
    return {"adjust": {"rules": [{"kind": "deduction", "name": "d", "node": "Index", "code": "a", **given}]}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"denominate": {"enabled": False, "by": {"a": "People"}}},
            "denominate: `by` is only used with `enabled: true`",
        ),
        (
            {"denominate": {"enabled": False, "scale": {"a": 10}}},
            "denominate: `scale` is only used with `enabled: true`",
        ),
        ({"small_numbers": {"toward": "kind"}}, "small_numbers: `toward` is only used with `shrink`"),
        ({"screen": {"by": "zeros", "minimum_available": 0.9}}, "`minimum_available` is only used with `by: missing`"),
        ({"screen": {"by": "missing", "minimum_nonzero": 0.5}}, "`minimum_nonzero` is only used with `by: zeros`"),
        ({"screen": {"by": "none", "include": ["u1"]}}, "`include` is only used where others are screened out"),
        ({"treat": {"default": {"then": None, "combine": True}}}, "treat.default: `combine` is only used with `then`"),
        (
            {"treat": {"default": {"first": None, "then": None, "limits": {"skew": 1}}}},
            "`limits` is only used with `first`",
        ),
        ({"treat": {"default": {"first": None, "then": None, "when": "always"}}}, "`when` is only used with `first`"),
        (
            {"weights": {"methods": [{"method": "critic", "parents": []}]}},
            "weights.methods.0.parents: Tuple should have at least 1",
        ),
        (
            {"aggregate": {"default": {"method": "geometric", "missing": "unknown", "minimum_data": 0.5}}},
            "`minimum_data` is only",
        ),
        ({"adjust": {"lowest": 3}}, "adjust: `lowest` is only used with a deduction"),
        (deduction(bands=[{"from": 5, "to": 1, "points": 2}]), "`to` must not be below `from`"),
        (
            deduction(bands=[{"from": 1, "to": 3, "points": 2}, {"from": 2, "points": 9}]),
            "the bands from 1 and from 2 overlap",
        ),
        (deduction(bands=[{"from": 1, "points": 2}, {"from": 5, "points": 9}]), "the bands from 1 and from 5 overlap"),
        (
            {
                "adjust": {
                    "rules": [
                        {
                            "kind": "multiplier",
                            "name": "m",
                            "node": "Index",
                            "when": WHEN,
                            "factor": 2,
                            "floor": 9,
                            "ceiling": 1,
                        }
                    ]
                }
            },
            "`floor` is above `ceiling`",
        ),
        (
            {"uncertainty": {"vary": [{"weights": 0.2, "levels": [1]}], "bootstrap": 7}},
            "`bootstrap` is only used with `sobol",
        ),
        ({"impute": {"method": "latest", "ends": "nearest"}}, "`ends` belongs to the method linear"),
        ({"normalise": {"default": {"method": "efficacy", "floor": 50}}}, "`floor` is only used with `clip: true`"),
    ],
)
def test_a_setting_that_would_have_no_effect_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        spec_of(given)
    assert said in refused(fault)


@pytest.mark.parametrize("own", ["none", {"then": None}, {"first": {"method": "box_cox"}}])
def test_an_own_treatment_takes_over_only_what_has_an_effect_beside_it(own: object) -> None:
    default = {"limits": {"skew": 1}, "combine": True}
    made = spec_of({"treat": {"default": default, "indicators": {"a": own}}}).treat.indicators["a"]
    assert made.combine == (made.then is not None)
    assert (made.limits.skew == 1) == (made.first is not None)


def test_settings_written_out_in_full_are_read_again() -> None:
    for given in ({}, {"treat": {"default": "none"}}, {"screen": {"by": "none"}}, {"denominate": {"enabled": False}}):
        once = spec_of(given)
        assert spec_of(yaml.safe_load(yaml.safe_dump(once.model_dump(mode="json", by_alias=True)))) == once


def test_a_factor_in_the_metadata_of_what_nothing_divides_is_refused() -> None:
    of = framework(["a", "b"], denominators={"b": "People"}, parameters={"a": {"ScaleFactor": 10000}})
    with pytest.raises(InvalidInput, match="ScaleFactor of a: it is divided by nothing"):
        denominators(of, Denominate())
    assert denominators(of, Denominate(by={"a": "People"}))["a"] == ("People", 10000)
    assert denominators(of, Denominate(enabled=False)) == {}
