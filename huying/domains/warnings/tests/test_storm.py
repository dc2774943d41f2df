"""A night on which everything turns red: as many statements as for one figure, one letter to each post, nothing lost."""

from datetime import date

import pytest
from django.apps import apps

from huying.analytics import trees
from huying.domains.warnings import services
from huying.domains.warnings.models import IndicatorWarning, Round, Seen, Telling
from huying.domains.warnings.services import findings, readings
from huying.kernel.actors import Level

from .made import EAST, install_ladder, name_posts

WATCHED = ("closed_in_time", "responded", "solved", "satisfied")
RED, GREEN = dict.fromkeys(WATCHED, (5, 40)), dict.fromkeys(WATCHED, (40, 40))
MONTHS = [date(2026, month, 1) for month in (8, 9, 10, 11)]


@pytest.fixture
def story(cast, figures, clock, count_queries):
    """Three red months and a green one of the places given: what each night did, and in how many statements."""
    install_ladder()
    name_posts(cast)

    def told(codes):
        for model in (Telling, Seen, Round):
            model.objects.all().delete()
        IndicatorWarning.objects.everything("the story begins anew").delete()
        figures.cells.clear()
        nights = []
        for day, shares in zip(MONTHS, (RED, RED, RED, GREEN), strict=True):
            for code in codes:
                figures.month(code, f"2026-{day.month - 1:02}", **shares)
            figures.publish(day)
            clock.move(day - clock.now().date())
            with count_queries() as counted:
                done = services.evaluate()
            nights.append((done, counted.n))
        return nights

    return told


def test_a_storm_takes_the_statements_of_one_figure_and_one_letter_a_post(story):
    story([EAST])  # what a process reads once is read
    one = story([EAST])
    everywhere = [node.code for node in trees.load().nodes if node.level in (Level.CITY, Level.COUNTY, Level.TOWNSHIP)]
    many, cells = story(everywhere), len(everywhere) * len(WATCHED)
    assert [(d.opened, d.repeated, d.escalated, d.mended) for d, _n in many] == [
        (cells, 0, 0, 0), (0, cells, 0, 0), (0, 0, cells, 0), (0, 0, 0, cells),
    ]  # fmt: skip
    assert all(of_all <= of_one + 1 for (_d, of_all), (_e, of_one) in zip(many, one, strict=True))

    posts = set(Telling.objects.values_list("post_id", flat=True))
    assert services.send_digests() == len(posts)
    outbox = apps.get_model("kernel", "OutboxMessage").objects
    assert outbox.filter(topic="warnings.news").count() == 0, "more at once than three wait for the digest"
    assert outbox.filter(topic="warnings.digest", recipient__startswith="post:").count() == len(posts)


def test_the_past_is_read_only_of_what_is_red_and_of_each_period_once_a_night(story, monkeypatch):
    asked = []
    real = readings.reports.figures_of

    def noted(figures, rules, nodes, periods):
        asked.append(({row.code for row in rules.indicators}, [period.key for period in periods]))
        return real(figures, rules, nodes, periods)

    monkeypatch.setattr(readings.reports, "figures_of", noted)
    story([EAST])
    pasts = [(codes, keys) for codes, keys in asked if len(keys) > 1 and codes]
    assert pasts
    assert all(codes <= set(WATCHED) for codes, _keys in pasts)
    assert all(len(keys) == len(set(keys)) for _codes, keys in pasts)
    assert max(len(keys) for _codes, keys in pasts) <= findings.LOOK_BACK + len(MONTHS)
