"""A pack's index stands on its indicators: what they say isn't said twice, and what can't be scored isn't in it."""

import csv

import pytest

from huying.analytics.composite import framework as composite
from huying.analytics.indicators.frameworks import IndexRow, framework_of, settings_of, write_meta
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndexDefinition
from huying.analytics.sections import export_index, install_index
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput


def indicator(code, **said):
    shape = {"numerator": "done", "denominator": "due", "direction": "higher", "goalposts": {"worst": 0, "best": 100}}
    return IndicatorRow.model_validate({"code": code, "name": {"zh": code, "en": code}, **shape, **said})


INDICATORS = {
    "answered": indicator("answered", target=90),
    "late": indicator("late", direction="lower", goalposts={"worst": 40, "best": 0}),
    "volume": indicator("volume", direction="none"),
    "relative": indicator("relative", goalposts={"base_year": 2025}),
}
TOP = {"code": "index", "name": {"zh": "指数", "en": "index"}}


def rows(*said):
    return [IndexRow.model_validate(row) for row in said]


def test_direction_and_goalposts_come_from_the_definition_and_the_file_is_read_back_as_it_was(tmp_path):
    made = framework_of(
        rows(TOP, *({"code": c, "parent": "index", "weight": w} for c, w in (("answered", 3), ("late", 1)))), INDICATORS
    )
    assert made.by_code["late"].direction == -1
    write_meta(made, tmp_path / "iMeta.csv")
    assert composite.read(tmp_path / "iMeta.csv") == made
    with (tmp_path / "iMeta.csv").open(encoding="utf-8") as file:
        (late,) = [row for row in csv.DictReader(file) if row["iCode"] == "late"]
    assert (late["goalpost_lower"], late["goalpost_upper"], late["Level"]) == ("0", "40", "1")


def test_goalposts_by_level_are_taken_for_a_level_and_score_alike_put_on_one_scale():
    posts = {"worst": 3, "best": 0, "levels": {"province": {"worst": 20, "best": 0}}}
    deaths = indicator("deaths", direction="lower", goalposts=posts)
    upper = {
        level: framework_of(rows(TOP, {"code": "deaths", "parent": "index"}), {"deaths": deaths}, level)
        .by_code["deaths"]
        .parameters["goalpost_upper"]
        for level in ("", "county", "province")
    }
    assert upper == {"": 3, "county": 3, "province": 20}
    assert deaths.goalposts.at_default(10, "province") == 1.5
    assert deaths.goalposts.at_default(1, "county") == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"code": "volume", "parent": "index"}, "no direction"),
        ({"code": "relative", "parent": "index"}, "company"),
        ({"code": "unheard_of", "parent": "index"}, "no indicator"),
        ({"code": "late", "parent": "index", "settings": {"screen": {}}}, "settings"),
    ],
)
def test_what_cannot_be_scored_is_refused_by_its_code(row, why):
    with pytest.raises(InvalidInput) as refused:
        framework_of(rows(TOP, {"code": "answered", "parent": "index"}, row), INDICATORS)
    assert why in refused.value.fields[row["code"]]


def test_a_circle_is_refused():
    with pytest.raises(InvalidInput, match="below itself"):
        framework_of(rows({**TOP, "parent": "pillar"}, {"code": "pillar", "name": TOP["name"], "parent": "index"}), {})


def test_an_unknown_setting_is_named():
    with pytest.raises(InvalidInput) as refused:
        settings_of(rows({**TOP, "settings": {"normalize": {}}}))
    assert "normalize" in refused.value.fields


@pytest.mark.django_db
def test_an_index_that_changed_becomes_the_next_version_and_the_old_one_stays(clock):
    first = rows(TOP, {"code": "late", "parent": "index"})
    system = Actor.system("test")
    assert install_index(first, system)["created"] == 2
    assert install_index(first, system)["kept"] == 2
    second = rows(TOP, {"code": "late", "parent": "index", "weight": 2})
    assert install_index(second, system)["changed"] == 2
    assert [(held.version, len(held.content)) for held in IndexDefinition.objects.order_by("version")] == [
        (1, 2),
        (2, 2),
    ]
    assert export_index(system) == second
