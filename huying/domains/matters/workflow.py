"""A matter's life as one table (hotline-and-dispatch.md; 信访工作条例; 北京市接诉即办工作条例)."""

from huying.domains.matters.vocabulary import OPEN_STATES, State
from huying.kernel.actors import Role
from huying.kernel.words import words
from huying.kernel.workflow import ClockEffect, Transition, Workflow

S = State
INTAKE = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.GRID_WORKER, Role.GRID_OFFICE})
DISPATCH = frozenset({Role.DISPATCHER})
UNIT = frozenset({Role.HANDLER, Role.UNIT_HEAD})
HEAD = frozenset({Role.UNIT_HEAD})
REVIEW = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
FOLLOW = frozenset({Role.FOLLOWUP_CLERK})
SUPERVISE = frozenset({Role.SUPERVISOR, Role.LEADER})
NOBODY: frozenset[Role] = frozenset()
WITH_LEAD = frozenset({S.IN_HAND, S.SUSPENDED})
ANY_OPEN = frozenset(OPEN_STATES)
BEFORE_REPLY = frozenset({S.SORTING, S.REGISTERED, S.DISPATCHED, S.OBJECTED, S.IN_HAND, S.SUSPENDED})


def _row(
    action: str,
    zh: str,
    en: str,
    sources: frozenset[State] | set[State],
    target: State | None,
    roles: frozenset[Role],
    clock: ClockEffect = ClockEffect.NONE,
    *,
    needs: tuple[str, ...] = (),
    basis: str = "",
    system: bool = False,
    public: bool = False,
) -> Transition:
    return Transition(action, words(zh, en), frozenset(sources), target, roles, clock, needs, basis, system, public)


