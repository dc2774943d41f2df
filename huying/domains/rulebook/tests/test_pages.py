from datetime import date

import pytest
from django.urls import reverse

from huying.domains.rulebook import pages, queries, services
from huying.domains.rulebook.pages.forms import YearForm
from huying.domains.rulebook.tests.conftest import CITY, CITY_KEEPER, SYSTEM
from huying.domains.rulebook.vocabulary import Part
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db
ON = date(2026, 9, 24)
HANDLER = Actor(kind="staff", label="承办员", roles=frozenset({Role.HANDLER}), level=CITY_KEEPER.level, division=CITY)
AUDITOR = Actor(kind="staff", label="审计员", roles=frozenset({Role.AUDITOR}))


@pytest.fixture
def ask(rf):
    """ask(view, actor, query or form, *address parts) → response."""

    def call(view, *parts, actor=CITY_KEEPER, post=None, htmx=False, **query):
        headers = {"HX-Request": "true"} if htmx else {}
        request = rf.get("/x", query, headers=headers) if post is None else rf.post("/x", post, headers=headers)
        request.actor = actor
        return view(request, *parts)

    return call


def text(response):
    return response.content.decode()


def test_the_limits_are_listed_with_their_law_and_found_by_it(ask):
    shown = text(ask(pages.limits))
    assert "信访工作条例 第三十四条" in shown
    found = text(ask(pages.limits, q="信息公开"))
    assert "limits/disclosure.reply" in found
    assert "limits/petition.handling" not in found


def test_a_deadline_is_explained_on_the_page_and_bad_input_says_what_to_write(ask):
    shown = text(ask(pages.explain, limit="15 WD", start="2026-09-24T10:00", htmx=True))
    assert "2026-10-22 23:59:59" in shown
    assert "中秋节" in shown
    assert "<html" not in shown
    assert "15 XX" in text(ask(pages.explain, limit="15 XX", start="2026-09-24T10:00", htmx=True))
    assert "二者取一" in text(ask(pages.explain, start="2026-09-24T10:00", htmx=True))
    assert "<html" in text(ask(pages.explain, rule="petition.handling", start="2026-09-24T10:00"))


def test_a_keeper_drafts_a_new_version_and_publishes_it(ask):
    form = {"limit": "5 WD", "title": "本市规定", "valid_from": "2026-01-01"}
    assert ask(pages.limit, "hotline.ordinary", post=form).status_code == 302
    assert str(queries.limit_rule("hotline.ordinary", ON, CITY).limit) == "7 D"
    from huying.domains.rulebook.models import LimitRule

    draft = LimitRule.objects.get()
    assert "草稿" in text(ask(pages.limit, "hotline.ordinary"))
    ask(pages.publish_limit, post={"id": str(draft.pk)})
    rule = queries.limit_rule("hotline.ordinary", ON, CITY)
    assert (str(rule.limit), rule.extension, str(rule.basis[0])) == ("5 WD", None, "本市规定")
    with pytest.raises(InvalidInput):
        ask(pages.withdraw_limit, post={"id": str(draft.pk), "reason": ""})


def test_a_wrong_limit_keeps_what_was_written_and_a_reader_has_no_form(ask):
    answer = ask(pages.limit, "hotline.ordinary", post={"limit": "5 XX", "title": "某文件", "valid_from": "2026-01-01"})
    assert answer.status_code == 422
    assert "某文件" in text(answer)
    assert "存为草稿" not in text(ask(pages.limit, "hotline.ordinary", actor=HANDLER))
    with pytest.raises(NotFound):
        ask(pages.limit, "no.such.rule")
    with pytest.raises(Forbidden):
        ask(pages.limits, actor=AUDITOR)


def test_a_year_is_entered_looked_at_and_published(ask):
    assert "尚未公布" in text(ask(pages.year, 2027))
    form = {"source": "放假通知", "lines": "2027-01-01~2027-01-03 元旦\n2027-01-09 元旦调休上班"}
    assert ask(pages.year, 2027, post=form).status_code == 302
    shown = text(ask(pages.year, 2027))
    assert "改为休息" in shown
    assert "01-09" in shown
    assert "已发布" in text(ask(pages.publish_year, 2027, post={}))
    assert not queries.calendar().is_working(date(2027, 1, 1))
    assert queries.calendar().is_working(date(2027, 1, 9))
    assert "调休上班" in text(ask(pages.year, 2027))
    assert "2027" in text(ask(pages.years))


