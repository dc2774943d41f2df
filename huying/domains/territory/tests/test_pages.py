"""The desk's pages of the territory, the public map endpoint with its ETag, and the place picker."""

import json
from datetime import date

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from huying.domains.territory import pages, queries, services
from huying.domains.territory.models import Boundary, Grid, Place
from huying.domains.territory.pages import browsing
from huying.domains.territory.tests.conftest import ACTOR, ALPHA, BETA, EAST, VILLAGES, square
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

BRIDGE = VILLAGES[ALPHA][0]
CLERK = Actor(kind="staff", label="受理员", account_id=1, post_id=2, roles=frozenset({Role.CALL_TAKER}))
KEEPER = Actor(kind="staff", label="网格办", account_id=3, post_id=4, roles=frozenset({Role.GRID_OFFICE}))


def ask(view, *args, actor=CLERK, **query):
    request: HttpRequest = RequestFactory().get("/desk/territory/", query)
    request.actor = actor
    return view(request, *args).content.decode()


@pytest.fixture
def furnished(place):
    services.put_grids(
        grids=[
            Grid(
                code=f"{BRIDGE}{n:03d}",
                village=BRIDGE,
                name=f"桥头第{n}网格",
                kind="basic",
                type="estate",
                households=300 + n,
                phone="0578-0001001",
                provenance="demo",
            )
            for n in range(1, 61)
        ],
        actor=ACTOR,
    )
    services.put_boundaries(
        boundaries=[
            Boundary(code=EAST, geometry=square(119, 28, 1), provenance="document"),
            Boundary(code=ALPHA, geometry=square(119, 28, 0.5), schematic=True, provenance="demo"),
            Boundary(code=f"{BRIDGE}001", geometry=square(119, 28, 0.1), schematic=True, provenance="demo"),
        ],
        actor=ACTOR,
    )
    school = Place(key="school-1", kind="school", name="桥头小学", provenance="demo", longitude=119.05, latitude=28.05)
    for name, code in queries.columns(f"{BRIDGE}001").items():
        setattr(school, name, code)
    services.put_places(places=[school], actor=ACTOR)


def test_the_tree_opens_where_the_place_first_branches(furnished):
    html = ask(pages.browse)
    assert "东县" in html
    assert "西县" in html
    assert f"/desk/territory/{EAST}/" in html


def test_the_tree_is_searched_and_shown_on_a_day(furnished):
    services.rename_division(code=BETA, name="二仙镇", on=date(2024, 7, 1), actor=ACTOR)
    assert "二仙镇" in ask(pages.browse, q="二仙")
    then = ask(pages.browse, q="二镇", on="2024-01-01")
    assert "东县" in then
    assert "2024-01-01 当日的区划，不是今天的" in then
    assert "没有叫这个名字的区划" in ask(pages.browse, q="二镇")
    assert "桥头小学" in ask(pages.browse, q="小学")
    assert "这一天还没有区划" in ask(pages.browse, on="1999-01-01")


def test_a_day_that_is_no_day_is_told(furnished):
    with pytest.raises(InvalidInput, match="昨天"):
        ask(pages.browse, on="昨天")


def test_a_divisions_page_shows_what_is_below_it_and_its_history(furnished):
    html = ask(pages.division, EAST)
    assert "一街道" in html
    assert "60" in html
    assert "桥头小学" in html
    services.rename_division(code=EAST, name="东新县", on=date(2024, 7, 1), actor=ACTOR, basis="国函〔2024〕1号")
    told = ask(pages.division, EAST)
    assert "更名" in told
    assert "国函〔2024〕1号" in told


def test_a_withdrawn_division_still_tells_its_story(furnished):
    services.merge_divisions(codes=[BETA], into=ALPHA, on=date(2024, 7, 1), actor=ACTOR, basis="合并批复")
    html = ask(pages.division, BETA)
    assert "不是有效的区划" in html
    assert "合并批复" in html
    assert "一街道" in html
    assert "镇中社区居委会" in ask(pages.division, BETA, on="2024-06-30")


def test_a_code_never_used_is_not_found(furnished):
    with pytest.raises(NotFound):
        ask(pages.division, "991109000000")
    with pytest.raises(NotFound):
        ask(pages.grid, f"{BRIDGE}999")


def test_grids_are_listed_a_page_at_a_time_with_their_public_phone(furnished, count_queries):
    queries.tree()
    with count_queries() as counted:
        first = ask(pages.grid_list, EAST)
    assert counted.n <= 4
    assert first.count("桥头第") == 50
    assert "0578-0001001" in first
    assert "桥头第60网格" in ask(
        pages.grid_list, EAST, after=browsing.GRIDS.cursor(Grid.objects.get(code=f"{BRIDGE}050"))
    )


