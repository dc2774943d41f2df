"""States of a task and what is done with it. No Django."""

from enum import StrEnum

from huying.kernel.words import Words, words

KIND = "task"
QUEUE = "tasks"
RULE = "task.due"
LEVELS = 3


class State(StrEnum):
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    FINISHED = "finished"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class Action(StrEnum):
    CREATE = "create"
    ACCEPT = "accept"
    FINISH = "finish"
    RETURN = "return"
    CANCEL = "cancel"
    REASSIGN = "reassign"
    URGE = "urge"
    SUPERVISE = "supervise"
    LAPSE = "lapse"


OPEN = frozenset({State.ASSIGNED, State.ACCEPTED})
CLOSED = frozenset({State.FINISHED, State.CANCELLED, State.LAPSED})
STATE_WORDS: dict[State, Words] = {
    State.ASSIGNED: words("待接收", "to accept"),
    State.ACCEPTED: words("办理中", "in hand"),
    State.FINISHED: words("已完成", "finished"),
    State.RETURNED: words("已退回", "returned"),
    State.CANCELLED: words("已取消", "cancelled"),
    State.LAPSED: words("过时未办", "lapsed, not done"),
}
ACTION_WORDS: dict[Action, Words] = {
    Action.CREATE: words("交办", "assign"),
    Action.ACCEPT: words("接收", "accept"),
    Action.FINISH: words("完成", "finish"),
    Action.RETURN: words("退回", "return"),
    Action.CANCEL: words("取消", "cancel"),
    Action.REASSIGN: words("改派", "reassign"),
    Action.URGE: words("催办", "urge"),
    Action.SUPERVISE: words("督办", "supervise"),
    Action.LAPSE: words("过时未办", "lapse undone"),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {action.value: said for action, said in ACTION_WORDS.items()} | {
    "card_yellow": words("亮黄牌", "yellow card"),
    "card_red": words("亮红牌", "red card"),
}
LOGGED_KINDS: dict[str, Words] = {"task": words("任务", "task")}
