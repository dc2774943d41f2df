"""States of a periodic report, what is done with it, what its sections and credibility notes are called. No Django."""

from enum import StrEnum

from huying.kernel.words import Words, words

KIND = "bulletin"
# The pile of the worklist where reports wait for a step.
QUEUE = "bulletins"
# A line of the problem list, as the subject of the task that comes of it.
PROBLEM_KIND = "problem"


class State(StrEnum):
    DRAFTING = "drafting"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"


class Action(StrEnum):
    START = "start"
    REFRESH = "refresh"
    COMMENT = "comment"
    ADD_PROBLEM = "add_problem"
    FOLLOW_PROBLEM = "follow_problem"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    REOPEN = "reopen"


class Step(StrEnum):
    """Who approves, in the order a report set names them."""

    OWN = "own"
    ABOVE = "above"


class SectionKind(StrEnum):
    FIGURES = "figures"
    INDEX = "index"
    MOVED = "moved"
    TREND = "trend"
    PLACES = "places"
    FOLLOWED = "followed"
    PROBLEMS = "problems"
    COMMENTARY = "commentary"
    CREDIBILITY = "credibility"


class ProblemState(StrEnum):
    OPEN = "open"
    # What the unit says in its task, until the next report judges it. Never stored.
    ANSWERED = "answered"
    MENDED = "mended"
    CARRIED = "carried"


class CredibilityRule(StrEnum):
    TOO_PERFECT = "too_perfect"
    ALL_SATISFIED = "all_satisfied"
    HEAPED = "heaped"
    DIGITS = "digits"
    SUDDEN = "sudden"
    MISSING = "missing"


STATE_WORDS: dict[State, Words] = {
    State.DRAFTING: words("起草中", "in draft"),
    State.SUBMITTED: words("待审批", "awaiting approval"),
    State.APPROVED: words("已批准", "approved"),
    State.PUBLISHED: words("已发布", "published"),
}
ACTION_WORDS: dict[Action, Words] = {
    Action.START: words("起草报表", "start the report"),
    Action.REFRESH: words("重新取数", "take the figures anew"),
    Action.COMMENT: words("签署说明", "sign a comment"),
    Action.ADD_PROBLEM: words("列入问题清单", "list a problem"),
    Action.FOLLOW_PROBLEM: words("反馈上期问题", "follow up last period's problem"),
    Action.SUBMIT: words("送审", "send for approval"),
    Action.APPROVE: words("同意", "approve"),
    Action.RETURN: words("退回修改", "return"),
    Action.PUBLISH: words("发布", "publish"),
    Action.REOPEN: words("重新修订", "reopen"),
}
STEP_WORDS: dict[Step, Words] = {
    Step.OWN: words("本级领导", "a leader of the place itself"),
    Step.ABOVE: words("上一级", "the level above"),
}
SECTION_WORDS: dict[SectionKind, Words] = {
    SectionKind.FIGURES: words("主要指标", "Main figures"),
    SectionKind.INDEX: words("综合指数", "Composite index"),
    SectionKind.MOVED: words("变化来自哪里", "What moved, and where"),
    SectionKind.TREND: words("走势", "Trend"),
    SectionKind.PLACES: words("各地情况", "Place by place"),
    SectionKind.FOLLOWED: words("上期问题办理情况", "Last period's problems"),
    SectionKind.PROBLEMS: words("问题清单和责任清单", "Problems and who answers for them"),
    SectionKind.COMMENTARY: words("分析说明", "Commentary"),
    SectionKind.CREDIBILITY: words("可信度提示", "Credibility notes"),
}
PROBLEM_WORDS: dict[ProblemState, Words] = {
    ProblemState.OPEN: words("未反馈", "not yet followed up"),
    ProblemState.ANSWERED: words("责任单位已答复", "answered by the unit"),
    ProblemState.MENDED: words("已解决", "solved"),
    ProblemState.CARRIED: words("转入本期", "carried over"),
}
RULE_WORDS: dict[CredibilityRule, Words] = {
    CredibilityRule.TOO_PERFECT: words("接近完美", "too perfect"),
    CredibilityRule.ALL_SATISFIED: words("全部满意", "all satisfied"),
    CredibilityRule.HEAPED: words("集中在到期前", "heaped before the limit"),
    CredibilityRule.DIGITS: words("尾数偏好", "digit preference"),
    CredibilityRule.SUDDEN: words("突变", "sudden change"),
    CredibilityRule.MISSING: words("缺报", "missing units"),
}
LOGGED: dict[str, Words] = {action.value: said for action, said in ACTION_WORDS.items()} | {
    "problem_given": words("问题交办", "problem given out as a task"),
    "problem_answered": words("问题已答复", "problem answered"),
    "problem_task_cancelled": words("问题的任务已取消", "the problem's task was cancelled"),
}
LOGGED_KINDS: dict[str, Words] = {
    KIND: words("平安报表", "periodic report"),
    PROBLEM_KIND: words("报表问题", "report problem"),
}
