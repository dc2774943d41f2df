"""Words and colours of pages: what an act of the log is called, which tone a state has, why an act is not possible."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import STATE_WORDS, State
from huying.domains.matters.workflow import MATTER
from huying.kernel.actors import ROLE_WORDS, Actor, Role
from huying.kernel.audit import naming
from huying.kernel.words import Words, listed

TONES: dict[str, str] = {
    State.SORTING: "amber",
    State.REGISTERED: "amber",
    State.DISPATCHED: "amber",
    State.OBJECTED: "amber",
    State.IN_HAND: "blue",
    State.SUSPENDED: "grey",
    State.REPLIED: "blue",
    State.REVIEWED: "blue",
    State.FOLLOWED_UP: "blue",
    State.CLOSED: "green",
}


def state_tone(state: str) -> str:
    return TONES.get(state, "grey")


def action_words(action: str) -> Words | str:
    return naming.action_words(action, "matter")


def why_not(action: str, matter: Matter, actor: Actor) -> str:
    """The rule against an act, in words; "" when nothing in the process stands against it."""
    row = MATTER.find(action, matter.state)
    if row is None:
        froms = {state for each in MATTER.transitions if each.action == action for state in each.sources}
        named = listed(STATE_WORDS[state] for state in State if state in froms)
        return _("现在是“%(state)s”；这一步只在这些状态可办：%(froms)s。") % {
            "state": STATE_WORDS[State(matter.state)],
            "froms": named,
        }
    return _by(row.roles, row.basis) if row.roles.isdisjoint(actor.roles) else ""


def not_of(action: str, actor: Actor) -> str | None:
    """Whose act it is, in words, where it is nothing that the actor's post ever does; None when it is, in some state."""
    rows = [row for row in MATTER.transitions if row.action == action]
    roles = frozenset[Role]().union(*(row.roles for row in rows))
    return _by(roles, rows[0].basis if rows else "") if roles.isdisjoint(actor.roles) else None


def _by(roles: Collection[Role], basis: str) -> str:
    named = listed(said for role, said in ROLE_WORDS.items() if role in roles)
    if not named:
        return _("这一步由系统或反映人本人完成。")
    return _("这一步由%(who)s办理%(basis)s。") % {
        "who": named,
        "basis": _("（%(basis)s）") % {"basis": basis} if basis else "",
    }
