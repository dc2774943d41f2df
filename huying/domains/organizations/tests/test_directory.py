"""What other domains ask of the directory."""

from datetime import date

import pytest

from huying.domains.organizations import queries
from huying.domains.organizations.models import Absence, Portfolio, Unit
from huying.domains.organizations.tests.conftest import SINCE, make_term, make_unit
from huying.kernel.actors import Level, Role
from huying.kernel.errors import Forbidden

DAY = date(2026, 11, 20)
LIANDU = {"province": "330000000000", "city": "331100000000", "county": "331102000000", "township": "331102001000"}


def test_a_matter_in_a_county_goes_to_the_countys_department(county):
    assert queries.department_of(LIANDU, "water", DAY).code == "331102-water"


def test_where_the_county_has_no_such_department_the_citys_answers(county):
    assert queries.department_of(LIANDU, "fire", DAY).code == "3311-fire"


def test_nobody_is_guessed_where_no_level_has_the_department(county):
    assert queries.department_of(LIANDU, "police", DAY) is None


def test_a_department_answers_only_while_it_exists(county):
    Unit.objects.filter(pk=county.water.pk).update(valid_to=date(2026, 1, 1))
    new = make_unit("331102-water2", department="water", valid_from=date(2026, 1, 1))
    assert queries.department_of(LIANDU, "water", date(2025, 12, 31)).id == county.water.pk
    assert queries.department_of(LIANDU, "water", date(2026, 1, 1)).id == new.pk


def test_departments_of_a_thousand_places_cost_no_more_queries_than_one(county, count_queries):
    queries.unit(county.water.pk)
    with count_queries() as counted:
        found = queries.departments_of([(LIANDU, "water")] * 1000, DAY)
    assert counted.n == 0
    assert {view.id for view in found} == {county.water.pk}


def test_a_village_belongs_to_the_government_of_its_township(county):
    assert queries.territorial_unit("331102001005", DAY).id == county.street.pk
    assert queries.territorial_unit("331102001001003", DAY).id == county.street.pk


def test_a_township_without_a_unit_falls_to_its_county(county):
    assert queries.territorial_unit("331102999000", DAY).id == county.government.pk


def test_the_smallest_division_and_longest_item_name_who_is_responsible(county):
    def row(item, division, unit, leader):
        Portfolio.objects.create(
            item=item, division=division, leader=leader, unit=unit, provenance="demo", valid_from=SINCE
        )

    row("", "331100000000", county.city, county.mayor)
    row("", "331102000000", county.government, county.mayor)
    row("04", "331102000000", county.water, county.mayor)
    assert queries.responsible("0402", "331102001000", DAY)[1].code == "331102-water"
    assert queries.responsible("05", "331102001000", DAY)[1].code == "331102-government"
    assert queries.responsible("04", "331121000000", DAY)[1].code == "3311-government"
    assert queries.responsible("04", "620102000000", DAY) is None


def test_a_grid_has_its_worker_and_the_worker_acts_in_that_grid_only(county):
    make_term(county.wang, county.worker)
    assert queries.worker_of_grid("331102001001001", DAY).id == county.worker.pk
    actor = queries.actor_for(county.wang, county.worker.pk, DAY)
    assert (actor.level, actor.division, actor.grid) == (Level.GRID, "331102001001", "331102001001001")


def test_the_actor_is_named_by_post(county):
    make_term(county.wang, county.water_handler)
    actor = queries.actor_for(county.wang, county.water_handler.pk, DAY)
    assert actor.label == "331102-water·handler·wang"
    assert actor.roles == {Role.HANDLER}
    assert actor.unit_id == county.water.pk


def test_nobody_acts_in_a_post_they_do_not_hold_that_day(county):
    make_term(county.wang, county.water_handler, end=date(2026, 11, 20))
    queries.actor_for(county.wang, county.water_handler.pk, date(2026, 11, 19))
    with pytest.raises(Forbidden):
        queries.actor_for(county.wang, county.water_handler.pk, DAY)
    with pytest.raises(Forbidden):
        queries.actor_for(county.li, county.water_handler.pk, DAY)


def test_one_person_with_two_posts_chooses_between_them(county):
    make_term(county.wang, county.water_head)
    make_term(county.wang, county.worker)
    assert {view.id for view in queries.posts_of(county.wang.pk, DAY)} == {county.water_head.pk, county.worker.pk}


def test_a_deputy_acts_only_while_the_holder_is_absent_or_gone(county):
    held = make_term(county.wang, county.water_head, end=date(2027, 1, 1))
    make_term(county.li, county.water_head, deputy_for=held)
    assert queries.deputy_of(county.water_head.pk, DAY) is None
    assert queries.posts_of(county.li.pk, DAY) == []
    Absence.objects.create(term=held, reason="leave", valid_from=DAY, valid_to=date(2026, 11, 25))
    assert queries.deputy_of(county.water_head.pk, DAY).account_id == county.li.pk
    assert "（代）" in queries.actor_for(county.li, county.water_head.pk, DAY).label
    assert queries.deputy_of(county.water_head.pk, date(2026, 11, 25)) is None
    assert queries.deputy_of(county.water_head.pk, date(2027, 1, 1)).account_id == county.li.pk


def test_posts_with_a_role_are_found_in_a_unit_or_a_division(county):
    assert [v.id for v in queries.posts_with_role(Role.DISPATCHER, division="331102000000", on=DAY)] == [
        county.dispatcher.pk
    ]
    assert queries.posts_with_role(Role.DISPATCHER, unit=county.water.pk, on=DAY) == []
