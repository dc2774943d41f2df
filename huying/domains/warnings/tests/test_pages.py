"""The pages of warnings: by colour, as a chain, the method with its hit rate."""

from __future__ import annotations

import pytest

from huying.domains.warnings import services
from huying.domains.warnings.models import IndicatorWarning
from tests.support.web import signed_in

from .made import EAST, install_ladder, name_posts, red_month


@pytest.fixture
def red(cast, figures, clock):
    install_ladder()
    name_posts(cast)
    figures.month(EAST, "2026-10", closed_in_time=(20, 40))
    figures.publish(clock.now().date())
    services.evaluate()
    return IndicatorWarning.objects.everything("test").get()


def test_the_list_shows_colour_with_its_word_and_who_answers(cast, red):
    said = signed_in(cast, "leader").get("/desk/warnings/").content.decode()
    for part in ("职责范围内有1项亮色预警", "莲都区 · 按时办结率", "50.0%", "警示", "分管领导", "20 / 40"):
        assert part in said, part


def test_a_warning_is_a_chain_from_figure_to_effect(cast, red):
    said = signed_in(cast, "leader").get(f"/desk/warnings/{red.pk}").content.decode()
    for part in ("从数字到效果", "/desk/report/331102000000/2026-10/", "还没有答复", "下一期尚未结束", "RW-"):
        assert part in said, part
    assert "结束预警的理由" not in said, "the unit that must answer can't close it"


def test_who_may_see_the_figure_but_not_the_task_is_told_so(cast, red):
    assert "不在您的职责范围内" in signed_in(cast, "water").get(f"/desk/warnings/{red.pk}").content.decode()


def test_the_level_above_closes_with_a_reason(cast, red):
    browser = signed_in(cast, "city_leader")
    address = f"/desk/warnings/{red.pk}"
    refused = browser.post(f"{address}/close", {"reason": " ", "version": str(red.version)})
    assert (refused.status_code, "请写明理由" in refused.content.decode()) == (422, True)
    assert browser.post(f"{address}/close", {"reason": "数据源停报", "version": str(red.version)}).status_code == 302
    assert "数据源停报" in browser.get(address).content.decode()
    assert "莲都区" in browser.get("/desk/warnings/?group=closed").content.decode()


def test_the_method_says_its_rule_and_its_hit_rate(cast, red):
    said = signed_in(cast, "analyst").get("/desk/warnings/method").content.decode()
    for part in ("历史满8周（56天）", "挂牌督办", "命中率", "历史不够长或件数太少"):
        assert part in said, part


def test_english_is_whole(cast, red):
    browser = signed_in(cast, "leader", headers={"accept-language": "en"})
    for address in ("/desk/warnings/", f"/desk/warnings/{red.pk}", "/desk/warnings/method"):
        assert browser.get(address).status_code == 200
    said = browser.get(f"/desk/warnings/{red.pk}").content.decode()
    assert "From figure to effect" in said
    assert "closed in time" in said


def test_the_pages_cost_the_same_queries_however_many(cast, red, query_ratchet):
    browser = signed_in(cast, "leader")
    for indicator in ("responded", "solved"):
        red_month(EAST, indicator=indicator)
    browser.get("/desk/warnings/")
    with query_ratchet("the page of warnings"):
        browser.get("/desk/warnings/")
    with query_ratchet("one warning as a chain"):
        browser.get(f"/desk/warnings/{red.pk}")


def test_the_story_names_the_nightly_job_in_words(cast, red):
    said = signed_in(cast, "leader").get(f"/desk/warnings/{red.pk}").content.decode()
    assert "预警评估（系统，每夜）" in said
    assert "warnings.evaluate" not in said
