"""Definitions drafted on screen, checked while written, put in force from a day by those who may; packs agree with them."""

from datetime import date

import pytest

from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndicatorDefinition
from huying.analytics.sections import export_indicators
from huying.analytics.values import defining, listing
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

from .test_reading import RATE

pytestmark = pytest.mark.django_db


def person(role, level=Level.CITY, division="331100000000"):
    return Actor(kind="staff", label=role.value, roles=frozenset({role}), level=level, division=division)


ANALYST, LEADER = person(Role.ANALYST), person(Role.LEADER)
TEXT = defining.written({**RATE, "name": {"zh": "率", "en": "rate"}})


def test_a_draft_counts_for_nothing_until_it_is_put_in_force():
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    assert listing.versions() == {}
    defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 10, 1))
    (version,) = listing.versions()["rate"]
    assert (version.number, version.valid_from, version.valid_to) == (1, date(2026, 10, 1), None)


def test_the_next_version_ends_the_one_before_and_changes_nothing_of_it():
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 1, 1))
    defining.draft(actor=ANALYST, text=TEXT.replace("factor: 100", "factor: 1000"), why="改千分比", code="rate")
    defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 10, 1))
    first, second = listing.versions()["rate"]
    assert (first.row.factor, first.valid_to, second.row.factor) == (100, date(2026, 10, 1), 1000)
    held = IndicatorDefinition.objects.get(code="rate", version=2)
    assert (held.author, held.publisher, held.why) == ("analyst", "leader", "改千分比")
    story = audit.history("indicator", held.pk)
    assert [entry.action for entry in story] == ["draft", "publish"]
    defining.draft(actor=ANALYST, text=TEXT, why="再改", code="rate")
    with pytest.raises(InvalidInput, match="不能更早"):
        defining.publish(actor=LEADER, code="rate", valid_from=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("code: [", "第1行第8列", "不是 YAML"),
        (TEXT.replace("closed_in_time__n", "closed_in_tme__n"), "numerator", "第1列的 closed_in_tme__n"),
        (TEXT.replace("closed_in_time__n", "closed_in_time__n +"), "numerator", "at column"),
        (TEXT.replace("direction: higher", "direction: up"), "direction", "只能是：'higher'"),
        (f"{TEXT}smallest: 10\n", "smallest", "没有这个字段"),
        (TEXT.replace("factor: 100", "factor: ten"), "factor", "要写数"),
        (TEXT.replace("code: rate", "code: solved"), "code", "已是办理记录的指标"),
        (TEXT.replace("facts: matters", "dataset: nowhere"), "sources", "没有来源 nowhere"),
        (TEXT.replace("closed_in_time__n", "petition"), "", "信访不作指标"),
    ],
)
def test_each_fault_says_where_it_is(text, where, said):
    _row, faults = defining.examine(text)
    told = [(fault.where, fault.message) for fault in faults if not fault.warning]
    assert any(where in at and said in message for at, message in told), told
    with pytest.raises(InvalidInput, match="没有保存"):
        defining.draft(actor=ANALYST, text=text, why="新设")


def test_only_those_who_may_draft_or_put_in_force():
    with pytest.raises(Forbidden):
        defining.draft(actor=person(Role.HANDLER), text=TEXT, why="新设")
    with pytest.raises(Forbidden):
        defining.draft(actor=person(Role.ANALYST, Level.TOWNSHIP), text=TEXT, why="新设")
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    for actor in (ANALYST, person(Role.LEADER, Level.COUNTY, "331102000000")):
        with pytest.raises(Forbidden):
            defining.publish(actor=actor, code="rate", valid_from=date(2026, 10, 1))


def test_a_reason_is_asked_for_and_a_code_is_not_taken_twice():
    with pytest.raises(InvalidInput, match="理由"):
        defining.draft(actor=ANALYST, text=TEXT, why=" ")
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    with pytest.raises(InvalidInput, match="已经有了"):
        defining.draft(actor=ANALYST, text=TEXT, why="又新设")


def test_a_draft_let_go_is_gone():
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    defining.discard(actor=ANALYST, code="rate")
    assert not IndicatorDefinition.objects.exists()
    with pytest.raises(NotFound):
        defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 10, 1))


