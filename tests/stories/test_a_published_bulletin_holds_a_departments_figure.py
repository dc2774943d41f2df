"""The fire brigade's October stands in the published bulletin. Then it finds two fires it had missed. Today's figure follows and
is listed as changed after the fact; the bulletin says what it said, and is proven from what was delivered by then.

Source: index-and-assessment.md (every figure with source and freshness); 统计法 Art 6-9 (no figure is altered silently).
"""

from datetime import datetime

import pytest

from huying.analytics import defined_pages, published, values
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import LateChange
from huying.analytics.periods import Period
from huying.analytics.tests.made import EAST, nodes
from huying.analytics.tests.test_lake import refresh
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining
from huying.domains.bulletins import services, verifying
from huying.domains.bulletins.models import ReportSet
from huying.domains.bulletins.tests.made import ANALYST, LEADER, MONTHLY, signed, town
from huying.domains.exchange import services as exchange
from huying.domains.exchange.models import Report
from huying.domains.exchange.services import Given
from huying.domains.exchange.tests import made
from huying.domains.exchange.vocabulary import Way
from huying.kernel import clock as kernel_clock
from huying.kernel.actors import Actor
from huying.kernel.clock import ZONE

OCTOBER = Period.parse("2026-10")
FIRES = {
    "code": "fires",
    "name": {"zh": "火灾起数", "en": "fires"},
    "sources": [{"dataset": "fires_monthly"}],
    "numerator": "fires",
    "unit": "起",
}
SECTIONS = [("figures", ["volume", "fires"]), ("commentary", [])]
BODY = MONTHLY | {
    "approval": ["own"],
    "sections": [{"kind": kind, "title": None, "indicators": codes} for kind, codes in SECTIONS],
}


def to(clock, month: int, day: int) -> None:
    clock.move(datetime(2026, month, day, 9, tzinfo=ZONE) - clock.now())


def figures(fires: int, note: str = "") -> Given:
    return Given(EAST, "2026-10", {"fires": fires, "loss": 9, "inspected": 80, "faulty": 20}, note=note)


@pytest.fixture
def place(cast, clock, tmp_path, monkeypatch):
    """build(): the records' figures and all values as of now."""
    monkeypatch.setattr(published, "folder", lambda: tmp_path)
    to(clock, 10, 9)
    exchange.put_datasets(actor=Actor.system("test"), rows=[made.row(owner="housing")])
    defining.install([IndicatorRow.model_validate(FIRES)], Actor.system("pack"))
    ReportSet.objects.create(code="monthly", period="month", body=BODY)

    def build() -> None:
        refresh(town(), tmp_path, at=kernel_clock.now(), full=True)
        building.refresh(tmp_path, Tree(nodes()))

    return build


def published_bulletin():
    report = signed(services.start(actor=ANALYST, set_code="monthly", period=OCTOBER))
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER)):
        report = verb(actor=actor, bulletin_id=report.pk, version=report.version)
    return services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)


def test_a_late_correction_is_listed_and_the_published_figure_is_still_proven(cast, clock, place):
    to(clock, 11, 4)
    exchange.open_reports()
    exchange.deliver(actor=cast["housing"], code="fires_monthly", rows=[figures(3)], way=Way.PAGE)
    to(clock, 11, 5)
    place()
    edition = published_bulletin()
    line = edition.content["figures"]["fires"]
    assert (line["now"]["value"], line["sources"][0]["kind"]) == (3, "dataset")
    assert (line["sources"][0]["generated"], line["reported"], line["expected"]) == (False, 1, 1)

    to(clock, 11, 24)
    report = Report.objects.everything("test").get(division=EAST)
    exchange.reopen(actor=cast["supervisor"], report_id=report.pk, reason="消防支队来函更正")
    exchange.deliver_one(actor=cast["housing"], code="fires_monthly", row=figures(5, "消防核查，漏报两起"))
    to(clock, 11, 25)
    place()

    today = values.read(["fires"], [EAST], [OCTOBER])["fires", EAST, OCTOBER.key]
    assert (today.value, today.changed) == (5, True)
    told = LateChange.objects.get(indicator="fires", node=EAST, period=OCTOBER.key)
    assert (told.before, told.after) == (3, 5)
    assert defined_pages.why_words(told.why) == "部门报送有更正或迟报：fires_monthly"

    edition.refresh_from_db()
    assert edition.whole()["figures"]["fires"]["now"]["value"] == 3, "what was published stays"
    done = verifying.verify(from_records=True)
    assert (done.editions, done.differences, done.unkept) == (1, [], [])
    (since,) = done.since.values()
    assert (since.deliveries, since.corrected, since.lost) == (1, 1, ()), "proven from what was delivered by then"
