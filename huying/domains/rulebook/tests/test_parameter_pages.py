"""Parameters on screen: what holds today, every value there was, a new one drafted, published, withdrawn."""

from datetime import date

import pytest

from huying.domains.rulebook import pages, queries, services
from huying.domains.rulebook.models import ParameterValue
from huying.domains.rulebook.tests.conftest import CITY, CITY_KEEPER, COUNTY, COUNTY_KEEPER, SYSTEM
from huying.domains.rulebook.tests.test_pages import AUDITOR, HANDLER, ask, text
from huying.domains.rulebook.vocabulary import Part
from huying.kernel.errors import Forbidden, InvalidInput, NotFound

__all__ = ["ask"]
pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)
NEW = {"value": "3", "reference": "本市规定 第三条", "valid_from": "2026-11-20"}


@pytest.fixture(autouse=True)
def that_day(clock):
    return clock


def a_value(value, division=CITY, since=ON, publish=True):
    made = services.draft_parameter(
        key="redo.cap",
        value=value,
        words={"zh": "退回重办最多次数", "en": "redo"},
        unit="times",
        kind="practice",
        reference="本市规定",
        valid_from=since,
        division=division,
        actor=SYSTEM,
    )
    if publish:
        services.publish(Part.PARAMETER, [made.pk], actor=SYSTEM)
    return made


def test_every_parameter_is_listed_with_value_unit_day_and_basis_and_found_by_any(ask):
    shown = text(ask(pages.parameters, actor=HANDLER))
    assert "热线接通率下限" in shown
    assert "0.95 比率" in shown
    assert "北京市接诉即办规范" in shown
    found = text(ask(pages.parameters, q="redo"))
    assert "退回重办" in found
    assert "接通率" not in found


def test_a_keeper_drafts_a_value_publishes_it_and_the_past_stays(ask):
    assert ask(pages.parameter, "redo.cap", post=NEW).status_code == 302
    draft = ParameterValue.objects.get()
    assert queries.parameter("redo.cap", ON, CITY) == 2, "a draft counts for nothing"
    assert "有草稿待发布" in text(ask(pages.parameters))
    assert ask(pages.publish_parameter, post={"id": str(draft.pk)}).status_code == 302
    assert queries.parameter("redo.cap", ON, CITY) == 3
    assert queries.parameter("redo.cap", date(2026, 11, 19), CITY) == 2
    shown = text(ask(pages.parameter, "redo.cap"))
    assert "本市规定 第三条" in shown
    assert "随程序提供" in shown
    assert "发布 3（2026-11-20）" in shown


def test_a_value_is_withdrawn_only_with_a_reason(ask):
    made = a_value(4)
    with pytest.raises(InvalidInput, match="理由"):
        ask(pages.withdraw_parameter, post={"id": str(made.pk), "reason": " "})
    ask(pages.withdraw_parameter, post={"id": str(made.pk), "reason": "写错了"})
    assert queries.parameter("redo.cap", ON, CITY) == 2
    assert "写错了" in text(ask(pages.parameter, "redo.cap"))


@pytest.mark.parametrize(
    ("key", "value"),
    [("redo.cap", "三"), ("redo.cap", "2.5"), ("redo.cap", "-1"), ("hotline.connect_rate", "95"), ("redo.cap", "")],
)
def test_a_value_of_another_kind_is_told_beside_its_field(ask, key, value):
    answer = ask(pages.parameter, key, post=NEW | {"value": value})
    assert answer.status_code == 422
    assert 'id="id_value_error"' in text(answer)
    assert "本市规定 第三条" in text(answer), "what was typed stays"
    assert not ParameterValue.objects.exists()


def test_the_nearest_areas_value_is_shown_and_another_countys_is_not(ask):
    a_value(5, CITY)
    a_value(1, COUNTY)
    a_value(9, "331121000000")
    shown = text(ask(pages.parameter, "redo.cap", actor=COUNTY_KEEPER))
    assert "<strong>1 次</strong>" in shown
    assert ">9<" not in shown


def test_only_keepers_of_the_area_change_a_value(ask):
    assert "另拟新取值" not in text(ask(pages.parameter, "redo.cap", actor=HANDLER))
    with pytest.raises(Forbidden):
        ask(pages.parameter, "redo.cap", actor=HANDLER, post={})
    assert not ParameterValue.objects.exists()
    city = a_value(5, CITY, publish=False)
    with pytest.raises(Forbidden):
        ask(pages.publish_parameter, actor=COUNTY_KEEPER, post={"id": str(city.pk)})
    with pytest.raises(Forbidden):
        ask(pages.parameters, actor=AUDITOR)


def test_a_parameter_that_is_not_there_is_not_found(ask):
    with pytest.raises(NotFound):
        ask(pages.parameter, "no.such", actor=CITY_KEEPER)


def test_the_list_costs_the_same_queries_however_many_values(ask, query_ratchet):
    for month in range(1, 12):
        a_value(month, since=date(2025, month, 1))
    with query_ratchet("the rulebook's parameters"):
        ask(pages.parameters)
    with query_ratchet("one parameter with its values"):
        ask(pages.parameter, "redo.cap")
