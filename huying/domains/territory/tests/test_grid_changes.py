"""A re-drawn grid is a new grid from a day on, with a predecessor: given another village, merged, or split."""

from datetime import date

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from huying.domains.territory import pages, queries, services
from huying.domains.territory.models import Boundary, Grid, Place
from huying.domains.territory.tests.conftest import ACTOR, ALPHA, BETA, VILLAGES, square
from huying.domains.territory.tests.test_pages import BRIDGE, CLERK, KEEPER, ask, furnished
from huying.kernel import audit
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, NotFound

__all__ = ["furnished"]
ORDER = {"on": "2026-11-20", "basis": "莲网〔2026〕3号"}
TODAY = date(2026, 11, 20)
FIRST, SECOND, THIRD = (f"{BRIDGE}{n:03d}" for n in (1, 2, 3))
EAST_OF_RIVER = VILLAGES[ALPHA][1]
pytestmark = pytest.mark.usefixtures("furnished")


def post(grid, act, /, *, step, actor=KEEPER, **given):
    request = RequestFactory().post("/x", {**ORDER, "step": step, **given})
    request.actor = actor
    request._messages = CookieStorage(request)
    return pages.change_grid(request, grid, act)


def text(response):
    return response.content.decode()


def standing(village):
    return list(queries.grids_of(village).values_list("code", flat=True))


def test_a_grid_given_another_village_has_its_number_from_the_day_on_and_keeps_its_past():
    assert post(FIRST, "move", step="do", village=EAST_OF_RIVER, also=[SECOND]).status_code == 302
    new = f"{EAST_OF_RIVER}001"
    assert standing(EAST_OF_RIVER) == [new, f"{EAST_OF_RIVER}002"]
    assert FIRST not in standing(BRIDGE)
    assert FIRST in queries.grids_of(BRIDGE, date(2026, 11, 19)).values_list("code", flat=True)
    made, old = Grid.objects.get(code=new), Grid.objects.get(code=FIRST)
    assert (made.name, made.households, made.phone) == (old.name, old.households, old.phone)
    assert queries.locate(119.05, 28.05).grid == new
    assert queries.locate(119.05, 28.05, date(2026, 11, 19)).grid == FIRST
    assert Place.objects.get(key="school-1").village == EAST_OF_RIVER
    assert ORDER["basis"] in ask(pages.grid, new)
    gone = ask(pages.grid, FIRST)
    assert "不是有效的网格" in gone
    assert f"/desk/territory/{new}/" in gone
    assert audit.history("grid", int(FIRST))[0].action == "redrawn"
    assert audit.history("grid", int(new))[0].action == "drawn"


def test_looking_tells_the_new_numbers_and_changes_nothing():
    before = queries.version()
    shown = text(post(FIRST, "move", step="preview", village=EAST_OF_RIVER))
    assert f"桥头第1网格 {FIRST} → 桥头第1网格 {EAST_OF_RIVER}001" in shown
    assert "什么都没有改" in shown
    assert queries.version() == before
    assert standing(EAST_OF_RIVER) == []


def test_merged_grids_are_one_with_their_ground_and_households():
    services.put_boundaries(
        boundaries=[
            Boundary(code=FIRST, geometry=square(119, 28, 0.1), schematic=True, provenance="demo"),
            Boundary(code=SECOND, geometry=square(119.1, 28, 0.1), schematic=True, provenance="demo"),
        ],
        actor=ACTOR,
    )
    assert post(FIRST, "merge", step="do", also=[SECOND], name="桥头大网格").status_code == 302
    made = Grid.objects.get(name="桥头大网格")
    assert (made.code, made.households) == (f"{BRIDGE}061", 301 + 302)
    assert {queries.locate(longitude, 28.05).grid for longitude in (119.05, 119.15)} == {made.code}
    assert {line.other for line in queries.history(made.code).came_from} == {FIRST, SECOND}


def test_a_split_grid_leaves_parts_that_have_the_ground_that_was_drawn_for_them():
    given = {"name1": "桥头东网格", "name2": "桥头西网格", "boundary1": square(119.05, 28, 0.05)}
    shown = text(post(FIRST, "split", step="preview", **given))
    assert "没有边界的新网格：桥头西网格" in shown
    assert post(FIRST, "split", step="do", **given).status_code == 302
    assert queries.locate(119.07, 28.02).grid == f"{BRIDGE}061"
    assert queries.locate(119.02, 28.02).grid == ""
    assert Grid.objects.get(code=f"{BRIDGE}062").households is None
    school = Place.objects.get(key="school-1")
    assert (school.village, school.grid) == (BRIDGE, "")


def test_grids_of_a_village_that_was_merged_away_are_given_to_the_one_that_took_it_over():
    services.merge_divisions(codes=[BRIDGE], into=EAST_OF_RIVER, on=date(2026, 11, 1), actor=ACTOR)
    assert any(one.kind == "stray_grid" for one in queries.hygiene(TODAY, geometry=False))
    assert "河东社区居委会 承接" in ask(pages.grid, FIRST)
    form = ask(pages.change_grid, FIRST, "move", actor=KEEPER)
    assert f'value="{EAST_OF_RIVER}" selected' in form
    others = [f"{BRIDGE}{n:03d}" for n in range(2, 61)]
    assert form.count(" checked") == len(others)
    assert post(FIRST, "move", step="do", village=EAST_OF_RIVER, also=others).status_code == 302
    assert len(standing(EAST_OF_RIVER)) == 60
    assert not any(one.kind == "stray_grid" for one in queries.hygiene(TODAY, geometry=False))


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        ("move", {"village": EAST_OF_RIVER, "on": "2026-12-01"}, "不能提前登记"),
        ("move", {"village": ALPHA}, "不在可用的选项中"),
        ("move", {}, "必填"),
        ("merge", {"name": "大网格"}, "必填"),
        ("split", {"name1": "东", "name2": "西", "boundary1": "{"}, "不是有效的多边形：读不出 GeoJSON"),
        ("split", {"name1": "东", "name2": "西", "boundary1": square(10, 28, 1)}, "经纬度不在中国范围内"),
        ("split", {"name1": "东", "name2": "东 "}, "已有叫“东”的网格"),
        ("split", {"name1": "东", "name2": "桥头第3网格"}, "已有叫“桥头第3网格”的网格"),
        ("split", {"name1": "东", "name2": "西", "boundary3": square(119, 28, 1)}, "也要写名称"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(act, given, said):
    before = queries.version()
    answer = post(FIRST, act, step="do", **given)
    assert answer.status_code == 422
    assert said in text(answer)
    assert queries.version() == before


def test_only_the_keepers_of_both_villages_change_grids():
    with pytest.raises(Forbidden):
        post(FIRST, "move", step="do", actor=CLERK, village=EAST_OF_RIVER)
    roles = frozenset({Role.GRID_OFFICE})
    beside = Actor(kind="staff", label="二镇", post_id=5, roles=roles, level=Level.TOWNSHIP, division=BETA)
    with pytest.raises(NotFound):
        post(FIRST, "move", step="do", actor=beside, village=EAST_OF_RIVER)
    own = Actor(kind="staff", label="一街道", post_id=6, roles=roles, level=Level.TOWNSHIP, division=ALPHA)
    assert post(FIRST, "move", step="do", actor=own, village=VILLAGES[BETA][0]).status_code == 422
    assert "调整网格" in ask(pages.grid, FIRST, actor=own)
    assert "调整网格" not in ask(pages.grid, FIRST, actor=beside)
