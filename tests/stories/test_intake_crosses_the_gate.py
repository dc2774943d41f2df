"""Two zones that share nothing but files carried by hand: a resident reports outside, offices work inside, and each learns of the
other; lost, repeated and reordered bundles change nothing of it.

Source: docs/decisions/two-zones.md; pains-and-rights.md (identities are sealed; the zone outside can't tell who reported).
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tests.support.zones import Page, Zone, carry

NAME, PHONE = "欧阳雪芹", "13905780417"
CONTENT = f"永晖社区三幢楼下水管爆裂，找{NAME}，电话{PHONE}。"
REPLY = f"{NAME}您好，水管已换新，路面已清理。"
DIVISIONS = """
from tests.support.cast import DIVISIONS, SETUP, SINCE
from huying.domains.territory import services
rows = [*DIVISIONS, ("331102009000", "旧城街道", "331102000000")]
services.create_divisions(divisions=[services.NewDivision(code=c, name=n, parent=p) for c, n, p in rows], on=SINCE, actor=SETUP)
"""
CAST = """
from tests.support.cast import assemble
from tests.browser.looking import own_password
kept["cast"] = assemble()
own_password("dispatcher")
"""
MATTER = """
from huying.domains.matters.models import Matter
matter = Matter.objects.everything("test").get(number={number!r})
"""


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Zone, Zone]]:
    """Outer and inner, each trusting the other's card. The outer one knows the divisions and nothing else."""
    root = tmp_path_factory.mktemp("gate")
    outer, inner = Zone(root / "outer", "outer"), Zone(root / "inner", "inner")
    outer.python(DIVISIONS)
    inner.python(CAST)
    for zone, other in ((outer, inner), (inner, outer)):
        card = root / f"{zone.name}.card"
        card.write_text(zone.run("bundles", "card")[1].splitlines()[0])
        assert other.run("bundles", "trust", str(card))[0] == 0
    yield outer, inner
    outer.close()
    inner.close()


def photo() -> bytes:
    """A picture that says where and by whom it was taken."""
    exif = Image.Exif()
    exif[0x013B] = NAME
    exif[0x8825] = {1: "N", 2: (28.0, 27.0, 0.0)}
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "steelblue").save(out, "JPEG", exif=exif)
    return out.getvalue()


def report(outer: Zone, **changed: Any) -> tuple[str, str]:
    said = {
        "content": CONTENT,
        "township": "331102001000",
        "place": "三幢楼下",
        "kind": "help",
        "confidentiality": "open",
        "name": NAME,
        "phone": PHONE,
        "idempotency_key": f"resident-key-{len(outer.outbound()):08d}",
    } | changed
    page = outer.post("/submit", {"photo": ("IMG.jpg", photo())}, **said)
    assert page.status == 200, page.text
    number, code = re.findall(r'class="hy-code">([^<]+)<', page.text)
    return number, code


def follow(outer: Zone, number: str, code: str) -> Page:
    opened = outer.post("/follow", number=number, code=code)
    assert opened.status == 302, opened.text
    return outer.get("/follow/mine")


def act_inside(inner: Zone, number: str, who: str, verb: str, given: str = "") -> str:
    state: str = inner.python(
        MATTER.format(number=number)
        + "from huying.domains.matters import services\n"
        + f"answer = services.{verb}(actor=kept['cast'][{who!r}], matter_id=matter.pk{given}).state"
    )
    return state


def there_and_back(outer: Zone, inner: Zone) -> None:
    outer.exchange()
    carry(outer, inner)
    inner.exchange()
    carry(inner, outer)
    outer.exchange()


