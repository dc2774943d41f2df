"""The bench on the desk, its files, its kept selections, and the door in SQL over what is picked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.analytics import door, published, showing, values
from huying.analytics.bench import keeping, layout, leaving, records, statements
from huying.analytics.bench.selection import LEVELS, Axis, Part, Picked, Selection, parse, pick, usual
from huying.analytics.periods import Period
from huying.analytics.report import period_words
from huying.kernel import audit
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.tables import attachment
from huying.kernel.words import words

WORKERS = (Role.ANALYST, Role.SUPERVISOR, Role.LEADER)
FORMATS = ("csv", "xlsx", "parquet")
LEVEL_WORDS = {
    Level.PROVINCE: words("省", "provinces"),
    Level.CITY: words("市", "cities"),
    Level.COUNTY: words("县（市、区）", "counties"),
    Level.TOWNSHIP: words("乡镇（街道）", "townships"),
    Level.VILLAGE: words("村（社区）", "villages"),
    Level.GRID: words("网格", "grids"),
}
FIRST_STATEMENT = (
    "SELECT division_name, period, value, n\nFROM figures\nWHERE value IS NOT NULL\nORDER BY value\nLIMIT 100"
)


@require_GET
@staff(*WORKERS)
def show(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    selection = usual(actor)
    try:
        selection = asked(actor, request.GET)
        picked = pick(actor, selection)
    except InvalidInput as error:
        # What was chosen stays in the form, so far as it can be read; only a place is shown that is known to be one's own.
        kept = replace(selection, place=usual(actor).place)
        return render(request, "bench/show.html", _form(actor, kept, error), status=422)
    return render(request, "bench/show.html", _form(actor, selection) | _laid_out(picked))


@require_POST
@staff(*WORKERS)
def take(request: HttpRequest, format: str) -> HttpResponseBase:
    """The selection as a file, less what would give a small number away beside an earlier file."""
    if format not in FORMATS:
        raise NotFound(_("没有这种格式。"), cure=" ".join(FORMATS))
    actor = actor_of(request)
    left = leaving.leave(pick(actor, asked(actor, request.POST)))
    audit.access(actor, f"bench.export.{format}")
    name = f"{left.picked.selection.place}-{left.picked.selection.last}"
    rows, header = leaving.rows(left.picked), [column for column, _type in leaving.COLUMNS]
    if format != "parquet":
        return attachment(name, format, header, rows)
    return as_file(f"{name}.parquet", door.parquet("figures", leaving.COLUMNS, rows))


def as_file(name: str, content: bytes) -> HttpResponse:
    """A Parquet file to keep."""
    response = HttpResponse(content, content_type="application/vnd.apache.parquet")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_POST
@staff(*WORKERS)
def keep(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    selection = asked(actor, request.POST)
    try:
        keeping.keep(
            actor=actor,
            name=request.POST.get("name", ""),
            selection=selection,
            shared=request.POST.get("shared") == "on",
        )
    except InvalidInput as error:
        return render(request, "bench/show.html", _form(actor, selection, error), status=422)
    return redirect(f"{reverse('bench_show')}?{selection.query}")


@require_POST
@staff(*WORKERS)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    keeping.drop(actor=actor_of(request), pk=pk)
    return redirect("bench_show")


@staff(*statements.ASKERS)
@require_http_methods(["GET", "POST"])
def sql(request: HttpRequest) -> HttpResponseBase:
    """One SELECT over the picked figures, as a page or (`format=csv`) as a file."""
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    statement = given.get("sql", FIRST_STATEMENT)
    context: dict[str, Any] = {"sql": statement, "columns": leaving.COLUMNS, "seconds": door.asking.SECONDS}
    if records.may_read(actor):
        context |= {"record_columns": records.COLUMNS, "most_records": f"{records.MOST:,}"}
    try:
        selection = asked(actor, given)
        context |= {"selection": selection, "hidden": _hidden(selection)}
        if request.method == "POST":
            answer = statements.answered(actor, selection, statement)
            if given.get("format") == "csv":
                return attachment("sql", "csv", answer.columns, answer.rows)
            if given.get("format") == "parquet":
                return as_file("sql.parquet", door.as_parquet(answer))
            context |= {"answer": answer, "most": door.asking.MOST_ROWS}
    except InvalidInput as error:
        context |= {"error": error, "selection": context.get("selection") or usual(actor)}
        context.setdefault("hidden", _hidden(context["selection"]))
        return render(request, "bench/sql.html", context, status=422)
    return render(request, "bench/sql.html", context)


def asked(actor: Actor, given: QueryDict) -> Selection:
    """What was picked, blanks as the bench opens. Raises InvalidInput for what isn't one, and for a post without a place."""
    selection = parse(given, given.getlist("indicators"), usual(actor))
    if not selection.place:
        raise InvalidInput(_("您的岗位没有所属区划，看不到区划报表。"), cure=_("请换到有区划的岗位。"))
    return selection


