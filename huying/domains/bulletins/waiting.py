"""On whose worklist a report stands: it waits for one step of its approval, to be mended, or to be published."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from huying.domains.bulletins import permissions, queries
from huying.domains.bulletins.models import Bulletin
from huying.domains.bulletins.vocabulary import KIND, QUEUE, Action, State, Step
from huying.domains.organizations import queries as organizations
from huying.domains.organizations.queries import PostView
from huying.kernel import clock, worklist
from huying.kernel.actors import Role
from huying.kernel.worklist import Work


def hand_on(report: Bulletin) -> None:
    """Put the report where it now waits, and take it from where it waited. Call it in the transaction of the act, after the
    act is logged."""
    worklist.close(KIND, [report.pk])
    posts, why = _next(report)
    name = report.content["set"]["name"]["zh"]
    worklist.put(
        [
            Work(
                kind=KIND,
                record_id=report.pk,
                slot=f"post-{post.id}",
                queue=QUEUE,
                unit_id=post.unit_id,
                post_id=post.id,
                subject_id=report.pk,
                number=report.period,
                title=f"{report.place}{name}（{report.period}）",
                place=report.place,
                opened_at=clock.now(),
                why=why,
            )
            for post in posts
        ]
    )


def _next(report: Bulletin) -> tuple[Iterable[PostView], str]:
    """The posts it waits for and what for. Who began a report and hasn't sent it yet needs no reminder."""
    match report.state:
        case State.SUBMITTED:
            if permissions.next_step(report) is Step.OWN:
                return organizations.posts_with_role(Role.LEADER, division=report.division), _("等待您审批")
            above = report.content["division"]["parent"]
            found = [
                p for r in (Role.LEADER, Role.SUPERVISOR) for p in organizations.posts_with_role(r, division=above)
            ]
            return {post.id: post for post in found}.values(), _("等待您审批")
        case State.APPROVED:
            return _sender(report), _("审批完了，可以发布")
        case State.DRAFTING:
            return _sender(report), _("退回修改，理由见经过")
    return [], ""


def _sender(report: Bulletin) -> list[PostView]:
    """The post that sent it up last, if it still is one."""
    sent = [event for event in queries.story(report) if event.action == Action.SUBMIT and event.post_id is not None]
    found = organizations.post(sent[-1].post_id) if sent and sent[-1].post_id is not None else None
    return [found] if found is not None else []
