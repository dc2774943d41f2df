"""A division renamed, merged, split or withdrawn on screen: what it touches is told first, and looking changes nothing."""

from datetime import date

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from huying.domains.territory import pages, queries, services
from huying.domains.territory.tests.conftest import ALPHA, BETA, EAST, GAMMA, VILLAGES
from huying.domains.territory.tests.test_pages import CLERK, KEEPER, ask, furnished
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, NotFound
from huying.kernel.words import words

__all__ = ["furnished"]
ORDER = {"on": "2026-12-01", "basis": "浙政函〔2026〕9号"}
DAY = date(2026, 12, 1)
FIRST, SECOND = VILLAGES[BETA]


def post(division, act, /, *, step, actor=KEEPER, **given):
    request = RequestFactory().post("/x", {**ORDER, "step": step, **given})
    request.actor = actor
    request._messages = CookieStorage(request)
    return pages.change(request, division, act)


def text(response):
    return response.content.decode()


@pytest.fixture
def counted(place):
    """As the domains above would: one counter that tells what it was asked."""
    from huying.domains.territory.services.touched import _counters

    kept, asked = dict(_counters), []

    def counter(codes, on):
        asked.append((list(codes), on))
        return services.Touched(words("未办结的事项", "open"), "17", words("继续办到底", "go on"))

    _counters.clear()
    services.on_change_preview("matters", counter)
    yield asked
    _counters.clear()
    _counters.update(kept)


def test_a_rename_keeps_the_old_name_for_old_days(place):
    assert post(BETA, "rename", step="do", name="二仙镇").status_code == 302
    assert queries.tree(DAY)[BETA].name == "二仙镇"
    assert queries.tree()[BETA].name == "二镇"
    assert "浙政函〔2026〕9号" in ask(pages.division, BETA, on="2026-12-01")


def test_a_division_moves_under_another_from_its_day_on_and_may_be_re_coded_there(place):
    shown = text(post(FIRST, "move", step="preview", parent=ALPHA))
    assert "改换上级的下级区划 1 个" in shown
    assert queries.tree(DAY).parent(FIRST) == BETA
    assert post(FIRST, "move", step="do", parent=ALPHA).status_code == 302
    assert queries.tree(DAY).parent(FIRST) == ALPHA
    assert queries.tree().parent(FIRST) == BETA
    taken = text(post(FIRST, "recode", step="preview", new_code=SECOND))
    assert "编码已被使用" in taken
    new = f"{ALPHA[:9]}777"
    assert post(FIRST, "recode", step="do", new_code=new).status_code == 302
    assert FIRST not in queries.tree(DAY)
    assert queries.tree(DAY).parent(new) == ALPHA
    assert FIRST in queries.tree()


@pytest.mark.parametrize("parent", ["", EAST, "331199999999", BETA])
def test_a_division_moves_only_under_one_of_its_parents_level(place, parent):
    assert post(FIRST, "move", step="do", parent=parent).status_code == 422
    assert queries.tree(DAY).parent(FIRST) == BETA


def test_a_merger_is_shown_with_what_it_touches_and_nothing_is_changed_by_looking(furnished, counted):
    before = queries.version()
    shown = text(post(ALPHA, "merge", step="preview", into=BETA))
    assert f"一街道 {ALPHA}" in shown
    assert "改换上级的下级区划 2 个" in shown
    assert "涉及的网格 60 个" in shown
    assert "未办结的事项 17" in shown
    assert "什么都没有改" in shown
    assert counted == [([ALPHA], DAY)]
    assert queries.version() == before
    assert ALPHA in queries.tree(DAY)


def test_a_merger_is_done_after_the_look_and_its_history_stays(furnished, counted):
    assert post(ALPHA, "merge", step="do", into=BETA).status_code == 302
    assert ALPHA not in queries.tree(DAY)
    assert queries.tree(DAY).children(BETA) == (*VILLAGES[ALPHA], *VILLAGES[BETA])
    assert ALPHA in queries.tree()
    assert [line.other for line in queries.history(ALPHA).passed_to] == [BETA]


def test_several_may_merge_into_a_new_one(place):
    made = {"into": "new", "code": "991101101000", "name": "新合镇", "also": [BETA]}
    assert post(ALPHA, "merge", step="do", **made).status_code == 302
    assert queries.tree(DAY).children(EAST) == ("991101101000",)


