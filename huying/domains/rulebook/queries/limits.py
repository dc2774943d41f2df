"""Limits, parameters and the calendar, as other domains ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _

from huying.domains.rulebook import content
from huying.domains.rulebook.queries.book import book, in_force, mark
from huying.domains.rulebook.vocabulary import places_up
from huying.kernel.deadlines import Calendar, Rule
from huying.kernel.errors import RuleMissing


def calendar() -> Calendar:
    """The working calendar as published here; the shipped one where nothing else was."""
    return book().calendar


def limit_rule(key: str, on: date, division: str = "") -> Rule:
    """The rule in force on `on` for `division`: the most specific area's own, else everywhere's, else the shipped one.

    Raises RuleMissing.
    """
    limits = book().limits
    for place in places_up(division):
        for rule in limits.get((key, place), ()):
            if in_force(rule.valid_from, rule.valid_to, on):
                return rule
    for rule in content.limits().get(key, ()):
        if in_force(rule.valid_from, rule.valid_to, on):
            return rule
    raise RuleMissing(
        _("时限规则 %(key)s 在 %(on)s 没有取值（no value in force）") % {"key": key, "on": on},
        cure=_("在规则库中发布这条时限，或用 huying deadlines list 查看全部"),
    )


def limit_rules(keys: Iterable[str] | None, on: date, division: str = "") -> dict[str, Rule]:
    """`limit_rule` for many; None: every key that has a value on that date. Raises RuleMissing for a named one without."""
    if keys is not None:
        return {key: limit_rule(key, on, division) for key in keys}
    found: dict[str, Rule] = {}
    for key in rule_keys():
        try:
            found[key] = limit_rule(key, on, division)
        except RuleMissing:
            continue
    return found


def rule_keys() -> list[str]:
    """Every rule key that exists, shipped or published here."""
    return sorted({*content.limits(), *(key for key, _ in book().limits)})


def parameter(key: str, on: date, division: str = "") -> Any:
    """The parameter's value in force, by the same order as limits. Raises RuleMissing."""
    values = book().parameters
    for place in places_up(division):
        for start, end, value in values.get((key, place), ()):
            if in_force(start, end, on):
                return value
    shipped = content.parameters().get(key)
    if shipped is None:
        raise RuleMissing(
            _("没有名为 %(key)s 的参数（no such parameter）") % {"key": key}, cure=_("在规则库中发布这个参数")
        )
    return shipped.at(on)


def has_limits() -> bool:
    """Whether this database holds a rulebook at all (its tables are there)."""
    try:
        mark()
    except DatabaseError:
        return False
    return True
