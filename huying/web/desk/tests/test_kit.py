"""The kit and the four layouts hold under the site's policy and say states in words."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from huying.kernel import clock
from huying.kernel.pages import moments
from huying.kernel.words import words
from tests.support.web import signed_in

WEB = Path(settings.PACKAGE) / "web" if hasattr(settings, "PACKAGE") else Path(__file__).resolve().parents[2]
LAYOUTS = ["desk/base.html", "portal/base.html", "field/base.html", "wall/base.html"]


def render(text: str, **context: object) -> str:
    return Template("{% load kit %}" + text).render(Context({"request": RequestFactory().get("/desk/?a=1"), **context}))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_stands_alone_for_a_visitor_and_carries_no_inline_script_or_style(layout: str) -> None:
    html = render_to_string(layout, request=RequestFactory().get("/"))
    assert "<main" in html
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)


def test_no_template_of_the_house_carries_inline_script_or_style() -> None:
    wrong = []
    for template in WEB.parent.rglob("templates/**/*.html"):
        if {"notices", "documents"} & set(template.parts) or template.match("bulletins/file.html"):
            continue  # letters, printed forms and a report handed out as one file are not served under the pages' policy
        text = template.read_text()
        if re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*(\bsrc=|application/json))", text):
            wrong.append(str(template.relative_to(WEB.parent)))
    assert wrong == []


def test_a_clock_says_its_state_in_a_shape_and_in_words() -> None:
    html = render("{% clock_chip due %}", due=clock.now() - timedelta(days=3))
    assert "已超期3天" in html
    assert "<svg" in html
    assert 'data-tone="red"' in html
    assert "title=" in html


def test_a_field_has_its_label_above_its_help_under_and_its_error_beside() -> None:
    class Form(forms.Form):
        content = forms.CharField(label="内容", help_text="一句话也可以", widget=forms.Textarea)

    html = render("{% error_summary form %}{% field form.content %}", form=Form({"content": ""}))
    label, box, help_text = html.index("<label"), html.index("<textarea"), html.index("一句话也可以")
    assert label < box < help_text
    assert 'aria-invalid="true"' in html
    assert 'href="#id_content"' in html


def test_what_the_reader_typed_in_the_address_stays_while_paging() -> None:
    class Page:
        after, next, count = "", "abc", None

    html = render("{% pager page %}", page=Page())
    assert "/desk/?a=1&amp;after=abc" in html


def test_a_script_in_data_cannot_leave_its_json() -> None:
    html = render("{% chart_box 'c' '标题' options %}", options={"x": "</script><script>alert(1)</script>"})
    assert "<script>alert" not in html


def test_a_form_sent_again_after_an_error_keeps_its_key() -> None:
    request = RequestFactory().post("/", {"idempotency_key": "k-1"})
    html = Template("{% load kit %}{% form_guard 7 %}").render(Context({"request": request}))
    assert 'value="k-1"' in html
    assert 'name="version" value="7"' in html


def test_words_of_a_state_are_escaped() -> None:
    assert "&lt;b&gt;" in render("{% state_chip w 'amber' %}", w=words("<b>", "<b>"))


@pytest.mark.django_db
def test_a_row_of_figures_says_each_by_tone_shape_and_word_and_why_one_is_missing() -> None:
    said = {"why": "", "tone": "", "shape": "", "word": "", "href": ""}
    red = {
        "text": "<50%",
        "number": 0.5,
        **said,
        "tone": "red",
        "shape": "square",
        "word": "警示",
        "href": "/a?b=1&c=2",
    }
    none = {"text": "—", "number": None, **said, "why": "不显示<i>"}
    drawn = render(
        "{% figure_cells cells %}|{% shape 'square' %}", cells=[SimpleNamespace(**one) for one in (red, none)]
    )
    cells, square = drawn.split("|")
    assert cells == (
        f'<td class="hy-figure"><span class="rp-figure" data-tone="red">{square}<a href="/a?b=1&amp;c=2">&lt;50%</a>'
        '<span class="hy-sr">警示</span></span></td>'
        '<td class="hy-figure"><span class="rp-absent">不显示&lt;i&gt;</span></td>'
    )


def test_large_type_is_chosen_without_an_account_and_nobody_is_sent_elsewhere(client: Client) -> None:
    answer = client.post("/preferences", {"type": "large", "next": "https://elsewhere.example/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.cookies["hy_type"].value == "large"
    assert "hy_theme" not in client.cookies


def test_names_in_a_row_and_marks_are_those_of_the_reader_s_language() -> None:
    told = '{% load i18n %}{{ names|listed }}{% translate "（" %}{{ names|length }}{% translate "）" %}'
    assert render(told, names=["甲", "乙"]) == "甲、乙（2）"
    with translation.override("en"):
        assert render(told, names=["A", "B"]) == "A, B (2)"


def test_a_day_of_this_year_is_told_so_that_nobody_takes_the_month_for_the_day() -> None:
    now = datetime(2026, 11, 22, 10, tzinfo=clock.ZONE)
    assert moments.ago(datetime(2026, 11, 3, 9, 12, tzinfo=clock.ZONE), now=now) == "11月3日 09:12"
    with translation.override("en"):
        assert moments.ago(datetime(2026, 11, 3, 9, 12, tzinfo=clock.ZONE), now=now) == "3 Nov 09:12"


@pytest.mark.django_db
def test_who_works_at_the_desk_and_asks_for_what_is_not_there_stays_at_the_desk(client: Client, cast: Any) -> None:
    visitor = client.get("/nowhere")
    assert visitor.status_code == 404
    assert "回到首页" in visitor.content.decode()
    client = signed_in(cast, "dispatcher")
    clerk = client.get("/desk/matters/999999")
    assert clerk.status_code == 404
    assert "回到我的待办" in clerk.content.decode()
