"""Steps, colours' order, owners and states of warnings. No Django."""

from enum import StrEnum

from huying.kernel.words import Words, words

KIND = "warning"
RUNG = "warning_rung"


class Origin(StrEnum):
    """Where a warning comes from."""

    COLOUR = "colour"
    EARLY = "early"


class Step(StrEnum):
    """What is asked, from the mildest up (预警 → 通知 → 约谈 → 挂牌督办). A signal asks only to look."""

    SIGNAL = "signal"
    ALERT = "alert"
    NOTICE = "notice"
    TALK = "talk"
    LISTED = "listed"


class Owner(StrEnum):
    """Whose task it is: the place's own post, or that of the place above."""

    PLACE = "place"
    ABOVE = "above"


class Letters(StrEnum):
    """How posts are told: at once, or once a day with everything else."""

    SINGLE = "single"
    DIGEST = "digest"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class RungState(StrEnum):
    """Of a version of a rung."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class RungStanding(StrEnum):
    """Where a version of a rung stands on a day."""

    DRAFT = "draft"
    COMING = "coming"
    IN_FORCE = "in_force"
    OVER = "over"
    WITHDRAWN = "withdrawn"


class Ended(StrEnum):
    """Why it is closed."""

    MENDED = "mended"
    CORRECTED = "corrected"
    BY_HAND = "by_hand"


class News(StrEnum):
    """What posts are told of."""

    OPENED = "opened"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    MENDED = "mended"


RANK = {step: rank for rank, step in enumerate(Step)}
# Numbers of matters that are forecast, as the report names them. 举报 are left out: a rise in reports of wrongdoing is no demand
# for a service, and a forecast of them would be one of crime (fixed limit 10). Petitions are in no count at all.
SERIES: dict[str, str] = {
    "volume": "volume__n",
    "by_kind.enquiry": "by_kind__enquiry",
    "by_kind.help": "by_kind__help",
    "by_kind.complaint": "by_kind__complaint",
    "by_kind.suggestion": "by_kind__suggestion",
    "same_place_repeats": "same_place_repeats__n",
}
# What a number is called where the indicator of its code is a share.
SERIES_WORDS: dict[str, Words] = {
    "same_place_repeats": words("同地同事重复件数", "matters that come back to the same place"),
}
# Numbers of matters that name a registered place: all of them, those of a kind ("at_place.market"), one place ("at_point.<key>").
AT_PLACE, AT_POINT = "at_place", "at_point"
PLACE_SERIES: dict[str, Words] = {
    AT_PLACE: words("登记场所", "registered places"),
    AT_POINT: words("单个场所", "a single place"),
}
ORIGIN_WORDS: dict[Origin, Words] = {
    Origin.COLOUR: words("指标亮色", "by colour"),
    Origin.EARLY: words("早期信号", "early signal"),
}
STEP_WORDS: dict[Step, Words] = {
    Step.SIGNAL: words("早期信号", "early signal"),
    Step.ALERT: words("预警提示", "alert"),
    Step.NOTICE: words("预警通知", "notice"),
    Step.TALK: words("约谈", "talk"),
    Step.LISTED: words("挂牌督办", "listed supervision"),
}
OWNER_WORDS: dict[Owner, Words] = {
    Owner.PLACE: words("本级", "the place itself"),
    Owner.ABOVE: words("上一级", "the place above"),
}
LETTERS_WORDS: dict[Letters, Words] = {
    Letters.SINGLE: words("即时", "at once"),
    Letters.DIGEST: words("每日汇总", "daily digest"),
}
STATE_WORDS: dict[State, Words] = {
    State.OPEN: words("未结束", "open"),
    State.CLOSED: words("已结束", "closed"),
}
RUNG_STATE_WORDS: dict[RungState, Words] = {
    RungState.DRAFT: words("草稿", "draft"),
    RungState.PUBLISHED: words("已发布", "published"),
    RungState.WITHDRAWN: words("已撤回", "withdrawn"),
}
RUNG_STANDING_WORDS: dict[RungStanding, Words] = {
    RungStanding.DRAFT: RUNG_STATE_WORDS[RungState.DRAFT],
    RungStanding.COMING: words("待施行", "to come"),
    RungStanding.IN_FORCE: words("现行", "in force"),
    RungStanding.OVER: words("已结束", "ended"),
    RungStanding.WITHDRAWN: RUNG_STATE_WORDS[RungState.WITHDRAWN],
}
ENDED_WORDS: dict[Ended, Words] = {
    Ended.MENDED: words("指标已恢复", "the figure has recovered"),
    Ended.CORRECTED: words("数据更正后不再亮色", "no longer coloured after the data were corrected"),
    Ended.BY_HAND: words("人工结束", "closed by hand"),
}
NEWS_WORDS: dict[News, Words] = {
    News.OPENED: words("新预警", "new"),
    News.REPEATED: words("再次亮色", "again"),
    News.ESCALATED: words("升级", "escalated"),
    News.MENDED: words("已恢复", "recovered"),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {news.value: said for news, said in NEWS_WORDS.items()} | {
    "corrected": words("数据更正", "figure corrected"),
    "answered": words("任务办结", "task answered"),
    "task_cancelled": words("任务取消", "task cancelled"),
    "closed": words("结束预警", "closed"),
    "rung_drafted": words("起草规则", "rule drafted"),
    "rung_edited": words("修改草稿", "draft changed"),
    "rung_published": words("发布规则", "rule published"),
    "rung_superseded": words("由新版接替", "superseded"),
    "rung_withdrawn": words("停用规则", "rule withdrawn"),
}
LOGGED_KINDS: dict[str, Words] = {KIND: words("预警", "warning"), RUNG: words("预警规则", "warning rule")}
LOGGED_ACTORS: dict[str, Words] = {
    "warnings.evaluate": words("预警评估（系统，每夜）", "the nightly evaluation (system)"),
    "warnings.close": words("预警评估（系统，每夜）", "the nightly evaluation (system)"),
}
