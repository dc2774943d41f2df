"""The terms of a matter's life: channels, kinds, states, outcomes. No Django here."""

from enum import StrEnum

from huying.kernel.words import Words, words


class Channel(StrEnum):
    HOTLINE = "hotline"
    WEB = "web"
    WINDOW = "window"
    APP = "app"
    LETTER = "letter"
    GRID = "grid"
    TRANSFER = "transfer"


class Kind(StrEnum):
    """The five types of a hotline order, and a petition (信访), which has its own law."""

    ENQUIRY = "enquiry"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    PETITION = "petition"


class Confidentiality(StrEnum):
    OPEN = "open"
    NAME_HIDDEN = "name_hidden"
    ANONYMOUS = "anonymous"


class State(StrEnum):
    SORTING = "sorting"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    OBJECTED = "objected"
    IN_HAND = "in_hand"
    SUSPENDED = "suspended"
    REPLIED = "replied"
    REVIEWED = "reviewed"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    NOT_ACCEPTED = "not_accepted"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


OPEN_STATES = frozenset(
    {
        State.SORTING,
        State.REGISTERED,
        State.DISPATCHED,
        State.OBJECTED,
        State.IN_HAND,
        State.SUSPENDED,
        State.REPLIED,
        State.REVIEWED,
        State.FOLLOWED_UP,
    }
)
# States in which a unit has the order and has not yet answered.
WITH_UNIT = frozenset({State.DISPATCHED, State.OBJECTED, State.IN_HAND, State.SUSPENDED})
ENDED_STATES = frozenset({State.CLOSED, State.NOT_ACCEPTED, State.MERGED, State.WITHDRAWN})


class Outcome(StrEnum):
    """How an ended matter ended; blank while it is open."""

    NONE = ""
    ANSWERED_DIRECTLY = "answered_directly"
    ON_THE_SPOT = "on_the_spot"
    HANDLED = "handled"
    UNSOLVED = "unsolved"
    EMERGENCY = "emergency"
    OTHER_PROCEDURE = "other_procedure"
    REPEAT = "repeat"
    SECRET_OR_PRIVATE = "secret_or_private"  # noqa: S105 - an outcome, not a password
    OUT_OF_SCOPE = "out_of_scope"
    UNLAWFUL = "unlawful"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


# The six outcomes in which a matter is not dispatched; each takes a recorded reason and can be reviewed.
NOT_DISPATCHED = (
    Outcome.EMERGENCY,
    Outcome.OTHER_PROCEDURE,
    Outcome.REPEAT,
    Outcome.SECRET_OR_PRIVATE,
    Outcome.OUT_OF_SCOPE,
    Outcome.UNLAWFUL,
)


class Part(StrEnum):
    """What a unit does in a matter."""

    LEAD = "lead"
    SUPPORT = "support"
    WHISTLE = "whistle"
    COPY = "copy"


class AssignmentState(StrEnum):
    ISSUED = "issued"
    RECEIVED = "received"
    OBJECTED = "objected"
    ANSWERED = "answered"
    RETURNED = "returned"
    NOT_ANSWERED = "not_answered"
    RECALLED = "recalled"
    COPIED = "copied"


class Solved(StrEnum):
    """What the reporter said when asked; an unreached reporter is its own answer, never a "yes"."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNREACHED = "unreached"
    REFUSED = "refused"


class Satisfied(StrEnum):
    YES = "yes"
    FAIRLY = "fairly"
    NO = "no"
    UNREACHED = "unreached"
    REFUSED = "refused"


class ReviewState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    RETURNED = "returned"


class PetitionKind(StrEnum):
    """信访工作条例 Art 31 (1)-(6); only the sixth runs the petition's own handling clock."""

    LITIGATION = "31-1"
    ARBITRATION = "31-2"
    DISCIPLINE = "31-3"
    ADMINISTRATIVE = "31-4"
    STATUTORY_DUTY = "31-5"
    HANDLING = "31-6"


