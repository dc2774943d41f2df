"""The packs' units, posts and portfolio."""

import pytest

from huying.domains.organizations import queries
from huying.kernel import packs
from huying.kernel.actors import Actor, Role

INIT = Actor.system("test")


@pytest.mark.django_db
def test_a_pack_installed_differs_in_nothing_of_its_organisation(clock):
    folder = packs.find("golmud")
    packs.install(folder, actor=INIT)
    mine = {"units", "posts", "portfolio"}
    assert [one for one in packs.diff(folder, actor=INIT) if one.section in mine] == []
    again = {one.section: one.counts for one in packs.install(folder, actor=INIT)}
    assert all(again[name]["created"] == 0 for name in mine)
    water = queries.department_of({"county": "632801000000"}, "water")
    assert water.name == "格尔木市水利局"
    assert queries.posts_with_role(Role.DISPATCHER, division="632801000000")
    leader, unit = queries.responsible("010101", "632801001001")
    assert unit.division == "632801000000"
    assert Role.LEADER in leader.roles


@pytest.mark.parametrize("name", ["lishui", "golmud"])
def test_every_shipped_unit_says_where_it_comes_from_and_every_place_has_a_centre(name):
    pack = packs.check(packs.find(name))
    mine = {"units", "posts", "portfolio"}
    assert [fault for fault in pack.errors if fault.section in mine] == []
    units = pack.rows("units")
    assert all(row.source for row in units if row.provenance == packs.Provenance.DOCUMENT)
    seats = {row.division for row in units if row.department == "centre"}
    governed = {row.division for row in units if row.department == "government"}
    assert governed == seats
