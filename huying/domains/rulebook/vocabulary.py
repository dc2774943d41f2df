"""The words of the rulebook: how a piece of dated content lives, and what the lists say."""

from enum import StrEnum

from huying.kernel.words import Words, words


class State(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATE_WORDS: dict[State, Words] = {
    State.DRAFT: words("草稿", "draft"),
    State.PUBLISHED: words("已发布", "published"),
    State.WITHDRAWN: words("已撤回", "withdrawn"),
}


ACTION_WORDS: dict[str, Words] = {
    "draft": words("拟定", "drafted"),
    "edit": words("修改", "edited"),
    "publish": words("发布", "published"),
    "superseded": words("被接替", "superseded"),
    "withdraw": words("撤回", "withdrawn"),
}
# The units in which parameters are written.
UNIT_WORDS: dict[str, Words] = {
    "s": words("秒", "s"),
    "D": words("日", "days"),
    "WD": words("个工作日", "working days"),
    "times": words("次", "times"),
    "ratio": words("比率", "ratio"),
}


class Duty(StrEnum):
    """What a township's duty list (乡镇街道履职事项清单) says of an item."""

    BASIC = "basic"
    SUPPORTING = "supporting"
    TAKEN_BACK = "taken_back"


DUTY_WORDS: dict[Duty, Words] = {
    Duty.BASIC: words("基本履职事项", "basic duty"),
    Duty.SUPPORTING: words("配合履职事项", "supporting duty"),
    Duty.TAKEN_BACK: words("上级收回事项", "taken back by the level above"),
}


class Part(StrEnum):
    """The parts of the rulebook, each with its own record kind in the event log."""

    LIMIT = "rulebook.limit"
    PARAMETER = "rulebook.parameter"
    CALENDAR = "rulebook.calendar"
    CATALOGUE = "rulebook.catalogue"
    ADMISSION = "rulebook.admission"
    DUTY = "rulebook.duty"


PART_WORDS: dict[Part, Words] = {
    Part.LIMIT: words("时限", "limits"),
    Part.PARAMETER: words("参数", "parameters"),
    Part.CALENDAR: words("工作日历", "calendar"),
    Part.CATALOGUE: words("派单目录", "dispatch catalogue"),
    Part.ADMISSION: words("网格工作准入清单", "grid admission list"),
    Part.DUTY: words("乡镇（街道）履职事项清单", "township duty list"),
}

# How a lead or supporter is named: a unit's code (`331102-water`), a department's key (`water`: that department of the county
# that holds the place, else of its city), or the government of the place itself.
TOWNSHIP_GOVERNMENT = "@township"
COUNTY_GOVERNMENT = "@county"


def parents(item: str) -> list[str]:
    """The item and those above it: "010203" → ["010203", "0102", "01"]."""
    return [item[:end] for end in range(len(item), 0, -2)]


def places_up(division: str) -> list[str]:
    """The 12-digit codes that hold `division`, smallest first, and "" for everywhere."""
    found: list[str] = []
    for digits in (12, 9, 6, 4, 2):
        code = division[:digits].ljust(12, "0") if len(division) >= digits else ""
        if code and code not in found:
            found.append(code)
    return [*found, ""]


def covers(area: str, division: str) -> bool:
    """Whether `division` lies in `area` ("" is everywhere), by the code's own nesting."""
    return area in places_up(division)


# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "draft": words("起草", "drafted"),
    "edit": words("修改草稿", "draft edited"),
    "publish": words("发布", "published"),
    "withdraw": words("撤回", "withdrawn"),
    "superseded": words("被新版代替", "superseded"),
}
LOGGED_KINDS: dict[str, Words] = {part.value: said for part, said in PART_WORDS.items()}
