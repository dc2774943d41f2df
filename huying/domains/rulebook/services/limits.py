"""Limits and parameters: drafted with their whole body checked, then published like every dated part."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from huying.domains.rulebook.models import LimitRule, ParameterValue
from huying.domains.rulebook.services.lifecycle import add_drafts
from huying.domains.rulebook.vocabulary import Part
from huying.kernel.actors import Actor
from huying.kernel.deadlines import Rule
from huying.kernel.errors import InvalidInput

OUTSIDE = ("key", "division", "valid_from", "valid_to")


def body_of(rule: Rule) -> dict[str, Any]:
    """A rule as LimitRule keeps it: without what has its own column."""
    return {name: value for name, value in rule.as_json().items() if name not in OUTSIDE}


def draft_limit(
    *,
    key: str,
    body: dict[str, Any],
    valid_from: date,
    actor: Actor,
    valid_to: date | None = None,
    division: str = "",
    provenance: str = "document",
) -> LimitRule:
    """A new version of a limit. `body`: deadlines.Rule as JSON. Raises InvalidInput naming the field, Forbidden."""
    rule = Rule.from_json({**body, "key": key})
    if rule.limit is None and key != "imported":
        raise InvalidInput(_("请填写时限。"), cure=_("如 15 WD、60 D、2 h、1 M"), fields={"limit": _("必填")})
    row = LimitRule(
        key=key, division=division, valid_from=valid_from, valid_to=valid_to, body=body_of(rule), provenance=provenance
    )
    return add_drafts(Part.LIMIT, [row], actor=actor)[0]


def draft_parameter(
    *, key: str, value: Any, words: dict[str, str], unit: str, kind: str, reference: str, valid_from: date, actor: Actor,
    division: str = "",
) -> ParameterValue:  # fmt: skip
    """A new value of a parameter, with its description, unit and legal reference."""
    if not isinstance(value, int | float | str | bool):
        raise InvalidInput(_("参数取值应为数、文字或是否。"), cure=_("请改正取值。"), fields={"value": _("不支持")})
    if not reference.strip():
        raise InvalidInput(_("请写明依据。"), cure=_("填写文件名称与条款。"), fields={"reference": _("必填")})
    body = {"value": value, "zh": words["zh"], "en": words["en"], "unit": unit, "kind": kind, "reference": reference}
    row = ParameterValue(key=key, division=division, valid_from=valid_from, body=body)
    return add_drafts(Part.PARAMETER, [row], actor=actor)[0]
