"""The process as one table. Whose step an approval is, own place or the level above, is asked in permissions."""

from huying.domains.bulletins.vocabulary import ACTION_WORDS, Action, State
from huying.kernel.actors import Role
from huying.kernel.workflow import Transition, Workflow

DRAFTERS = frozenset({Role.ANALYST, Role.SUPERVISOR, Role.GRID_OFFICE})
APPROVERS = frozenset({Role.LEADER, Role.SUPERVISOR})
READERS = DRAFTERS | APPROVERS | {Role.UNIT_HEAD, Role.DISPATCHER}
DRAFT = frozenset({State.DRAFTING.value})


def _row(
    action: Action, sources: frozenset[str], target: State | None, roles: frozenset[Role], needs: tuple[str, ...] = ()
) -> Transition:
    return Transition(
        action.value,
        ACTION_WORDS[action],
        sources,
        target.value if target else None,
        roles,
        needs=needs,
        basis="平安报表制度（本地规定）",
    )


# An approval that isn't the last keeps the state: the services count the steps.
BULLETIN = Workflow(
    name="bulletin",
    initial=State.DRAFTING.value,
    transitions=(
        _row(Action.REFRESH, DRAFT, None, DRAFTERS),
        _row(Action.COMMENT, DRAFT, None, DRAFTERS, ("text",)),
        _row(Action.ADD_PROBLEM, DRAFT, None, DRAFTERS, ("text", "unit_id", "due")),
        _row(Action.FOLLOW_PROBLEM, DRAFT, None, DRAFTERS, ("state", "note")),
        _row(Action.SUBMIT, DRAFT, State.SUBMITTED, DRAFTERS),
        _row(Action.APPROVE, frozenset({State.SUBMITTED.value}), State.APPROVED, APPROVERS),
        _row(
            Action.RETURN,
            frozenset({State.SUBMITTED.value, State.APPROVED.value}),
            State.DRAFTING,
            APPROVERS,
            ("reason",),
        ),
        _row(Action.PUBLISH, frozenset({State.APPROVED.value}), State.PUBLISHED, DRAFTERS | APPROVERS),
        _row(Action.REOPEN, frozenset({State.PUBLISHED.value}), State.DRAFTING, APPROVERS, ("reason",)),
    ),
)
