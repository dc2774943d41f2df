"""A place of each shipped pack, walked as its administrator would: installed, records and a month's feeds in, figures brought up
to date, the monthly report published and computed again, the index on the page equal to the one from files.

Source: issue 3 §6.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from huying.analytics import trees, values
from huying.analytics.definitions import Grade
from huying.analytics.index_commands import group as index
from huying.analytics.periods import Period
from huying.analytics.standing import standing
from huying.analytics.values import building
from huying.domains.bulletins import queries as reports
from huying.domains.bulletins import rendering, verifying
from huying.domains.bulletins import services as bulletins
from huying.domains.exchange import demo as generated
from huying.domains.exchange import services as exchange
from huying.domains.exchange.services import Given
from huying.domains.exchange.vocabulary import Way
from huying.kernel import clock as kernel_clock
from huying.kernel import packs
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.clock import ZONE, FixedClock

pytestmark = pytest.mark.django_db
OCTOBER, SEPTEMBER, LAST_YEAR = (Period.parse(key) for key in ("2026-10", "2026-09", "2025-10"))
RED, YELLOW, GREEN = Grade.RED, Grade.YELLOW, Grade.GREEN
RECORDS = {
    "received_in_time": (48, 50),
    "closed_in_time": (45, 50),
    "solved": (24, 40),
    "redone": (1, 50),
    "overdue": (1, 50),
}


@dataclass
class Walk:
    """place: a county of the pack. told: what October's feeds say otherwise than usual. found: indicator → (value, colour)."""

    place: str
    told: dict[str, float]
    found: dict[str, tuple[float, Grade | None]]
    year_ago: dict[str, float] = field(default_factory=dict)


WALKS = {
    "dawa": Walk(
        "211104000000",
        {"cases_filed": 364, "cases_solved": 235, "sites_inspected": 418, "problems_found": 292, "disputes_taken_up": 558,
         "disputes_ended": 558, "disputes_settled": 558, "reports_sampled": 50, "reports_sampled_correct": 50},
        {"dw_in_time": (90, YELLOW), "dw_solved": (60, RED), "dw_redone": (2, GREEN), "dw_cleared": (100 * 235 / 364, GREEN),
         "dw_filed": (364, None), "dw_cases_solved": (235, None), "dw_filed_change": (-27.2, None),
         "dw_problems_found": (292, None), "dw_problems_per_site": (292 / 418, None),
         "dw_disputes": (558, None), "dw_settled": (100, None)},
        year_ago={"cases_filed": 500},
    ),
    "golmud": Walk(
        "632801000000",
        {"patrol_sites_planned": 20, "patrol_sites_done": 20, "legal_days_planned": 50, "legal_days_done": 25},
        {"ge_patrol_sites": (100, GREEN), "ge_legal_days": (50, RED)},
    ),
    "yizheng": Walk(
        "321081000000",
        {"larger_accidents": 0, "insured_cases": 20, "insured_matched": 20, "environment_events": 0,
         "confirmed_events": 20, "confirmed_registered": 10, "hazards_due": 100, "hazards_fixed": 99, "outlets_monitored": 50,
         "outlets_met": 30},
        {"yz_accidents_matched": (100, GREEN), "yz_larger_accidents": (0, GREEN), "yz_events_matched": (50, RED),
         "yz_environment_events": (0, None), "yz_hazards_fixed": (99, GREEN), "yz_outlets_met": (60, RED)},
    ),
    "lishui": Walk(
        "331102000000",
        {"hazards": 200, "hazards_mended": 180, "sampled": 100, "passed": 90},
        {"ps_in_time": (90, YELLOW), "ps_solved": (60, RED), "ps_hazards_mended": (90, YELLOW), "ps_food_passed": (90, RED)},
    ),
    "gansu": Walk(
        "620321000000",
        {"pol_sampled": 100, "pol_sampled_correct": 100, "pol_filed": 100, "pol_solved": 45, "gas_due": 100, "gas_checked": 95,
         "ctr_townships": 20, "ctr_townships_with": 18},
        {"gs_closed_in_time": (90, YELLOW), "gs_cleared": (45, YELLOW), "gs_gas_users_checked": (95, GREEN),
         "gs_township_centres": (90, YELLOW), "gs_solved": (60, RED)},
    ),
}  # fmt: skip


def person(role: Role, division: str) -> Actor:
    level = Level.PROVINCE if division[2:] == "0" * 10 else Level.CITY if division[4:] == "0" * 8 else Level.COUNTY
    return Actor(kind="staff", label=role.value, roles=frozenset({role}), division=division, level=level)


