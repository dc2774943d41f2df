"""The list of reports, a report on one page with what may be done about it, an edition as published, files."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.analytics.asking import asked_period
from huying.analytics.periods import Period, PeriodKind
from huying.domains.bulletins import permissions, queries, services
from huying.domains.bulletins.blocks import Paper
from huying.domains.bulletins.models import Bulletin
from huying.domains.bulletins.rendering import FORMATS, TYPES, html
from huying.domains.bulletins.rendering import render as rendered
from huying.domains.bulletins.vocabulary import (
    ACTION_WORDS,
    SECTION_WORDS,
    STATE_WORDS,
    STEP_WORDS,
    Action,
    ProblemState,
    SectionKind,
    State,
)
from huying.domains.bulletins.workflow import DRAFTERS, READERS
from huying.domains.tasks.vocabulary import STATE_WORDS as TASK_WORDS
from huying.domains.tasks.vocabulary import State as TaskState
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.audit.naming import actor_words
from huying.kernel.errors import HuyingError, InvalidInput, NotFound
from huying.kernel.pages import actor_of, staff, versions
from huying.kernel.pages.narrowing import NarrowingSelect
from huying.kernel.pages.numbers import whole_number

TONES = {State.DRAFTING: "grey", State.SUBMITTED: "blue", State.APPROVED: "accent", State.PUBLISHED: "green"}
PRESSED = (Action.REFRESH, Action.SUBMIT, Action.APPROVE, Action.PUBLISH)
# What people said of a problem stands; what its task says waits to be judged.
JUDGED = (ProblemState.MENDED, ProblemState.CARRIED)
REASONED = (Action.RETURN, Action.REOPEN)


class StartForm(forms.Form):
    set_code = forms.ChoiceField(label=gettext_lazy("报表"))
    period = forms.CharField(
        label=gettext_lazy("期间"),
        max_length=10,
        help_text=gettext_lazy("日 2026-10-05、周 2026-W43、月 2026-10、季 2026-Q3、年 2026"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = queries.report_sets()
        self.fields["set_code"].choices = [(row.code, _named(row.body["name"])) for row in sets]  # type: ignore[attr-defined]


class ProblemForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("问题"), max_length=300)
    measure = forms.CharField(label=gettext_lazy("措施"), max_length=300, required=False)
    indicator = forms.ChoiceField(label=gettext_lazy("有关指标"), required=False)
    unit_id = forms.TypedChoiceField(label=gettext_lazy("责任单位"), coerce=int, widget=NarrowingSelect())
    due = forms.DateField(label=gettext_lazy("期限"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actor: Actor, report: Bulletin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where a place defines anew what the program counts, both are called the same: one of the two is enough to choose.
        codes = {_named(line["name"]): code for code, line in reversed(report.content["figures"].items())}
        self.fields["indicator"].choices = [("", "—"), *((code, name) for name, code in reversed(codes.items()))]  # type: ignore[attr-defined]
        self.fields["unit_id"].choices = [(unit.id, unit.name) for unit in services.units_for(actor)]  # type: ignore[attr-defined]


@require_GET
@staff(*READERS)
def listing(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    state, kind = request.GET.get("state", ""), request.GET.get("set", "")
    state = state if state in set(State) else ""
    page = queries.bulletins(actor, state=state, kind=kind, after=request.GET.get("after", ""))
    names = {row.code: _named(row.body["name"]) for row in queries.report_sets()}
    rows = [
        {
            "report": report,
            "name": names.get(report.set_code, report.set_code),
            "state": STATE_WORDS[State(report.state)],
            "tone": TONES[State(report.state)],
        }
        for report in page.items
    ]
    context = {
        "rows": rows,
        "page": page,
        "state": state,
        "kind": kind,
        "states": [(one.value, words) for one, words in STATE_WORDS.items()],
        "names": names.items(),
        "may_draft": permissions.may_draft(actor),
        "first": f"?state={state}&set={kind}",
        "next": f"?state={state}&set={kind}&after={page.next}",
    }
    return render(request, "bulletins/list.html", context)


@staff(*DRAFTERS)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    last = Period.holding(clock.today(), PeriodKind.MONTH).previous.key
    form = StartForm(request.POST or None, initial={"set_code": "monthly", "period": last})
    if request.method == "POST" and form.is_valid():
        try:
            report = services.start(
                actor=actor_of(request),
                set_code=form.cleaned_data["set_code"],
                period=asked_period(form.cleaned_data["period"]),
            )
        except InvalidInput as error:
            form.add_error("period", error.one_line())
        else:
            return redirect("bulletins_page", report.pk)
    return render(request, "bulletins/start.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_GET
@staff(*READERS)
def show(request: HttpRequest, bulletin_id: int) -> HttpResponse:
    return _shown(request, queries.bulletin(actor_of(request), bulletin_id))


@require_GET
@staff(*READERS)
def show_edition(request: HttpRequest, bulletin_id: int, edition: int) -> HttpResponse:
    report = queries.bulletin(actor_of(request), bulletin_id)
    row = queries.edition(report, edition)
    paper = queries.edition_paper(row, get_language() or "zh-hans")
    asked = {"division": report.division, "period": report.period, "since": row.content["watermark"]}
    since_url = f"{reverse('matters_touched')}?{urlencode(asked)}"
    context = _context(report, paper, edition) | {"edition": row, "since_url": since_url}
    return render(request, "bulletins/edition.html", context)


@require_GET
@staff(*READERS)
def download(request: HttpRequest, bulletin_id: int, edition: int, format: str) -> HttpResponse:
    """edition 0: the report as it stands, marked as a draft."""
    if format not in FORMATS:
        raise NotFound(_("没有这种格式。"), cure=" ".join(FORMATS))
    report = queries.bulletin(actor_of(request), bulletin_id)
    language = get_language() or "zh-hans"
    paper = (
        queries.edition_paper(queries.edition(report, edition), language)
        if edition
        else queries.draft_paper(report, language)
    )
    response = HttpResponse(rendered(paper, format), content_type=TYPES[format])
    response["Content-Disposition"] = content_disposition_header(True, f"{paper.title}.{format}") or "attachment"
    return response


@staff(*READERS)
@require_POST
def act(request: HttpRequest, bulletin_id: int, action: str) -> HttpResponse:
    actor, asked = actor_of(request), request.POST
    report = queries.bulletin(actor, bulletin_id)
    if action not in set(Action):
        raise NotFound(_("没有这个动作。"))
    try:
        permissions.check(actor, report, Action(action))
        common: dict[str, Any] = {"actor": actor, "bulletin_id": bulletin_id, "version": versions.sent(request)}
        match action:
            case Action.REFRESH:
                services.refresh(**common)
            case Action.COMMENT:
                services.comment(**common, section=asked.get("section", ""), text=asked.get("text", ""))
            case Action.ADD_PROBLEM:
                services.add_problem(
                    **common,
                    text=asked.get("text", ""),
                    measure=asked.get("measure", ""),
                    indicator=asked.get("indicator", ""),
                    unit_id=whole_number(asked.get("unit_id", "")) or 0,
                    due=_day(asked.get("due", "")),
                )
            case Action.FOLLOW_PROBLEM:
                services.follow_problem(
                    **common,
                    problem_id=whole_number(asked.get("problem", "")) or 0,
                    state=asked.get("state", ""),
                    note=asked.get("note", ""),
                )
            case Action.SUBMIT:
                services.submit(**common)
            case Action.APPROVE:
                services.approve(**common)
            case Action.RETURN:
                services.return_(**common, reason=asked.get("reason", ""))
            case Action.REOPEN:
                services.reopen(**common, reason=asked.get("reason", ""))
            case Action.PUBLISH:
                edition = services.publish(**common)
                return redirect("bulletins_edition", bulletin_id, edition.number)
            case _:
                raise NotFound(_("没有这个动作。"))
    except HuyingError as error:
        if error.status not in (409, 422):
            raise
        return _shown(request, report, error=error, written=asked)
    return redirect("bulletins_page", bulletin_id)


def _shown(
    request: HttpRequest, report: Bulletin, *, error: HuyingError | None = None, written: QueryDict | None = None
) -> HttpResponse:
    """written: what was sent and not taken; it stands in its form again."""
    actor = actor_of(request)
    said = written or QueryDict()
    able = permissions.possible(actor, report)
    paper = queries.draft_paper(report, get_language() or "zh-hans")
    drafting = Action.COMMENT in able
    step = permissions.next_step(report) if report.state == State.SUBMITTED else None
    sections = {section["kind"] for section in report.content["set"]["sections"]}
    signed = [kind for kind in (SectionKind.COMMENTARY, SectionKind.CREDIBILITY) if kind.value in sections]
    followed = queries.followed(report) if drafting and SectionKind.FOLLOWED in sections else []
    given = [] if drafting else [(row, task) for row, task in queries.given_tasks(report) if task is not None]
    context = _context(report, paper, 0) | {
        "state": STATE_WORDS[State(report.state)],
        "tone": TONES[State(report.state)],
        "pressed": [(one.value, ACTION_WORDS[one]) for one in PRESSED if one in able],
        "reasoned": [(one.value, ACTION_WORDS[one]) for one in REASONED if one in able],
        "signed": [
            (kind.value, SECTION_WORDS[kind], said.get("text", "") if said.get("section") == kind else "")
            for kind in signed
        ]
        if drafting
        else [],
        "reason": said.get("reason", ""),
        "problem_form": ProblemForm(actor=actor, report=report, initial=said.dict() if "unit_id" in said else None)
        if drafting and SectionKind.PROBLEMS in sections
        else None,
        "open_problems": [row for row in followed if row["state"] not in JUDGED or row["note"] == ""],
        "given": [(row, task, TASK_WORDS[TaskState(task.state)]) for row, task in given],
        "waits_for": STEP_WORDS[step] if step else "",
        "editions": queries.editions(report),
        "events": [
            {"at": one.at, "who": str(actor_words(one.actor_label)), "what": str(_words(one.action)), "why": one.reason}
            for one in reversed(queries.story(report))
        ],
        "error": error,
    }
    return render(request, "bulletins/page.html", context, status=error.status if error else 200)


def _context(report: Bulletin, paper: Paper, edition: int) -> dict[str, Any]:
    return {
        "report": report,
        "paper": paper,
        "blocks": html.blocks(paper),
        "files": [(name, reverse("bulletins_file", args=[report.pk, edition, name])) for name in FORMATS],
        "live": reverse("analytics_show", args=[report.division, report.period]),
    }


def _words(action: str) -> object:
    return ACTION_WORDS[Action(action)] if action in set(Action) else action


def _named(pair: dict[str, str]) -> str:
    return pair["en" if (get_language() or "").startswith("en") else "zh"]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