def test_a_merger_of_villages_says_that_their_grids_lose_their_village(furnished):
    shown = text(post(VILLAGES[ALPHA][0], "merge", step="preview", into=VILLAGES[ALPHA][1]))
    assert "其中 60 个所属的村（社区）不再有" in shown


def test_a_split_sends_each_child_to_its_part(place):
    parts = {"code1": "991101101000", "name1": "北镇", "code2": "991101102000", "name2": "南镇"}
    forgot = post(BETA, "split", step="preview", **parts, **{f"child_{FIRST}": "1"})
    assert forgot.status_code == 422
    assert "没有去处" in text(forgot)
    assert 'value="北镇"' in text(forgot), "what was typed stays"
    given = parts | {f"child_{FIRST}": "1", f"child_{SECOND}": "2"}
    assert "新设：北镇 991101101000、南镇 991101102000" in text(post(BETA, "split", step="preview", **given))
    assert post(BETA, "split", step="do", **given).status_code == 302
    assert queries.tree(DAY).parent(SECOND) == "991101102000"


def test_a_division_with_children_is_not_withdrawn_and_one_without_passes_to_its_successor(place):
    refused = post(BETA, "withdraw", step="do")
    assert refused.status_code == 422
    assert "还有 2 个下级" in text(refused)
    assert post(FIRST, "withdraw", step="do", successor=SECOND).status_code == 302
    assert FIRST not in queries.tree(DAY)
    assert queries.history(FIRST).passed_to[0].other == SECOND


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"on": "soon", "into": BETA}, 'id="id_on_error"'),
        ({"basis": "", "into": BETA}, 'id="id_basis_error"'),
        ({"into": "new", "code": "12", "name": "新"}, "12 位数字"),
        ({"into": "new"}, "新设区划要填"),
        ({"into": GAMMA}, 'id="id_into_error"'),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(place, given, told):
    answer = post(ALPHA, "merge", step="do", **given)
    assert answer.status_code == 422
    assert told in text(answer)
    assert ALPHA in queries.tree(DAY)


def test_a_division_changes_only_by_those_who_enter_orders_and_from_above(place):
    county = Actor(
        kind="staff", label="县网格办", account_id=5, roles=frozenset({Role.GRID_OFFICE}), level=Level.COUNTY,
        division=EAST,
    )  # fmt: skip
    assert post(BETA, "rename", step="preview", name="新", actor=county).status_code == 200
    for code in (EAST, GAMMA):
        with pytest.raises(NotFound):
            post(code, "rename", step="do", name="新", actor=county)
    supervisor = Actor(kind="staff", label="督办员", account_id=6, roles=frozenset({Role.SUPERVISOR}))
    for actor in (CLERK, supervisor):
        with pytest.raises(Forbidden):
            post(BETA, "rename", step="do", name="新", actor=actor)
        with pytest.raises(Forbidden):
            services.rename_division(code=BETA, name="新", on=DAY, actor=actor)
    assert "变更" not in ask(pages.division, BETA, actor=CLERK)
    assert "change/merge" in ask(pages.division, BETA, actor=KEEPER)


def test_an_unknown_change_or_division_is_not_found(place):
    for code, act in ((BETA, "paint"), ("889900000000", "rename")):
        with pytest.raises(NotFound):
            post(code, act, step="preview")


def test_the_check_counts_by_kind_and_shows_a_kind_a_page_at_a_time(furnished):
    services.merge_divisions(
        codes=VILLAGES[ALPHA], into=VILLAGES[ALPHA][1], on=date(2026, 11, 1), actor=Actor.system("t")
    )
    shown = ask(pages.check, actor=KEEPER)
    assert "网格无所属" in shown
    of_kind = ask(pages.check, actor=KEEPER, kind="stray_grid")
    assert "第 1 至 60 处，共 60 处" in of_kind
    assert "第 51 至 60 处" in ask(pages.check, actor=KEEPER, kind="stray_grid", **{"from": "50"})


def test_a_preview_costs_the_same_queries_however_many_grids(furnished, counted, query_ratchet):
    with query_ratchet("the preview of a merger"):
        post(ALPHA, "merge", step="preview", into=BETA)
