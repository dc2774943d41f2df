"""The kit as template tags: `{% load kit %}` in any page of any app. Each part is one template under kit/."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from html import escape
from typing import Any, Protocol

from django import template
from django.forms import BoundField
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from huying.domains.territory import queries as territory
from huying.kernel import words
from huying.kernel.actors import Actor, Role
from huying.kernel.pages import moments, nav
from huying.kernel.pages.keyset import CAP, Count
from huying.kernel.words import Words

register = template.Library()

# name → the path of a 12 × 12 drawing; a state is told by its shape before its colour
SHAPES: dict[str, str] = {
    "disc": "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z",
    "ring": "M6 .8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 6 .8zm0 2a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4z",
    "triangle": "M6 .6 11.7 11H.3z",
    "square": "M1 1h10v10H1z",
    "diamond": "M6 .2 11.8 6 6 11.8.2 6z",
    "pause": "M2 1h3v10H2zM7 1h3v10H7z",
    "tick": "M4.4 10.6.4 6.4l1.7-1.6 2.3 2.4L9.9 1.4l1.7 1.6z",
    "lock": "M3 5V3.8a3 3 0 0 1 6 0V5h1v6H2V5zm1.6 0h2.8V3.8a1.4 1.4 0 0 0-2.8 0z",
    "cross": "M2.4.9 6 4.5 9.6.9l1.5 1.5L7.5 6l3.6 3.6-1.5 1.5L6 7.5l-3.6 3.6L.9 9.6 4.5 6 .9 2.4z",
}
TONE_SHAPES = {
    "red": "square",
    "amber": "triangle",
    "green": "disc",
    "blue": "diamond",
    "accent": "diamond",
    "grey": "ring",
}


@register.simple_tag
@cache
def shape(name: str) -> SafeString:
    """The drawing `name`, for readers who see; the word beside it says the same."""
    return format_html(
        '<svg class="hy-shape" viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        SHAPES[name],
    )


class Cell(Protocol):
    """A figure as a table's cell says it. number: None where there is none, with the reason in `why`. tone, shape, word: its
    colour, "" for none. href: the way to its records, "" for none."""

    @property
    def text(self) -> str: ...
    @property
    def number(self) -> float | None: ...
    @property
    def why(self) -> str: ...
    @property
    def tone(self) -> str: ...
    @property
    def shape(self) -> str: ...
    @property
    def word(self) -> str: ...
    @property
    def href(self) -> str: ...


@register.simple_tag
def figure_cells(cells: Iterable[Cell]) -> SafeString:
    """A row's figures as table cells, in one pass: a template takes ten times as long over some thousand of them."""
    return SafeString("".join(map(_figure_cell, cells)))


def _figure_cell(cell: Cell) -> str:
    if cell.number is None:
        return f'<td class="hy-figure"><span class="rp-absent">{escape(cell.why or "—")}</span></td>'
    text, tone, drawn, word = escape(cell.text), "", "", ""
    if cell.href:
        text = f'<a href="{escape(cell.href)}">{text}</a>'
    if cell.tone:
        tone = f' data-tone="{escape(cell.tone)}"'
    if cell.shape:
        drawn = shape(cell.shape)
    if cell.word:
        word = f'<span class="hy-sr">{escape(cell.word)}</span>'
    return f'<td class="hy-figure"><span class="rp-figure"{tone}>{drawn}{text}{word}</span></td>'


@register.inclusion_tag("kit/clock.html")
def clock_chip(
    due: datetime | None,
    paused: bool = False,
    stopped_at: datetime | None = None,
    provisional: bool = False,
    url: str = "",
    tone: str = "",
) -> dict[str, Any]:
    """A limit in shape and words, the exact moment on hover; `url` opens the rule it runs by. `tone` (red, amber …) when a card
    by rule says more than the time left."""
    said = moments.due(due or None, paused=bool(paused), stopped_at=stopped_at or None, provisional=bool(provisional))
    if tone and due and not stopped_at and not paused:
        said = moments.Said(said.text, tone, TONE_SHAPES[tone], said.exact)
    return {"said": said, "url": url, "due": due}


