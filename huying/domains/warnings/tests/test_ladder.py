"""How many periods in a row ask for which step: data, and never by what nobody knows."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from huying.analytics.definitions import Grade
from huying.analytics.periods import Period
from huying.domains.warnings import sections
from huying.domains.warnings.ladder import SEVERITY, Rung, decide, in_a_row, nearest
from huying.domains.warnings.models import LadderRow
from huying.domains.warnings.vocabulary import SERIES, Origin
from huying.kernel import packs
from huying.kernel.actors import Level

from .made import CITY, EAST, SETUP, STREET, install_ladder, rows

R, Y, G, U = Grade.RED, Grade.YELLOW, Grade.GREEN, None
LADDER: list[Rung] = [LadderRow(**{**row.model_dump(mode="json"), "valid_from": row.valid_from}).rung for row in rows()]
COLOURED = [rung for rung in LADDER if rung.origin is Origin.COLOUR]


def back(*grades: Grade | None) -> list[tuple[Period, Grade | None]]:
    """Newest first, from October 2026."""
    period, found = Period.parse("2026-10"), []
    for grade in grades:
        found.append((period, grade))
        period = period.previous
    return found


@pytest.mark.parametrize(
    ("grades", "step", "n"),
    [
        ([R], "alert", 1),
        ([R, R], "alert", 2),
        ([R, R, R], "notice", 3),
        ([R] * 4, "talk", 4),
        ([R] * 6, "listed", 6),
        ([R, R, G, R], "alert", 2),
        ([R, R, Y, R], "alert", 2),
        ([R, U, R, R], "notice", 3),
        ([R, R, U, U, G], "alert", 2),
    ],
)
def test_so_many_reds_in_a_row_ask_for_such_a_step(grades, step, n):
    verdict = decide(COLOURED, "closed_in_time", back(*grades))
    assert verdict.rung is not None
    assert (verdict.rung.step, verdict.in_a_row) == (step, n)


@pytest.mark.parametrize("grades", [[G, R, R, R], [Y, R], [U, R, R, R], [U]])
def test_what_is_not_red_now_asks_for_nothing(grades):
    assert decide(COLOURED, "closed_in_time", back(*grades)).rung is None


def test_a_rule_is_not_retroactive():
    late = [replace(rung, valid_from=date(2026, 9, 1)) for rung in COLOURED]
    verdict = decide(late, "closed_in_time", back(R, R, R, R, R))
    assert verdict.in_a_row == 2


@given(st.lists(st.sampled_from([R, Y, G, U]), min_size=1, max_size=9), st.sampled_from([R, Y]))
def test_the_count_is_that_of_the_leading_run_without_what_is_unknown(grades, colour):
    rung = replace(COLOURED[0], colour=colour)
    bad = lambda grade: SEVERITY[grade] >= SEVERITY[colour]  # noqa: E731
    known = [grade for grade in grades if grade is not None]
    run = next((n for n, grade in enumerate(known) if not bad(grade)), len(known))
    assert in_a_row(back(*grades), rung) == (0 if grades[0] is None else run)


@given(st.lists(st.sampled_from([R, Y, G, U]), min_size=1, max_size=9))
def test_one_more_red_never_asks_for_less(grades):
    order = ["alert", "notice", "talk", "listed"]
    step = lambda found: order.index(found.rung.step) if found.rung else -1  # noqa: E731
    before = step(decide(COLOURED, "overdue", back(*grades)))
    assert step(decide(COLOURED, "overdue", back(R, *grades))) >= before


def test_the_nearest_ladder_holds():
    own = [replace(COLOURED[0], division=EAST)]
    on = date(2026, 10, 31)
    path = [STREET, EAST, CITY]
    assert nearest(COLOURED + own, path, on, Level.TOWNSHIP, Origin.COLOUR) == own
    assert len(nearest(COLOURED + own, [CITY], on, Level.CITY, Origin.COLOUR)) == len(COLOURED)
    assert nearest(COLOURED, path, on, Level.VILLAGE, Origin.COLOUR) == []
    assert nearest(COLOURED, path, date(2025, 1, 1), Level.COUNTY, Origin.COLOUR) == []


def test_reports_of_wrongdoing_and_petitions_are_never_forecast():
    assert not [name for name in SERIES if "report" in name or "petition" in name]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"colour": "green"}, "绿色不预警"),
        ({"limit": "soon"}, "看不懂的时限"),
        ({"step": "signal"}, "早期信号不写 colour"),
        ({"origin": "early", "colour": "", "step": "signal"}, "早期信号按周"),
        (
            {"origin": "early", "colour": "", "step": "signal", "period": "week", "levels": ["township"]},
            "县级以下的少量数字不显示",
        ),
        (
            {
                "origin": "early",
                "colour": "",
                "step": "signal",
                "period": "week",
                "levels": ["county"],
                "indicators": ["by_kind.report"],
            },
            "不作预测的数字",
        ),
    ],
)
def test_a_faulty_row_says_what_is_wrong(changed, why):
    with pytest.raises(ValidationError, match=why):
        sections.RungRow.model_validate(rows()[0].model_dump(mode="json") | changed)


def test_a_longer_row_that_asks_for_less_is_a_fault():
    longer = [rows()[0], rows()[1].model_copy(update={"step": "alert"})]
    entries = [packs.Entry(row, "warnings", "warnings.yaml", n) for n, row in enumerate(longer)]
    (fault,) = sections.check(entries, None)  # type: ignore[arg-type]
    assert "连续 3 期" in fault.message


@pytest.mark.django_db
def test_what_is_exported_installs_as_nothing_new():
    install_ladder()
    assert sections.install(list(sections.export(SETUP)), SETUP) == {"created": 0, "changed": 0, "kept": 5}
