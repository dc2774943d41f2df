"""The tree changes and keeps what it was: a past day always shows the divisions that were valid then."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.domains.territory import queries, services
from huying.domains.territory.models import Boundary, Division
from huying.domains.territory.services import NewDivision
from huying.domains.territory.tests.conftest import (
    ACTOR,
    ALPHA,
    BEGAN,
    BETA,
    CITY,
    EAST,
    GAMMA,
    PROVINCE,
    VILLAGES,
    WEST,
    square,
)
from huying.kernel import audit
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound

MERGER = date(2024, 7, 1)
EVE = MERGER - timedelta(days=1)


def shape(on):
    known = queries.tree(on)
    return {code: (node.name, known.parent(code)) for code, node in known.nodes.items()}


def test_before_the_first_day_there_is_nothing_and_from_it_everything(place):
    assert len(queries.tree(BEGAN - timedelta(days=1))) == 0
    assert len(queries.tree(BEGAN)) == 13
    assert queries.tree().roots == (PROVINCE,)


def test_two_townships_merge_keeping_their_history(place):
    before = shape(EVE)
    services.merge_divisions(codes=[ALPHA, BETA], into=BETA, on=MERGER, actor=ACTOR, basis="合并批复")
    assert shape(EVE) == before
    now = queries.tree(MERGER)
    assert ALPHA not in now
    assert now.children(BETA) == (*VILLAGES[ALPHA], *VILLAGES[BETA])
    assert queries.tree(EVE).children(BETA) == VILLAGES[BETA]
    told = queries.history(ALPHA).passed_to
    assert [(line.other, line.on, line.words.zh, line.basis) for line in told] == [(BETA, MERGER, "并入", "合并批复")]
    assert [line.other for line in queries.history(BETA).came_from] == [ALPHA]


def test_townships_may_merge_into_a_new_one(place):
    made = NewDivision(code="991101101000", name="新合镇", parent=EAST)
    services.merge_divisions(codes=[ALPHA, BETA], into=made, on=MERGER, actor=ACTOR)
    assert queries.tree(MERGER).children(EAST) == ("991101101000",)
    assert len(queries.tree(MERGER).children("991101101000")) == 4
    assert queries.tree(EVE).children(EAST) == (ALPHA, BETA)


def test_a_renamed_division_has_its_old_name_on_old_days(place):
    services.rename_division(code=BETA, name="二仙镇", on=MERGER, actor=ACTOR, basis="更名批复")
    assert queries.tree(EVE)[BETA].name == "二镇"
    assert queries.tree(MERGER)[BETA].name == "二仙镇"
    assert queries.names([BETA], on=EVE) == {BETA: "二镇"}
    assert [name for _begins, _ends, name in queries.history(BETA).names] == ["二镇", "二仙镇"]
    assert queries.tree(MERGER).children(BETA) == VILLAGES[BETA]


def test_a_split_gives_each_child_to_the_part_that_was_named(place):
    parts = [
        NewDivision(code="991101101000", name="北镇", parent=EAST),
        NewDivision(code="991101102000", name="南镇", parent=EAST),
    ]
    first, second = VILLAGES[BETA]
    services.split_division(
        code=BETA, parts=parts, children={"991101101000": [first], "991101102000": [second]}, on=MERGER, actor=ACTOR
    )
    now = queries.tree(MERGER)
    assert BETA not in now
    assert now.parent(first) == "991101101000"
    assert now.parent(second) == "991101102000"
    assert now.columns(first)["township"] == "991101101000"
    assert queries.tree(EVE).columns(first)["township"] == BETA


def test_a_split_that_forgets_a_child_is_refused_and_changes_nothing(place):
    parts = [NewDivision(code="991101101000", name="北镇", parent=EAST)]
    before = shape(MERGER)
    with pytest.raises(InvalidInput, match="没有去处"):
        services.split_division(
            code=BETA, parts=parts, children={"991101101000": VILLAGES[BETA][:1]}, on=MERGER, actor=ACTOR
        )
    assert shape(MERGER) == before


def test_a_part_may_leave_while_the_division_goes_on(place):
    parts = [NewDivision(code="991101101000", name="北镇", parent=EAST)]
    services.split_division(
        code=BETA, parts=parts, children={"991101101000": VILLAGES[BETA][:1]}, on=MERGER, actor=ACTOR, keeps=True
    )
    now = queries.tree(MERGER)
    assert now.children(BETA) == VILLAGES[BETA][1:]
    assert now.children("991101101000") == VILLAGES[BETA][:1]


def test_a_township_moved_to_another_county_counts_there_from_that_day(place):
    services.move_division(code=BETA, parent=WEST, on=MERGER, actor=ACTOR)
    assert queries.columns(BETA, on=EVE)["county"] == EAST
    assert queries.columns(BETA, on=MERGER)["county"] == WEST
    services.recode_division(code=BETA, new_code="991102101000", on=date(2025, 1, 1), actor=ACTOR)
    assert queries.tree().children("991102101000") == VILLAGES[BETA]
    assert BETA not in queries.tree()


def test_a_division_cannot_stand_under_itself_or_its_own_child(place):
    for parent in (EAST, BETA):
        with pytest.raises(InvalidInput):
            services.move_division(code=EAST, parent=parent, on=MERGER, actor=ACTOR)
    with pytest.raises(InvalidInput, match="级别"):
        services.move_division(code=BETA, parent=GAMMA, on=MERGER, actor=ACTOR)


def test_a_division_with_children_cannot_be_withdrawn_and_one_without_can(place):
    with pytest.raises(NotAllowedNow, match="下级"):
        services.withdraw_division(code=BETA, on=MERGER, actor=ACTOR)
    gone, heir = VILLAGES[BETA]
    services.withdraw_division(code=gone, on=MERGER, actor=ACTOR, successor=heir)
    assert gone in queries.tree(EVE)
    assert gone not in queries.tree(MERGER)
    assert [line.other for line in queries.history(gone).passed_to] == [heir]


def test_a_change_dated_before_a_later_change_is_refused(place):
    services.rename_division(code=BETA, name="二仙镇", on=MERGER, actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="已有变更"):
        services.rename_division(code=BETA, name="别名镇", on=EVE, actor=ACTOR)
    with pytest.raises(NotAllowedNow, match="已有变更"):
        services.merge_divisions(codes=[BETA], into=ALPHA, on=EVE, actor=ACTOR)


def test_a_code_in_use_a_bad_code_or_a_parent_below_is_refused(place):
    with pytest.raises(NotAllowedNow, match="已被使用"):
        services.create_divisions(divisions=[NewDivision(code=BETA, name="重镇", parent=EAST)], on=MERGER, actor=ACTOR)
    with pytest.raises(InvalidInput) as error:
        services.create_divisions(divisions=[NewDivision(code="99", name=" ", parent=EAST)], on=MERGER, actor=ACTOR)
    assert set(error.value.fields) == {"code", "name"}
    with pytest.raises(InvalidInput, match="级别"):
        services.create_divisions(
            divisions=[NewDivision(code="991101103000", name="四镇", parent=VILLAGES[BETA][0])], on=MERGER, actor=ACTOR
        )
    with pytest.raises(NotFound):
        services.create_divisions(
            divisions=[NewDivision(code="991103001000", name="五镇", parent="991103000000")], on=MERGER, actor=ACTOR
        )


def test_each_change_is_on_the_chain_of_each_division_it_touched(place):
    services.merge_divisions(codes=[ALPHA], into=BETA, on=MERGER, actor=ACTOR, basis="合并批复")
    assert [line.action for line in audit.history("division", int(ALPHA))] == ["created", "merged"]
    last = audit.history("division", int(BETA))[-1]
    assert (last.action, last.basis, last.payload["from_day"]) == ("took_over", "合并批复", "2024-07-01")


def test_a_merged_divisions_boundary_ends_with_it(place):
    boundary = Boundary(code=ALPHA, geometry=square(119, 28, 1), provenance="document")
    services.put_boundaries(boundaries=[boundary], actor=ACTOR)
    assert queries.locate(119.5, 28.5, on=EVE).township == ALPHA
    services.merge_divisions(codes=[ALPHA], into=BETA, on=MERGER, actor=ACTOR)
    assert queries.locate(119.5, 28.5, on=MERGER) is None
    assert queries.locate(119.5, 28.5, on=EVE).township == ALPHA


def test_the_days_between_two_changes_share_one_tree(place):
    services.rename_division(code=BETA, name="二仙镇", on=MERGER, actor=ACTOR)
    assert queries.tree(date(2021, 5, 5)) is queries.tree(EVE)
    assert queries.tree(MERGER) is queries.tree(date(2026, 1, 1))
    assert queries.change_days() == (BEGAN, MERGER)


def test_an_unchanged_tree_costs_one_query(place, count_queries):
    queries.tree()
    with count_queries() as counted:
        known = queries.tree()
        known.columns(BETA)
        list(known.descendants(PROVINCE))
    assert counted.n == 1


def test_the_same_code_has_one_open_life(place):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Division.objects.create(code=BETA, name="二镇", level=4, provenance="demo", valid_from=date(2021, 1, 1))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_ever_alters_an_earlier_day(place, data):
    """Whatever is done from a day on, every earlier day keeps its tree, and on every day columns agree with ancestors."""
    from django.db import transaction

    with transaction.atomic():
        day = date(2021, 1, 1)
        remembered = {BEGAN: shape(BEGAN)}
        for step in range(data.draw(st.integers(1, 5))):
            day += timedelta(days=data.draw(st.integers(1, 200)))
            known = queries.tree(day)
            townships = known.at_level(Level.TOWNSHIP)
            chosen = data.draw(st.sampled_from(townships))
            act = data.draw(st.sampled_from(["rename", "move", "merge", "split"]))
            if act == "rename":
                services.rename_division(code=chosen, name=f"第{step}镇", on=day, actor=ACTOR)
            elif act == "move":
                other = data.draw(st.sampled_from([EAST, WEST]))
                services.move_division(code=chosen, parent=other, on=day, actor=ACTOR)
            elif act == "merge" and len(townships) > 1:
                into = data.draw(st.sampled_from([code for code in townships if code != chosen]))
                services.merge_divisions(codes=[chosen], into=into, on=day, actor=ACTOR)
            elif act == "split":
                part = NewDivision(code=f"9911013{step:02d}000", name=f"分{step}镇", parent=known.parent(chosen))
                some = known.children(chosen)[:1]
                services.split_division(
                    code=chosen, parts=[part], children={part.code: some}, on=day, actor=ACTOR, keeps=True
                )
            for earlier, then in remembered.items():
                assert shape(earlier) == then
            remembered[day] = shape(day)
            now = queries.tree(day)
            assert set(now.descendants(PROVINCE)) | {PROVINCE} == set(now.nodes)
            assert {code for codes in VILLAGES.values() for code in codes} <= set(now.nodes)
            for code in now.nodes:
                filled = {value for value in now.columns(code).values() if value}
                assert filled == {code, *now.ancestors(code)}
        transaction.set_rollback(True)


def test_a_skipped_level_leaves_its_column_blank(place):
    made = NewDivision(code="999001000000", name="直管县", parent=PROVINCE, level=Level.COUNTY)
    services.create_divisions(divisions=[made], on=MERGER, actor=ACTOR)
    columns = queries.columns("999001000000")
    assert (columns["province"], columns["city"], columns["county"]) == (PROVINCE, "", "999001000000")
    assert CITY in queries.tree()