@register.inclusion_tag("kit/state.html")
def state_chip(words: Words | str, tone: str = "grey", shape: str = "") -> dict[str, Any]:
    """A state: its words, its tone (red, amber, green, blue, accent, grey) and the shape that goes with the tone."""
    return {"words": words, "tone": tone, "shape": shape or TONE_SHAPES[tone]}


@register.inclusion_tag("kit/row.html")
def worklist_row(row: Any, picks: bool = False, columns: Iterable[str] | None = None) -> dict[str, Any]:
    """One row of a worklist. `row` has: url, number, title, due_at; and where known paused, provisional, tone, place, channel,
    who, why, note, state (with words, tone), pick (what its tick box sends), panel_url (the list with this row open)."""
    return {"row": row, "picks": picks, "columns": None if columns is None else set(columns)}


@register.inclusion_tag("kit/timeline.html")
def timeline(events: Iterable[Any]) -> dict[str, Any]:
    """A story. Each event has: at, who, what; and where known why, text, tone, folded (long things), url."""
    return {"events": events}


@register.inclusion_tag("kit/field.html")
def field(bound: BoundField, sealed: bool = False) -> dict[str, Any]:
    """A form field: label above, help under, error beside. `sealed` keeps it out of the draft kept on this machine."""
    kind = getattr(bound.field.widget, "input_type", "") or bound.field.widget.__class__.__name__.lower()
    if sealed:
        bound.field.widget.attrs["data-sealed"] = ""
    grouped = kind in {"radio"} or "multiple" in bound.field.widget.__class__.__name__.lower()
    # one of two that are both empty is a fault of the form, so neither alone is "optional"
    optional = not bound.field.required and not getattr(bound.field, "either", False)
    return {"field": bound, "kind": kind, "grouped": grouped, "optional": optional}


@register.inclusion_tag("kit/errors.html")
def error_summary(form: Any) -> dict[str, Any]:
    """All errors of a form at its head, each leading to its field."""
    return {"form": form}


@register.inclusion_tag("kit/guard.html", takes_context=True)
def form_guard(context: Context, version: int | None = None) -> dict[str, Any]:
    """What every writing form carries: the CSRF token, a key that makes sending twice one act, and the version that was read."""
    request = context.get("request")
    kept = request.POST.get("idempotency_key", "") if isinstance(request, HttpRequest) else ""
    return {
        "csrf_token": context.get("csrf_token"),
        "key": kept or str(uuid.uuid4()),
        "version": version,
    }


@register.inclusion_tag("kit/empty.html")
def empty(title: str, text: str = "", url: str = "", action: str = "") -> dict[str, Any]:
    """What would be here and how it gets here."""
    return {"title": title, "text": text, "url": url, "action": action}


@register.inclusion_tag("kit/pager.html", takes_context=True)
def pager(context: Context, page: Any) -> dict[str, Any]:
    """First and next page of a keyset list, the other parameters of the address kept."""
    request = context["request"]
    return {"page": page, "first": with_query(request, after=""), "next": with_query(request, after=page.next)}


@register.inclusion_tag("kit/crumbs.html")
def crumbs(*pairs: str) -> dict[str, Any]:
    """`{% crumbs "督办" url "LD-…" %}`: words and addresses in turn, the last without an address."""
    steps = [(pairs[i], pairs[i + 1] if i + 1 < len(pairs) else "") for i in range(0, len(pairs), 2)]
    return {"steps": steps}


@register.inclusion_tag("kit/confirm.html")
def confirm(name: str, title: str, text: str, act: str, undo: str = "", danger: bool = False) -> dict[str, Any]:
    """A dialog before a bulk or irreversible act. A button with `data-confirm="name"` opens it; accepting presses that button."""
    return {"name": name, "title": title, "text": text, "act": act, "undo": undo, "danger": danger}


@register.inclusion_tag("kit/sealed.html")
def sealed(label: str, reveal_url: str = "", why_not: str = "") -> dict[str, Any]:
    """A sealed person: that there is one, and the way to ask; never a name."""
    return {"label": label, "reveal_url": reveal_url, "why_not": why_not}


