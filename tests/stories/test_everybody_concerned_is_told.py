"""The reporter hears of an extension and of the answer through the relay; a unit's posts hear of its cards."""

from datetime import timedelta

from django.apps import apps

from huying.domains.identities.services import Identity
from huying.domains.matters import services as matters
from huying.domains.notices import queries as notices
from huying.kernel import clocks, outbox


def waiting() -> list[tuple[str, str]]:
    rows = apps.get_model("kernel", "OutboxMessage").objects.order_by("pk")
    return [(row.driver, row.topic) for row in rows]


def test_a_reporter_who_left_a_number_is_told_of_the_extension_and_the_answer(cast) -> None:
    matter = cast.register(reporter=Identity(name="王某", phone="13800001234"))
    cast.act("dispatcher", matters.dispatch, matter, lead_unit=cast.unit("331102-water"))
    cast.act("water", matters.receive, matter)
    cast.act("water", matters.ask_extension, matter, amount="5 D", reason="等待配件到货")
    cast.act("water_head", matters.approve_extension, matter)
    cast.act("water", matters.reply, matter, text="水管已修好，路面已清理。")
    cast.act("supervisor", matters.approve_reply, matter)
    assert waiting() == [("relay", "matters.extended"), ("relay", "matters.replied")]
    letter = apps.get_model("kernel", "OutboxMessage").objects.first()
    assert matter.number in letter.body
    assert "等待配件到货" in letter.body
    assert "13800001234" not in f"{letter.recipient} {letter.body}"


def test_a_reporter_who_cannot_be_reached_leaves_no_message_that_can_never_go(cast) -> None:
    cast.reviewed()
    assert waiting() == []


def test_the_posts_that_answer_for_a_unit_see_its_card_in_the_bell(cast, clock, transactional_db) -> None:
    cast.in_hand()
    clock.move(timedelta(days=60))
    clocks.turn_due()
    outbox.deliver("a test")
    assert outbox.counts()["dead"] == 0
    assert [line.subject for line in notices.inbox(cast["water"]).items] != []
    assert [line.subject for line in notices.inbox(cast["water_head"]).items] != []
    assert [line.subject for line in notices.inbox(cast["housing"]).items] == []
