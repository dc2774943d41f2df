"""`huying deadlines`: what a limit is due, and why. Works from the shipped rules without a database."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import click

from huying.domains.rulebook import content
from huying.kernel import clock, deadlines
from huying.kernel.errors import InvalidInput, RuleMissing
from huying.kernel.words import words

CHINESE, ENGLISH = "zh", "en"


@click.group()
def group() -> None:
    """Legal time limits: list the rules, explain a deadline day by day.

    Example: huying deadlines explain hotline.province --start 2026-09-24T10:00
    """


def _language() -> str:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return ENGLISH if spoken.startswith("en") else CHINESE


def _moment(_context: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"看不懂的时间 {text!r}（not a time）", cure="请写成 2026-09-24T10:00 或 2026-09-24T10:00+08:00"
        ) from None
    if not 1901 <= moment.year <= 2190:
        raise InvalidInput(f"{text!r} 的年份超出范围", cure="年份在 1901 到 2190 之间（a year from 1901 to 2190）")
    return clock.local(moment)


@group.command()
@click.argument("rule", required=False)
@click.option("--limit", "limit_text", metavar="LIMIT", help='Instead of a rule: "2 h", "15 WD", "60 D" or "1 M".')
@click.option("--start", metavar="ISO", required=True, callback=_moment, help="When it starts; naive: Asia/Shanghai.")
@click.option("--division", default="", metavar="CODE", help="12-digit division whose own rule applies, if it has one.")
@click.option("--due", metavar="ISO", callback=_moment, help="For the rule `imported`: the due moment from outside.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@click.option("--lang", type=click.Choice([CHINESE, ENGLISH]), default=None, help="By default the terminal's language.")
def explain(
    rule: str | None,
    limit_text: str | None,
    start: datetime,
    division: str,
    due: datetime | None,
    as_json: bool,
    lang: str | None,
) -> None:
    """When RULE (or --limit), started at --start, is due: the rule, the article, each skipped day with its reason.

    Example: huying deadlines explain hotline.province --start 2026-09-24T10:00

    Example: huying deadlines explain --limit "15 WD" --start 2026-09-24T10:00 --json
    """
    if (rule is None) == (limit_text is None):
        raise click.UsageError('name either a RULE (see "huying deadlines list") or --limit "15 WD", not both')
    if limit_text is not None:
        limit = deadlines.Limit.parse(limit_text)
        found = deadlines.Rule(
            key="",
            words=words("未指定规则", "no rule named"),
            limit=limit,
            basis=(deadlines.Basis("民法典", "第二百零一条至第二百零四条"),),
        )
        calendar, source = content.calendar(), "shipped"
    else:
        found, calendar, source = _rule(rule or "", start.date(), division)
    told = deadlines.compute(found, start, calendar, external_due=due)
    language = lang or _language()
    if as_json:
        click.echo(json.dumps(as_data(told, source, language), ensure_ascii=False))
        return
    say = _speaker(language)
    if found.key:
        click.echo(f"{found.key} · {say(found.words)}")
    for step in told.steps:
        click.echo(f"  {say(step)}")
    for entry in told.skipped:
        click.echo(f"  - {entry.day} {say(entry.reason)}")
    if told.internal_due:
        click.echo(f"  {say(words('内部目标', 'internal target'))}: {told.internal_due:%Y-%m-%d %H:%M:%S}")
    if told.warn_at:
        click.echo(f"  {say(words('黄牌', 'yellow card'))}: {told.warn_at:%Y-%m-%d %H:%M}")
    click.echo(f"  {say(words('依据', 'basis'))}: {'；'.join(told.basis) or '—'}")


@group.command("list")
@click.option("--on", metavar="DATE", default=None, help="The rules in force on this date (default: today).")
@click.option("--division", default="", metavar="CODE", help="12-digit division whose own rules apply first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_rules(on: str | None, division: str, as_json: bool) -> None:
    """The limit rules in force: key, limit, what it is for, by which law.

    Example: huying deadlines list --on 2026-09-24
    """
    try:
        day = date.fromisoformat(on) if on else clock.today()
    except ValueError:
        raise InvalidInput(f"看不懂的日期 {on!r}（not a date）", cure="请写成 2026-09-24") from None
    say = _speaker(_language())
    for rule in _rules(day, division):
        if as_json:
            click.echo(json.dumps(rule.as_json(), ensure_ascii=False))
        else:
            law = "；".join(str(basis) for basis in rule.basis)
            click.echo(f"{rule.key:32} {rule.limit or '—'!s:>6}  {say(rule.words)} · {law}")


def _speaker(language: str) -> Any:
    return lambda pair: getattr(pair, language)


def as_data(told: deadlines.Deadline, source: str = "", language: str = CHINESE) -> dict[str, Any]:
    """A deadline as the JSON that `explain --json` prints."""
    say = _speaker(language)
    rule = told.rule

    def moment(value: datetime | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "due": moment(told.due),
        "provisional": told.provisional,
        "skipped": [{"date": entry.day.isoformat(), "reason": say(entry.reason)} for entry in told.skipped],
        "basis": list(told.basis),
        "rule": rule.key or None,
        "name": say(rule.words) if rule.key else None,
        "limit": str(rule.limit) if rule.limit else None,
        "counted_as": str(rule.counted) if rule.counted else None,
        "start": moment(told.start),
        "internal_due": moment(told.internal_due),
        "yellow_at": moment(told.warn_at),
        "red_at": moment(told.red_at),
        "cards_provisional": told.cards_provisional,
        "steps": [say(step) for step in told.steps],
        "source": source,
    }


def _published() -> Any:
    """The rulebook's queries when this installation has a database with a rulebook in it, else None."""
    import django
    from django.conf import settings
    from django.db import DatabaseError, connection

    try:
        django.setup()
        if connection.vendor == "sqlite" and not os.path.exists(str(settings.DATABASES["default"]["NAME"])):
            return None
        from huying.domains.rulebook import queries

        return queries if queries.has_limits() else None
    except DatabaseError:
        return None


def _rule(key: str, on: date, division: str) -> tuple[deadlines.Rule, deadlines.Calendar, str]:
    published = _published()
    if published is not None:
        return published.limit_rule(key, on, division), published.calendar(), "database"
    versions = content.limits().get(key)
    if versions is None:
        near = [name for name in content.limits() if name.startswith(key.split(".")[0])]
        raise RuleMissing(f"没有名为 {key} 的时限规则（no such rule）", cure=_cure(near))
    for rule in versions:
        if rule.valid_from and rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to):
            return rule, content.calendar(), "shipped"
    raise RuleMissing(
        f"规则 {key} 在 {on} 尚无取值（no value on that date）", cure=f"最早自 {versions[0].valid_from} 起有效"
    )


def _cure(near: list[str]) -> str:
    return (
        f"相近的有（near it）：{'、'.join(near[:8])}"
        if near
        else "huying deadlines list 列出全部规则（lists them all）"
    )


def _rules(on: date, division: str) -> list[deadlines.Rule]:
    published = _published()
    if published is not None:
        found: Mapping[str, deadlines.Rule] = published.limit_rules(None, on, division)
        return [found[key] for key in sorted(found)]
    return [
        rule
        for versions in content.limits().values()
        for rule in versions
        if rule.valid_from and rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)
    ]
