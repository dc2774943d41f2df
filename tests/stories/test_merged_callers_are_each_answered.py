"""并单: repeats and same-matter orders go on as one; each caller still gets an answer under their own number.

Source: hotline-and-dispatch.md, Dispatch (并单; each caller still gets an answer).
"""

import pytest

from huying.domains.matters import queries, services
from huying.domains.matters.vocabulary import State
from huying.kernel import audit
from huying.kernel.errors import InvalidInput, NotAllowedNow


@pytest.fixture
def merged(cast):
    """Three callers about one burst main; two go into the first."""
    main = cast.in_hand()
    others = [cast.register(), cast.register()]
    return main, [cast.act("dispatcher", services.merge, other, into=main.pk) for other in others]


def test_the_main_orders_answer_reaches_every_merged_caller(cast, merged):
    main, others = merged
    main = cast.act("water", services.reply, main, text="主管已更换，恢复供水。")
    cast.act("supervisor", services.approve_reply, main)
    for other in others:
        other.refresh_from_db()
        assert other.state == State.MERGED
        assert other.replied_at is not None
        assert queries.public_story(other).reply == "主管已更换，恢复供水。"
        assert audit.history("matter", other.pk)[-1].action == "answer_merged"


def test_a_merged_matter_leaves_the_worklists(cast, merged):
    _main, others = merged
    from huying.kernel import worklist

    waiting = {item.record_id for item in worklist.page(cast["dispatcher"]).items}
    assert waiting.isdisjoint({other.pk for other in others})


def test_nothing_is_merged_into_itself_or_into_what_has_ended(cast, merged):
    _main, others = merged
    fresh = cast.register()
    with pytest.raises(InvalidInput):
        cast.act("dispatcher", services.merge, fresh, into=fresh.pk)
    with pytest.raises(NotAllowedNow):
        cast.act("dispatcher", services.merge, fresh, into=others[0].pk)


def test_nothing_is_merged_into_what_the_dispatcher_cannot_see(cast, merged):
    main, _others = merged
    elsewhere = cast.register("city_taker", division="331121100000")
    elsewhere_by_city = cast.act("city_dispatcher", services.pass_down, elsewhere, unit=cast.unit("331121-centre"))
    with pytest.raises(InvalidInput):
        cast.act("other_dispatcher", services.merge, elsewhere_by_city, into=main.pk)
