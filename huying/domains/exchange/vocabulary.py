"""Kinds of feeds and measures, where a report stands, how it came in. No Django."""

from enum import StrEnum

from huying.kernel.words import Words, words

KIND = "exchange.report"
REMINDER = "exchange.reminder"
KEY = "exchange.key"
# The rule whose cards a report's clock would turn; the dataset gives its limit.
RULE = "exchange.report"


class KeyStanding(StrEnum):
    """Whether a machine's key opens anything, and if not, why."""

    LIVE = "live"
    LOCKED_OUT = "locked_out"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Kind(StrEnum):
    DATASET = "dataset"
    SURVEY = "survey"


class Feed(StrEnum):
    """Who fills it: a department, or this project's generator, marked as such on every page, until a department does."""

    DEPARTMENT = "department"
    GENERATED = "generated"


class Type(StrEnum):
    """What a measure is. A rate names the two counts it is made of, or can't be carried up the tree."""

    COUNT = "count"
    MONEY = "money"
    NUMBER = "number"
    RATE = "rate"


class Way(StrEnum):
    """How values came in."""

    PAGE = "page"
    FILE = "file"
    API = "api"
    GENERATED = "generated"


class Standing(StrEnum):
    """Where the report of one place and period stands at a moment."""

    EARLIER = "earlier"
    WAITING = "waiting"
    LATE = "late"
    MISSED = "missed"
    DELIVERED = "delivered"
    DELIVERED_LATE = "delivered_late"
    LOCKED = "locked"
    REOPENED = "reopened"


class Action(StrEnum):
    DELIVER = "deliver"
    CORRECT = "correct"
    REOPEN = "reopen"
    MARK_LATE = "mark_late"
    MARK_MISSED = "mark_missed"


KIND_WORDS: dict[Kind, Words] = {
    Kind.DATASET: words("部门数据", "department's dataset"),
    Kind.SURVEY: words("抽样调查", "survey"),
}
FEED_WORDS: dict[Feed, Words] = {
    Feed.DEPARTMENT: words("部门报送", "delivered by the department"),
    Feed.GENERATED: words("生成的演示数据", "generated for the demo"),
}
TYPE_WORDS: dict[Type, Words] = {
    Type.COUNT: words("计数", "count"),
    Type.MONEY: words("金额", "money"),
    Type.NUMBER: words("数值", "number"),
    Type.RATE: words("比率", "rate"),
}
WAY_WORDS: dict[Way, Words] = {
    Way.PAGE: words("页面填报", "typed on the page"),
    Way.FILE: words("表格上传", "uploaded file"),
    Way.API: words("接口推送", "by API"),
    Way.GENERATED: words("演示生成", "generated for the demo"),
}
STANDING_WORDS: dict[Standing, Words] = {
    Standing.EARLIER: words("补报往期", "earlier period"),
    Standing.WAITING: words("待报", "to report"),
    Standing.LATE: words("过期未报", "overdue"),
    Standing.MISSED: words("已锁定未报", "locked, not delivered"),
    Standing.DELIVERED: words("已报", "delivered"),
    Standing.DELIVERED_LATE: words("迟报补齐", "delivered late"),
    Standing.LOCKED: words("已锁定", "locked"),
    Standing.REOPENED: words("已重开", "reopened"),
}
ACTION_WORDS: dict[Action, Words] = {
    Action.DELIVER: words("报送", "deliver"),
    Action.CORRECT: words("更正", "correct"),
    Action.REOPEN: words("重开", "reopen"),
    Action.MARK_LATE: words("记为迟报", "mark as late"),
    Action.MARK_MISSED: words("记为未报", "mark as not delivered"),
}
KEY_STANDING_WORDS: dict[KeyStanding, Words] = {
    KeyStanding.LIVE: words("可用", "in use"),
    KeyStanding.LOCKED_OUT: words("试错锁定", "locked after wrong tries"),
    KeyStanding.EXPIRED: words("已到期", "expired"),
    KeyStanding.REVOKED: words("已撤销", "revoked"),
}
# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {action.value: said for action, said in ACTION_WORDS.items()} | {
    "key_made": words("发放接口密钥", "API key made"),
    "key_rotated": words("更换接口密钥", "API key rotated"),
    "key_revoked": words("撤销接口密钥", "API key revoked"),
    "key_bound": words("限定接口密钥的地址", "API key bound to addresses"),
    "key_locked": words("接口密钥试错锁定", "API key locked after wrong tries"),
    "key.used": words("使用接口密钥", "API key used"),
    "key.refused": words("接口密钥被拒", "API key refused"),
    "key.elsewhere": words("接口密钥来自限定以外的地址", "API key shown from elsewhere"),
    "key.too_often": words("接口密钥用得过密", "API key used too often"),
}
# Who showed a key that was not right is not known.
LOGGED_ACTORS: dict[str, Words] = {"api": words("来历不明的程序", "an unknown program")}
LOGGED_KINDS: dict[str, Words] = {KIND: words("数据报送", "report of data"), KEY: words("接口密钥", "API key")}
