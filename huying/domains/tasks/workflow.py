"""The process as one table. Who stands where to a task (its owner's unit, its assigner's) is asked in permissions."""

from huying.domains.tasks.vocabulary import ACTION_WORDS, Action, State
from huying.kernel.actors import ADMINISTRATORS, Role
from huying.kernel.workflow import ClockEffect, Transition, Workflow

DOERS = frozenset(Role) - ADMINISTRATORS - {Role.ANALYST}
ASSIGNERS = frozenset({Role.DISPATCHER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.GRID_OFFICE, Role.LEADER})
OPEN = frozenset({State.ASSIGNED.value, State.ACCEPTED.value})


def _row(
    action: Action,
    sources: frozenset[str],
    target: State | None,
    roles: frozenset[Role],
    *,
    clock: ClockEffect = ClockEffect.NONE,
    needs: tuple[str, ...] = (),
    system: bool = False,
) -> Transition:
    aimed = target.value if target else None
    return Transition(action.value, ACTION_WORDS[action], sources, aimed, roles, clock, needs, "任务交办制度", system)


TASK = Workflow(
    name="task",
    initial=State.ASSIGNED.value,
    transitions=(
        _row(Action.ACCEPT, frozenset({State.ASSIGNED.value}), State.ACCEPTED, DOERS),
        # By the system where the record itself is the answer (a reminder of data that has come in).
        _row(Action.FINISH, OPEN, State.FINISHED, DOERS, clock=ClockEffect.STOP, needs=("evidence",), system=True),
        _row(Action.RETURN, OPEN, State.RETURNED, DOERS, clock=ClockEffect.STOP, needs=("reason",)),
        _row(Action.REASSIGN, OPEN, State.ASSIGNED, ASSIGNERS, needs=("unit_id",)),
        _row(
            Action.CANCEL,
            OPEN | {State.RETURNED.value},
            State.CANCELLED,
            ASSIGNERS,
            clock=ClockEffect.STOP,
            needs=("reason",),
        ),
        # What can no longer be done (the report is locked) ends as not done: neither finished nor taken back.
        _row(
            Action.LAPSE,
            OPEN | {State.RETURNED.value},
            State.LAPSED,
            frozenset(),
            clock=ClockEffect.STOP,
            needs=("reason",),
            system=True,
        ),
        _row(Action.URGE, OPEN, None, ASSIGNERS, needs=("reason",)),
        _row(Action.SUPERVISE, OPEN, None, ASSIGNERS, needs=("reason",), system=True),
    ),
)
OWNERS_ACTIONS = frozenset({Action.ACCEPT, Action.FINISH, Action.RETURN})
