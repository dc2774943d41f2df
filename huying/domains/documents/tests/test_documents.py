import io
import os
from dataclasses import fields
from datetime import date, datetime, timedelta

import pytest
from django.db.models import Q
from docx import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Mm

from huying.domains.documents import jobs, queries, services, storage
from huying.domains.documents.forms import build
from huying.domains.documents.models import Document
from huying.domains.documents.services import printing
from huying.domains.documents.services.retention import months_before
from huying.domains.documents.tests.conftest import CLERK, OUTSIDER, SUPERVISOR
from huying.domains.documents.tests.test_intake import PDF, photo_with_location, picture
from huying.domains.documents.vocabulary import Form
from huying.domains.identities import queries as vault
from huying.domains.identities import services as identities
from huying.kernel import audit, crypto
from huying.kernel.actors import Actor
from huying.kernel.clock import ZONE
from huying.kernel.errors import Forbidden, InvalidInput, NotFound, Refused, Unavailable

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("documents.retention")
AT = datetime(2026, 11, 22, 9, 30, tzinfo=ZONE)


def attach(record_id=1, *files, actor=CLERK, **more):
    files = [services.NewFile(name, content) for name, content in (files or [("现场.jpg", picture())])]
    return services.attach(actor=actor, kind="demo", record_id=record_id, files=files, **more)


def test_an_attachment_is_kept_by_its_digest_and_read_back():
    (document_id,) = attach(1, ("说明.pdf", PDF))
    opened = queries.open_document(CLERK, document_id)
    assert (opened.name, opened.media_type, opened.stream.read()) == ("说明.pdf", "application/pdf", PDF)
    assert storage.path_of(crypto.digest(PDF)).exists()
    assert audit.history("demo", 1)[-1].action == "document.attached"


def test_the_location_of_a_photo_reaches_neither_store_nor_download():
    (document_id,) = attach(1, ("a.jpg", photo_with_location()))
    content = queries.open_document(CLERK, document_id).stream.read()
    assert b"CameraMaker" not in content
    assert [path.read_bytes() for _digest, path in storage.stored()] == [content]


def test_the_same_bytes_are_stored_once_and_stand_on_a_record_once():
    assert attach(1) == attach(1)
    attach(2)
    assert len(list(storage.stored())) == 1
    assert Document.objects.everything("test").count() == 2


def test_of_several_files_one_that_is_refused_refuses_all():
    with pytest.raises(Refused):
        attach(1, ("a.jpg", picture()), ("b.exe", b"MZ" + bytes(90)))
    assert queries.documents(CLERK, "demo", 1) == []


def test_files_are_seen_only_with_their_record():
    (document_id,) = attach(1)
    with pytest.raises(NotFound):
        queries.documents(OUTSIDER, "demo", 1)
    with pytest.raises(NotFound):
        queries.open_document(OUTSIDER, document_id)
    with pytest.raises(NotFound):
        attach(1, actor=OUTSIDER)
    with pytest.raises(NotFound):
        services.detach(actor=OUTSIDER, document_id=document_id, why="x")


