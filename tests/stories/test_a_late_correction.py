"""October is published; then records come in late, and a definition is changed. What stands today follows and says so; what was
published doesn't move, and can be computed again to the last bit."""

from datetime import date, timedelta

import pytest

from huying.analytics import defined_pages, definitions, published, values
from huying.analytics.definitions.reading import SHIPPED
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.periods import Period
from huying.analytics.tests.made import EAST, IN_TIME, WATERMARK, nodes
from huying.analytics.tests.test_lake import refresh
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining, store
from huying.domains.bulletins import services, verifying
from huying.domains.bulletins.models import ReportSet
from huying.domains.bulletins.tests.made import ABOVE, ANALYST, LEADER, MONTHLY, closed, signed, town
from huying.kernel import clock, facts
from huying.kernel.actors import Actor

pytestmark = pytest.mark.django_db
OCTOBER = Period.parse("2026-10")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """build(at): figures and values as of that moment."""
    monkeypatch.setattr(published, "folder", lambda: tmp_path)

    def build(of, at, **full):
        refresh(of, tmp_path, at=at, **full)
        with clock.use(clock.FixedClock(at)):
            building.refresh(tmp_path, Tree(nodes()))

    return build


def october():
    return values.read(["in_time"], [EAST], [OCTOBER])["in_time", EAST, "2026-10"]


def publish():
    ReportSet.objects.create(code="monthly", period="month", body=MONTHLY)
    report = signed(services.start(actor=ANALYST, set_code="monthly", period=OCTOBER))
    if report.content["findings"]:
        report = signed(report, section="credibility", text="已核实。")
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER), (services.approve, ABOVE)):
        report = verb(actor=actor, bulletin_id=report.pk, version=report.version)
    return services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)


def test_what_was_published_stands_while_what_is_known_moves_on(place, monkeypatch):
    records = town()
    with clock.use(clock.FixedClock(WATERMARK - timedelta(days=300))):
        defining.install([IndicatorRow.model_validate(IN_TIME)], Actor.system("pack"))
    place(records, WATERMARK, full=True)
    with clock.use(clock.FixedClock(WATERMARK)):
        edition = publish()
    assert (october().value, edition.content["figures"]["closed_in_time"]["now"]["value"]) == (50.0, 0.5)

    # Ten closed in time in October are entered in the last week of November.
    facts.touch("matters", records.put(*(closed(5000 + i, 10, True) for i in range(10))))
    place(records, WATERMARK + timedelta(days=5))
    now = october()
    assert (now.numerator, now.denominator, now.changed) == (20, 30, True)
    with store.opened() as kept:
        told = next(row for row in kept.later() if (row.node, row.period) == (EAST, "2026-10"))
    assert (told.before, told.after) == (50.0, pytest.approx(200 / 3))
    assert defined_pages.why_words(told.why) == "办理记录有补录或更正"

    # And the definition becomes one per thousand, from October on; the counted ones get a looser limit.
    text = defining.written({**IN_TIME, "factor": 1000, "unit": "‰"})
    defining.draft(actor=ANALYST, text=text, why="改为千分比", code="in_time")
    defining.publish(actor=ABOVE, code="in_time", valid_from=date(2026, 10, 1))
    place(records, WATERMARK + timedelta(days=6))
    assert (october().value, october().entry.version) == (pytest.approx(2000 / 3), 2)
    with store.opened() as kept:
        told = next(row for row in kept.later() if (row.node, row.period) == (EAST, "2026-10"))
    assert (told.before, told.times, told.why) == (50.0, 2, "definition:2")
    september = values.read(["in_time"], [EAST], [Period.parse("2026-09")])["in_time", EAST, "2026-09"]
    assert (september.value, september.entry.version) == (90.0, 1)
    looser = SHIPPED.read_text().replace("green: 0.95", "green: 0.10")
    monkeypatch.setattr(definitions.reading, "_shipped", lambda: definitions.load(looser, "looser"))

    edition.refresh_from_db()
    assert edition.whole()["figures"]["closed_in_time"]["now"]["value"] == 0.5
    done = verifying.verify()
    assert (done.editions, done.differences) == (1, [])
