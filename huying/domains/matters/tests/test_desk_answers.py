"""What the desk's pages of matters take from people and tell them back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.domains.matters.vocabulary import Confidentiality
from huying.kernel import clock
from huying.kernel.clock import FixedClock

pytestmark = pytest.mark.django_db


def test_an_acts_answer_takes_the_matters_place_and_its_errors_stay_in_the_form(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    signed_in(client, "water")
    address, swapped = f"/desk/matters/{matter.pk}/acts/reply", {"HX-Request": "true"}
    wrong = client.post(address, {"version": matter.version, "text": ""}, headers=swapped)
    assert wrong.status_code == 422
    assert "HX-Retarget" not in wrong.headers
    done = client.post(address, {"version": matter.version, "text": "水管已修好。"}, headers=swapped)
    assert done.headers["HX-Retarget"] == "closest [data-matter]"
    assert done.headers["HX-Reswap"] == "outerHTML"


def test_more_time_is_not_offered_once_the_limit_has_passed_and_why_tells_so(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    signed_in(client, "water")
    offer = f"/desk/matters/{matter.pk}/acts/ask_extension"
    assert offer in client.get(f"/desk/matters/{matter.pk}").content.decode()
    with clock.use(FixedClock(matter.due_at + timedelta(minutes=1))):
        signed_in(client, "water")
        assert offer not in client.get(f"/desk/matters/{matter.pk}").content.decode()
        assert "时限已过，不能再申请延期" in client.get(f"/desk/matters/{matter.pk}/why").content.decode()
        refused = client.get(offer)
    assert refused.status_code == 409
    assert "时限已过，不能再申请延期" in refused.content.decode()


INTAKE = {"content": "路边井盖破损，请修。", "kind": "help", "channel": "hotline", "confidentiality": "open"}


@pytest.mark.parametrize("named", ["331102001001", "永晖社区", "莲都区紫金街道永晖社区"])
def test_a_place_is_named_as_people_name_it(client: Client, cast: Any, named: str) -> None:
    signed_in(client, "taker")
    answer = client.post("/desk/matters/register", {**INTAKE, "division": named})
    assert answer.status_code == 200, answer.content.decode()
    assert Matter.objects.everything("test").get().village == "331102001001"


def test_a_place_or_item_that_is_none_or_several_is_told_beside_its_field(client: Client, cast: Any) -> None:
    signed_in(client, "taker")
    answer = client.post("/desk/matters/register", {**INTAKE, "division": "没有的地方", "item": "没有的条目"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "没有叫“没有的地方”的地方" in html
    assert "派单目录里没有“没有的条目”" in html
    assert "条登记有误" not in html
    assert "路边井盖破损" in html
    several = client.post("/desk/matters/register", {**INTAKE, "division": "街道"}).content.decode()
    assert "不止一处" in several
    assert not Matter.objects.everything("test").exists()


@pytest.mark.parametrize("point", [{"lon": "nan", "lat": "28"}, {"lon": "inf", "lat": "1"}, {"lon": "x"}, {}])
def test_a_point_that_is_none_is_told(client: Client, cast: Any, point: dict[str, str]) -> None:
    answer = signed_in(client, "taker").get("/desk/matters/locate", point)
    assert answer.status_code == 422
    assert "经纬度不是数字" in answer.json()["words"]


@pytest.mark.parametrize(
    "who", ["taker", "dispatcher", "water", "water_head", "supervisor", "leader", "grid_office", "auditor"]
)
def test_whatever_the_navigation_offers_opens(client: Client, cast: Any, settings: Any, who: str) -> None:
    settings.HUYING_SECOND_FACTOR = "none"
    home = signed_in(client, who).get("/desk/", follow=True).content.decode()
    offered = re.findall(r'href="(/[^"#]*)"', home.split('id="nav"')[1].split("</nav>")[0])
    assert offered
    for address in offered:
        assert client.get(address, follow=True).status_code in (200, 503), address  # 503: no figures counted yet
    assert ('role="search"' in home) is (who != "auditor")
    field = client.get("/field/", follow=True)
    bar = field.content.decode().rpartition("hy-fbar")[2]
    for address in re.findall(r'href="(/field[^"#]*)"', bar) if field.status_code == 200 else ():
        assert client.get(address).status_code == 200, address


def test_the_story_tells_to_whom_how_much_and_with_what_outcome(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    matter = cast.act("water", services.ask_extension, matter, amount="3 D", reason="管材到货晚")
    matter = cast.act("water", services.reply, matter, text="水管已修好。")
    matter = cast.act("supervisor", services.approve_reply, matter)
    cast.act("follower", services.follow_up, matter, solved="no", satisfied="no", said="第二天又漏了")
    story = signed_in(client, "water").get(f"/desk/matters/{matter.pk}").content.decode().split("经过</h2>")[1]
    for told in ("莲都区水利局", "3日", "未解决、不满意；第二天又漏了"):
        assert told in story, told


def test_a_hidden_reporters_own_words_name_nobody_in_the_story(client: Client, cast: Any) -> None:
    matter = cast.register(confidentiality=Confidentiality.NAME_HIDDEN)
    cast.act("taker", services.comment, matter, text="还没人来，我叫李小四，请打13812345678。")
    story = signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}").content.decode()
    assert "还没人来" in story
    assert "13812345678" not in story
    assert "李小四" not in story