def of_one_city(folder: Path, to: Path, city: str) -> Path:
    """The pack with one of its cities, as a province of that size: else a test would carry 19,000 places."""
    province = f"{city[:2]}0000000000"
    mine = (city, f"{city[:2]}00")
    shutil.copytree(
        folder, to, ignore=lambda _at, names: [n for n in names if n[:2].isdigit() and not n.startswith(mine)]
    )
    for name in ("places.csv", "portfolio.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with (to / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if row["division"].startswith(city) or row["division"] == province)
    return to


def feed(pack: packs.Pack, place: str, period: Period, told: dict[str, float]) -> int:
    """Each monthly feed of the place's level says of the period what is usual, but for what is told."""
    done = 0
    at = datetime(period.end.year, period.end.month, 4, 10, tzinfo=ZONE)
    with kernel_clock.use(FixedClock(at)):
        exchange.open_reports()
        for row in pack.rows("datasets"):
            if row.period != "month" or row.level != "county":
                continue
            usual = {m.code: round(m.typical or 10) for m in row.measures if not m.parts}
            said = usual | {code: value for code, value in told.items() if code in usual}
            out = exchange.deliver(
                actor=generated.ACTOR, code=row.code, rows=[Given(place, period.key, said, note="x")], way=Way.GENERATED
            )
            assert not out.refused, [(row.code, trial.judged.faults) for trial in out.refused]
            done += len(out.accepted)
    return done


def published(place: str, above: str):
    """October's report of the place: drafted, signed, approved by whom the set names, published."""
    report = bulletins.start(actor=person(Role.ANALYST, place), set_code="monthly", period=OCTOBER)
    for section in ("commentary", "credibility"):
        who = person(Role.ANALYST, place)
        report = bulletins.comment(
            actor=who, bulletin_id=report.pk, version=report.version, section=section, text="已核实。"
        )
    report = bulletins.submit(actor=person(Role.ANALYST, place), bulletin_id=report.pk, version=report.version)
    for step in report.content["set"]["approval"]:
        who = person(Role.LEADER, place if step == "own" else above)
        report = bulletins.approve(actor=who, bulletin_id=report.pk, version=report.version)
    return bulletins.publish(actor=person(Role.LEADER, place), bulletin_id=report.pk, version=report.version)


def of_files(folder, place: str, code: str) -> float:
    """The place's October index as `huying index data` and `compute` give it."""
    shell, files = CliRunner(), folder / "files"
    wrote = ("data", "--index", code, "--period", "2026-10", "--period", "2026-09", "--out", str(files))
    reckoned = (
        "compute",
        "--data",
        f"{files}/iData.csv",
        "--meta",
        f"{files}/iMeta.csv",
        "--spec",
        f"{files}/spec.yaml",
    )
    for words in (wrote, (*reckoned, "--out", str(folder / "results"))):
        done = shell.invoke(index, words)
        assert done.exit_code == 0, done.output
    with (folder / "results" / "07_results_full_scores.csv").open(encoding="utf-8") as file:
        rows = {(row["uCode"], row.get("Time", "")): row for row in csv.DictReader(file)}
    return float(rows[place, "2026-10"][code])


@pytest.mark.parametrize("name", sorted(WALKS))
def test_a_place_of_the_pack_runs_from_installation_to_a_report_that_is_computed_again(name, figures, clock, tmp_path):
    walk, folder = WALKS[name], packs.find(name)
    if name == "gansu":
        folder = of_one_city(folder, tmp_path / name, "6203")
    packs.install(folder, actor=Actor.system("test"))
    assert [str(line) for line in packs.diff(folder, actor=Actor.system("test"))] == []
    pack = packs.check(folder)
    for period, told in (
        (SEPTEMBER, {}),
        (OCTOBER, walk.told),
        *([(LAST_YEAR, walk.year_ago)] if walk.year_ago else ()),
    ):
        assert feed(pack, walk.place, period, told)
    for key in ("2026-09", "2026-10"):
        figures.month(walk.place, key, **RECORDS)
    figures.publish(date(2026, 11, 20))
    building.refresh(figures.home, trees.load())

    read = values.read(walk.found, [walk.place], [OCTOBER])
    assert {code: (value.value, value.grade) for (code, _place, _period), value in read.items()} == {
        code: (pytest.approx(value), grade) for code, (value, grade) in walk.found.items()
    }
    stands = standing(walk.place, OCTOBER)
    assert stands is not None
    assert stands.known > stands.asked / 2
    assert all(part.now is not None for part in stands.parts if part.code != "ps_feeling"), "the survey is quarterly"
    assert stands.own.now == of_files(tmp_path, walk.place, stands.code)

    above = trees.load().node(walk.place, OCTOBER.last).parent
    edition = published(walk.place, above)
    done = verifying.verify()
    assert (done.editions, done.differences) == (1, [])
    assert done.figures > 0
    if name == "dawa":
        noted = [one["zh"] for one in edition.content["findings"]]
        assert any("调解达成协议占比" in text and "558" in text for text in noted), "558 at 100 %"
        assert not any("处均发现问题" in text for text in noted)
    lines = edition.content["figures"]
    for code, (value, grade) in walk.found.items():
        if code in lines:
            said = lines[code]["now"]
            assert (said["value"], said["grade"]) == (pytest.approx(value), grade.value if grade else ""), code
    assert len(lines.keys() & walk.found.keys()) >= 2, "the pack's own indicators stand in its report"
    for format in ("docx", "xlsx", "html"):
        rendering.write(reports.edition_paper(edition, "zh-hans"), format, tmp_path / f"report.{format}")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert edition.content["division"]["name"] in text
    assert "生成" in text, "what no department delivered is marked on paper"
