"""One synthetic person in a thousand matters, over every channel, in every state, of both counties: whoever walks, page by page,
call by call, nothing says who it is, and nothing reads otherwise than if a thousand people had sent them (Rights 1, 2 and 7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from huying.kernel.clock import FixedClock, SystemClock
from tests.rights.conftest import Told, as_a_thousand_people, tell
from tests.rights.walking import addresses, read
from tests.support.access import WHO
from tests.support.cast import Cast, assemble
from tests.support.fixtures import MORNING, empty_index
from tests.support.web import signed_in

pytestmark = pytest.mark.django_db
N = 1_000
SEERS = ("taker", "dispatcher", "follower", "supervisor", "grid_office", "leader")
WALKERS = (*dict.fromkeys(who for who in WHO.values() if who), "street", "city_dispatcher", "other_dispatcher", "")
COMPARED = (
    "taker",
    "dispatcher",
    "water",
    "follower",
    "supervisor",
    "leader",
)  # a walk takes seconds: those who see most


@dataclass(frozen=True)
class Town:
    cast: Cast
    told: Told
    wanted: list[str]

    def walk(self, who: str, only: list[str] | None = None) -> dict[str, str]:
        """What `who` is answered everywhere, or at `only` these; what reading leaves behind (a session, a visit) is undone."""
        cache.clear()
        with transaction.atomic():
            answers = read(signed_in(self.cast, who) if who else Client(), who, only or self.wanted)
            transaction.set_rollback(True)
        return answers


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        fixed = FixedClock(MORNING)
        patch.setattr(SystemClock, "now", lambda self: fixed.now())
        patch.setattr("django.conf.settings.HUYING_SECOND_FACTOR", "none")
        empty_index()
        cast = assemble()
        told = tell(cast, N)
        yield Town(cast, told, addresses(cast, told.matters[3]))
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def read_by(town: Town) -> dict[str, dict[str, str]]:
    """What each is answered everywhere; reading it has proved that none of it spells the person out."""
    return {who: town.walk(who) for who in WALKERS}


def test_whoever_walks_every_page_call_export_and_search_is_told_nowhere_who_the_person_is(
    town: Town, read_by: dict[str, dict[str, str]]
) -> None:
    assert len(town.told.matters) == N
    number = town.told.matters[3].number
    for who in SEERS:
        opened = [address for address, text in read_by[who].items() if text.startswith("200") and number in text]
        assert opened, f"{who}: a walk that opens nothing proves nothing"


def test_every_answer_reads_the_same_whether_one_person_sent_them_or_a_thousand(
    town: Town, read_by: dict[str, dict[str, str]]
) -> None:
    with transaction.atomic():
        as_a_thousand_people()
        for who in COMPARED:
            opened = [address for address, text in read_by[who].items() if text.startswith("200")]
            again = town.walk(who, opened)
            differing = {
                address: [
                    pair for pair in zip(now.split("\n"), before.split("\n"), strict=False) if pair[0] != pair[1]
                ][:3]
                for address, now in again.items()
                if now != (before := read_by[who][address])
            }
            assert differing == {}, f"{who}: {differing}"
        transaction.set_rollback(True)
