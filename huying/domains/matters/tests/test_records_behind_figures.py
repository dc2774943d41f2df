"""A figure of the report opens the list of the matters it counted, as far as the reader may see them."""

import random
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from huying.analytics import definitions, published, trees
from huying.analytics.lake.store import Lake
from huying.analytics.tests.made import BY_HAND
from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.pages import lists
from huying.domains.matters.services import Intake
from huying.domains.matters.tests.test_desk_pages import signed_in
from huying.domains.matters.vocabulary import Channel
from huying.kernel import clock as clocks
from huying.kernel import facts

pytestmark = pytest.mark.django_db
EAST, STREET = "331102000000", "331102001000"
PARTS = {"n": "numerator", "d": "denominator"}


@pytest.fixture
def figures(cast, clock, settings, tmp_path):
    """Sixty matters of three townships, each led some way through its life by chance, and the figures counted from them."""
    settings.HUYING_HOME = tmp_path
    chance = random.Random(5)
    made = services.register_many(
        [
            Intake(
                actor=cast["taker"],
                channel=chance.choice([Channel.HOTLINE, Channel.WEB]),
                kind=chance.choice(["help", "complaint", "enquiry", "report", "suggestion"]),
                content=f"永晖社区{n}幢自来水管破裂，路面积水，请派人修。",
                division=chance.choice(["331102001001", "331102001001", "331102002000", "331121100000"]),
                place=f"永晖社区{n % 12}幢门口",
                at=clock.now() - timedelta(days=chance.randrange(1, 45)),
            )
            for n in range(60)
        ]
    )
    maybe = lambda value, share=0.7: value if chance.random() < share else None  # noqa: E731
    for one in made:
        at = one.matter.registered_at
        days = lambda most, since=at: min(since + timedelta(hours=chance.randrange(24 * most)), clocks.now())  # noqa: E731
        closed = maybe(days(20))
        lead = cast.unit(chance.choice(["331102-water", "331102-housing"]))
        one.matter.lead_unit_id = lead if closed else maybe(lead, 0.8)
        one.matter.due_at, one.matter.receipt_due_at = maybe(days(12), 0.9), maybe(at + timedelta(hours=8))
        one.matter.received_at = maybe(at + timedelta(hours=chance.randrange(16)))
        one.matter.first_replied_at = days(12) if closed else maybe(days(12))
        one.matter.replied_at = one.matter.first_replied_at and maybe(one.matter.first_replied_at, 0.9)
        one.matter.closed_at, one.matter.state = closed, one.matter.state
        if one.matter.lead_unit_id:
            one.matter.dispatched_at = at
            one.matter.state = "closed" if closed else "in_hand"
        one.matter.outcome = "handled" if closed else ""
        one.matter.solved = chance.choice(["yes", "no", "partly", "unreached"]) if closed else ""
        one.matter.satisfied = chance.choice(["yes", "fairly", "no", "refused"]) if closed else ""
        one.matter.returned_count, one.matter.redo_count = chance.choice([0, 0, 1]), chance.choice([0, 0, 2])
        one.matter.unreasonable = chance.random() < 0.1
    stored = Matter.objects.everything("a test lets matters live by chance")
    stored.bulk_update(
        [one.matter for one in made],
        [
            "lead_unit_id", "dispatched_at",
            "due_at", "receipt_due_at", "received_at", "first_replied_at", "replied_at", "closed_at",
            "state", "outcome", "solved", "satisfied", "returned_count", "redo_count", "unreasonable",
        ],
    )  # fmt: skip
    stored.filter(pk__in=[one.matter.pk for one in made[::11]]).update(kind="petition", petition_kind="31-6")
    rules = definitions.shipped()
    with Lake.opened(rules, trees.load(), tmp_path / "lake") as lake:
        lake.refresh()
    return rules


def listed(client, figure, division=EAST, period="2026"):
    """The ids in the list a figure opens, over all its pages, and the first page's answer."""
    asked = {"figure": figure, "division": division, "period": period}
    first = answer = client.get(f"{reverse('matters_list')}?{urlencode(asked)}")
    found = []
    while True:
        assert answer.status_code == 200, answer.content.decode()
        page = answer.context["page"]
        found += [matter.pk for matter in page.items]
        if not page.next:
            return found, first
        answer = client.get(f"{reverse('matters_list')}?{urlencode({**asked, 'after': page.next})}")


def by_hand(measure, now, division):
    """The matters a person would count, from the facts as they are offered."""
    table = facts.table("matters")
    names = [column.name for column in table.columns]
    moment, counts = BY_HAND[measure]
    rows = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in table.rows(None)]
    return {
        row.id
        for row in rows
        if division in (row.county, row.township)
        and row.kind != "petition"
        and moment(row) is not None
        and clocks.local(moment(row)).year == 2026
        and counts(row, now)
    }


def test_every_figure_opens_a_list_of_exactly_the_matters_it_counted(figures, client, clock, monkeypatch):
    monkeypatch.setattr(lists, "LIMIT", 15)
    with published.opened() as opened:
        cell = opened.cells([EAST], ["2026"])[EAST, "2026"]
    reader = signed_in(client, "supervisor")
    told = 0
    for measure, counted in cell.items():
        indicator, _, part = measure.rpartition("__")
        found, _first = listed(reader, f"{indicator}.{PARTS.get(part, part)}")
        assert len(found) == len(set(found)) == counted, measure
        if measure in BY_HAND:
            assert set(found) == by_hand(measure, clock.now(), EAST), measure
            told += bool(found)
    assert told > 15


def test_the_list_says_whose_figure_it_is_how_many_it_has_and_leads_back(figures, client):
    found, first = listed(signed_in(client, "supervisor"), "closed_in_time.numerator")
    html = first.content.decode()
    assert "莲都区 · 2026 · 按时办结率（分子）" in html
    assert f"您职责范围内 {len(found)} 件，这个数字共计 {len(found)} 件" in html
    assert f'href="/desk/report/{EAST}/2026/?indicator=closed_in_time"' in html


def test_a_handler_sees_of_a_figure_only_the_matters_within_its_own_scope(figures, client, cast):
    whole, _first = listed(signed_in(client, "supervisor"), "volume.numerator")
    mine, first = listed(signed_in(client, "water"), "volume.numerator")
    visible = set(Matter.objects.visible_to(cast["water"]).values_list("pk", flat=True))
    assert set(mine) == set(whole) & visible
    assert 0 < len(mine) < len(whole)
    assert f"您职责范围内 {len(mine)} 件，这个数字共计 {len(whole)} 件" in first.content.decode()


def test_another_territory_or_a_figure_nobody_defined_opens_no_list(figures, client):
    reader = signed_in(client, "supervisor")
    for figure, division, period, status in (
        ("volume.numerator", "331121000000", "2026", 404),
        ("nothing.numerator", EAST, "2026", 404),
        ("volume.denominator", EAST, "2026", 404),
        ("volume.numerator", "990000", "2026", 404),
        ("volume.numerator", "abc", "2026", 422),
        ("volume.numerator", EAST, "2026-13", 422),
    ):
        asked = urlencode({"figure": figure, "division": division, "period": period})
        assert reader.get(f"{reverse('matters_list')}?{asked}").status_code == status, (figure, division, period)
