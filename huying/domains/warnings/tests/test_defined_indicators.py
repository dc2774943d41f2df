"""Warnings of indicators that a pack defines, over departments' deliveries and over records, in four colours."""

from datetime import date, datetime, timedelta

import pytest

from huying.analytics import published, sources, trees
from huying.analytics.definitions import Grade
from huying.analytics.values.tests.made import Place
from huying.domains.tasks import queries as tasks
from huying.domains.warnings import queries, services
from huying.kernel.clock import ZONE

from .made import EAST, HAZARDS, install_ladder, name_posts

OCTOBER = date(2026, 10, 31)


@pytest.fixture
def place(cast, tmp_path, monkeypatch, clock):
    name_posts(cast)
    made = Place(tmp_path / "lake", tree=trees.load(), now=datetime(2026, 11, 20, 4, tzinfo=ZONE))
    monkeypatch.setattr(published, "folder", lambda: made.home)
    monkeypatch.setattr(sources, "_providers", {"dataset": made.feed})
    return made


def evaluated(place):
    place.build()
    return services.evaluate()


def test_a_departments_figure_out_of_bounds_is_a_task_named_as_the_pack_names_it(cast, place):
    install_ladder()
    place.define(HAZARDS, on=date(2026, 1, 1))
    place.deliver("safety", EAST, OCTOBER, fixed=70, due=100)
    assert evaluated(place).opened == 2, "the county's, and the city's, whose only county reported"
    (warning,) = queries.warnings(cast["leader"]).items
    assert (warning.indicator, str(queries.warning_words(warning))) == ("hazards_fixed", "隐患按期整改率")
    (chain,) = queries.chains(cast["leader"], [warning])
    seen = chain.latest.seen
    assert (seen.value, seen.text, seen.colour, seen.reference) == (70, "70.0%", "red", "考核办法第3条")
    (task,) = tasks.tasks_of(cast["leader"], "warning", warning.pk)
    assert task.title == "预警提示：莲都区隐患按期整改率 2026-10为70.0%（警示），连续1期"


def test_orange_is_a_colour_of_its_own_between_yellow_and_red(cast, place):
    install_ladder(colour=Grade.ORANGE)
    place.define(HAZARDS, on=date(2026, 1, 1))
    place.deliver("safety", EAST, OCTOBER, fixed=85, due=100)
    assert evaluated(place).opened == 2
    (chain,) = queries.chains(cast["leader"], queries.warnings(cast["leader"]).items)
    assert chain.latest.seen.colour == "orange"


def test_a_delivery_corrected_later_corrects_the_warning(cast, place):
    install_ladder()
    place.define(HAZARDS, on=date(2026, 1, 1))
    place.deliver("safety", EAST, OCTOBER, fixed=70, due=100)
    evaluated(place)
    place.later(days=1)
    place.deliver("safety", EAST, OCTOBER, fixed=97, due=100)
    assert evaluated(place).corrected == 2
    (chain,) = queries.chains(cast["leader"], queries.warnings(cast["leader"]).items)
    assert (chain.latest.seen.text, chain.latest.seen.colour, chain.latest.seen.outside) == ("97.0%", "green", False)


def test_an_outcome_whose_reporting_is_not_in_order_neither_warns_nor_reassures(cast, place):
    install_ladder()
    low = [{"valid_from": "2026-01-01", "green": 0, "yellow": 1, "reference": "x"}]
    deaths = HAZARDS | {"code": "deaths", "direction": "lower", "thresholds": low, "integrity": "matched"}
    deaths = {key: value for key, value in deaths.items() if key not in ("numerator", "denominator", "factor", "unit")}
    matched = HAZARDS | {"code": "matched", "numerator": "matched", "denominator": "insured"}
    place.define(deaths | {"expression": "deaths"}, matched, on=date(2026, 1, 1))
    place.deliver("safety", EAST, OCTOBER, deaths=5, matched=5, insured=10)
    evaluated(place)
    assert [row.indicator for row in queries.warnings(cast["leader"]).items] == ["matched"], (
        "what is amiss is the reporting"
    )


def test_what_a_pack_says_again_with_thresholds_of_its_own_is_warned_of_once(cast, place):
    install_ladder()
    own = HAZARDS | {"code": "own_in_time", "sources": [{"facts": "matters"}], "level": "grid"}
    place.define(own | {"numerator": "closed_in_time__n", "denominator": "closed_in_time__d"}, on=date(2026, 1, 1))
    place.count(EAST, "2026-10", closed_in_time__n=20, closed_in_time__d=40)
    evaluated(place)
    assert [row.indicator for row in queries.warnings(cast["leader"]).items] == ["own_in_time"]


def test_five_red_months_of_a_department_climb_the_ladder_as_records_do(cast, place, clock):
    install_ladder()
    place.define(HAZARDS, on=date(2026, 1, 1))
    steps = []
    for month in range(6, 11):
        last = date(2026, month + 1, 1) - timedelta(days=1)
        place.now = datetime(2026, month + 1, 1, 4, tzinfo=ZONE)
        place.deliver("safety", EAST, last, fixed=70, due=100)
        clock.move(place.now.date() - clock.now().date())
        evaluated(place)
        steps.append(queries.warnings(cast["leader"]).items[0].step)
    assert steps == ["alert", "alert", "notice", "talk", "listed"]
