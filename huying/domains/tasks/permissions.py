"""Who may do what with a task: the workflow's roles, and how the actor stands to it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from huying.domains.tasks.models import Task
from huying.domains.tasks.vocabulary import Action
from huying.domains.tasks.workflow import ASSIGNERS, OWNERS_ACTIONS, TASK
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotAllowedNow


def may_assign(actor: Actor) -> bool:
    return actor.is_system or actor.has(*ASSIGNERS)


def _stands_right(actor: Actor, task: Task, action: Action) -> bool:
    """Doers belong to the owning unit (and, where a post is named, are in it or head the unit); the rest belongs to the
    assigner's unit or to supervision within scope. A unit's head may hand a task on within the unit."""
    own = task.unit_id == actor.unit_id
    if action in OWNERS_ACTIONS:
        return own and (task.post_id in (None, actor.post_id) or actor.has(Role.UNIT_HEAD))
    if action is Action.REASSIGN and own and actor.has(Role.UNIT_HEAD):
        return True
    return task.assigner_unit_id == actor.unit_id or actor.has(Role.SUPERVISOR, Role.LEADER)


def check(actor: Actor, task: Task, action: Action) -> None:
    """Raises NotAllowedNow when the state doesn't admit the act, Forbidden when it isn't the actor's."""
    row = TASK.find(action.value, task.state)
    if row is None:
        raise NotAllowedNow(
            _("任务“%(title)s”当前状态不能%(action)s。") % {"title": task.title, "action": str(_words(action))},
            cure=_("请刷新后再试。"),
        )
    if actor.is_system and row.system:
        return
    if row.roles.isdisjoint(actor.roles) or not _stands_right(actor, task, action):
        raise Forbidden(_("任务“%(title)s”的这一步不归您办理。") % {"title": task.title})


def possible(actor: Actor, task: Task) -> list[Action]:
    """The acts this actor may do on this task now, in the table's order."""
    rows = TASK.allowed(task.state, actor.roles)
    return [Action(row.action) for row in rows if _stands_right(actor, task, Action(row.action))]


def _words(action: Action) -> object:
    from huying.domains.tasks.vocabulary import ACTION_WORDS

    return ACTION_WORDS[action]
