import json

import pytest
from click.testing import CliRunner

from huying.domains.rulebook import commands, content
from huying.kernel.errors import InvalidInput, RuleMissing


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(commands, "_published", lambda: None)

    def call(*arguments):
        done = CliRunner().invoke(commands.group, arguments, catch_exceptions=True)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return call


def test_a_limit_is_explained_as_json_with_each_skipped_day(run):
    told = json.loads(run("explain", "--limit", "15 WD", "--start", "2026-09-24T10:00", "--json").output)
    assert told["due"] == "2026-10-22T23:59:59+08:00"
    assert told["provisional"] is False
    assert told["skipped"][0] == {"date": "2026-09-25", "reason": "中秋节"}
    assert len(told["skipped"]) == 13
    assert told["basis"]


def test_a_rule_is_explained_with_its_article_and_cards(run):
    told = json.loads(run("explain", "petition.handling", "--start", "2026-10-30T10:00", "--json").output)
    assert told["due"].startswith("2026-12-29T23:59:59")
    assert told["basis"] == ["信访工作条例 第三十四条"]
    assert (told["rule"], told["limit"]) == ("petition.handling", "60 D")


def test_a_deadline_in_an_unpublished_year_says_so_in_either_language(run):
    said = run("explain", "hotline.province", "--start", "2026-12-20", "--lang", "zh").output
    assert "尚未公布" in said
    assert "no published schedule" in run("explain", "hotline.province", "--start", "2026-12-20", "--lang", "en").output


def test_the_list_names_every_rule_in_force(run):
    listed = [json.loads(line)["key"] for line in run("list", "--on", "2026-09-24", "--json").output.splitlines()]
    assert listed == list(content.limits())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["explain", "--limit", "15 XX", "--start", "2026-09-24"], InvalidInput),
        (["explain", "--limit", "15 WD", "--start", "yesterday"], InvalidInput),
        (["explain", "--limit", "15 WD", "--start", "0001-01-01"], InvalidInput),
        (["explain", "hotline.nonsense", "--start", "2026-09-24"], RuleMissing),
        (["explain", "petition.handling", "--start", "2001-09-24"], RuleMissing),
        (["list", "--on", "soon"], InvalidInput),
    ],
)
def test_bad_input_is_one_clear_error_with_a_cure(run, arguments, error):
    with pytest.raises(error) as caught:
        run(*arguments)
    assert caught.value.cure
    assert "\n" not in caught.value.one_line()


def test_a_rule_and_a_limit_together_are_refused(run):
    assert run("explain", "hotline.life", "--limit", "2 h", "--start", "2026-09-24").exit_code == 2
    assert run("explain", "--start", "2026-09-24").exit_code == 2


def test_every_command_shows_an_example(run):
    for arguments in (["--help"], ["explain", "--help"], ["list", "--help"]):
        assert "Example: huying deadlines" in run(*arguments).output


def test_a_bare_limit_needs_no_database_and_makes_none(installation):
    done = installation.run("deadlines", "explain", "--limit", "2 h", "--start", "2026-10-03T10:20", "--json")
    assert json.loads(done.stdout)["due"] == "2026-10-03T12:20:00+08:00"
    assert list(installation.home.rglob("*.sqlite3")) == []