def test_a_pack_exports_what_was_changed_on_screen_and_installs_behind_a_draft():
    row = IndicatorRow.model_validate({**RATE, "name": {"zh": "率", "en": "rate"}})
    with clock.use(clock.FixedClock(clock.now().replace(year=2026, month=1, day=1))):
        defining.install([row], Actor.system("pack"))
    defining.draft(actor=ANALYST, text=TEXT.replace("factor: 100", "factor: 1000"), why="改", code="rate")
    defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 10, 1))
    (exported,) = export_indicators(Actor.system("pack"))
    assert exported.factor == 1000
    assert defining.install([exported], Actor.system("pack")) == {"created": 0, "changed": 0, "kept": 1}
    defining.draft(actor=ANALYST, text=TEXT.replace("factor: 100", "factor: 10"), why="再改", code="rate")
    defining.install([row], Actor.system("pack"))
    held = {one.version: (one.state, one.content["factor"]) for one in IndicatorDefinition.objects.all()}
    assert held == {1: ("published", 100), 2: ("published", 1000), 3: ("published", 100), 4: ("draft", 10)}


def in_force_since(day):
    defining.draft(actor=ANALYST, text=TEXT, why="新设")
    return defining.publish(actor=LEADER, code="rate", valid_from=day)


def test_withdrawn_from_a_day_it_keeps_its_past_and_has_no_future():
    in_force_since(date(2026, 1, 1))
    defining.withdraw(actor=LEADER, code="rate", valid_to=date(2026, 10, 1), why="数据来源停报")
    said = listing.versions()["rate"]
    assert listing.in_force(said, date(2026, 9, 30)) is said[0]
    assert listing.in_force(said, date(2026, 10, 31)) is None
    assert listing.withdrawn(["rate"], date(2026, 9, 30)) == {}
    assert listing.withdrawn(["rate"], date(2026, 10, 31))["rate"].withdrawn == "数据来源停报"
    held = IndicatorDefinition.objects.get(code="rate")
    last = audit.history("indicator", held.pk)[-1]
    assert (last.action, last.reason, held.withdrawer) == ("withdraw", "数据来源停报", "leader")
    with pytest.raises(NotAllowedNow, match="已自2026-10-01起停用"):
        defining.withdraw(actor=LEADER, code="rate", valid_to=date(2026, 11, 1), why="再停")


def test_withdrawing_wants_a_reason_a_day_that_can_be_and_someone_who_may():
    in_force_since(date(2026, 1, 1))
    with pytest.raises(Forbidden):
        defining.withdraw(actor=ANALYST, code="rate", valid_to=date(2026, 10, 1), why="不用了")
    with pytest.raises(InvalidInput, match="理由"):
        defining.withdraw(actor=LEADER, code="rate", valid_to=date(2026, 10, 1), why=" ")
    with pytest.raises(InvalidInput, match="不能更早"):
        defining.withdraw(actor=LEADER, code="rate", valid_to=date(2025, 10, 1), why="不用了")
    with pytest.raises(NotFound):
        defining.withdraw(actor=LEADER, code="none", valid_to=date(2026, 10, 1), why="不用了")


def test_a_pack_installed_again_does_not_bring_back_what_was_withdrawn_but_a_changed_row_does():
    row = IndicatorRow.model_validate({**RATE, "name": {"zh": "率", "en": "rate"}})
    defining.install([row], Actor.system("pack"))
    defining.withdraw(actor=LEADER, code="rate", valid_to=clock.today(), why="不用了")
    assert defining.install([row], Actor.system("pack"))["kept"] == 1
    assert listing.in_force(listing.versions()["rate"], clock.today()) is None
    defining.install([row.model_copy(update={"factor": 1000})], Actor.system("pack"))
    assert listing.in_force(listing.versions()["rate"], clock.today()).number == 2


def test_published_anew_it_is_in_force_again():
    in_force_since(date(2026, 1, 1))
    defining.withdraw(actor=LEADER, code="rate", valid_to=date(2026, 9, 1), why="不用了")
    defining.draft(actor=ANALYST, text=TEXT, why="又要了", code="rate")
    defining.publish(actor=LEADER, code="rate", valid_from=date(2026, 11, 1))
    said = listing.versions()["rate"]
    assert listing.in_force(said, date(2026, 10, 31)) is None
    assert listing.in_force(said, date(2026, 11, 30)).number == 2
    assert listing.withdrawn(["rate"], date(2026, 11, 30)) == {}
