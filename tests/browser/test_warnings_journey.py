"""From a red figure to its task and answer, on screen."""

from datetime import date, timedelta
from typing import Any

import pytest

from huying.domains.warnings import services
from huying.domains.warnings.tests.made import EAST, install_ladder, name_posts
from tests.browser.looking import look, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def one_factor(settings: Any) -> None:
    settings.HUYING_SECOND_FACTOR = "none"


def test_a_leader_answers_a_red_month_and_sees_the_effect_beside_it(
    page: Any, cast: Any, figures: Any, clock: Any
) -> None:
    complaints = watch(page)
    install_ladder()
    name_posts(cast)
    figures.days(EAST, date(2026, 11, 19), [6, 6, 6, 6, 6, 5, 5] * 20 + [13] * 7)
    figures.first_day = date(2024, 1, 1)
    for month in ("2026-08", "2026-09", "2026-10"):
        figures.month(EAST, month, closed_in_time=(20, 40), responded=(36, 40))
    figures.publish(date(2026, 11, 20))
    services.evaluate()
    sign_in(page, "leader")
    page.locator("#nav").get_by_role("link", name="预警").click()
    page.get_by_text("职责范围内有1项亮色预警").wait_for()
    look(page, "warnings")
    page.get_by_role("link", name="莲都区 · 按时办结率").click()
    page.get_by_role("link", name="RW-").first.click()
    page.get_by_label("做了什么，结果如何").fill("抢修队增至三支，夜间值守；逾期件逐件销号。")
    page.get_by_role("button", name="完成").click()
    page.get_by_text("已完成").first.wait_for()
    figures.month(EAST, "2026-11", closed_in_time=(39, 40))
    figures.publish(date(2026, 12, 1))
    clock.move(timedelta(days=11))
    services.evaluate()
    sign_in(page, "leader")
    page.goto("/desk/warnings/?group=closed")
    look(page, "warnings-closed")
    page.get_by_role("link", name="莲都区 · 按时办结率").click()
    page.get_by_text("逾期件逐件销号").first.wait_for()
    look(page, "warning")
    page.goto("/desk/warnings/method")
    look(page, "warnings-method")
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": page.url}])
    page.reload()
    look(page, "warnings-method-en")
    page.goto("/desk/warnings/?group=closed")
    look(page, "warnings-en")
    assert complaints == []
