"""The year tables: look, enter by hand, see what publishing would change, publish."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.rulebook import queries, services
from huying.domains.rulebook.models import CalendarYear
from huying.domains.rulebook.pages.forms import YearForm
from huying.domains.rulebook.permissions import keeps, require_office
from huying.domains.rulebook.vocabulary import Part, State
from huying.kernel import clock
from huying.kernel.deadlines import Calendar, Day
from huying.kernel.errors import HuyingError, NotFound
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import words

Cell = tuple[int, str, str]
KINDS = {(True, True): "made_up", (True, False): "work", (False, True): "holiday", (False, False): "rest"}


@require_GET
@staff()
def years(request: HttpRequest) -> HttpResponse:
    """The published years and the one still to come."""
    calendar = queries.calendar()
    known = sorted(calendar.published | {clock.today().year, clock.today().year + 1}, reverse=True)
    rows = [(one, calendar.is_published(date(one, 1, 1)), len(calendar.specials(one))) for one in known]
    return render(request, "rulebook/years.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@staff()
def year(request: HttpRequest, year: int) -> HttpResponse:
    """A year month by month; for its keepers the draft, and what publishing it would change."""
    if not 1949 <= year <= 2200:
        raise NotFound(_("没有这一年。"))
    actor, calendar = actor_of(request), queries.calendar()
    if request.method == "POST":
        require_office(actor, Part.CALENDAR)
    draft = CalendarYear.objects.filter(year=year, state=State.DRAFT).prefetch_related("days").first()
    days = _stored(draft) if draft else calendar.specials(year)
    source = draft.source if draft else _("国务院办公厅关于%(year)s年部分节假日安排的通知") % {"year": year}
    form = YearForm(request.POST or None, initial={"source": source, "lines": YearForm.written(days)})
    if request.method == "POST" and form.is_valid():
        try:
            services.draft_calendar_year(
                year=year,
                source=form.cleaned_data["source"],
                days=form.cleaned_data["lines"],
                actor=actor,
                version=whole_number(request.POST.get("version", "")),
            )
            return redirect("rulebook_year", year=year)
        except HuyingError as error:
            form.add_error(None, error.one_line())
    context = {
        "year": year,
        "months": months(year, calendar),
        "published": calendar.is_published(date(year, 1, 1)),
        "draft": draft,
        "preview": services.preview_calendar_year(year=year) if draft else None,
        "form": form,
        "keeps": keeps(actor, Part.CALENDAR),
    }
    return render(request, "rulebook/year.html", context, status=422 if form.is_bound else 200)


def _stored(draft: CalendarYear) -> list[Day]:
    rows = sorted(draft.days.all(), key=lambda row: row.day)
    return [Day(row.day, row.working, words(row.zh, row.en)) for row in rows]


def months(year: int, calendar: Calendar) -> list[tuple[int, list[list[Cell | None]]]]:
    """Twelve months of weeks from Monday; a cell is (day of month, kind, why): kind work, rest, holiday or made_up."""
    found: list[tuple[int, list[list[Cell | None]]]] = []
    for month in range(1, 13):
        day = date(year, month, 1)
        cells: list[Cell | None] = [None] * day.weekday()
        while day.month == month:
            name = calendar.name(day)
            special = name is not None and (day.weekday() < 5 or calendar.is_working(day))
            kind = KINDS[calendar.is_working(day), special]
            cells.append((day.day, kind, str(name) if name else ""))
            day += timedelta(days=1)
        cells += [None] * (-len(cells) % 7)
        found.append((month, [cells[i : i + 7] for i in range(0, len(cells), 7)]))
    return found


@require_POST
@staff()
def publish_year(request: HttpRequest, year: int) -> HttpResponse:
    """Publish the draft; the provisional clocks are counted again in the same transaction."""
    moved = services.publish_calendar_year(year=year, actor=actor_of(request), reason=request.POST.get("reason", ""))
    return render(request, "rulebook/year_published.html", {"year": year, "moved": moved})
