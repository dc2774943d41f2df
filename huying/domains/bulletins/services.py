"""Drafting, signing, checking, approving, publishing, reopening: verbs on one report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.bulletins import content as contents
from huying.domains.bulletins import permissions, queries, waiting
from huying.domains.bulletins.models import Bulletin, Comment, Edition, Problem, digest_of
from huying.domains.bulletins.vocabulary import KIND, PROBLEM_KIND, Action, ProblemState, SectionKind, State
from huying.domains.organizations import queries as organizations
from huying.domains.tasks.services import NewTask, create_tasks
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, StaleVersion

LONGEST_TITLE = 120
LONGEST = {"text": 4000, "problem": 300, "reason": 500}
SIGNED_SECTIONS = frozenset({SectionKind.COMMENTARY.value, SectionKind.CREDIBILITY.value})


def start(*, actor: Actor, set_code: str, period: Period) -> Bulletin:
    """Begin the report of the actor's own place; the one already begun is given back. Raises Forbidden for a post without a
    place, NotAllowedNow before the period begins."""
    if not permissions.may_draft(actor):
        raise Forbidden(_("起草报表由有区划的分析员、督办员或网格办办理。"))
    if period.start > clock.today():
        raise NotAllowedNow(_("期间 %(period)s 还没有开始。") % {"period": period.key})
    body = queries.report_set(set_code).body
    made = contents.drafted(body, actor.division, period)
    with transaction.atomic():
        report, fresh = Bulletin.objects.everything("one a set, place and period").get_or_create(
            set_code=set_code,
            division=actor.division,
            period=period.key,
            defaults={
                "place": made["division"]["name"],
                "starts": period.start,
                "content": made,
                "changed_at": clock.now(),
                "drafter_id": actor.account_id,
            },
        )
        if fresh:
            _log(actor, report, Action.START, "", first=True, payload={"figures": digest_of(made)})
    return report


def refresh(*, actor: Actor, bulletin_id: int, version: int) -> Bulletin:
    """Take the figures anew from the current data; what people wrote stays."""
    standing = queries.bulletin(actor, bulletin_id)
    body = queries.report_set(standing.set_code).body
    made = contents.drafted(body, standing.division, Period.parse(standing.period))
    with _acting(actor, bulletin_id, Action.REFRESH, version) as report:
        report.content = made
        _log(actor, report, Action.REFRESH, report.state, payload={"figures": digest_of(made)})
    return report


def comment(*, actor: Actor, bulletin_id: int, version: int, section: str, text: str) -> Bulletin:
    """Sign words under a section as the post one holds; written again, they replace the post's earlier ones."""
    said = text.strip()
    if section not in SIGNED_SECTIONS:
        raise InvalidInput(_("这一节不写说明。"), fields={"section": section})
    if not said or len(said) > LONGEST["text"]:
        raise InvalidInput(_("说明没有保存。"), fields={"text": _("请写1到%(n)s字。") % {"n": LONGEST["text"]}})
    with _acting(actor, bulletin_id, Action.COMMENT, version) as report:
        Comment.objects.update_or_create(
            bulletin=report,
            section=section,
            signed=_signature(actor),
            defaults={"text": said, "post_id": actor.post_id, "at": clock.now()},
        )
        _log(actor, report, Action.COMMENT, report.state, payload={"section": section, "text": said})
    return report


def add_problem(
    *,
    actor: Actor,
    bulletin_id: int,
    version: int,
    text: str,
    unit_id: int,
    due: date | None,
    post_id: int | None = None,
    measure: str = "",
    indicator: str = "",
) -> Bulletin:
    """A line of the problem list and of the responsibility list: what, who answers for it, by when. It becomes a task when the
    report is published. indicator: the figure of the report it is about, "" for none."""
    faults: dict[str, str] = {}
    if not text.strip() or len(text) > LONGEST["problem"] or len(measure) > LONGEST["problem"]:
        faults["text"] = _("请写明问题，措施可不写，各不超过%(n)s字。") % {"n": LONGEST["problem"]}
    unit = organizations.unit(unit_id)
    if unit is None or unit_id not in {row.id for row in units_for(actor)}:
        faults["unit_id"] = _("请选本单位或下属的责任单位。")
    elif post_id is not None and post_id not in {post.id for post in organizations.posts_of_unit(unit_id)}:
        faults["post_id"] = _("这个岗位不在该单位。")
    if due is None or due < clock.today():
        faults["due"] = _("请写今天或以后的期限。")
    if faults or due is None:
        raise InvalidInput(_("问题没有列入清单。"), fields=faults)
    with _acting(actor, bulletin_id, Action.ADD_PROBLEM, version) as report:
        if indicator and indicator not in report.content["figures"]:
            raise InvalidInput(_("问题没有列入清单。"), fields={"indicator": _("报表里没有这个指标。")})
        made = Problem.objects.create(
            bulletin=report,
            text=text.strip(),
            measure=measure.strip(),
            indicator=indicator,
            unit_id=unit_id,
            post_id=post_id,
            due=due,
        )
        _log(
            actor,
            report,
            Action.ADD_PROBLEM,
            report.state,
            payload={"problem": made.pk, "unit": unit_id, "due": str(due)},
        )
    return report