def test_a_wrong_file_is_taken_off_with_a_reason_and_its_bytes_go_with_the_last_record(
    django_capture_on_commit_callbacks,
):
    (first,), (second,) = attach(1), attach(2)
    with pytest.raises(InvalidInput):
        services.detach(actor=CLERK, document_id=first, why=" ")
    with django_capture_on_commit_callbacks(execute=True):
        services.detach(actor=CLERK, document_id=first, why="传错")
    assert len(list(storage.stored())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        services.detach(actor=CLERK, document_id=second, why="传错")
    assert list(storage.stored()) == []


def test_a_full_disk_is_said_and_leaves_no_half_file(monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space"):
        attach(1)
    monkeypatch.undo()
    assert Document.objects.everything("test").count() == 0


def test_a_file_missing_from_the_store_is_listed(place):
    attach(1, ("a.pdf", PDF))
    digest = crypto.digest(PDF)
    assert queries.missing_files() == []
    storage.remove(digest)
    assert queries.missing_files() == [digest]


def test_bytes_of_a_request_that_failed_are_swept_after_a_day(clock):
    attach(1)
    orphan = storage.put(b"left behind")
    os.utime(storage.path_of(orphan), (clock.now().timestamp() - 3600,) * 2)
    assert jobs.sweep(None) == {"removed": 0}
    clock.move(timedelta(days=1))
    for _digest, path in storage.stored():
        os.utime(path, (clock.now().timestamp() - 90_000,) * 2)
    assert jobs.sweep(None) == {"removed": 1}
    assert len(list(storage.stored())) == 1


# --- printed forms ---------------------------------------------------------------------------------------------------

SLIP = services.TransferSlip(
    matter_number="331102-20261122-00318-7",
    registered_at=AT,
    channel="12345热线",
    category="求助·供水中断",
    place="莲都区万象街道丽阳社区",
    content="丽阳社区12幢停水，来电人王秀英，电话13905780001，车牌浙K12345。请尽快恢复 & 告知 <原因>。",
    unit="莲都区水务局",
    limit="5个工作日（《办法》第十二条）",
    due=datetime(2026, 11, 27, 23, 59, 59, tzinfo=ZONE),
    grounds="派单目录：供水·区级",
    confidentiality="隐名",
    contact="经系统转接",
    issuer="莲都区社会治理中心",
)
RECEIPT = services.Receipt(
    matter_number="331102-20261122-00318-7",
    registered_at=AT,
    category="求助",
    content="停水",
    limit="5个工作日",
    due=AT,
    query_address="在门户首页查询。",
    appeal="可申请复查。",
    issuer="莲都区社会治理中心",
)
REPLY = services.Reply(
    matter_number="331102-20261122-00318-7",
    registered_at=AT,
    content="停水",
    findings="控制柜跳闸。",
    handling="已恢复。",
    basis="《办法》",
    appeal="可申请复查。",
    contact="0578-12345",
    issuer="莲都区水务局",
)
NOTICE = services.Notice(
    matter_number="331102-20261122-00318-7",
    unit="莲都区水务局",
    content="停水",
    due=AT,
    state="已超期1个工作日。",
    demand="立即办理",
    answer_by=AT,
    basis="《办法》第二十条",
    issuer="莲都区社会治理中心",
)
CONTENTS = {
    Form.TRANSFER: SLIP,
    Form.RECEIPT: RECEIPT,
    Form.REPLY: REPLY,
    Form.URGING: NOTICE,
    Form.SUPERVISION: NOTICE,
}


def printed(form, content=None):
    body = services.render(form, content or CONTENTS[form], number="莲都〔2026〕1号", on=date(2026, 11, 22))
    return Docx(io.BytesIO(body))


def words_of(made):
    lines = [p.text for p in made.paragraphs]
    lines += [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join(lines)


@pytest.mark.parametrize("form", list(Form))
def test_a_form_opens_again_is_filled_whole_and_in_official_typography(form):
    made = printed(form)
    text = words_of(made)
    assert "{{" not in text
    assert "331102-20261122-00318-7" in text
    assert "2026年11月22日" in text
    section = made.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(m / Mm(1)) for m in margins] == [37, 35, 28, 26]
    assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (210, 297)
    fonts = {f.get(qn("w:eastAsia")) for f in made.element.iter(qn("w:rFonts"))}
    assert {"方正小标宋简体", "仿宋_GB2312"} <= fonts
    assert made.paragraphs[0].runs[0].font.size.pt == 22


def test_the_transfer_slip_prints_its_own_limit_and_never_who_reported():
    text = words_of(printed(Form.TRANSFER))
    assert "5个工作日（《办法》第十二条）" in text
    assert "2026年11月27日23:59" in text
    for secret in ("王秀英", "13905780001", "浙K12345"):
        assert secret not in text
    assert "丽阳社区12幢停水，" in text
    assert not {"name", "phone", "reporter", "address", "identity"} & {field.name for field in fields(SLIP)}


def test_what_a_reporter_wrote_is_text_on_paper_and_nothing_else():
    text = words_of(
        printed(Form.RECEIPT, RECEIPT.__class__(**{**RECEIPT.__dict__, "content": "{{ number }} <b>&amp;"}))
    )
    assert "{{ number }} <b>&amp;" in text


def test_the_query_code_stands_on_the_receipt_only_when_it_is_handed_over():
    assert "查询码：" not in words_of(printed(Form.RECEIPT))
    handed = RECEIPT.__class__(**{**RECEIPT.__dict__, "query_code": "1234-5678-9012-3456"})
    assert "查询码：1234-5678-9012-3456" in words_of(printed(Form.RECEIPT, handed))


def test_a_form_takes_its_own_content_only():
    with pytest.raises(TypeError):
        services.render(Form.TRANSFER, REPLY, number="x", on=date(2026, 1, 1))


def test_the_shipped_templates_are_those_the_script_makes():
    for name, made in build.forms().items():
        shipped = Docx(printing.FORMS / f"{name}.docx")
        assert shipped.element.xml == made.element.xml


def test_forms_are_numbered_by_office_form_and_year_without_gaps(clock):
    issues = [printing.Issue("demo", record_id, SLIP) for record_id in (1, 2)]
    services.issue_forms(actor=CLERK, form=Form.TRANSFER, sign="莲都", issues=issues)
    services.issue_form(actor=CLERK, form=Form.TRANSFER, sign="青田", kind="demo", record_id=3, content=SLIP)
    clock.move(to=datetime(2027, 1, 4, 9, tzinfo=ZONE))
    services.issue_form(actor=CLERK, form=Form.TRANSFER, sign="莲都", kind="demo", record_id=4, content=SLIP)
    numbers = list(Document.objects.everything("test").order_by("id").values_list("number", flat=True))
    assert numbers == ["莲都转〔2026〕1号", "莲都转〔2026〕2号", "青田转〔2026〕1号", "莲都转〔2027〕1号"]


def test_an_issued_form_is_not_taken_off_its_record():
    document_id = services.issue_form(
        actor=CLERK, form=Form.REPLY, sign="莲都", kind="demo", record_id=1, content=REPLY
    )
    with pytest.raises(InvalidInput):
        services.detach(actor=CLERK, document_id=document_id, why="不想要")


# --- retention -------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(monkeypatch):
    """Records 1..450 of kind "demo", each ended on the day of its number in 2020; what was let go of."""
    monkeypatch.setattr("huying.domains.documents.services.retention._kinds", {})
    gone = []
    ends = {n: date(2020, 1, 1) + timedelta(days=n) for n in range(1, 451)}
    services.register_retention(
        "demo",
        lambda before, after, limit: [n for n in sorted(ends) if ends[n] < before.date() and n > after][:limit],
        lambda ids, ending: gone.extend(ids),
    )
    return gone


def rule(months=60, ending="de_identify", kind="demo"):
    services.put_retention_rules(
        actor=CLERK,
        rules=[
            services.NewRule(
                kind=kind, valid_from=date(2020, 1, 1), months=months, ending=ending, basis="档案管理规定第十条"
            )
        ],
    )


def test_records_past_their_period_are_let_go_of_and_the_job_reports(archive, django_capture_on_commit_callbacks):
    rule()
    identities.store_parties(
        actor=CLERK,
        parties=[
            identities.NewParty(kind="demo", record_id=n, identity=identities.Identity(name="王某"))
            for n in (1, 2, 440)
        ],
    )
    attach(1)
    attach(440, ("b.pdf", PDF))
    services.issue_form(actor=CLERK, form=Form.REPLY, sign="莲都", kind="demo", record_id=1, content=REPLY)
    services.place_hold(actor=SUPERVISOR, kind="demo", record_ids=[2], why="行政诉讼")
    with django_capture_on_commit_callbacks(execute=True):
        (report,) = services.run_retention(actor=SYSTEM)
    # ended before 2021-11-20 (60 months before 2026-11-20): all 450 (the last on 2021-03-26) but the one held
    assert report == {
        "kind": "demo",
        "rule": "60 M",
        "basis": "档案管理规定第十条",
        "before": "2021-11-20",
        "let_go": 449,
        "held": 1,
        "identities": 2,
        "files": 2,
    }
    assert len(archive) == 449
    assert 2 not in archive
    identities.register_relation("demo", lambda actor, ids: dict.fromkeys(ids, "handler"), lambda actor, record: Q())
    assert [vault.people(CLERK, "demo", n)[0].erased for n in (1, 2, 440)] == [True, False, True]
    assert [row.form for row in Document.objects.everything("test").all()] == ["reply"]
    assert audit.history("demo", 1)[-1].action == "record.de_identify"


@pytest.fixture(autouse=True)
def _the_day(clock):
    """All of this is reckoned from 2026-11-20."""


def test_without_a_rule_nothing_is_let_go_of(archive):
    assert services.run_retention(actor=SYSTEM)[0]["let_go"] == 0
    assert archive == []
    with pytest.raises(Forbidden):
        services.run_retention(actor=CLERK)


def test_deletion_takes_the_forms_too(archive):
    rule(ending="delete")
    services.issue_form(actor=CLERK, form=Form.REPLY, sign="莲都", kind="demo", record_id=1, content=REPLY)
    services.run_retention(actor=SYSTEM)
    assert not Document.objects.everything("test").exists()


def test_a_hold_that_was_lifted_lets_the_period_run_its_course(archive):
    rule()
    assert services.place_hold(actor=SUPERVISOR, kind="demo", record_ids=[2, 2, 3], why="审计") == 2
    assert services.place_hold(actor=SUPERVISOR, kind="demo", record_ids=[2], why="审计") == 0
    services.lift_hold(actor=SUPERVISOR, kind="demo", record_ids=[2], why="审计结束")
    services.run_retention(actor=SYSTEM)
    assert 2 in archive
    assert 3 not in archive
    with pytest.raises(NotFound):
        services.lift_hold(actor=SUPERVISOR, kind="demo", record_ids=[2], why="再来")


def test_a_rule_needs_a_basis_and_the_law_s_six_months():
    with pytest.raises(InvalidInput):
        rule(months=3)


def test_the_rule_in_force_that_day_counts():
    rule(months=60)
    services.put_retention_rules(
        actor=CLERK,
        rules=[services.NewRule(kind="demo", valid_from=date(2027, 1, 1), months=120, ending="delete", basis="新规定")],
    )
    assert queries.retention_rule("demo").months == 60
    assert queries.retention_rule("demo", date(2027, 1, 1)).months == 120
    assert queries.retention_rule("other") is None


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 20), 60, date(2021, 11, 20)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_are_counted_back_by_the_calendar(day, months, before):
    assert months_before(day, months) == before
