"""Lists, counts, times and navigation, as pages use them."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel import clock
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import keyset, moments, nav
from huying.kernel.words import words

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)


@pytest.mark.parametrize(
    ("due", "text", "tone"),
    [
        (timedelta(minutes=40), "还剩40分钟", "amber"),
        (timedelta(hours=2), "还剩2小时", "amber"),
        (timedelta(hours=8, minutes=30), "今天17:30前", "amber"),
        (timedelta(hours=24), "明天09:00前", "amber"),
        (timedelta(hours=26), "明天11:00前", "green"),
        (timedelta(days=3), "还剩3天", "green"),
        (timedelta(hours=-5), "已超期5小时", "red"),
        (timedelta(days=-4), "已超期4天", "red"),
    ],
)
def test_a_limit_is_said_as_people_say_it(due: timedelta, text: str, tone: str) -> None:
    said = moments.due(NOW + due, now=NOW)
    assert (said.text, said.tone) == (text, tone)
    assert said.exact == (NOW + due).strftime("%Y-%m-%d %H:%M")


def test_a_limit_is_said_in_english_too() -> None:
    with translation.override("en"):
        assert moments.due(NOW + timedelta(days=1, hours=20), now=NOW).text == "2 days left"
        assert moments.due(NOW - timedelta(days=4), now=NOW).text == "4 days overdue"


def test_paused_stopped_and_absent_limits_are_told_apart() -> None:
    assert moments.due(None, now=NOW).shape == "ring"
    assert moments.due(NOW, now=NOW, paused=True).shape == "pause"
    assert moments.due(NOW, now=NOW, stopped_at=NOW).tone == "green"
    assert moments.due(NOW, now=NOW, stopped_at=NOW + timedelta(minutes=1)).tone == "red"


def test_no_two_tones_share_a_shape() -> None:
    shapes = {
        moments.due(NOW + timedelta(days=days), now=NOW).tone: moments.due(NOW + timedelta(days=days), now=NOW).shape
        for days in (-1, 0, 3)
    }
    assert len(set(shapes.values())) == len(shapes) == 3


# China's clocks were last put forward in 1991: before, some local times never were.
MOMENTS = st.datetimes(min_value=datetime(1992, 1, 1), timezones=st.just(clock.ZONE))  # noqa: DTZ001


@given(st.lists(st.one_of(st.integers(), st.text(max_size=20), MOMENTS), max_size=4))
def test_a_cursor_gives_back_what_it_was_made_of(values: list[object]) -> None:
    assert keyset.decode(keyset.encode(values)) == values


@pytest.mark.parametrize("text", ["nonsense", "eyJhIjoxfQ", "====", "W1tdXQ", "x" * 500])
def test_a_damaged_cursor_is_a_clear_error(text: str) -> None:
    with pytest.raises(InvalidInput):
        keyset.decode(text)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidInput):
        keyset.Keyset(("due_at", "id")).read(keyset.encode([1]))


def test_a_capped_count_says_that_it_stopped() -> None:
    assert str(keyset.Count(1000, capped=True)) == "1,000+"
    assert str(keyset.Count(24)) == "24"


def _actor(*roles: Role) -> Actor:
    return Actor(kind="staff", label="王某 · 派单员", account_id=1, roles=frozenset(roles))


def test_navigation_shows_a_role_its_entries_and_asks_each_source_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nav, "_registry", nav._Registry())
    asked: list[Actor] = []

    def counts(actor: Actor) -> dict[str, int]:
        asked.append(actor)
        return {"mine": 24, "late": 1}

    nav.source("list", counts)
    nav.register(
        nav.Entry(shell="desk", url="set_language", words=words("一", "one"), count=("list", "mine"), order=1),
        nav.Entry(
            shell="desk", url="set_language", words=words("二", "two"), count=("list", "late"), query="q=late", order=2
        ),
        nav.Entry(shell="desk", url="web_preference", words=words("三", "three"), roles=frozenset({Role.LEADER})),
        nav.Entry(shell="desk", url="no_such_address", words=words("四", "four")),
    )
    shown = nav.shown("desk", _actor(Role.DISPATCHER), "/language", "q=late")
    assert [(s.entry.words.zh, s.count, s.current) for s in shown] == [("一", 24, False), ("二", 1, True)]
    assert len(asked) == 1
