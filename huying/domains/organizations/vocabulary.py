"""The words of the organisation: kinds of unit, reasons of absence, where a unit comes from."""

from enum import StrEnum

from huying.kernel.actors import Level, Role
from huying.kernel.words import Words, words


class UnitKind(StrEnum):
    DEPARTMENT = "department"
    TERRITORIAL = "territorial"
    CENTRE = "centre"
    HOTLINE_OFFICE = "hotline_office"
    PUBLIC_UTILITY = "public_utility"
    VILLAGE = "village"
    SUPERVISION = "supervision"


UNIT_KIND_WORDS: dict[UnitKind, Words] = {
    UnitKind.DEPARTMENT: words("部门", "line department"),
    UnitKind.TERRITORIAL: words("属地政府", "territorial government"),
    UnitKind.CENTRE: words("治理中心", "governance centre"),
    UnitKind.HOTLINE_OFFICE: words("热线办", "hotline office"),
    UnitKind.PUBLIC_UTILITY: words("公用事业单位", "public utility"),
    UnitKind.VILLAGE: words("村（社区）", "village or community"),
    UnitKind.SUPERVISION: words("督查监督机关", "supervising body"),
}


class Provenance(StrEnum):
    DOCUMENT = "document"
    DEMO = "demo"


PROVENANCE_WORDS: dict[Provenance, Words] = {
    Provenance.DOCUMENT: words("依公开文件", "from the public document"),
    Provenance.DEMO: words("演示虚构", "invented for the demo"),
}


class AbsenceReason(StrEnum):
    LEAVE = "leave"
    SICKNESS = "sickness"
    TRAINING = "training"
    SECONDMENT = "secondment"
    BUSINESS_TRIP = "business_trip"


ABSENCE_WORDS: dict[AbsenceReason, Words] = {
    AbsenceReason.LEAVE: words("休假", "leave"),
    AbsenceReason.SICKNESS: words("病假", "sickness"),
    AbsenceReason.TRAINING: words("学习培训", "training"),
    AbsenceReason.SECONDMENT: words("借调", "secondment"),
    AbsenceReason.BUSINESS_TRIP: words("出差", "business trip"),
}


TERM_EVENT_WORDS: dict[str, Words] = {
    "appointed": words("任命", "appointed"),
    "deputy_named": words("指定为代理人", "named as deputy"),
    "term_ended": words("定下结束日期", "end set"),
    "absence_recorded": words("登记缺勤", "absence recorded"),
    "absence_ended": words("结束缺勤", "absence ended"),
    "handed_over": words("移交完毕", "handed over"),
}


class RosterKind(StrEnum):
    DUTY = "duty"
    HOTLINE = "hotline"
    WINDOW = "window"


ROSTER_KIND_WORDS: dict[RosterKind, Words] = {
    RosterKind.DUTY: words("值班", "duty"),
    RosterKind.HOTLINE: words("热线坐席", "hotline seats"),
    RosterKind.WINDOW: words("入驻窗口", "department at a window"),
}

LEVEL_WORDS: dict[Level, Words] = {
    Level.PROVINCE: words("省级", "province"),
    Level.CITY: words("市级", "city"),
    Level.COUNTY: words("县级", "county"),
    Level.TOWNSHIP: words("乡镇（街道）级", "township"),
    Level.VILLAGE: words("村（社区）级", "village"),
    Level.GRID: words("网格", "grid"),
}

_PREFIX = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12, Level.GRID: 15}


def division_prefix(division: str, level: Level) -> str:
    """The digits of a 12-digit division code that say where it is at `level`: 331102000000 at county level is 331102."""
    return division[: _PREFIX[level]]


def ancestor_code(division: str, level: Level) -> str:
    """The 12-digit code of the division of `level` that holds `division` (by the code's own nesting)."""
    return division_prefix(division, level).ljust(12, "0")


# The posts that most units have, by key: what a pack's `units.posts` column names, so that they need no rows of their own.
STANDARD_POSTS: dict[str, tuple[str, frozenset[Role]]] = {
    "mayor": ("主要领导", frozenset({Role.LEADER, Role.UNIT_HEAD})),
    "deputy_law": ("分管政法领导", frozenset({Role.LEADER})),
    "deputy_urban": ("分管城建领导", frozenset({Role.LEADER})),
    "deputy_livelihood": ("分管民生领导", frozenset({Role.LEADER})),
    "deputy_economy": ("分管经济和安全领导", frozenset({Role.LEADER})),
    "deputy_rural": ("分管农业农村领导", frozenset({Role.LEADER})),
    "head": ("负责人", frozenset({Role.UNIT_HEAD})),
    "handler": ("承办员", frozenset({Role.HANDLER})),
    "call_taker": ("受理员", frozenset({Role.CALL_TAKER})),
    "dispatcher": ("派单员", frozenset({Role.DISPATCHER})),
    "followup": ("回访员", frozenset({Role.FOLLOWUP_CLERK})),
    "supervisor": ("督办员", frozenset({Role.SUPERVISOR})),
    "grid_office": ("网格办", frozenset({Role.GRID_OFFICE})),
    "analyst": ("分析员", frozenset({Role.ANALYST})),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "account_made": words("建立账号", "account made"),
    "account_opened": words("启用账号", "account opened"),
    "account_closed": words("停用账号", "account closed"),
    "password_changed": words("修改密码", "password changed"),
    "password_reset": words("重设密码", "password reset"),
    "lock_lifted": words("解除锁定", "lock lifted"),
    "second_factor_added": words("启用双重验证", "second factor added"),
    "second_factor_removed": words("取消双重验证", "second factor removed"),
    "signed_in": words("登录", "signed in"),
    "signin.failed": words("登录失败", "sign-in failed"),
    "post_chosen": words("选择岗位", "post chosen"),
    "session_ended": words("退出", "session ended"),
    "unit_made": words("设立单位", "unit made"),
    "unit_changed": words("更改单位", "unit changed"),
    "unit_ended": words("撤销单位", "unit ended"),
    "post_made": words("设立岗位", "post made"),
    "post_changed": words("更改岗位", "post changed"),
    "post_ended": words("撤销岗位", "post ended"),
    "appointed": words("任职", "appointed"),
    "deputy_named": words("指定代理", "deputy named"),
    "term_ended": words("任期结束", "term ended"),
    "absence_recorded": words("登记缺勤", "absence recorded"),
    "absence_ended": words("缺勤结束", "absence ended"),
    "handed_over": words("移交", "handed over"),
    "shifts_added": words("排班", "shifts added"),
    "named": words("确定分工", "portfolio named"),
    "ended": words("分工结束", "portfolio ended"),
}
LOGGED_KINDS: dict[str, Words] = {
    "account": words("账号", "account"),
    "session": words("登录", "session"),
    "unit": words("单位", "unit"),
    "post": words("岗位", "post"),
    "term": words("任期", "term"),
    "roster": words("值班表", "roster"),
    "portfolio": words("分管分工", "portfolio"),
}
