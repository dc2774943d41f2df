"""Warnings by colour, each as a chain: figure → task → answer → effect; how early signals are made and how good they were."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.figures import SMALL
from huying.analytics.showing import SHAPE_NAMES, TONES
from huying.domains.tasks.vocabulary import STATE_WORDS as TASK_WORDS
from huying.domains.tasks.vocabulary import State as TaskState
from huying.domains.territory import queries as territory
from huying.domains.territory.vocabulary import LEVEL_WORDS
from huying.domains.warnings import queries, services
from huying.domains.warnings.models import Forecastable, IndicatorWarning, Seen
from huying.domains.warnings.permissions import CLOSERS, may_close
from huying.domains.warnings.queries import Chain, Link, indicator_words, warning_words
from huying.domains.warnings.services.wording import value_of
from huying.domains.warnings.vocabulary import (
    ENDED_WORDS,
    KIND,
    LETTERS_WORDS,
    ORIGIN_WORDS,
    OWNER_WORDS,
    PLACE_SERIES,
    STATE_WORDS,
    STEP_WORDS,
    Ended,
    Letters,
    Origin,
    Owner,
    State,
    Step,
)
from huying.kernel.audit.naming import action_words, actor_words
from huying.kernel.deadlines import Limit
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import words

TASK_TONES = {TaskState.ASSIGNED: "blue", TaskState.ACCEPTED: "accent", TaskState.FINISHED: "green"}


@require_GET
@staff()
def listing(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    group = request.GET.get("group", "colour")
    group = group if group in queries.GROUPS else "colour"
    page = queries.warnings(actor, group=group, after=request.GET.get("after", ""))
    counts = queries.open_counts(actor)
    context = {
        "group": group,
        "rows": [_row(chain) for chain in queries.chains(actor, page.items)],
        "page": page,
        "first": f"?group={group}",
        "next": f"?group={group}&after={page.next}",
        "counts": counts,
        "headline": _headline(counts),
        "rounds": queries.last_rounds(),
    }
    return render(request, "warnings/list.html", context)


@require_GET
@staff()
def page(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, queries.warning(actor_of(request), pk))


@require_POST
@staff(*CLOSERS)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    sent = request.POST.get("version", "")
    try:
        services.close_warning(
            actor=actor,
            warning_id=pk,
            reason=request.POST.get("reason", ""),
            version=whole_number(sent),
        )
    except InvalidInput as error:
        return _shown(request, queries.warning(actor, pk), error=error, status=422)
    return redirect("warnings_page", pk)


@require_GET
@staff()
def method(request: HttpRequest) -> HttpResponse:
    """The ladder in force and, for each number of matters, what its forecast was worth so far."""
    actor = actor_of(request)
    tried = queries.forecasts(actor)
    there = queries.place_forecasts(actor)
    told = sum(one.windows for one in tried)
    judged, hits = sum(one.judged for one in tried), sum(one.hits for one in tried)
    ladder = queries.ladder()
    places = territory.names({row.division for row in ladder})
    context = {
        "rungs": [
            {
                "row": row,
                "place": places.get(row.division, row.division),
                "colour": GRADE_WORDS[Grade(row.colour)] if row.colour else None,
                "tone": TONES[Grade(row.colour)] if row.colour else "",
                "shape": SHAPE_NAMES[Grade(row.colour)] if row.colour else "",
                "origin": ORIGIN_WORDS[Origin(row.origin)],
                "step": STEP_WORDS[Step(row.step)],
                "owner": OWNER_WORDS[Owner(row.owner)],
                "letters": LETTERS_WORDS[Letters(row.letters)],
                "limit": Limit.parse(row.limit).words,
                "levels": [LEVEL_WORDS[level] for level in sorted(row.rung.levels)],
            }
            for row in ladder
        ],
        "tried": [_tried(one) for one in tried],
        "places": {
            "tried": [_tried(one) for one in there.carried],
            "more": there.carried_n - len(there.carried),
            "points": there.points,
            "groups": there.groups,
            "carried": there.carried_n,
            "told": there.record.told,
            "inside": _share(there.record.inside, there.record.told),
            "judged": there.record.judged,
            "hits": _share(there.record.hits, there.record.judged),
        },
        "carried": sum(one.carried for one in tried),
        "told": told,
        "inside": _share(sum(one.inside for one in tried), told),
        "judged": judged,
        "hits": _share(hits, judged),
    }
    return render(request, "warnings/method.html", context)


def _tried(one: Forecastable) -> dict[str, Any]:
    return {
        "row": one,
        "name": words(one.name_zh, one.name_en) if one.name_zh else indicator_words(one.indicator),
        "value": f"＜{SMALL}" if one.hidden else one.value,
        "inside": _share(one.inside, one.windows),
        "hits": _share(one.hits, one.judged),
    }


def _share(part: int, whole: int) -> str:
    """ "—" where there is nothing to take a share of: unknown is not zero."""
    return f"{part / whole:.0%}" if whole else "—"


def _headline(counts: dict[str, int]) -> str:
    if not any(counts.values()):
        return _("职责范围内没有未结束的预警。")
    return _("职责范围内有%(colour)s项亮色预警、%(early)s项早期信号未结束。") % {
        "colour": counts[Origin.COLOUR.value],
        "early": counts[Origin.EARLY.value],
    }


def _figure(warning: IndicatorWarning, seen: Seen) -> dict[str, Any]:
    """The figure of one period, its colour in three ways, and the report it stands in."""
    grade = Grade(seen.colour) if seen.colour else None
    early = warning.origin == Origin.EARLY
    return {
        "text": value_of(warning, seen),
        "tone": TONES[grade] if grade else "",
        "shape": SHAPE_NAMES[grade] if grade else "",
        "word": GRADE_WORDS[grade] if grade else None,
        "href": _records(warning, seen) or reverse("analytics_show", args=[warning.division, seen.key]),
        "behind": f"{seen.numerator:,.10g} / {seen.denominator:,.10g}"
        if seen.denominator and seen.numerator is not None
        else "",
        "unknown": not seen.known,
        "expected": _("预期%(mean).0f，区间%(low)s–%(high)s")
        % {"mean": seen.expected, "low": seen.low, "high": seen.high}
        if early and seen.expected is not None
        else "",
    }


def _records(warning: IndicatorWarning, seen: Seen) -> str:
    """The page of the matters behind a number at registered places; "" for what stands in a report."""
    family, _dot, which = warning.indicator.partition(".")
    if family not in PLACE_SERIES:
        return ""
    asked = {"places": which or "all", "division": warning.division, "to": seen.ends.isoformat()}
    return f"{reverse('matters_at_places')}?{urlencode(asked)}"


def _task(link: Link) -> dict[str, Any] | None:
    if link.task is None:
        return None
    state = TaskState(link.task.state)
    return {
        "row": link.task,
        "url": reverse("tasks_page", args=[link.task.pk]),
        "state": TASK_WORDS[state],
        "tone": TASK_TONES.get(state, "grey"),
    }


def _row(chain: Chain) -> dict[str, Any]:
    warning, latest = chain.warning, chain.latest
    given = next((link for link in reversed(chain.links) if link.task is not None), None)
    return {
        "warning": warning,
        "url": reverse("warnings_page", args=[warning.pk]),
        "name": warning_words(warning),
        "step": STEP_WORDS[Step(warning.step)],
        "key": latest.seen.key,
        "in_a_row": warning.in_a_row,
        "figure": _figure(warning, latest.seen),
        "task": _task(given) if given else None,
        "hidden": given is None and any(link.seen.task_id for link in chain.links),
        "effect": _figure(warning, given.effect) if given and given.effect else None,
        "ended": ENDED_WORDS[Ended(warning.ended)] if warning.ended else None,
    }


def _shown(
    request: HttpRequest, warning: IndicatorWarning, *, error: InvalidInput | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    (chain,) = queries.chains(actor, [warning])
    units = [task.unit_id for task in chain.tasks]
    context = _row(chain) | {
        "links": [
            {
                "seen": link.seen,
                "figure": _figure(warning, link.seen),
                "step": STEP_WORDS[Step(link.seen.step)] if link.seen.step else None,
                "task": _task(link),
                "asked": link.seen.task_id is not None,
                "effect": _figure(warning, link.effect) if link.effect else None,
                "effect_key": link.effect.key if link.effect else "",
            }
            for link in chain.links
        ],
        "origin": ORIGIN_WORDS[Origin(warning.origin)],
        "state": STATE_WORDS[State(warning.state)],
        "meaning": _meaning(warning),
        "events": [
            {
                "at": e.at,
                "who": str(actor_words(e.actor_label)),
                "what": str(action_words(e.action, KIND)),
                "why": e.reason,
            }
            for e in queries.story(actor, warning.pk)
        ],
        "may_close": may_close(actor, warning, units),
        "error": error,
    }
    return render(request, "warnings/page.html", context, status=status)


def _meaning(warning: IndicatorWarning) -> str:
    from huying.analytics import definitions, values

    known = definitions.shipped().indicator(warning.indicator.partition(".")[0])
    if known is not None:
        return str(known.meaning)
    return next((str(entry.meaning) for entry in values.catalogue() if entry.code == warning.indicator), "")