MATTER = Workflow(
    name="matter",
    initial=S.REGISTERED,
    transitions=(
        # intake and triage
        _row("sort_petition", "甄别信访", "sort the petition", {S.SORTING}, S.REGISTERED, DISPATCH, needs=("petition_kind",), basis="信访工作条例 Art 31"),
        _row("refer_petition", "导入法定程序", "lead into its own procedure", {S.SORTING}, S.NOT_ACCEPTED, DISPATCH, needs=("petition_kind", "reason"), basis="信访工作条例 Art 31"),
        _row("answer_directly", "直接答复", "answer directly", {S.REGISTERED}, S.CLOSED, frozenset({Role.CALL_TAKER, Role.DISPATCHER}), needs=("text",)),
        _row("handle_on_the_spot", "现场处置", "handle on the spot", {S.REGISTERED}, S.CLOSED, frozenset({Role.GRID_WORKER, Role.GRID_OFFICE}), needs=("text",)),
        _row("not_accept", "不予派单", "do not dispatch", {S.REGISTERED}, S.NOT_ACCEPTED, frozenset({Role.CALL_TAKER, Role.DISPATCHER}), needs=("outcome", "reason")),
        _row("overturn_not_accepted", "复核改为受理", "overturn on review", {S.NOT_ACCEPTED}, S.REGISTERED, SUPERVISE, needs=("reason",)),
        _row("uphold_not_accepted", "复核维持", "uphold on review", {S.NOT_ACCEPTED}, None, SUPERVISE, needs=("reason",)),
        _row("pass_down", "交下级派单", "pass down for dispatch", {S.SORTING, S.REGISTERED}, None, DISPATCH, needs=("unit",)),
        # dispatch, receipt, objection
        _row("dispatch", "派单", "dispatch", {S.REGISTERED}, S.DISPATCHED, DISPATCH, ClockEffect.START, needs=("lead_unit",)),
        _row("recall", "收回", "recall", {S.DISPATCHED}, S.REGISTERED, DISPATCH, needs=("reason",)),
        _row("receive", "签收", "receive", {S.DISPATCHED}, S.IN_HAND, UNIT),
        _row("object", "派单异议", "object", {S.DISPATCHED, S.IN_HAND}, S.OBJECTED, UNIT, needs=("reason",)),
        _row("uphold_objection", "异议成立，收回重派", "uphold the objection", {S.OBJECTED}, S.REGISTERED, DISPATCH, needs=("reason",)),
        _row("refuse_objection", "异议不成立", "refuse the objection", {S.OBJECTED}, S.IN_HAND, DISPATCH, needs=("reason",)),
        _row("designate", "指定承办", "designate a unit", {S.OBJECTED, S.REGISTERED}, S.DISPATCHED, DISPATCH | SUPERVISE, ClockEffect.START, needs=("lead_unit", "reason")),
        # in hand
        _row("claim", "认领", "claim", {S.IN_HAND}, None, UNIT),
        _row("contact", "记录联系", "record a contact", WITH_LEAD | {S.DISPATCHED, S.REPLIED}, None, UNIT, needs=("summary",)),
        _row("call_supporters", "请求协办", "call supporters", {S.IN_HAND}, None, UNIT | DISPATCH, ClockEffect.START, needs=("units",)),
        _row("whistle", "吹哨", "blow the whistle", {S.IN_HAND}, None, UNIT, ClockEffect.START, needs=("units", "reason"), basis="北京市街道办事处条例"),
        _row("report_in", "报到", "report in", {S.IN_HAND, S.SUSPENDED, S.REPLIED}, None, UNIT),
        _row("supporter_answer", "协办反馈", "answer as supporter", {S.IN_HAND, S.SUSPENDED, S.REPLIED}, None, UNIT, ClockEffect.STOP, needs=("text",)),
        _row("record_no_answer", "记录未反馈", "record that a partner did not answer", {S.IN_HAND, S.SUSPENDED, S.REPLIED}, None, UNIT | DISPATCH | SUPERVISE, needs=("reason",), system=True),
        _row("ask_extension", "申请延期", "ask for an extension", {S.IN_HAND}, None, UNIT, needs=("amount", "reason")),
        _row("approve_extension", "批准延期", "approve the extension", {S.IN_HAND}, None, HEAD | DISPATCH | SUPERVISE, ClockEffect.EXTEND),
        _row("refuse_extension", "不同意延期", "refuse the extension", {S.IN_HAND}, None, HEAD | DISPATCH | SUPERVISE, needs=("reason",)),
        _row("suspend", "中止计时", "suspend the clock", {S.IN_HAND}, S.SUSPENDED, HEAD, ClockEffect.PAUSE, needs=("suspension", "reason")),
        _row("resume", "恢复计时", "resume the clock", {S.SUSPENDED}, S.IN_HAND, UNIT, ClockEffect.RESUME, system=True),
        _row("reply", "答复", "reply", {S.IN_HAND}, S.REPLIED, UNIT, ClockEffect.STOP, needs=("text",)),
        # review, follow-up, close
        _row("return_reply", "退回重办", "return the reply", {S.REPLIED}, S.IN_HAND, REVIEW, ClockEffect.RESUME, needs=("reason",)),
        _row("approve_reply", "答复审核通过", "approve the reply", {S.REPLIED}, S.REVIEWED, REVIEW),
        _row("attempt_follow_up", "回访未联系上", "follow-up attempt, not reached", {S.REVIEWED}, None, FOLLOW),
        _row("follow_up", "回访", "follow up", {S.REVIEWED}, S.FOLLOWED_UP, FOLLOW, needs=("solved", "satisfied"), public=True),
        _row("redo", "重办", "send back for redo", {S.FOLLOWED_UP}, S.IN_HAND, FOLLOW | REVIEW, ClockEffect.START, needs=("reason",)),
        _row("close", "办结", "close", {S.FOLLOWED_UP}, S.CLOSED, FOLLOW | REVIEW, system=True),
        _row("reopen", "重新办理", "reopen", {S.CLOSED}, S.REGISTERED, DISPATCH | SUPERVISE | FOLLOW, needs=("reason",), public=True),
        _row("archive", "归档", "archive", {S.CLOSED, S.NOT_ACCEPTED, S.MERGED, S.WITHDRAWN}, S.ARCHIVED, SUPERVISE, system=True),
        # alongside
        _row("correct", "更正登记", "correct the entry", ANY_OPEN, None, INTAKE),
        _row("comment", "补充", "add a note", ANY_OPEN | {S.CLOSED}, None, INTAKE | UNIT | REVIEW | FOLLOW | SUPERVISE, needs=("text",), public=True),
        _row("merge", "并单", "merge into another", {S.SORTING, S.REGISTERED, S.DISPATCHED, S.IN_HAND}, S.MERGED, DISPATCH, ClockEffect.STOP, needs=("into",)),
        _row("unmerge", "撤销并单", "undo the merging", {S.MERGED}, S.REGISTERED, DISPATCH, ClockEffect.RESUME, needs=("reason",), system=True),
        _row("merge_on", "随主单再并单", "merged on with the merged order", {S.MERGED}, None, NOBODY, system=True),
        _row("answer_merged", "随主单答复", "answered with the merged order", {S.MERGED}, None, NOBODY, system=True),
        _row("withdraw", "撤回", "withdraw", BEFORE_REPLY, S.WITHDRAWN, frozenset({Role.CALL_TAKER, Role.DISPATCHER}), ClockEffect.STOP, needs=("reason",), public=True),
        _row("urge", "催办", "urge", frozenset({S.DISPATCHED, S.IN_HAND, S.REPLIED, S.REVIEWED}), None, SUPERVISE | DISPATCH, system=True),
        _row("supervise", "督办", "put under supervision", ANY_OPEN | {S.CLOSED}, None, SUPERVISE, needs=("trigger", "reason"), system=True),
        _row("answer_supervision", "督办反馈", "answer the supervision", ANY_OPEN | {S.CLOSED}, None, UNIT, needs=("text",)),
        _row("name_leader", "领导包案", "name a leader for it", ANY_OPEN, None, SUPERVISE, needs=("post",)),
        _row("ask_unreasonable", "申请认定不合理诉求", "ask for review as unreasonable", frozenset({S.IN_HAND, S.REPLIED, S.REVIEWED, S.FOLLOWED_UP, S.CLOSED}), None, HEAD, needs=("reason",)),
        _row("decide_unreasonable", "认定不合理诉求", "decide on unreasonable", frozenset({S.IN_HAND, S.REPLIED, S.REVIEWED, S.FOLLOWED_UP, S.CLOSED}), None, SUPERVISE, needs=("panel", "reason")),
        _row("appeal_unreasonable", "对认定提出异议", "appeal the decision", frozenset({S.IN_HAND, S.REPLIED, S.REVIEWED, S.FOLLOWED_UP, S.CLOSED}), None, INTAKE | FOLLOW, needs=("reason",), public=True),
        _row("evaluate", "评价", "rate", frozenset({S.REVIEWED, S.FOLLOWED_UP, S.CLOSED}), None, NOBODY, public=True),
        _row("card", "亮牌", "card turned", ANY_OPEN, None, NOBODY, system=True),
    ),
)  # fmt: skip
