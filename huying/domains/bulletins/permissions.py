"""Who may do what with a report: the workflow's roles, and how the actor's place stands to the report's."""

from __future__ import annotations

from django.utils.translation import gettext as _

from huying.domains.bulletins.models import Bulletin
from huying.domains.bulletins.vocabulary import ACTION_WORDS, STEP_WORDS, Action, Step
from huying.domains.bulletins.workflow import BULLETIN, DRAFTERS
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, NotAllowedNow

OF_ABOVE = frozenset({Action.APPROVE, Action.RETURN, Action.REOPEN})


def may_draft(actor: Actor) -> bool:
    return actor.has(*DRAFTERS) and bool(actor.division) and actor.level is not None


def steps(bulletin: Bulletin) -> list[Step]:
    """The approvals this report needs; the level above falls away where the tree has none."""
    above = bulletin.content["division"]["parent"]
    return [Step(said) for said in bulletin.content["set"]["approval"] if above or said != Step.ABOVE.value]


def next_step(bulletin: Bulletin) -> Step | None:
    needed = steps(bulletin)
    return needed[bulletin.step] if bulletin.step < len(needed) else None


def stands_right(actor: Actor, bulletin: Bulletin, action: Action) -> bool:
    """Drafting belongs to the place itself. Approving belongs to its leader, then to a leader or supervisor of the level above,
    never to whoever sent it. Returning and reopening belong to either."""
    own = actor.division == bulletin.division
    above = actor.division == bulletin.content["division"]["parent"] and actor.has(Role.LEADER, Role.SUPERVISOR)
    if action is Action.APPROVE:
        if actor.account_id is not None and actor.account_id == bulletin.drafter_id:
            return False
        return (own and actor.has(Role.LEADER)) if next_step(bulletin) is Step.OWN else above
    if action in OF_ABOVE:
        return (own and actor.has(Role.LEADER)) or above
    return own


def check(actor: Actor, bulletin: Bulletin, action: Action) -> None:
    """Raises Forbidden when the act is none of the actor's posts, in whatever state, NotAllowedNow when the state doesn't admit
    it, Forbidden when it isn't this actor's."""
    row = BULLETIN.find(action.value, bulletin.state)
    ever = frozenset[Role]().union(*(each.roles for each in BULLETIN.transitions if each.action == action.value))
    said = {"report": str(bulletin), "action": str(ACTION_WORDS[action])}
    if row is None and not ever.isdisjoint(actor.roles):
        raise NotAllowedNow(_("报表“%(report)s”当前状态不能%(action)s。") % said, cure=_("请刷新后再试。"))
    if row is None or row.roles.isdisjoint(actor.roles) or not stands_right(actor, bulletin, action):
        cure = ""
        if action is Action.APPROVE and (step := next_step(bulletin)):
            cure = _("这一步由%(who)s审批，送审的人不能审批自己的报表。") % {"who": STEP_WORDS[step]}
        raise Forbidden(_("报表“%(report)s”的%(action)s不归您办理。") % said, cure=cure)


def possible(actor: Actor, bulletin: Bulletin) -> list[Action]:
    rows = BULLETIN.allowed(bulletin.state, actor.roles)
    return [Action(row.action) for row in rows if stands_right(actor, bulletin, Action(row.action))]
