"""What matters offer to analytics: one row each, no words of anyone's, no identity."""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Case, DateTimeField, F, Q, QuerySet, Value, When

from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Kind as MatterKind
from huying.domains.matters.vocabulary import State
from huying.kernel.facts import Column, FactTable, Kind, register
from huying.kernel.words import words

ANSWERED_IN_TIME = Case(
    When(replied_at__isnull=True, then=Value(None)),
    When(due_at__isnull=True, then=Value(None)),
    When(replied_at__lte=F("due_at"), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(null=True),
)
# The reply that stood in the end, against its clock: what a unit answers for. Follow-up is not the unit's time.
CLOSED_IN_TIME = Case(
    When(Q(closed_at__isnull=True) | Q(due_at__isnull=True) | Q(replied_at__isnull=True), then=Value(None)),
    When(replied_at__lte=F("due_at"), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(null=True),
)
# When the unit was done: the reply that stands, or the close of a matter that needed none (withdrawn, handled on the spot).
HANDLED_AT = Case(
    When(replied_at__isnull=False, then=F("replied_at")), default=F("closed_at"), output_field=DateTimeField(null=True)
)

COLUMNS: tuple[tuple[str, Kind, str, str, str], ...] = (
    ("id", Kind.INT, "pk", "事项", "matter"),
    ("registered_at", Kind.SECONDS, "registered_at", "登记时间", "registered at"),
    ("province", Kind.TEXT, "province", "省", "province"),
    ("city", Kind.TEXT, "city", "市", "city"),
    ("county", Kind.TEXT, "county", "县", "county"),
    ("township", Kind.TEXT, "township", "乡镇", "township"),
    ("village", Kind.TEXT, "village", "村", "village"),
    ("grid", Kind.TEXT, "grid", "网格", "grid"),
    ("kind", Kind.TEXT, "kind", "类型", "kind"),
    ("channel", Kind.TEXT, "channel", "渠道", "channel"),
    ("item", Kind.TEXT, "item", "事项目录", "item"),
    ("lead_unit_id", Kind.INT, "lead_unit_id", "主办单位", "lead unit"),
    ("state", Kind.TEXT, "state", "状态", "state"),
    ("limit_due_at", Kind.SECONDS, "due_at", "办理到期", "due at"),
    ("received_due_at", Kind.SECONDS, "receipt_due_at", "签收到期", "receipt due at"),
    ("first_received_at", Kind.SECONDS, "received_at", "签收时间", "received at"),
    ("first_replied_at", Kind.SECONDS, "first_replied_at", "首次答复时间", "first replied at"),
    ("replied_in_time", Kind.BOOL, "replied_in_time", "按时答复", "replied in time"),
    ("handled_at", Kind.SECONDS, "handled_at", "办毕时间", "handled at"),
    ("closed_at", Kind.SECONDS, "closed_at", "办结时间", "closed at"),
    ("closed_in_time", Kind.BOOL, "closed_in_time", "按时办结", "closed in time"),
    ("outcome", Kind.TEXT, "outcome", "结果", "outcome"),
    ("solved", Kind.TEXT, "solved_or_null", "是否解决", "solved"),
    ("satisfied", Kind.TEXT, "satisfied_or_null", "是否满意", "satisfied"),
    ("returned_count", Kind.INT, "returned_count", "退回次数", "times returned"),
    ("redo_count", Kind.INT, "redo_count", "重办次数", "times redone"),
    ("extended", Kind.BOOL, "extended", "延期", "extended"),
    ("place_key", Kind.TEXT, "place_or_null", "同地同事", "same place and item"),
    ("unreasonable", Kind.BOOL, "unreasonable", "不合理诉求", "unreasonable"),
    ("is_demo", Kind.BOOL, "is_demo", "演示", "demo"),
    ("petition", Kind.BOOL, "petition", "信访", "petition"),
)


def _or_null(field: str) -> Case:
    return Case(When(**{field: ""}, then=Value(None)), default=F(field))


def rows(ids: Sequence[int] | None) -> QuerySet[Matter, Any]:
    """Rows in the order of COLUMNS: plain columns and CASE only, which the lake's scanner runs without Django. Merged matters
    are left out: their main order stands for them."""
    matters = Matter.objects.everything("facts carry neither words nor people").exclude(state=State.MERGED)
    if ids is not None:
        matters = matters.filter(pk__in=list(ids))
    return matters.annotate(
        replied_in_time=ANSWERED_IN_TIME,
        closed_in_time=CLOSED_IN_TIME,
        handled_at=HANDLED_AT,
        solved_or_null=_or_null("solved"),
        satisfied_or_null=_or_null("satisfied"),
        place_or_null=_or_null("place_key"),
        petition=Case(When(kind=MatterKind.PETITION, then=Value(True)), default=Value(False)),
    ).values_list(*(field for _name, _kind, field, _zh, _en in COLUMNS))


register(
    FactTable(
        name="matters",
        key="id",
        columns=tuple(Column(name, kind, words(zh, en)) for name, kind, _field, zh, en in COLUMNS),
        rows=rows,
        words=words("事项", "matters"),
    )
)