@register.inclusion_tag("kit/map.html")
def map_box(
    name: str,
    features: Any = None,
    url: str = "",
    size: str = "",
    pick: str = "",
    words: str = "",
    center: Any = None,
    area: str = "",
) -> dict[str, Any]:
    """A map. features: a GeoJSON object, or `url` to fetch one from; pick: the base name of the inputs <pick>_lon and
    <pick>_lat that a click fills; words: what it shows, for who does not see it; center: [lon, lat]; area: address of the
    boundaries drawn under it."""
    config = {"url": url, "area": area, "pick": pick, "center": center, "features": features}
    return {"name": name, "config": json_script(config, f"{name}-config"), "size": size, "words": words}


@register.inclusion_tag("kit/chart.html")
def chart_box(
    name: str,
    title: str,
    options: Mapping[str, Any],
    n: Any = None,
    source: str = "",
    table_url: str = "",
    size: str = "",
) -> dict[str, Any]:
    """A chart. title: a sentence that says what it shows; options: ECharts' own; n, source under it; table_url: the figures."""
    return {
        "name": name,
        "title": title,
        "options": json_script(options, f"{name}-options"),
        "n": n,
        "source": source,
        "table_url": table_url,
        "size": size,
    }


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's address with some parameters changed ("" removes one); the cursor goes back to the start."""
    changes.setdefault("after", "")
    return with_query(context["request"], **changes)


def with_query(request: HttpRequest, **changes: Any) -> str:
    parameters: QueryDict = request.GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            parameters.pop(name, None)
        else:
            parameters[name] = str(value)
    encoded = parameters.urlencode()
    return f"{request.path}?{encoded}" if encoded else request.path


@register.simple_tag(takes_context=True)
def navigation(context: Context, shell: str) -> list[tuple[Words, list[nav.Shown]]]:
    """The shell's navigation for whoever looks, by group."""
    request = context.get("request")
    actor = _actor(request)
    path, query_string = (request.path, request.META.get("QUERY_STRING", "")) if request is not None else ("", "")
    grouped: dict[str, list[nav.Shown]] = {}
    for shown in nav.shown(shell, actor, path, query_string, getattr(request, "nav_counts", None)):
        grouped.setdefault(shown.entry.group, []).append(shown)
    return [(nav.GROUPS[name], entries) for name, entries in grouped.items()]


@register.simple_tag(takes_context=True)
def preference(context: Context, name: str, default: str = "") -> str:
    """What the reader chose on this machine: `theme` (light, dark), `type` (normal, large), `panel`."""
    request = context.get("request")
    chosen = request.COOKIES.get(f"hy_{name}", default) if request is not None else default
    return chosen if chosen.isalnum() else default


@register.simple_tag(takes_context=True)
def acting(context: Context) -> Actor | None:
    """Who acts, or None on a page that nobody has signed in to."""
    return _actor(context.get("request"))


@register.simple_tag(takes_context=True)
def my_place(context: Context) -> str:
    """The name of the division whose matters the actor sees; "" for a post that is bound to no place."""
    actor = _actor(context.get("request"))
    if actor is None or not actor.division:
        return ""
    known = territory.tree()
    return (
        known.full_name(actor.division, below=known.parent(known.parent(actor.division)))
        if actor.division in known
        else ""
    )


@register.filter
def holds(actor: Actor | None, roles: str) -> bool:
    """Whether the actor holds one of the named roles ("call_taker dispatcher")."""
    return actor is not None and actor.has(*(Role(name) for name in roles.split()))


@register.filter
def ago(moment: datetime | None) -> str:
    return moments.ago(moment) if moment is not None else ""


@register.filter
def exactly(moment: datetime | None) -> str:
    return moments.exact(moment) if moment is not None else ""


@register.filter
def listed(names: Iterable[object] | None) -> str:
    return words.listed(names or ())


@register.filter
def capped(n: int | None) -> str:
    """A count that was counted to a thousand at most."""
    return str(Count(min(n, CAP), n > CAP)) if n is not None else ""


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _actor(request: Any) -> Actor | None:
    actor = getattr(request, "actor", None)
    return actor if isinstance(actor, Actor) else None