def test_a_report_crosses_the_gate_and_its_story_comes_back(zones: tuple[Zone, Zone]) -> None:
    outer, inner = zones
    number, code = report(outer)
    assert "-900001-" in number
    assert "正送往内网登记" in follow(outer, number, code).text
    outer.exchange()
    other, _other_code = report(outer, content="另一件事：井盖松动。", name="", phone="")
    assert "-900002-" in other
    outer.exchange()
    first, second = outer.outbound()

    # The first bundle is lost; the second alone is not taken, and the number that is missing is named.
    lost = inner.home / "lost"
    copy = first.read_bytes()
    shutil.move(first, lost)
    carry(outer, inner, only=second)
    assert inner.exchange() | {"written": 0} == {"taken": 0, "refused": 0, "failed": 0, "missing": 1, "written": 0}
    found = {row["what"]: row for row in doctor(inner)}
    assert "outer: 1" in found["gate, missing"]["found"]
    assert "bundles send --again 1" in found["gate, missing"]["cure"]
    assert outer.run("bundles", "send", "--again", "1")[0] == 0
    assert first.read_bytes() == copy
    carry(outer, inner)
    assert inner.exchange()["taken"] == 2
    # It turns up after all: known, and nothing is registered twice.
    shutil.move(lost, inner.home / "inbound" / first.name)
    assert inner.exchange()["taken"] == 0
    held = inner.python(
        "from huying.domains.matters.models import Matter\n"
        "answer = sorted(Matter.objects.everything('test').values_list('number', flat=True))"
    )
    assert held == [number, other]

    # Inside: dispatched from the desk, by HTTP; the reporter stays sealed, the photo is there without what it told.
    pk = inner.python(MATTER.format(number=number) + "answer = matter.pk")
    signed = inner.post("/signin/", login="dispatcher", password=own_password_of())
    assert signed.status == 302
    post = re.search(r'name="post"[^>]*value="(\d+)"', inner.get("/signin/posts").text)
    if post:
        inner.post("/signin/posts", post=post[1])
    shown = inner.get(f"/desk/matters/{pk}")
    assert number in shown.text
    unit = inner.python("answer = kept['cast'].unit('331102-water')")
    version = inner.python(MATTER.format(number=number) + "answer = matter.version")
    done = inner.post(f"/desk/matters/{pk}/acts/dispatch", version=str(version), lead_unit=str(unit))
    assert done.status == 302, done.text
    kept = [body for name, body in inner.everything_stored().items() if body[:2] == b"\xff\xd8"]
    assert len(kept) >= 1
    assert all(NAME.encode() not in body and not Image.open(io.BytesIO(body)).getexif() for body in kept)

    # Outside: the resident sees it.
    inner.exchange()
    carry(inner, outer)
    outer.exchange()
    page = follow(outer, number, code)
    assert "已派给承办单位" in page.text
    assert "莲都区水利局" in page.text
    assert "派单员" not in page.text

    # They add something and rate the reply; each act is done inside, as their own.
    assert outer.post("/follow/mine/comment", text="水更大了，快点。").status == 302
    assert "已送出，等内网办理" in outer.get("/follow/mine").text
    act_inside(inner, number, "water", "receive")
    act_inside(inner, number, "water", "reply", f", text={REPLY!r}")
    act_inside(inner, number, "supervisor", "approve_reply")
    there_and_back(outer, inner)
    page = outer.get("/follow/mine")
    assert "水更大了，快点。" in page.text
    assert "已送出，等内网办理" not in page.text
    assert REPLY in page.text
    assert outer.post("/follow/mine/evaluate", solved="yes", satisfied="fairly", text="").status == 302
    assert 'name="solved"' not in outer.get("/follow/mine").text
    there_and_back(outer, inner)
    rated = inner.python(MATTER.format(number=number) + "answer = [matter.state, matter.solved, matter.satisfied]")
    assert rated == ["followed_up", "yes", "fairly"]
    assert "您的评价" in outer.get("/follow/mine").text

    # What comes too late is refused with its reason.
    assert outer.post("/follow/mine/comment", text="还有一点要说").status == 302
    outer.exchange()
    inner.python(
        MATTER.format(number=number)
        + "from huying.domains.matters.models import Matter as M\n"
        + "from huying.domains.matters import services\n"
        + "services.close(actor=kept['cast']['follower'], matter_id=matter.pk)\n"
        + "services.archive(actor=kept['cast']['supervisor'], matter_id=matter.pk)"
    )
    there_and_back(outer, inner)
    assert "没有办成：" in outer.get("/follow/mine").text
    nothing_readable(outer, code)


def test_what_cannot_be_registered_inside_is_answered_with_the_reason(zones: tuple[Zone, Zone]) -> None:
    outer, inner = zones
    number, code = report(outer, township="331102009000")
    there_and_back(outer, inner)
    page = follow(outer, number, code)
    assert "没有登记成功" in page.text
    assert "没有这个区划代码：331102009000" in page.text
    nothing_readable(outer, code)


