"""How a warning is said in a task and a letter."""

from __future__ import annotations

from django.utils.translation import gettext as _

from huying.analytics import definitions
from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.figures import shown
from huying.domains.warnings.models import IndicatorWarning, Seen
from huying.domains.warnings.queries import warning_words
from huying.domains.warnings.vocabulary import STEP_WORDS, Origin, Step

LONGEST = 120


def value_of(warning: IndicatorWarning, seen: Seen) -> str:
    """The value as people write it."""
    if seen.text:
        return seen.text
    rules = definitions.shipped()
    known = rules.indicator(warning.indicator.partition(".")[0])
    if seen.value is None or known is None:
        return "—"
    return shown(known.unit, seen.value)


def headline(warning: IndicatorWarning, seen: Seen) -> str:
    """One line: step, place, indicator, how bad, since when."""
    said = {
        "step": STEP_WORDS[Step(warning.step)],
        "place": warning.place,
        "name": warning_words(warning),
        "value": value_of(warning, seen),
        "n": seen.in_a_row,
        "key": seen.key,
    }
    if warning.origin == Origin.EARLY:
        said["high"] = seen.high
        return (_("%(step)s：%(place)s%(name)s，至%(key)s七天%(value)s，高于预期上限%(high)s") % said)[:LONGEST]
    said["colour"] = GRADE_WORDS[Grade(seen.colour)] if seen.colour else ""
    return (_("%(step)s：%(place)s%(name)s %(key)s为%(value)s（%(colour)s），连续%(n)s期") % said)[:LONGEST]


def detail(warning: IndicatorWarning, seen: Seen) -> str:
    """What is asked, with the ground it stands on."""
    asked = {
        Step.SIGNAL: _("请看明白多出来的是什么、在哪里、是否需要增派力量，写明判断。"),
        Step.ALERT: _("请查明原因，写明已采取的措施。"),
        Step.NOTICE: _("请提出整改措施、责任单位和完成时间。"),
        Step.TALK: _("请约谈该地负责岗位，写明约谈结论和整改要求。"),
        Step.LISTED: _("列入挂牌督办，请写明整改方案、责任岗位、完成时间和验收方式。"),
    }[Step(warning.step)]
    ground = _("依据：%(reference)s") % {"reference": seen.reference} if seen.reference else ""
    return "\n".join(part for part in (headline(warning, seen), asked, ground) if part)