def units_for(actor: Actor) -> list[Any]:
    """Units that a report of the actor's place may name: those of the same division, and those below."""
    root = actor.division.rstrip("0")
    return [unit for unit in organizations.all_units() if unit.division.startswith(root)] if root else []


def follow_problem(*, actor: Actor, bulletin_id: int, version: int, problem_id: int, state: str, note: str) -> Bulletin:
    """Say in this report what became of a problem of the last one."""
    told = note.strip()
    if state not in (ProblemState.MENDED, ProblemState.CARRIED) or not told or len(told) > LONGEST["problem"]:
        raise InvalidInput(_("没有保存。"), fields={"note": _("请选结果，并写明办到了什么程度。")})
    with _acting(actor, bulletin_id, Action.FOLLOW_PROBLEM, version) as report:
        if problem_id not in {row.pk for row in queries.standing(report)}:
            raise NotFound(_("上期清单里没有这个问题。"))
        Problem.objects.filter(pk=problem_id).update(state=state, note=told)
        _log(
            actor,
            report,
            Action.FOLLOW_PROBLEM,
            report.state,
            reason=told,
            payload={"problem": problem_id, "state": state},
        )
    return report


def submit(*, actor: Actor, bulletin_id: int, version: int) -> Bulletin:
    """Send for approval: figures, words and lists are put together and stand still from here.

    Raises NotAllowedNow while the period runs on, a credibility note is unanswered or a problem of last period isn't followed up.
    """
    with _acting(actor, bulletin_id, Action.SUBMIT, version) as report:
        whole = report.content | queries.parts(report)
        lacking = list(_lacking(whole))
        if lacking:
            raise NotAllowedNow(
                _("还不能送审：%(what)s") % {"what": "".join(lacking)}, cure=_("补齐后再送审，已写的都在。")
            )
        report.content, report.state = whole, State.SUBMITTED
        report.step, report.approvals, report.drafter_id = 0, [], actor.account_id
        _log(actor, report, Action.SUBMIT, State.DRAFTING, payload={"content": digest_of(whole)})
    return report


def _lacking(whole: dict[str, Any]) -> Iterator[str]:
    kinds = {section["kind"] for section in whole["set"]["sections"]}
    if whole["provisional"]:
        yield _("取数时本期还没有结束，请到期后重新取数。")
    answered = any(row["section"] == SectionKind.CREDIBILITY for row in whole["comments"])
    if SectionKind.CREDIBILITY in kinds and whole["findings"] and not answered:
        yield _("%(n)s条可信度提示还没有人签署说明。") % {"n": len(whole["findings"])}
    if SectionKind.COMMENTARY in kinds and not any(r["section"] == SectionKind.COMMENTARY for r in whole["comments"]):
        yield _("还没有签署的分析说明。")
    open_ones = sum(row["state"] == ProblemState.OPEN for row in whole["followed"])
    if SectionKind.FOLLOWED in kinds and open_ones:
        yield _("上期清单还有%(n)s个问题没有反馈。") % {"n": open_ones}


def approve(*, actor: Actor, bulletin_id: int, version: int) -> Bulletin:
    """One step of the approval; after the last the report may be published."""
    with _acting(actor, bulletin_id, Action.APPROVE, version) as report:
        step = permissions.next_step(report)
        report.approvals = [
            *report.approvals,
            {"step": step, "signed": _signature(actor), "post": actor.post_id, "at": clock.now().isoformat()},
        ]
        report.step += 1
        if permissions.next_step(report) is None:
            report.state = State.APPROVED
        _log(
            actor, report, Action.APPROVE, State.SUBMITTED, payload={"step": step, "content": digest_of(report.content)}
        )
    return report


def return_(*, actor: Actor, bulletin_id: int, version: int, reason: str) -> Bulletin:
    return _back(actor, bulletin_id, version, Action.RETURN, reason)


def reopen(*, actor: Actor, bulletin_id: int, version: int, reason: str) -> Bulletin:
    """A published report is drafted anew, with the reason; its editions stay as they are."""
    return _back(actor, bulletin_id, version, Action.REOPEN, reason)


