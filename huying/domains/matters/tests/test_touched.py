"""Why a number isn't what it was: put in late, corrected, moved, merged, recorded late, erased, or simply gone on."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from huying.analytics import trees
from huying.analytics.periods import Period
from huying.domains.matters import services
from huying.domains.matters.queries import Reason, touched
from huying.domains.matters.services import Intake
from huying.domains.matters.services.keeping import erase_own_words
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.domains.matters.tests.test_records_behind_figures import figures  # noqa: F401
from huying.domains.matters.vocabulary import Channel
from huying.kernel import clock as clocks

pytestmark = pytest.mark.django_db
EAST, STREET, OTHER = "331102000000", "331102001000", "331102002000"


def take(cast, at, division="331102001001", n=1):
    intakes = [
        Intake(
            actor=cast["taker"],
            channel=Channel.HOTLINE,
            kind="help",
            content=f"第{n}次：路灯不亮，请派人修。",
            division=division,
            place="永晖路口",
            at=at,
        )
        for n in range(n)
    ]
    return [made.matter for made in services.register_many(intakes)]


@pytest.fixture
def since(cast, clock):
    """Ten matters of November, six of which something happens to after the moment; an eleventh is entered late."""
    before = clock.now() - timedelta(days=2)
    left, corrected, moved, merged, recorded, erased, went_on, *_rest = take(cast, before, n=10)
    at = clock.now()
    clock.move(timedelta(hours=1))
    (late,) = take(cast, before)
    (new,) = take(cast, clock.now())
    by = {"actor": cast["dispatcher"]}
    services.correct(**by, matter_id=corrected.pk, title="路灯不亮三天")
    services.correct(**by, matter_id=moved.pk, division=OTHER)
    services.merge(**by, matter_id=merged.pk, into=left.pk, reason="同一处")
    services.comment(**by, matter_id=recorded.pk, text="昨天已到现场。", at=at - timedelta(hours=5))
    services.comment(**by, matter_id=went_on.pk, text="明天去。")
    erase_own_words(actor=cast["dispatcher"], matter_id=erased.pk)
    made = {
        Reason.LATE: [late.pk],
        Reason.MOVED: [moved.pk],
        Reason.CORRECTED: [corrected.pk],
        Reason.MERGED: [merged.pk],
        Reason.RECORDED_LATE: [recorded.pk],
        Reason.WENT_ON: [went_on.pk, new.pk],
        Reason.ERASED: [erased.pk],
    }
    return at, made


def asked(code, at):
    tree = trees.load()
    return touched(tree, tree.node(code, clocks.today()), Period.parse("2026-11"), at)


def test_each_record_is_told_with_the_one_reason_its_log_shows(since, count_queries):
    at, made = since
    tree = trees.load()
    node = tree.node(STREET, clocks.today())
    with count_queries() as counted:
        found = touched(tree, node, Period.parse("2026-11"), at)
    assert counted.n <= 3
    # What the merged one was merged into is told of it too: it went on.
    found[Reason.WENT_ON] = [pk for pk in found[Reason.WENT_ON] if pk in made[Reason.WENT_ON]]
    assert found == made


def test_in_the_county_what_moved_within_it_is_a_correction(since):
    at, made = since
    found = asked(EAST, at)
    assert found[Reason.MOVED] == []
    assert sorted(found[Reason.CORRECTED]) == sorted([*made[Reason.CORRECTED], *made[Reason.MOVED]])


def test_where_nothing_was_done_since_nothing_is_told(since, clock):
    assert not any(asked(STREET, clock.now()).values())
    tree = trees.load()
    september = touched(tree, tree.node(STREET, clocks.today()), Period.parse("2026-09"), since[0])
    assert not any(september.values())


def test_the_page_says_how_many_of_each_and_lists_what_its_reader_may_see(figures, since, cast):  # noqa: F811
    at, _made = since
    client = signed_in(Client(), "dispatcher")

    def address(code, **more):
        asked = {"division": code, "period": "2026-11", "since": at.isoformat(), **more}
        return f"/desk/matters/touched?{urlencode(asked)}"

    page = client.get(address(EAST, reason="late")).content.decode()
    assert "补登" in page
    assert page.count("永晖路口") == 1
    assert "＜10" in client.get(address(STREET)).content.decode(), "few below the county are not counted out"
    assert client.get(address("331121000000")).status_code == 404
    assert client.get(address(EAST).replace("since=2026", "since=x")).status_code == 422
