"""Reads of periodic reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.bulletins.models import Bulletin, Edition, Problem, ReportSet
from huying.domains.bulletins.paper import Paper, paper
from huying.domains.bulletins.vocabulary import KIND
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
        "followed": [_said(row) for row in problems(previous(report))],
    }


def _said(row: Problem) -> dict[str, Any]:
    return {
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


def story(report: Bulletin) -> list[HistoryEntry]:
    return list(audit.history(KIND, report.pk))
