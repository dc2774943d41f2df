"""Who delivers: the unit that owes the report. Who reopens: whoever watches over the place, never the unit that owes it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from huying.domains.exchange.models import Report, in_scope_of_watch
from huying.domains.exchange.vocabulary import STANDING_WORDS, Action, Standing
from huying.domains.exchange.workflow import DELIVERERS, REOPENERS, REPORT, standing
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, NotAllowedNow


def stands(report: Report, now: datetime) -> Standing:
    return standing(
        due=report.due_at,
        locks=report.locks_at,
        first=report.first_at,
        reopened_until=report.reopened_until,
        now=now,
    )


def delivers(actor: Actor, code: str = "") -> bool:
    """Whether it is somebody who delivers at all; of a machine, whether its key names the dataset."""
    if actor.is_machine:
        return code in actor.named
    return actor.is_system or actor.has(*DELIVERERS)


def may_deliver(actor: Actor, report: Report) -> bool:
    return delivers(actor, report.code) and (actor.is_system or actor.unit_id == report.unit_id)


def may_reopen(actor: Actor, report: Report) -> bool:
    return actor.has(*REOPENERS) and actor.unit_id != report.unit_id and in_scope_of_watch(actor, report.division)


def require_reopen(actor: Actor, report: Report, now: datetime) -> None:
    """Raises Forbidden when it isn't the actor's, NotAllowedNow when the report isn't locked."""
    if not may_reopen(actor, report):
        raise Forbidden(_("重开由上级督办员或领导办理，报送单位不能自己重开。"))
    at = stands(report, now)
    if REPORT.find(Action.REOPEN.value, at.value) is None:
        raise NotAllowedNow(
            _("“%(report)s”现在是“%(standing)s”，不用重开。") % {"report": str(report), "standing": STANDING_WORDS[at]},
            cure=_("没有锁定的，报送单位可直接更正。"),
        )
