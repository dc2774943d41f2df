"""Lists of tasks, a task on one page, giving one out, acting on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.organizations import queries as organizations
from huying.domains.tasks import queries, services
from huying.domains.tasks.models import Task
from huying.domains.tasks.permissions import may_assign, possible
from huying.domains.tasks.vocabulary import ACTION_WORDS, STATE_WORDS, Action, State
from huying.domains.tasks.workflow import ASSIGNERS, TASK
from huying.kernel import clock, clocks, subjects
from huying.kernel.audit import HistoryEntry
from huying.kernel.audit.naming import actor_words
from huying.kernel.clocks import card_at
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.narrowing import NarrowingSelect
from huying.kernel.pages.numbers import whole_number

TONES = {"none": "", "yellow": "amber", "red": "red"}
STATE_TONES = {State.ASSIGNED: "blue", State.ACCEPTED: "accent", State.FINISHED: "green"}
UNITS_OFFERED = 500


class NewTaskForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("要做什么"), max_length=120)
    unit_id = forms.TypedChoiceField(label=gettext_lazy("承办单位"), coerce=int, widget=NarrowingSelect())
    due_at = forms.DateTimeField(
        label=gettext_lazy("期限"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("与下面的时限填其中一个。"),
    )
    limit = forms.CharField(
        label=gettext_lazy("时限"), required=False, help_text=gettext_lazy("如 5 WD（工作日）、2 h（小时）。")
    )
    item = forms.CharField(
        label=gettext_lazy("目录事项编码"), required=False, help_text=gettext_lazy("交给网格、村社时必填。")
    )
    detail = forms.CharField(label=gettext_lazy("要求"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, units: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_id"].choices = units  # type: ignore[attr-defined]


@staff()
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    of = request.GET.get("of", "ours")
    of = of if of in queries.LISTS else "ours"
    state = request.GET.get("state", "open")
    page = queries.tasks(actor, of=of, state=state, after=request.GET.get("after", ""))
    context = {
        "rows": [_row(task) for task in page.items],
        "page": page,
        "of": of,
        "state": state,
        "may_assign": may_assign(actor),
        "first": f"?of={of}&state={state}",
        "next": f"?of={of}&state={state}&after={page.next}",
    }
    return render(request, "tasks/list.html", context)


@staff()
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, queries.task(actor_of(request), pk))


@staff(*ASSIGNERS)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Give a task; `kind` and `record` in the address name its subject."""
    actor = actor_of(request)
    kind, record = request.GET.get("kind", ""), request.GET.get("record", "")
    subject_id = whole_number(record)
    if kind and subject_id is not None:
        subjects.require_visible(actor, kind, subject_id)
    below = organizations.units_below(actor.unit_id) if actor.unit_id else []
    units = [(unit.id, unit.name) for unit in below[:UNITS_OFFERED]]
    form = NewTaskForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        due: datetime | None = given.pop("due_at")
        row = services.NewTask(
            **given,
            due_at=clock.local(due) if due else None,
            subject_kind=kind if subject_id is not None else "",
            subject_id=subject_id,
        )
        try:
            return redirect("tasks_page", services.create_task(actor=actor, row=row).pk)
        except HuyingError as error:
            for name, told in error.fields.items():
                form.add_error(name if name in form.fields else None, told)
            if not error.fields:
                form.add_error(None, error.one_line())
    status = 422 if request.method == "POST" else 200
    return render(request, "tasks/new.html", {"form": form}, status=status)


@staff()
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    actor = actor_of(request)
    asked = request.POST
    version = whole_number(asked.get("version", ""))
    common: dict[str, Any] = {"actor": actor, "ids": [pk]}
    if version is not None:
        common["versions"] = {pk: version}
    reason = asked.get("reason", "")
    try:
        match action:
            case Action.ACCEPT:
                services.accept_tasks(**common)
            case Action.FINISH:
                services.finish_tasks(**common, evidence=asked.get("evidence", ""))
            case Action.RETURN:
                services.return_tasks(**common, reason=reason)
            case Action.CANCEL:
                services.cancel_tasks(**common, reason=reason)
            case Action.URGE:
                services.urge_tasks(**common, reason=reason)
            case Action.SUPERVISE:
                services.supervise_tasks(**common, reason=reason)
            case Action.REASSIGN:
                services.reassign_tasks(**common, unit_id=whole_number(asked.get("unit_id", "")) or 0, reason=reason)
            case _:
                raise InvalidInput(_("没有这个动作。"))
    except InvalidInput as error:
        return _shown(request, queries.task(actor, pk), error=error, status=422)
    return redirect("tasks_page", pk)


@staff()
@require_GET
def of_subject(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Fragment: the tasks about one record."""
    actor = actor_of(request)
    subjects.require_visible(actor, kind, pk)
    rows = [_row(task) for task in queries.tasks_of(actor, kind, pk)]
    return render(request, "tasks/of.html", {"rows": rows, "kind": kind, "pk": pk, "may_assign": may_assign(actor)})


def _row(task: Task) -> dict[str, Any]:
    state = State(task.state)
    return {
        "task": task,
        "url": reverse("tasks_page", args=[task.pk]),
        "state": STATE_WORDS[state],
        "tone": STATE_TONES.get(state, "grey"),
    }


def _event(entry: HistoryEntry) -> dict[str, Any]:
    known = entry.action in set(Action)
    said = str(ACTION_WORDS[Action(entry.action)]) if known else str(CARD_WORDS.get(entry.action, entry.action))
    return {"at": entry.at, "who": str(actor_words(entry.actor_label)), "what": said, "why": entry.reason}


CARD_WORDS = {
    "card_yellow": gettext_lazy("亮黄牌"),
    "card_red": gettext_lazy("亮红牌"),
    "clock_recomputed": gettext_lazy("期限按新公布的日历重算"),
}


def _shown(request: HttpRequest, task: Task, *, error: InvalidInput | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    running = next(iter(clocks.of_records("task", [task.pk])), None)
    reckoned = clocks.deadline_of(running) if running else None
    subject = None
    if task.subject_kind and task.subject_id is not None:
        kind = subjects.of(task.subject_kind)
        if task.subject_id in kind.visible(actor, [task.subject_id]):
            subject = (kind.titles([task.subject_id])[task.subject_id], kind.page_url(task.subject_id))
    able = possible(actor, task)
    acts = [(a.value, ACTION_WORDS[a], _needs(a)) for a in able]
    below = (
        organizations.units_below(actor.unit_id)[:UNITS_OFFERED] if actor.unit_id and Action.REASSIGN in able else []
    )
    context = _row(task) | {
        "clock": running,
        "card_tone": TONES.get(card_at(running, clock.now()), "") if running else "",
        "basis": reckoned.rule.words if reckoned else "",
        "events": [_event(entry) for entry in queries.story(actor, task.pk)],
        "acts": acts,
        "units": [(unit.id, unit.name) for unit in below],
        "subject": subject,
        "error": error,
    }
    return render(request, "tasks/page.html", context, status=status)


def _needs(action: Action) -> str:
    """What the act's form asks for."""
    needs = next((row.needs for row in TASK.transitions if row.action == action.value), ())
    return needs[0] if needs else ""
