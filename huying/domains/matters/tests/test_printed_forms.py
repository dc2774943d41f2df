"""Printed forms from a matter's page: by role and state, with what the records know and never who reported."""

import io
from typing import Any

import pytest
from django.test import Client
from docx import Document as Docx

from huying.domains.documents import queries as documents
from huying.domains.documents.vocabulary import Form
from huying.domains.matters import services
from huying.domains.matters.services import printing
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.kernel import audit
from huying.kernel.errors import Forbidden, NotAllowedNow

pytestmark = pytest.mark.django_db
SPEAKS = "永晖社区3幢停水，请派人修。我叫王秀英，电话13905780001。"


def words_on(actor: Any, document_id: int) -> str:
    made = Docx(io.BytesIO(documents.open_document(actor, document_id).stream.read()))
    lines = [p.text for p in made.paragraphs]
    return "\n".join(lines + [cell.text for table in made.tables for row in table.rows for cell in row.cells])


def issued(actor: Any, matter: Any) -> list[documents.DocumentLine]:
    return [line for line in documents.documents(actor, "matter", matter.pk) if line.number]


@pytest.mark.parametrize(
    ("who", "make", "offered"),
    [
        ("taker", "register", []),
        ("dispatcher", "dispatched", ["transfer", "receipt", "urging"]),
        ("taker", "dispatched", ["receipt"]),
        ("water", "dispatched", []),
        ("water", "reviewed", ["reply"]),
        ("housing", "reviewed", []),
        ("supervisor", "in_hand", ["transfer", "urging"]),
        ("leader", "reviewed", []),
    ],
)
def test_each_role_may_issue_its_forms_once_the_matter_is_there(
    cast: Any, who: str, make: str, offered: list[str]
) -> None:
    matter = getattr(cast, make)()
    matter.refresh_from_db()
    assert [form.value for form in printing.printable(cast[who], matter)] == offered


def test_the_transfer_slip_carries_the_limit_and_the_grounds_and_never_who_reported(client: Client, cast: Any) -> None:
    matter = cast.register(content=SPEAKS)
    cast.act("dispatcher", services.dispatch, matter, lead_unit=cast.unit("331102-water"))
    dispatcher = signed_in(client, "dispatcher")
    assert f"/desk/matters/{matter.pk}/print/transfer" in dispatcher.get(f"/desk/matters/{matter.pk}").content.decode()
    page = f"/desk/matters/{matter.pk}/print/transfer"
    assert "莲都区水利局" in dispatcher.get(page).content.decode()
    assert not issued(cast["dispatcher"], matter), "looking prints nothing"
    assert dispatcher.post(page).status_code == 302
    (made,) = issued(cast["dispatcher"], matter)
    assert made.number == "莲都转〔2026〕1号"
    text = words_on(cast["dispatcher"], made.id)
    assert matter.number in text
    assert "莲都区水利局" in text
    assert "莲都区社会治理中心" in text
    for secret in ("王秀英", "13905780001"):
        assert secret not in text
    assert made.number in dispatcher.get(page).content.decode()
    assert audit.history("matter", matter.pk)[-1].action == "document.issued"


def test_the_reply_letter_says_what_was_approved(client: Client, cast: Any) -> None:
    matter = cast.reviewed()
    page = f"/desk/matters/{matter.pk}/print/reply"
    unit = signed_in(client, "water")
    assert unit.post(page, {"handling": ""}).status_code == 422
    assert unit.post(page, {"handling": "已更换管道。"}).status_code == 302
    text = words_on(cast["water"], issued(cast["water"], matter)[0].id)
    assert "水管已修好，路面已清理。" in text
    assert "已更换管道。" in text
    assert "30日内" in text


def test_a_notice_asks_for_an_answer_by_a_day_that_is_still_to_come(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    cast.act("supervisor", services.supervise, matter, trigger="ordered", reason="群众反映强烈")
    supervisor = signed_in(client, "supervisor")
    page = f"/desk/matters/{matter.pk}/print/supervision"
    late = supervisor.post(page, {"demand": "立即办理。", "answer_by": "2020-01-01"})
    assert late.status_code == 422
    assert "不能早于今天" in late.content.decode()
    assert "立即办理。" in late.content.decode()
    assert supervisor.post(page, {"demand": "立即办理。", "answer_by": "2099-01-01"}).status_code == 302
    text = words_on(cast["supervisor"], issued(cast["supervisor"], matter)[0].id)
    assert "群众反映强烈" in text
    assert "2099年1月1日17:30" in text


def test_a_form_that_is_not_ones_own_or_not_yet_due_is_refused_and_one_out_of_scope_is_not_there(
    client: Client, cast: Any
) -> None:
    matter = cast.in_hand()
    matter.refresh_from_db()
    with pytest.raises(Forbidden):
        printing.issue(actor=cast["water"], matter=matter, form=Form.TRANSFER, said=printing.Said())
    with pytest.raises(NotAllowedNow):
        printing.issue(actor=cast["supervisor"], matter=matter, form=Form.SUPERVISION, said=printing.Said())
    assert signed_in(client, "taker").get(f"/desk/matters/{matter.pk}/print/transfer").status_code == 403
    assert signed_in(client, "supervisor").get(f"/desk/matters/{matter.pk}/print/supervision").status_code == 409
    assert signed_in(client, "other_dispatcher").get(f"/desk/matters/{matter.pk}/print/transfer").status_code == 404
    assert signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}/print/poster").status_code == 404


def test_the_paper_is_chinese_whatever_the_screen_speaks(client: Client, cast: Any) -> None:
    from django.utils.translation import override

    matter = cast.dispatched()
    matter.refresh_from_db()
    with override("en"):
        made = printing.issue(actor=cast["dispatcher"], matter=matter, form=Form.TRANSFER, said=printing.Said())
        text = words_on(cast["dispatcher"], made)
    assert "求助" in text
    assert "days" not in text


def test_a_print_page_costs_its_queries(client: Client, cast: Any, query_ratchet: Any) -> None:
    matter = cast.dispatched()
    browser = signed_in(client, "dispatcher")
    browser.get(f"/desk/matters/{matter.pk}/print/transfer")
    with query_ratchet("the page that prints a transfer slip"):
        browser.get(f"/desk/matters/{matter.pk}/print/transfer")
