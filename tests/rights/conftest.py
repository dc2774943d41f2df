"""One synthetic person in a thousand matters, over every channel, in every state, of both counties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from huying.domains.documents import services as documents
from huying.domains.identities.models import Party
from huying.domains.identities.services import Identity
from huying.domains.identities.services.parties import fill
from huying.domains.matters import services as matters
from huying.domains.matters.models import Matter
from huying.domains.matters.services import Intake
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind, Outcome
from tests.support.cast import Cast

NAME, PHONE = "欧阳槿瑜", "13857889917"
EMAIL = "ouyang.jinyu@example.cn"
DWELLING = "桂花苑9幢1单元301室"
ID_CARD, PLATE = "332501198803074567", "浙K7D92Q"
PERSON = Identity(name=NAME, phone=PHONE, email=EMAIL, address=DWELLING)
SEALED = (NAME, PHONE, "138 5788 9917", "138-5788-9917", EMAIL, "桂花苑9幢1单元301")
"""What stands only in the vault, in the shapes it is written in."""
WHERE = ("331102001001", "331102002000", "331121100000")
WHAT = (
    "路灯不亮",
    "垃圾没有清运",
    "井盖松动",
    "夜里施工太吵",
    "自来水水压低",
    "人行道积水",
    "绿化带被占",
    "公交站牌倒了",
)


@dataclass(frozen=True)
class Told:
    """The matters of the person, oldest first, and the query codes told for them."""

    matters: list[Matter]
    codes: dict[int, str]

    @property
    def numbers(self) -> list[str]:
        return [matter.number for matter in self.matters]


def said(n: int) -> str:
    """What the person says the n-th time: never the same words at the same place, now and then with a number in it."""
    what, street = WHAT[n % len(WHAT)], f"第{n // 8}号巷"
    if n % 10 == 3:
        return f"我叫{NAME}，手机{PHONE}，{street}{what}。请回电。"
    if n % 10 == 7:
        return f"{street}{what}，我的身份证{ID_CARD}，车牌{PLATE}，请尽快处理。"
    return f"{street}{what}，请派人处理。"


def intake(cast: Cast, n: int) -> Intake:
    kinds = (Kind.HELP, Kind.COMPLAINT, Kind.ENQUIRY, Kind.SUGGESTION)
    hidden = (Confidentiality.OPEN, Confidentiality.NAME_HIDDEN)
    return Intake(
        actor=cast["taker"],
        channel=tuple(Channel)[n % len(Channel)],
        kind=Kind.PETITION if n % 50 == 49 else kinds[n % 4],
        content=said(n),
        division=WHERE[n % 3],
        place=f"第{n // 8}号巷口",
        confidentiality=Confidentiality.NAME_HIDDEN if n % 10 == 3 else hidden[n % 2],
        reporter=PERSON,
    )


def _live(cast: Cast, told: Sequence[Matter]) -> None:
    """Some are dispatched, in hand, replied to, closed, not accepted; the others wait."""
    ours = [m for m in told if m.county == "331102000000" and m.state == "registered"]

    def every(who: str, verb: object, some: Sequence[Matter], **given: object) -> None:
        verb.many([verb.order(actor=cast[who], matter_id=m.pk, **given) for m in some])  # type: ignore[attr-defined]

    water = cast.unit("331102-water")
    part = len(ours) // 10
    every("dispatcher", matters.dispatch, ours[: part * 5], lead_unit=water)
    every("water", matters.receive, ours[: part * 4])
    every("water", matters.reply, ours[: part * 3], text="已经到场处理完毕。")
    every("supervisor", matters.approve_reply, ours[: part * 3])
    every("follower", matters.follow_up, ours[: part * 2], solved="yes", satisfied="yes")
    every("follower", matters.close, ours[:part])
    beyond = Outcome.OTHER_PROCEDURE
    every("dispatcher", matters.not_accept, ours[part * 5 : part * 6], outcome=beyond, reason="属于司法程序。")


def tell(cast: Cast, n: int) -> Told:
    done = matters.register_many([intake(cast, at) for at in range(n)])
    taken = [row.matter for row in done]
    _live(cast, taken)
    text = f"情况说明：身份证{ID_CARD}，车牌{PLATE}\n".encode()
    for matter in taken[:3]:
        documents.attach(
            actor=cast["city_taker"],
            kind="matter",
            record_id=matter.pk,
            files=[documents.NewFile("情况说明.txt", text)],
        )
    return Told(list(Matter.objects.everything("test").order_by("pk")), {r.matter.pk: r.query_code for r in done})


def as_a_thousand_people() -> None:
    """Put another person into each of the sealed rows, leaving everything else as it is."""
    rows = list(Party.objects.everything("test").order_by("pk"))
    for n, row in enumerate(rows):
        fill(row, Identity(name=f"诸葛{n}", phone=f"159{n:08}", email=f"n{n}@example.cn", address=f"竹苑{n}幢"))
    Party.objects.everything("test").bulk_update(rows, ["sealed", "key_id", "phone_key", "reachable"], batch_size=200)


@pytest.fixture
def few(cast: Cast) -> Told:
    """Sixty of them, for what needs no thousand."""
    return tell(cast, 60)
