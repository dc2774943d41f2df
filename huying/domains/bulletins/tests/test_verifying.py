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


def approved(report):
    """October of the county, signed and approved."""
    report = signed(report)
    if report.content["findings"]:
        report = signed(report, section="credibility", text="已核实。")
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER), (services.approve, ABOVE)):
        report = verb(actor=actor, bulletin_id=report.pk, version=report.version)
    return report


@pytest.fixture
def edition(report):
    """The same, published."""
    report = approved(report)
    return services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)


def altered(edition, **columns):
    """What someone with a database client can do."""
    Edition.objects.filter(pk=edition.pk).update(**columns)
    return {one.path: one for one in verifying.verify().differences}


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


def with_another_share(edition):
    whole = json.loads(json.dumps(edition.content))
    whole["figures"]["closed_in_time"]["now"]["value"] = 0.99
    return whole


def test_a_figure_changed_in_the_edition_is_named_with_both_values(edition):
    found = altered(edition, content=with_another_share(edition))
    assert found.keys() == {"digest", "figures.closed_in_time.now.value"}
    assert found["digest"].published == edition.digest
    share = found["figures.closed_in_time.now.value"]
    assert (share.published, share.computed) == (0.99, 0.5)


def test_whoever_changes_the_digest_too_is_found_by_the_log(edition):
    whole = with_another_share(edition)
    found = altered(edition, content=whole, digest=digest_of(whole))
    assert found.keys() == {"digest", "figures.closed_in_time.now.value"}
    assert (found["digest"].published, found["digest"].computed) == (edition.digest, digest_of(whole))
    assert "the log tells of another edition" in found["digest"].why


def test_the_command_says_it_in_one_json_line_and_ends_with_one(edition):
    altered(edition, content=with_another_share(edition))
    done = CliRunner().invoke(group, ["verify", "--json"])
    (line,) = done.output.strip().splitlines()
    said = json.loads(line)
    assert done.exit_code == 1
    assert said["names"] == [f"monthly/{edition.bulletin.division}/2026-10/1"]
    assert {one["path"] for one in said["differences"]} == {"digest", "figures.closed_in_time.now.value"}
    spoken = CliRunner().invoke(group, ["verify"])
    assert "figures.closed_in_time.now.value: published 0.99, computed 0.5" in spoken.output
    assert spoken.exit_code == 1


def test_words_changed_in_the_edition_are_found_by_its_digest(edition):
    assert altered(edition, content=edition.content | {"approvals": []}).keys() == {"digest"}


def test_the_dates_beside_an_edition_are_its_own(edition):
    assert altered(edition, rulebook_date="2025-01-01").keys() == {"rulebook_date"}


def test_an_edition_that_is_gone_is_missed(edition):
    Edition.objects.filter(pk=edition.pk)._raw_delete(using="default")
    (one,) = verifying.verify().differences
    assert (one.edition, one.path, one.computed) == (f"monthly/{edition.bulletin.division}/2026-10/1", "edition", None)


def test_a_kept_count_that_was_changed_is_named_by_the_figures_that_no_longer_follow(edition):
    digest = edition.content["inputs"]["figures"]
    said = json.loads(zlib.decompress(bytes(KeptInput.objects.get(digest=digest).body)))
    at = said["measures"].index("closed_in_time__n") + 2
    own = edition.content["division"]["code"]
    (cell,) = [cell for cell in said["cells"] if cell[:2] == [own, "2026-10"]]
    cell[at] += 1
    KeptInput.objects.filter(digest=digest).update(body=zlib.compress(json.dumps(said).encode()))
    found = {one.path: one for one in verifying.verify().differences}
    assert "the kept figures are not what was kept" in found["inputs.figures"].why
    assert found["figures.closed_in_time.now.numerator"].computed == cell[at]
    assert found["figures.closed_in_time.now.numerator"].why == "what it was computed from was altered"


def test_a_kept_definition_that_was_changed_is_named(edition):
    digest = edition.content["inputs"]["definitions"]
    text = zlib.decompress(bytes(KeptInput.objects.get(digest=digest).body)).decode()
    KeptInput.objects.filter(digest=digest).update(body=zlib.compress(text.replace("0.85", "0.86").encode()))
    found = {one.path: one for one in verifying.verify().differences}
    assert "the kept definitions are not what was kept" in found["inputs.definitions"].why
    limit = found["figures.closed_in_time.limits.yellow"]
    assert (limit.published, limit.computed) == (0.85, 0.86)


def test_inputs_that_can_no_longer_be_read_are_named(edition):
    digest = edition.content["inputs"]["figures"]
    KeptInput.objects.filter(digest=digest).update(body=zlib.compress(b"{}"))
    (one,) = verifying.verify().differences
    assert (one.path, one.published) == ("inputs.figures", digest)
    KeptInput.objects.filter(digest=digest).update(body=b"torn")
    (one,) = verifying.verify().differences
    assert "not what was kept" in one.why


def test_an_edition_from_before_inputs_were_kept_is_said_and_is_no_failure(report):
    report = approved(report)
    report.content = {key: value for key, value in report.content.items() if key != "inputs"}
    report.save(update_fields=["content"])
    services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)
    done = CliRunner().invoke(group, ["verify"])
    assert done.exit_code == 0, done.output
    assert "published before its inputs were kept" in done.output


def test_one_edition_by_its_name(edition):
    report = edition.bulletin
    name = f"monthly/{report.division}/2026-10/1"
    assert "1 editions" in CliRunner().invoke(group, ["verify", "--edition", name]).output
    missing = CliRunner().invoke(group, ["verify", "--edition", f"monthly/{report.division}/2026-10/7"])
    assert missing.exit_code != 0
