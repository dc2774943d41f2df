from datetime import timedelta

import pytest

from huying.domains.matters.hints import duplicate_hints
from huying.domains.matters.vocabulary import Channel

pytestmark = pytest.mark.django_db
CALL = "永晖社区3幢自来水管破裂，路面积水"


def asked(cast, who="taker", text=CALL, **given):
    return duplicate_hints(actor=cast[who], text=text, **{"division": "331102001001", **given})


def test_the_same_matter_by_another_channel_is_hinted_with_its_grounds(cast):
    matter = cast.register(content="永晖社区3幢门口水管爆了，自来水流得满路积水", channel=Channel.WEB)
    (hint,) = asked(cast)
    assert hint.number == matter.number
    assert any("地点相近" in ground.zh for ground in hint.grounds)
    assert any("都提到" in ground.zh for ground in hint.grounds)
    assert all(ground.en for ground in hint.grounds)


def test_the_same_words_come_first(cast):
    cast.register(content="永晖社区3幢门口水管爆了，自来水流得满路积水")
    same = cast.register(content=CALL)
    assert asked(cast)[0].number == same.number
    assert "一字不差" in asked(cast)[0].grounds[0].zh


def test_the_same_item_at_the_same_place_is_hinted_though_the_words_differ(cast):
    matter = cast.register(content="这里又出事了，请来看看", item="0101", place="永晖社区5幢")
    hints = asked(cast, text="家里一滴水都没有", item="0101", place="永晖社区 5幢")
    assert [hint.number for hint in hints] == [matter.number]


def test_only_matters_the_asker_may_see_are_hinted(cast):
    cast.register(content=CALL)
    assert asked(cast, who="other_dispatcher") == []
    assert asked(cast, who="system_admin") == []
    assert asked(cast, who="water") == []


def test_an_old_matter_is_no_repeat(cast, clock):
    cast.register(content=CALL)
    clock.move(timedelta(days=181))
    assert asked(cast) == []


def test_the_matter_itself_is_not_its_own_repeat(cast):
    matter = cast.register(content=CALL)
    assert asked(cast, exclude=matter.pk) == []


def test_a_person_in_both_texts_makes_no_hint(cast):
    cast.register(content="我叫王建国，电话13857812345，河道里有垃圾漂着")
    assert asked(cast, text="我叫王建国，电话13857812345，孩子上学划片怎么定", known=["王建国", "13857812345"]) == []


def test_a_clerk_who_has_typed_little_or_a_wrong_place_gets_no_error(cast):
    cast.register(content=CALL)
    assert asked(cast, text="水") == []
    assert len(asked(cast, division="99")) == 1


def test_the_queries_do_not_grow_with_what_is_stored(cast, count_queries):
    cast.register(content=CALL)
    asked(cast)
    with count_queries() as few:
        asked(cast)
    for n in range(12):
        cast.register(content=f"{CALL}，第{n}次")
    with count_queries() as many:
        asked(cast)
    assert many.n <= few.n + 1