def _hidden(selection: Selection) -> list[tuple[str, str]]:
    """The selection as a form's hidden inputs."""
    said = selection.as_json()
    return [("indicators", code) for code in said.pop("indicators")] + list(said.items())


def _form(actor: Actor, selection: Selection, error: InvalidInput | None = None) -> dict[str, Any]:
    chosen = set(selection.indicators)
    categories: dict[str, list[tuple[str, str, bool]]] = {}
    for entry in values.catalogue():
        name = entry.category or _("诉求办理")
        categories.setdefault(name, []).append((entry.code, str(entry.name), entry.code in chosen))
    levels = {"own": _("只看本地"), "children": _("下一级")} | {
        level.column: _("所有%(level)s") % {"level": LEVEL_WORDS[level]} for level in Level
    }
    return {
        "selection": selection,
        "error": error,
        "categories": [(name, rows, any(on for _c, _n, on in rows)) for name, rows in categories.items()],
        "levels": [(key, levels[key], key == selection.level) for key in LEVELS],
        "axes": [
            (axis.value, word, axis is selection.rows)
            for axis, word in ((Axis.PLACE, _("区划")), (Axis.PERIOD, _("期间")), (Axis.INDICATOR, _("指标")))
        ],
        "parts": [
            (part.value, word, part is selection.part)
            for part, word in (
                (Part.VALUE, _("数值")),
                (Part.N, _("依据的件数 n")),
                (Part.PREVIOUS, _("上期")),
                (Part.LAST_YEAR, _("上年同期")),
            )
        ],
        "places": _places(actor, selection),
        "kept": [
            (view, f"?{keeping.selection_of(view).query}", view.account == actor.account_id)
            for view in keeping.kept(actor)
        ],
        "hidden": _hidden(selection),
        "formats": FORMATS,
        "asks": actor.has(*statements.ASKERS),
    }


def _places(actor: Actor, selection: Selection) -> list[tuple[str, str, bool]]:
    """The way down to the chosen place and what lies below it, as far as the actor may look."""
    with published.opened() as figures:
        tree, day = figures.tree(), figures.state.watermark.date()
    path = tree.path(selection.place, day)[::-1]
    codes = [step.code for step in path]
    within = path[codes.index(actor.division) :] if actor.division in codes else path[-1:]
    listed = [*within, *tree.children(selection.place, day)]
    return [(node.code, node.name, node.code == selection.place) for node in listed]


def _one(entry: values.Entry, period: Period) -> str:
    return _("%(name)s（%(period)s）") % {"name": entry.name, "period": period_words(period)}


def _key(picked: Picked) -> list[showing.Step]:
    """What the colours mean: said where one indicator is shown of places of one level."""
    levels = {place.level for place in picked.places}
    if len(picked.entries) > 1 or len(levels) != 1 or picked.selection.part is not Part.VALUE:
        return []
    return showing.key(picked.entries[0], levels.pop(), picked.periods[-1].last)


def _laid_out(picked: Picked) -> dict[str, Any]:
    selection = picked.selection
    entry, last = picked.entries[0], picked.periods[-1]
    return {
        "pivot": layout.pivot(picked),
        "chart": layout.chart(picked),
        "title": _("%(indicators)s（%(first)s 至 %(last)s）")
        % {
            "indicators": "、".join(str(entry.name) for entry in picked.entries[:4]),
            "first": period_words(picked.periods[0]),
            "last": period_words(last),
        },
        "chart_title": "" if len(picked.periods) > 1 else _one(entry, last),
        "map": layout.map_values(picked) if len(picked.places) > 1 else None,
        "map_title": _one(entry, last),
        "map_url": f"{reverse('territory_geojson')}?parent={selection.place}&on={last.start}"
        if selection.level == "children"
        else "",
        "n": layout.n_of(picked),
        "sources": list(layout.sources(picked)),
        "drawn": " · ".join([*layout.left_out(picked), *layout.sources(picked)]),
        "key": _key(picked),
    }
