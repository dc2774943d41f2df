"""Reads of periodic reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.bulletins.blocks import Paper
from huying.domains.bulletins.models import Bulletin, Edition, Problem, ReportSet
from huying.domains.bulletins.paper import paper
from huying.domains.bulletins.vocabulary import KIND, PROBLEM_KIND, ProblemState
from huying.domains.tasks import queries as tasks
from huying.domains.tasks.vocabulary import OPEN
from huying.domains.tasks.vocabulary import State as TaskState
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.audit import HistoryEntry
from huying.kernel.errors import NotFound
from huying.kernel.pages.keyset import Keyset, Page

NEWEST = Keyset(order=("-starts", "-id"))


@dataclass(frozen=True)
class SetView:
    code: str
    period: str
    body: dict[str, Any]


def report_sets() -> list[SetView]:
    return [SetView(row.code, row.period, row.body) for row in ReportSet.objects.order_by("id")]


def report_set(code: str) -> SetView:
    """Raises NotFound with the codes there are."""
    known = report_sets()
    for row in known:
        if row.code == code:
            return row
    raise NotFound(
        _("没有这种报表：%(code)s") % {"code": code},
        cure=_("可用的报表：%(known)s") % {"known": "、".join(row.code for row in known) or _("无，请先安装配置包")},
    )


def bulletins(actor: Actor, *, state: str = "", kind: str = "", after: str = "") -> Page[Bulletin]:
    """Newest period first. state, kind: a state, a set's code; "" for all."""
    rows: QuerySet[Bulletin] = Bulletin.objects.visible_to(actor).defer("content", "approvals")
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(set_code=kind)
    return NEWEST.page(rows, after=after)


def bulletin(actor: Actor, pk: int) -> Bulletin:
    """Raises NotFound out of scope."""
    found = Bulletin.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有这份报表。"))
    return found


def editions(report: Bulletin) -> list[Edition]:
    return list(Edition.objects.filter(bulletin=report).defer("content").order_by("-number"))


def edition(report: Bulletin, number: int) -> Edition:
    found = Edition.objects.filter(bulletin=report, number=number).first()
    if found is None:
        raise NotFound(_("没有第%(n)s版。") % {"n": number})
    return found


def newest_edition(code: str, division: str, period: Period) -> Edition | None:
    """The published report of a place and period, for the command; it serves no one reader's scope."""
    rows = Edition.objects.filter(
        bulletin__set_code=code, bulletin__division=division, bulletin__period=period.key
    ).order_by("-number")
    return rows.first()


def previous(report: Bulletin) -> Bulletin | None:
    """The newest earlier report of the same place and set."""
    rows = Bulletin.objects.everything("last period's list of the same place").filter(
        set_code=report.set_code, division=report.division, starts__lt=report.starts
    )
    return rows.order_by("-starts").first()


def problems(report: Bulletin | None) -> list[Problem]:
    if report is None:
        return []
    return list(Problem.objects.filter(bulletin=report).select_related("unit", "post").order_by("id"))


def parts(report: Bulletin) -> dict[str, Any]:
    """What people have added so far, as it joins the content."""
    return {
        "comments": [
            {"section": row.section, "text": row.text, "signed": row.signed, "at": str(clock.local(row.at).date())}
            for row in report.comments.order_by("id")
        ],
        "problems": [_said(row) for row in problems(report)],
        "followed": followed(report),
    }


def standing(report: Bulletin) -> list[Problem]:
    """What this report has to follow up: the last one's problems, and of still earlier ones those with an open task."""
    last = previous(report)
    if last is None:
        return []
    earlier = list(
        Problem.objects.filter(
            bulletin__set_code=report.set_code, bulletin__division=report.division, bulletin__starts__lt=report.starts
        )
        .select_related("unit", "post", "bulletin")
        .order_by("id")
    )
    waiting = tasks.with_open_tasks(PROBLEM_KIND, [row.pk for row in earlier])
    return [row for row in earlier if row.bulletin_id == last.pk or row.pk in waiting]