def test_a_line_that_is_no_date_names_its_number_and_keeps_the_rest(ask):
    answer = ask(pages.year, 2027, post={"source": "放假通知", "lines": "2027-01-01 元旦\n不知道"})
    assert answer.status_code == 422
    assert "第 2 行" in text(answer)
    assert "2027-01-01 元旦" in text(answer)


def test_the_years_lines_are_written_as_they_are_read():
    days = queries.calendar().specials(2026)
    form = YearForm({"source": "x", "lines": YearForm.written(days)})
    assert form.is_valid()
    assert [(d.day, d.working) for d in form.cleaned_data["lines"]] == [(d.day, d.working) for d in days]


def test_the_catalogue_is_browsed_drafted_edited_checked_tried_and_published(ask, catalogue, units):
    assert "供水" in text(ask(pages.catalogue, under="01"))
    assert "随上级类目" in text(ask(pages.catalogue, under="0101"))
    assert "房屋" in text(ask(pages.catalogue, q="房屋"))
    made = ask(pages.draft_catalogue, post={"like": str(catalogue.pk)})
    pk = int(made.url.partition("version=")[2])
    row = {
        "code": "0103",
        "zh": "路灯",
        "en": "Lamps",
        "lead": "housing",
        "rule_key": "hotline.ordinary",
        "version": "1",
    }
    assert ask(pages.edit_route, pk, post=row).status_code == 302
    stale = ask(pages.edit_route, pk, post=row)
    assert stale.status_code == 422
    assert "已被他人修改" in text(stale)
    assert "路灯" in text(ask(pages.catalogue, version=str(pk), under="01"))
    assert "没有相互矛盾" in text(ask(pages.check_catalogue, version=str(pk)))
    services.set_past_matters(lambda actor, since, until: [("0103", "331102000000", None)] * 3)
    try:
        assert "3 件会改派" in text(ask(pages.what_if, version=str(pk)))
    finally:
        services.set_past_matters(lambda actor, since, until: [])
    assert ask(pages.publish_catalogue, post={"catalogue": str(pk)}).status_code == 302
    with pytest.raises(NotFound):
        ask(pages.catalogue, version="999")


def test_a_county_is_not_offered_to_revise_the_citys_catalogue(ask, catalogue, units):
    roles = frozenset({Role.SUPERVISOR})
    county = Actor(kind="staff", label="县督办", roles=roles, level=Level.COUNTY, division="331102000000")
    assert "拟修订草稿" in text(ask(pages.catalogue))
    assert "拟修订草稿" not in text(ask(pages.catalogue, actor=county))


def test_a_line_of_the_lists_is_added_published_shown_to_everyone_and_withdrawn(ask, units):
    line = {"part": "admission", "code": "ZR-1", "zh": "巡查井盖", "en": "Covers", "items": "010204",
            "department": "urban_management", "consent": "评审", "valid_from": "2020-01-01"}  # fmt: skip
    assert ask(pages.add_line, post=line).status_code == 302
    assert "待发布" in text(ask(pages.lists))
    from huying.domains.rulebook.models import AdmissionEntry

    pk = AdmissionEntry.objects.get().pk
    ask(pages.publish_line, post={"part": "admission", "id": str(pk)})
    assert "巡查井盖" in text(ask(pages.public_lists, actor=None))
    ask(pages.withdraw_line, post={"part": "admission", "id": str(pk), "reason": "年度退出"})
    assert "巡查井盖" not in text(ask(pages.public_lists, actor=None))
    urgent = ask(pages.add_line, post={**line, "urgent": "on"})
    assert urgent.status_code == 422
    assert "截止日期" in text(urgent)


def test_every_page_has_an_address():
    for name, arguments in [
        ("rulebook_limits", []),
        ("rulebook_explain", []),
        ("rulebook_limit", ["hotline.life"]),
        ("rulebook_years", []),
        ("rulebook_year", [2026]),
        ("rulebook_catalogue", []),
        ("rulebook_lists", []),
        ("rulebook_public_lists", []),
    ]:
        assert reverse(name, args=arguments)


def test_the_list_of_limits_asks_no_query_a_row(ask, count_queries):
    ask(pages.limits)
    with count_queries() as counted:
        ask(pages.limits)
    assert counted.n <= 3


def test_a_draft_is_withdrawn_by_its_keeper_only(ask):
    made = services.draft_limit(
        key="redo", body={"zh": "重办", "limit": "3 WD"}, valid_from=ON, division=CITY, actor=SYSTEM
    )
    with pytest.raises(Forbidden):
        services.withdraw(Part.LIMIT, [made.pk], actor=HANDLER, reason="不合适")
    services.withdraw(Part.LIMIT, [made.pk], actor=CITY_KEEPER, reason="不合适")
