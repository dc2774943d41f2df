"""A published edition is computed once more, bit for bit, whatever has changed since."""

import json
import zlib

import pytest
from click.testing import CliRunner

from huying.analytics import definitions
from huying.analytics.definitions.reading import SHIPPED
from huying.analytics.models import KeptInput
from huying.domains.bulletins import content, services, verifying
from huying.domains.bulletins.commands import group
from huying.domains.bulletins.models import Edition, digest_of

from .made import ABOVE, ANALYST, LEADER, signed, town


@pytest.fixture
def edition(report):
    """October of the county, signed, approved and published."""
    report = signed(report)
    if report.content["findings"]:
        report = signed(report, section="credibility", text="已核实。")
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER), (services.approve, ABOVE)):
        report = verb(actor=actor, bulletin_id=report.pk, version=report.version)
    return services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)


def test_an_edition_is_computed_again_to_the_last_bit(edition):
    done = verifying.verify()
    assert (done.editions, done.differences, done.unkept) == (1, [], [])
    assert done.figures == content.count(edition.content) > 0


def test_neither_late_records_nor_a_changed_tree_nor_changed_definitions_change_it(
    edition, publish_figures, monkeypatch
):
    late = town(perfect=True)
    publish_figures(late)
    looser = SHIPPED.read_text().replace("green: 0.95", "green: 0.10")
    monkeypatch.setattr(definitions.reading, "_shipped", lambda: definitions.load(looser, "looser"))
    assert verifying.verify().differences == []
    monkeypatch.undo()


def test_what_was_kept_is_shared_by_editions_of_the_same_data(edition, report):
    before = KeptInput.objects.count()
    report.refresh_from_db()
    again = services.reopen(actor=LEADER, bulletin_id=report.pk, version=report.version, reason="补充说明")
    services.refresh(actor=ANALYST, bulletin_id=again.pk, version=again.version)
    assert KeptInput.objects.count() == before == 3


def test_a_figure_changed_in_the_edition_is_named_with_both_values(edition):
    whole = json.loads(json.dumps(edition.content))
    whole["figures"]["closed_in_time"]["now"]["value"] = 0.99
    Edition.objects.filter(pk=edition.pk).update(content=whole, digest=digest_of(whole))
    done = CliRunner().invoke(group, ["verify", "--json"])
    said = json.loads(done.output.strip().splitlines()[-1])
    assert done.exit_code == 1
    (one,) = said["differences"]
    assert (one["path"], one["published"], one["computed"]) == ("figures.closed_in_time.now.value", 0.99, 0.5)


def test_an_edition_that_isnt_what_its_digest_says_is_named(edition):
    Edition.objects.filter(pk=edition.pk).update(content=edition.content | {"records": 1})
    (one,) = verifying.verify().differences
    assert "摘要不一致" in one.why


def test_inputs_that_were_touched_are_named(edition):
    digest = edition.content["inputs"]["figures"]
    KeptInput.objects.filter(digest=digest).update(body=zlib.compress(b"{}"))
    (one,) = verifying.verify().differences
    assert "not what was kept" in one.why


def test_an_edition_from_before_inputs_were_kept_is_said_and_is_no_failure(edition):
    whole = {key: value for key, value in edition.content.items() if key != "inputs"}
    Edition.objects.filter(pk=edition.pk).update(content=whole, digest=digest_of(whole))
    done = CliRunner().invoke(group, ["verify"])
    assert done.exit_code == 0
    assert "published before its inputs were kept" in done.output


def test_one_edition_by_its_name(edition):
    report = edition.bulletin
    name = f"monthly/{report.division}/2026-10/1"
    assert "1 editions" in CliRunner().invoke(group, ["verify", "--edition", name]).output
    missing = CliRunner().invoke(group, ["verify", "--edition", f"monthly/{report.division}/2026-10/7"])
    assert missing.exit_code != 0