def test_a_grids_page_names_its_village_kind_and_size(furnished):
    html = ask(pages.grid, f"{BRIDGE}001")
    assert "桥头社区居委会" in html
    assert "基础网格" in html
    assert "301" in html


def test_a_divisions_page_takes_few_queries_however_many_villages_it_has(furnished, count_queries):
    ask(pages.division, EAST)
    with count_queries() as counted:
        ask(pages.division, EAST)
    few = counted.n
    more = [services.NewDivision(code=f"9911011002{n:02d}", name=f"村{n}", parent=BETA) for n in range(10, 60)]
    services.create_divisions(divisions=more, on=date(2021, 1, 1), actor=ACTOR)
    queries.tree()
    with count_queries() as counted:
        ask(pages.division, EAST)
    assert counted.n <= few


def test_the_check_is_for_those_who_keep_the_territory(furnished):
    with pytest.raises(Forbidden):
        ask(pages.check)
    services.put_grids(
        grids=[Grid(code="991109001001001", village="991109001001", name="迷路", kind="basic", provenance="demo")],
        actor=ACTOR,
    )
    html = ask(pages.check, actor=KEEPER)
    assert "991109001001001" in html
    assert "所属的村" in html
    assert "边界的有效与重叠" in ask(pages.check, actor=KEEPER, geometry="1")


@pytest.mark.parametrize("view", [pages.browse, pages.check])
def test_a_visitor_is_led_to_sign_in(place, view):
    request = RequestFactory().get("/desk/territory/")
    assert view(request).status_code == 302


def test_the_map_endpoint_answers_once_and_then_only_that_nothing_changed(furnished):
    client = Client()
    first = client.get("/territory.geojson", {"parent": EAST})
    assert first["Content-Type"] == "application/geo+json"
    assert [one["properties"]["name"] for one in first.json()["features"]] == ["一街道"]
    again = client.get("/territory.geojson", {"parent": EAST}, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.rename_division(code=ALPHA, name="首街道", on=date(2026, 1, 1), actor=ACTOR)
    changed = client.get("/territory.geojson", {"parent": EAST}, headers={"If-None-Match": first["ETag"]})
    assert [one["properties"]["name"] for one in changed.json()["features"]] == ["首街道"]


def test_the_map_endpoint_gives_links_on_wish_and_refuses_what_is_no_code(furnished):
    client = Client()
    linked = client.get("/territory.geojson", {"parent": EAST, "links": "1"}).json()
    assert linked["features"][0]["properties"]["href"] == f"/desk/territory/{ALPHA}/"
    own = client.get("/territory.geojson", {"parent": f"{BRIDGE}001"}).json()
    assert [one["properties"]["level"] for one in own["features"]] == ["grid"]
    assert client.get("/territory.geojson", {"parent": "1; drop"}).status_code == 422
    assert client.get("/territory.geojson", {"parent": "999999999999"}).status_code == 404


def found(**query):
    return Client().get("/place-picker/found", query).content.decode()


def test_the_picker_finds_by_name_divisions_and_places(furnished):
    html = found(base="where", where_q="桥头")
    assert f'name="where" value="{BRIDGE}"' in html
    assert "东县一街道" in html
    assert f'value="{BRIDGE}001"' in html  # the school leads to its grid
    assert "没有找到" in found(base="where", where_q="没有这里")
    assert f'value="{VILLAGES[BETA][1]}"' in found(where_q="新村", base="where", under=EAST)
    assert "西县" not in found(where_q="新村", base="where", under=EAST)


def test_the_picker_takes_a_point_and_says_when_the_boundary_is_only_schematic(furnished):
    html = found(base="where", where_lon="119.05", where_lat="28.05")
    assert f'value="{BRIDGE}001" checked' in html
    assert "示意" in html
    assert "示意" not in found(base="where", where_lon="119.9", where_lat="28.9")
    assert "不在任何区划" in found(base="where", where_lon="100", where_lat="10")
    assert found(base="where", where_lon="x", where_lat="") == found(base="where")


def test_the_picker_opens_with_what_was_chosen_before(furnished):
    html = Client().get("/place-picker", {"base": "where", "value": f"{BRIDGE}001"}).content.decode()
    assert f'value="{BRIDGE}001" checked' in html
    assert 'name="where_lon"' in html
    config = json.loads(html.split('type="application/json">')[1].split("</script>")[0])
    assert config["pick"] == "where"
    assert Client().get("/place-picker", {"base": "where<script>"}).status_code == 422