class Trigger(StrEnum):
    """What puts a matter under supervision (督办)."""

    REFUSED = "refused"
    OVERDUE = "overdue"
    UNSOLVED = "unsolved"
    BAD_EFFECTS = "bad_effects"
    REPEATED = "repeated"
    ORDERED = "ordered"


CHANNEL_WORDS: dict[Channel, Words] = {
    Channel.HOTLINE: words("12345热线", "12345 hotline"),
    Channel.WEB: words("网页", "web"),
    Channel.WINDOW: words("窗口", "window"),
    Channel.APP: words("手机端", "app"),
    Channel.LETTER: words("来信", "letter"),
    Channel.GRID: words("网格巡查", "grid patrol"),
    Channel.TRANSFER: words("部门转来", "transferred"),
}
KIND_WORDS: dict[Kind, Words] = {
    Kind.ENQUIRY: words("咨询", "enquiry"),
    Kind.HELP: words("求助", "help"),
    Kind.COMPLAINT: words("投诉", "complaint"),
    Kind.REPORT: words("举报", "report of wrongdoing"),
    Kind.SUGGESTION: words("建议", "suggestion"),
    Kind.PETITION: words("信访", "petition"),
}
CONFIDENTIALITY_WORDS: dict[Confidentiality, Words] = {
    Confidentiality.OPEN: words("公开", "open"),
    Confidentiality.NAME_HIDDEN: words("隐名", "name hidden"),
    Confidentiality.ANONYMOUS: words("匿名", "anonymous"),
}
STATE_WORDS: dict[State, Words] = {
    State.SORTING: words("待甄别", "being sorted"),
    State.REGISTERED: words("待派单", "awaiting dispatch"),
    State.DISPATCHED: words("待签收", "awaiting receipt"),
    State.OBJECTED: words("异议待审", "objection under review"),
    State.IN_HAND: words("办理中", "in hand"),
    State.SUSPENDED: words("已中止计时", "clock suspended"),
    State.REPLIED: words("答复待审", "reply under review"),
    State.REVIEWED: words("待回访", "awaiting follow-up"),
    State.FOLLOWED_UP: words("待办结", "awaiting close"),
    State.CLOSED: words("已办结", "closed"),
    State.NOT_ACCEPTED: words("不予派单", "not dispatched"),
    State.MERGED: words("已并单", "merged"),
    State.WITHDRAWN: words("已撤回", "withdrawn"),
    State.ARCHIVED: words("已归档", "archived"),
}
OUTCOME_WORDS: dict[Outcome, Words] = {
    Outcome.NONE: words("", ""),
    Outcome.ANSWERED_DIRECTLY: words("直接答复", "answered directly"),
    Outcome.ON_THE_SPOT: words("现场处置", "handled on the spot"),
    Outcome.HANDLED: words("办结", "handled"),
    Outcome.UNSOLVED: words("未解决办结", "closed unsolved"),
    Outcome.EMERGENCY: words("转紧急服务", "passed to an emergency service"),
    Outcome.OTHER_PROCEDURE: words("告知法定途径", "told the lawful route"),
    Outcome.REPEAT: words("重复诉求，告知进度", "repeat, told the progress"),
    Outcome.SECRET_OR_PRIVATE: words("涉密或涉隐私", "state secret or privacy"),
    Outcome.OUT_OF_SCOPE: words("不在受理范围，告知渠道", "out of scope, told the right channel"),
    Outcome.UNLAWFUL: words("诉求违法，已劝导", "unlawful, advised"),
    Outcome.MERGED: words("并单", "merged"),
    Outcome.WITHDRAWN: words("撤回", "withdrawn"),
}
PART_WORDS: dict[Part, Words] = {
    Part.LEAD: words("主办", "lead"),
    Part.SUPPORT: words("协办", "supporter"),
    Part.WHISTLE: words("报到", "reporting in"),
    Part.COPY: words("抄送", "copied"),
}
ASSIGNMENT_STATE_WORDS: dict[AssignmentState, Words] = {
    AssignmentState.ISSUED: words("待签收", "awaiting receipt"),
    AssignmentState.RECEIVED: words("已签收", "received"),
    AssignmentState.OBJECTED: words("有异议", "objected"),
    AssignmentState.ANSWERED: words("已答复", "answered"),
    AssignmentState.RETURNED: words("已退回", "returned"),
    AssignmentState.NOT_ANSWERED: words("未答复", "not answered"),
    AssignmentState.RECALLED: words("已收回", "recalled"),
    AssignmentState.COPIED: words("知悉", "for information"),
}
SOLVED_WORDS: dict[Solved, Words] = {
    Solved.YES: words("已解决", "solved"),
    Solved.PARTLY: words("部分解决", "partly solved"),
    Solved.NO: words("未解决", "not solved"),
    Solved.UNREACHED: words("未联系上", "not reached"),
    Solved.REFUSED: words("不愿回答", "no answer given"),
}
SATISFIED_WORDS: dict[Satisfied, Words] = {
    Satisfied.YES: words("满意", "satisfied"),
    Satisfied.FAIRLY: words("基本满意", "fairly satisfied"),
    Satisfied.NO: words("不满意", "not satisfied"),
    Satisfied.UNREACHED: words("未联系上", "not reached"),
    Satisfied.REFUSED: words("不愿回答", "no answer given"),
}
PETITION_KIND_WORDS: dict[PetitionKind, Words] = {
    PetitionKind.LITIGATION: words("应由诉讼、检察、公安程序处理", "for courts, procuratorate or police procedure"),
    PetitionKind.ARBITRATION: words("应由仲裁处理", "for arbitration"),
    PetitionKind.DISCIPLINE: words("可由申诉、复审处理", "for an appeal within the organisation"),
    PetitionKind.ADMINISTRATIVE: words("可由复议、裁决、许可等行政程序处理", "for an administrative procedure"),
    PetitionKind.STATUTORY_DUTY: words("申请查处或履行法定职责", "asks for a statutory duty to be performed"),
    PetitionKind.HANDLING: words("申诉求决，出具信访处理意见", "for a petition decision"),
}
TRIGGER_WORDS: dict[Trigger, Words] = {
    Trigger.REFUSED: words("推诿拒办", "refused"),
    Trigger.OVERDUE: words("超期", "overdue"),
    Trigger.UNSOLVED: words("应解决未解决", "should be solved but isn't"),
    Trigger.BAD_EFFECTS: words("造成不良影响", "bad effects"),
    Trigger.REPEATED: words("反复集中反映", "repeated or concentrated"),
    Trigger.ORDERED: words("领导交办", "ordered by a leader"),
}
# What of the log the reporter is told, in plain words, in every zone; work between offices that is no step of theirs is left out.
TOLD: dict[str, Words] = {
    "register": words("已收到，并登记编号", "received and given a number"),
    "sort_petition": words("已受理为信访事项", "taken up as a petition"),
    "refer_petition": words("已导入法定程序", "led into its lawful procedure"),
    "answer_directly": words("已直接答复", "answered directly"),
    "handle_on_the_spot": words("已现场处置", "handled on the spot"),
    "not_accept": words("不予派单，理由如下", "not dispatched, for this reason"),
    "overturn_not_accepted": words("经复核，改为受理", "taken up after review"),
    "uphold_not_accepted": words("经复核，维持不予派单", "the refusal stands after review"),
    "dispatch": words("已派给承办单位", "sent to the unit that answers"),
    "designate": words("已指定承办单位", "a unit has been designated"),
    "receive": words("承办单位已签收", "the unit has received it"),
    "contact": words("承办单位与您联系", "the unit contacted you"),
    "whistle": words("已请有关部门到场", "other units have been called to the place"),
    "approve_extension": words("批准延长办理时间", "more time has been granted"),
    "suspend": words("暂停计时", "the clock is paused"),
    "resume": words("恢复计时", "the clock runs on"),
    "approve_reply": words("答复已审核，请看答复", "the reply is ready to read"),
    "return_reply": words("答复没有通过审核，退回重办", "the reply was sent back to be done again"),
    "follow_up": words("已回访", "you were asked how it went"),
    "attempt_follow_up": words("回访没有联系上您", "we could not reach you"),
    "evaluate": words("您的评价", "your rating"),
    "redo": words("退回重办", "sent back to be done again"),
    "close": words("办结", "closed"),
    "reopen": words("重新办理", "opened again"),
    "withdraw": words("已撤回", "withdrawn"),
    "merge": words("与同一事项合并办理，仍会答复您", "handled with the same matter; you will still be answered"),
    "unmerge": words("与合并的事项分开，单独办理", "handled on its own again"),
    "answer_merged": words("答复已作出", "answered"),
    "comment": words("补充", "added"),
    "supervise": words("已列入督办", "put under supervision"),
    "decide_unreasonable": words("评审结论", "the panel's decision"),
    "appeal_unreasonable": words("您对认定提出申诉", "you appealed the decision"),
    "erase_own": words("删除您的个人信息", "your personal information is erased"),
}
# Under the state: what comes next, said to the reporter.
NEXT_STEP: dict[str, Words] = {
    State.SORTING: words(
        "接下来：工作人员判断属于哪一类信访事项，再进入办理。",
        "Next: it is sorted into its kind of petition.",
    ),
    State.REGISTERED: words(
        "接下来：派给负责的单位。",
        "Next: it is sent to the unit that answers for it.",
    ),
    State.DISPATCHED: words(
        "接下来：承办单位签收并联系您。",
        "Next: the unit receives it and contacts you.",
    ),
    State.OBJECTED: words(
        "接下来：重新确定由哪个单位办，不用您再说一遍。",
        "Next: the right unit is decided; you need not tell it again.",
    ),
    State.IN_HAND: words(
        "接下来：承办单位在期限内答复您。",
        "Next: the unit answers you within the limit.",
    ),
    State.SUSPENDED: words(
        "现在暂停计时，原因在下面；恢复后继续办理。",
        "The clock is paused for the reason below.",
    ),
    State.REPLIED: words(
        "接下来：答复先审核，通过后您就能看到。",
        "Next: the reply is reviewed, then you can read it.",
    ),
    State.REVIEWED: words(
        "接下来：由没有经办的人回访您，问问题解决没有、满不满意。",
        "Next: someone who did not handle it asks how it went.",
    ),
    State.FOLLOWED_UP: words(
        "接下来：办结，或退回重办。",
        "Next: it is closed, or sent back to be done again.",
    ),
    State.CLOSED: words(
        "已办结。期限内问题没解决的，可以申请重新办理。",
        "Closed. If it is not solved you may ask for it to be reopened.",
    ),
    State.NOT_ACCEPTED: words(
        "没有派单，理由在下面。不同意的，可以拨打12345或到社会治理中心窗口，报编号申请复核，由督办岗位复核；"
        "属于诉讼、仲裁、行政复议等法定途径的，请按理由中写明的途径提出。",
        "It was not dispatched; the reason is below. If you do not agree, call 12345 or go to the window of your centre and give "
        "the number: a supervisor reviews it. Courts, arbitration and administrative review go the way the reason names.",
    ),
    State.MERGED: words(
        "与同一事项合并办理，办好后一样答复您。",
        "Handled together with the same matter; you will be answered too.",
    ),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "register": words("登记", "registered"),
    "matter.read": words("查看事项", "matter read"),
}
LOGGED_KINDS: dict[str, Words] = {"matter": words("事项", "matter")}
# What the system did by itself is told as such, not by the name of its job.
LOGGED_ACTORS: dict[str, Words] = {
    name: words("系统自动", "by the system") for name in ("archive", "cards", "job", "merged", "partners", "retention")
} | {Channel.WEB.value: words("反映人本人", "the reporter")}