def test_the_outer_zone_alone_can_neither_make_numbers_up_nor_act_for_a_reporter(zones: tuple[Zone, Zone]) -> None:
    """As if broken into: it signs what it likes, and the inner zone still asks for the code and the right range."""
    outer, inner = zones
    number, _code = report(outer, content="健身器材松动。")
    there_and_back(outer, inner)
    outer.python(
        "from huying.kernel import bundles\n"
        f"bundles.send('reporter_act', {{'number': {number!r}, 'code': '0000-0000-0000-0000', 'action': 'withdraw',"
        " 'text': '不要了', 'solved': '', 'satisfied': ''}, key='forged-act')\n"
        "from huying.kernel import ids\nfrom datetime import date\n"
        "made_up = ids.matter_number('331102', date(2026, 11, 20), 7)\n"
        "sent = {'number': made_up, 'code': '4207-1183-9056-2214', 'at': '2026-11-20T10:00:00+08:00', 'kind': 'help',"
        " 'content': '假的', 'division': '331102001000', 'place': '', 'confidentiality': 'open', 'reporter': {}, 'files': []}\n"
        "bundles.send('intake', sent, key='intake-' + made_up)\n"
        "bundles.send('intake', {'number': made_up, 'content': 'half\\x00'}, key='broken')\n"
        "kept['made_up'] = made_up"
    )
    there_and_back(outer, inner)
    fates = outer.python(
        "from huying.kernel import bundles\n"
        "told = bundles.fates(['forged-act', 'broken', 'intake-' + kept['made_up']])\n"
        "answer = {key: [fate.accepted, fate.outcome['reason']] for key, fate in told.items()}"
    )
    assert [accepted for accepted, _reason in fates.values()] == [False, False, False]
    assert "查询码不对" in fates["forged-act"][1]
    assert any("不是外网区给出的" in reason for _accepted, reason in fates.values())
    assert inner.python(MATTER.format(number=number) + "answer = matter.state") == "registered"


def test_each_zone_serves_its_own_pages_and_none_of_the_others(zones: tuple[Zone, Zone]) -> None:
    outer, inner = zones
    asked = ["/", "/submit", "/follow", "/signin/", "/desk/", "/field/", "/wall/", "/api/v1/openapi.json", "/healthz"]
    assert {path: outer.get(path).status for path in asked} == dict.fromkeys(asked, 404) | {
        "/": 200,
        "/submit": 200,
        "/follow": 200,
        "/healthz": 200,
    }
    served = {path: inner.get(path).status for path in asked}
    assert (served["/submit"], served["/follow"]) == (404, 404)
    assert 404 not in {served[path] for path in ("/", "/signin/", "/desk/", "/field/", "/wall/", "/healthz")}


def doctor(zone: Zone) -> list[dict[str, str]]:
    found: list[dict[str, str]] = zone.python(
        "from huying.entry.commands import findings\nanswer = [row.__dict__ for row in findings.examine()]"
    )
    return found


def own_password_of() -> str:
    from tests.browser.looking import PASSWORD

    return PASSWORD


def nothing_readable(outer: Zone, code: str) -> None:
    """No byte the outer zone stores tells who reported, what, or the code: database, journal, files, bundles."""
    secrets = [NAME, PHONE, "水管爆裂", "水管已换新", "水更大了", code, code.replace("-", "")]
    forms = [form for text in secrets for form in (text.encode(), text.encode("utf-16-le"), ascii(text)[1:-1].encode())]
    stored = outer.everything_stored()
    assert any(name.startswith("huying.sqlite3") for name in stored)
    told = {(name, form) for name, body in stored.items() for form in forms if form in body}
    assert told == set()


def test_a_wish_to_be_forgotten_goes_in_and_what_is_outside_goes_too(zones: tuple[Zone, Zone]) -> None:
    outer, inner = zones
    number, code = report(outer, content="楼下井盖松动，夜里很响。")
    there_and_back(outer, inner)
    follow(outer, number, code)
    assert "到窗口或拨打 12345" in outer.get("/follow/mine/held").text
    assert outer.post("/follow/mine/held/erase", code="1111-1111-1111-1111", sure="on").status == 422
    done = outer.post("/follow/mine/held/erase", code=code, sure="on")
    assert "已送往内网" in done.text
    there_and_back(outer, inner)
    held = inner.python(
        MATTER.format(number=number)
        + "from huying.domains.identities import queries as read\n"
        + "answer = [read.holds_identity('matter', matter.pk), matter.state]"
    )
    assert held == [False, "registered"]
    assert outer.post("/follow", number=number, code=code).status == 422
    nothing_readable(outer, code)