def followed(report: Bulletin) -> list[dict[str, Any]]:
    """What became of each: as people said, else as its task stands; with the figure it is about, then and now."""
    rows = standing(report)
    given = tasks.tasks_of_many(Actor.system("bulletins.followed"), PROBLEM_KIND, [row.pk for row in rows])
    return [
        _said(row) | _became(row, given[row.pk][-1] if row.pk in given else None) | {"effect": _effect(row, report)}
        for row in rows
    ]


def given_tasks(report: Bulletin) -> list[tuple[Problem, Any | None]]:
    """The report's problems, each with its newest task."""
    rows = problems(report)
    given = tasks.tasks_of_many(Actor.system("bulletins.given"), PROBLEM_KIND, [row.pk for row in rows])
    return [(row, given[row.pk][-1] if row.pk in given else None) for row in rows]


def _became(row: Problem, task: Any | None) -> dict[str, Any]:
    told = {
        "task": None
        if task is None
        else {
            "id": task.pk,
            "number": task.number,
            "state": task.state,
            "due": str(clock.local(task.due_at).date()),
            "late": task.state in OPEN and task.due_at < clock.now(),
        }
    }
    if row.state != ProblemState.OPEN or task is None:
        return told
    if task.state == TaskState.FINISHED:
        return told | {"state": ProblemState.ANSWERED.value, "note": task.evidence}
    return told | {"state": ProblemState.CARRIED.value, "note": ""}


def _effect(row: Problem, report: Bulletin) -> dict[str, Any] | None:
    """The figure the problem is about, in the report that listed it and in this one."""
    then = row.bulletin.content["figures"].get(row.indicator)
    now = report.content["figures"].get(row.indicator)
    if not then or not now:
        return None
    own = {key: now[key] for key in ("name", "unit", "defined") if key in now}
    return own | {"then": then["now"], "now": now["now"]}


def _said(row: Problem) -> dict[str, Any]:
    return {
        "id": row.pk,
        "text": row.text,
        "measure": row.measure,
        "unit": row.unit.name,
        "post": row.post.name if row.post else "",
        "due": str(row.due),
        "state": row.state,
        "note": row.note,
    }


def draft_paper(report: Bulletin, language: str) -> Paper:
    """The report as it stands; while it is being drafted, with what people have added up to now."""
    live = parts(report) if report.state == "drafting" else {}
    return paper(report.content | live, language=language, approvals=signatures(report.approvals))


def edition_paper(row: Edition, language: str) -> Paper:
    """The edition as published. Raises Unavailable when it was tampered with."""
    content = row.whole()
    return paper(
        content,
        language=language,
        edition=row.number,
        published=clock.local(row.published_at),
        approvals=signatures(content["approvals"]),
    )


def signatures(approvals: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(_("审批：%(who)s　%(at)s") % {"who": row["signed"], "at": row["at"][:10]} for row in approvals)


def report_page(pk: int) -> str:
    return reverse("bulletins_page", args=[pk])


def reports_visible(actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(Bulletin.objects.visible_to(actor).filter(pk__in=list(ids)).values_list("pk", flat=True))


def report_titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Bulletin.objects.everything("titles of records the caller has checked").filter(pk__in=list(ids))
    return {row.pk: str(row) for row in rows}


def problems_visible(actor: Actor, ids: Iterable[int]) -> set[int]:
    seen = Problem.objects.filter(pk__in=list(ids), bulletin__in=Bulletin.objects.visible_to(actor).values("pk"))
    return set(seen.values_list("pk", flat=True))


def problem_titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Problem.objects.filter(pk__in=list(ids)).select_related("bulletin")
    return {row.pk: f"{row.bulletin.place} {row.bulletin.period} {row.text}" for row in rows}


def problem_page(pk: int) -> str:
    """The address of the report a problem stands in."""
    return reverse("bulletins_page", args=[Problem.objects.values_list("bulletin_id", flat=True).get(pk=pk)])


def story(report: Bulletin) -> list[HistoryEntry]:
    return list(audit.history(KIND, report.pk))