def _back(actor: Actor, bulletin_id: int, version: int, action: Action, reason: str) -> Bulletin:
    why = reason.strip()
    if not why or len(why) > LONGEST["reason"]:
        raise InvalidInput(_("请写明理由。"), fields={"reason": _("理由不超过%(n)s字。") % {"n": LONGEST["reason"]}})
    with _acting(actor, bulletin_id, action, version) as report:
        before, report.state = report.state, State.DRAFTING
        report.step, report.approvals = 0, []
        _log(actor, report, action, before, reason=why)
    return report


def publish(*, actor: Actor, bulletin_id: int, version: int) -> Edition:
    """A new edition, exactly as approved; its digest stands in the log. Each problem that has no task yet becomes one."""
    with _acting(actor, bulletin_id, Action.PUBLISH, version) as report:
        whole = report.content | {"approvals": report.approvals}
        report.state, report.edition = State.PUBLISHED, report.edition + 1
        why = next((event.reason for event in reversed(queries.story(report)) if event.action == Action.REOPEN), "")
        made = Edition.objects.create(
            bulletin=report,
            number=report.edition,
            content=whole,
            digest=digest_of(whole),
            rulebook_date=whole["rulebook_date"],
            tree_date=whole["tree_date"],
            watermark=datetime.fromisoformat(whole["watermark"]),
            published_at=clock.now(),
            signed=_signature(actor),
            reason=why,
        )
        _log(actor, report, Action.PUBLISH, State.APPROVED, payload={"edition": made.number, "content": made.digest})
        _give_out(actor, report)
    return made


def _give_out(actor: Actor, report: Bulletin) -> None:
    """A task for each problem without one. A limit that has passed since ends today: the task is late from the start."""
    system = Actor.system("bulletins.publish")
    rows = [row for row, task in queries.given_tasks(report) if task is None]
    name = report.content["set"]["name"]["zh"]
    given = create_tasks(
        actor=system,
        rows=[
            NewTask(
                title=row.text[:LONGEST_TITLE],
                detail="\n".join(
                    part for part in (f"{report.place} {report.period} {name}", row.text, row.measure) if part
                ),
                unit_id=row.unit_id,
                post_id=row.post_id,
                due_at=clock.local(datetime.combine(max(row.due, clock.today()), time(23, 59, 59))),
                subject_kind=PROBLEM_KIND,
                subject_id=row.pk,
            )
            for row in rows
        ],
    )
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=report.pk,
                action="problem_given",
                actor=actor,
                to_state=report.state,
                payload={"problem": row.pk, "task": task.pk},
            )
            for row, task in zip(rows, given, strict=True)
        ]
    )


def problem_task_closed(problem_id: int, outcome: str, actor: Actor) -> None:
    """Called in the transaction that closes a problem's task (kernel.subjects); the next report says what became of it."""
    row = Problem.objects.select_related("bulletin").filter(pk=problem_id).first()
    if row is None:
        return
    action = "problem_answered" if outcome == "finished" else "problem_task_cancelled"
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=row.bulletin_id,
                action=action,
                actor=actor,
                to_state=row.bulletin.state,
                payload={"problem": row.pk},
            )
        ]
    )


@contextmanager
def _acting(actor: Actor, bulletin_id: int, action: Action, version: int) -> Iterator[Bulletin]:
    """The report locked, the act checked; saved with one version more when the body ends well."""
    with transaction.atomic():
        found = Bulletin.objects.visible_to(actor).select_for_update().filter(pk=bulletin_id).first()
        if found is None:
            raise NotFound(_("没有这份报表。"))
        permissions.check(actor, found, action)
        if found.version != version:
            raise StaleVersion(_("您打开之后，有人改动了这份报表。"), cure=_("请核对最新情况后再提交一次。"))
        stood = found.state
        yield found
        found.version += 1
        found.changed_at = clock.now()
        found.save()
        if found.state != stood or action is Action.APPROVE:
            waiting.hand_on(found)


def _signature(actor: Actor) -> str:
    unit = organizations.unit(actor.unit_id) if actor.unit_id else None
    post = organizations.post(actor.post_id) if actor.post_id else None
    return " ".join(part.name for part in (unit, post) if part) or actor.label


def _log(
    actor: Actor,
    report: Bulletin,
    action: Action,
    before: str,
    *,
    reason: str = "",
    payload: dict[str, Any] | None = None,
    first: bool = False,
) -> None:
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=report.pk,
                action=action.value,
                actor=actor,
                from_state=str(before),
                to_state=str(report.state),
                reason=reason,
                payload=payload or {},
                first=first,
            )
        ]
    )
