"""Why a number of matters isn't today what it was: what the log tells of the records it may rest on, after a moment.

Matters have no versions. But each act on one is an event that says when it was done and when it was recorded, so that what was
put in late, corrected, merged or erased can be told apart from what simply went on.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time
from enum import StrEnum

from django.db.models import Q, QuerySet

from huying.analytics.located import located
from huying.analytics.periods import Period
from huying.analytics.trees import Node, Tree
from huying.domains.matters.models import Matter
from huying.kernel import audit, clock
from huying.kernel.actors import Level
from huying.kernel.words import Words, words

# The days by which a matter is counted (huying.domains.matters.facts).
DAYS = ("registered_at", "due_at", "receipt_due_at", "closed_at")
CORRECTIONS = frozenset({"correct", "decide_unreasonable"})


class Reason(StrEnum):
    """Why it may count otherwise now. A record has one: the first of these that its events show."""

    LATE = "late"
    MOVED = "moved"
    CORRECTED = "corrected"
    MERGED = "merged"
    RECORDED_LATE = "recorded_late"
    WENT_ON = "went_on"
    ERASED = "erased"


REASON_WORDS: dict[Reason, Words] = {
    Reason.LATE: words("补登", "entered late"),
    Reason.MOVED: words("改到别处", "moved elsewhere"),
    Reason.CORRECTED: words("更正", "corrected"),
    Reason.MERGED: words("并单", "merged"),
    Reason.RECORDED_LATE: words("办理补记", "acts recorded late"),
    Reason.WENT_ON: words("之后登记或继续办理", "came in or went on since"),
    Reason.ERASED: words("个人信息已删除（不影响件数）", "personal words erased (no count changes)"),
}


def touched(tree: Tree, node: Node, period: Period, since: datetime) -> dict[Reason, list[int]]:
    """Ids of the matters a number of that place and period may rest on and that were acted upon since, by reason.

    since: up to this moment everything was in the number. Three queries. A matter moved elsewhere is told where its correction
    says whence.
    """
    acts: dict[int, list[tuple[int, str, datetime]]] = defaultdict(list)
    for record, seq, action, at in audit.acts_since("matter", _of(tree, node, period), since):
        acts[record].append((seq, action, at))
    found: dict[Reason, list[int]] = {reason: [] for reason in Reason}
    for record, done in acts.items():
        found[_reason(done, since)].append(record)
    found[Reason.MOVED] = sorted(_moved(tree, node, period, since) - acts.keys())
    return found


def _of(tree: Tree, node: Node, period: Period) -> QuerySet[Matter, int]:
    fields = {level.column: level.column for level in Level}
    condition = Q(pk__in=[])
    for start, end, where in located(tree, node, period, fields):
        begin, over = (datetime.combine(day, time(), clock.ZONE) for day in (start, end))
        for day in DAYS:
            condition |= Q(where, **{f"{day}__gte": begin, f"{day}__lt": over})
    return Matter.objects.everything("why a number changed").filter(condition).order_by().values_list("pk", flat=True)


def _reason(acts: list[tuple[int, str, datetime]], since: datetime) -> Reason:
    actions = {action for _seq, action, _at in acts}
    first = next((at for seq, _action, at in acts if seq == 1), None)
    if first is not None:
        return Reason.LATE if first <= since else Reason.WENT_ON
    if actions & CORRECTIONS:
        return Reason.CORRECTED
    if "merge" in actions:
        return Reason.MERGED
    if any(at <= since for _seq, _action, at in acts):
        return Reason.RECORDED_LATE
    return Reason.ERASED if actions == {"erased"} else Reason.WENT_ON


def _moved(tree: Tree, node: Node, period: Period, since: datetime) -> set[int]:
    """Those whose first correction since took them out of the place."""
    found: dict[int, str] = {}
    for record, payload in audit.payloads_since("matter", "correct", since):
        where = payload.get("division")
        if isinstance(where, dict) and where.get("from"):
            found.setdefault(record, str(where["from"]))
    left = {
        record for record, code in found.items() if node.code in (step.code for step in tree.path(code, period.last))
    }
    counted = Q(pk__in=[])
    begin, over = (datetime.combine(day, time(), clock.ZONE) for day in (period.start, period.end))
    for day in DAYS:
        counted |= Q(**{f"{day}__gte": begin, f"{day}__lt": over})
    rows = Matter.objects.everything("why a number changed").filter(counted, pk__in=left)
    return set(rows.values_list("pk", flat=True))
