"""Where a report stands, from its times alone, and what may be done with it then. Pure: a job that runs late changes nothing."""

from __future__ import annotations

from datetime import datetime

from huying.domains.exchange.vocabulary import ACTION_WORDS, Action, Standing
from huying.kernel.actors import Role
from huying.kernel.workflow import Transition, Workflow

DELIVERERS = frozenset({Role.HANDLER, Role.UNIT_HEAD})
REOPENERS = frozenset({Role.SUPERVISOR, Role.LEADER})
# Whose work it is: who delivers, and who watches over it.
READERS = DELIVERERS | REOPENERS | {Role.ANALYST}
# Who hands a unit's keys out, who looks after everybody's, and who may see them besides: each of the three sees no value.
KEY_MAKERS = frozenset({Role.UNIT_HEAD})
KEY_WATCHERS = frozenset({Role.SECURITY_ADMIN})
KEY_READERS = KEY_MAKERS | KEY_WATCHERS | {Role.AUDITOR}
BASIS = "部门数据报送制度"


def standing(
    *,
    due: datetime | None,
    locks: datetime | None,
    first: datetime | None,
    reopened_until: datetime | None,
    now: datetime,
) -> Standing:
    """due and locks are the last moments that still count; first: of the first delivery."""
    if due is None or locks is None:
        return Standing.EARLIER if first is None else Standing.DELIVERED
    if now > locks:
        if reopened_until is not None and now <= reopened_until:
            return Standing.REOPENED
        return Standing.MISSED if first is None else Standing.LOCKED
    if first is None:
        return Standing.LATE if now > due else Standing.WAITING
    return Standing.DELIVERED_LATE if first > due else Standing.DELIVERED


def _row(
    action: Action, sources: set[Standing], roles: frozenset[Role], *needs: str, system: bool = False
) -> Transition:
    # No target: the standing follows from the times.
    named = frozenset(source.value for source in sources)
    return Transition(action.value, ACTION_WORDS[action], named, None, roles, needs=needs, basis=BASIS, system=system)


REPORT = Workflow(
    name="report",
    initial=Standing.WAITING.value,
    transitions=(
        _row(
            Action.DELIVER, {Standing.EARLIER, Standing.WAITING, Standing.LATE, Standing.REOPENED}, DELIVERERS, "values"
        ),
        _row(
            Action.CORRECT,
            {Standing.DELIVERED, Standing.DELIVERED_LATE, Standing.REOPENED},
            DELIVERERS,
            "values",
            "note",
        ),
        _row(Action.REOPEN, {Standing.LOCKED, Standing.MISSED}, REOPENERS, "reason"),
        _row(Action.MARK_LATE, {Standing.LATE}, frozenset(), system=True),
        _row(Action.MARK_MISSED, {Standing.MISSED}, frozenset(), system=True),
    ),
)
WRITABLE = frozenset(Standing(source) for row in REPORT.transitions if "values" in row.needs for source in row.sources)
