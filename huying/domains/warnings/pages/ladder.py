"""The ladder of one's own place: what is in force, drafts, who changed it and why; new versions drafted and published."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from huying.analytics.definitions import Grade
from huying.analytics.definitions.model import GRADE_WORDS
from huying.analytics.periods import PeriodKind
from huying.analytics.showing import KIND_WORDS, SHAPE_NAMES, TONES
from huying.domains.territory import queries as territory
from huying.domains.territory.vocabulary import LEVEL_WORDS
from huying.domains.warnings import queries, services
from huying.domains.warnings.models import LadderRow
from huying.domains.warnings.permissions import keeps_ladder, require_ladder
from huying.domains.warnings.rungs import RungRow
from huying.domains.warnings.vocabulary import (
    LETTERS_WORDS,
    ORIGIN_WORDS,
    OWNER_WORDS,
    RUNG_STANDING_WORDS,
    STEP_WORDS,
    Letters,
    Origin,
    Owner,
    RungStanding,
    Step,
)
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.audit.naming import action_words, actor_words
from huying.kernel.deadlines import Limit
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.packs import Provenance
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.numbers import whole_number

COLOURS = (Grade.YELLOW, Grade.ORANGE, Grade.RED)
STEPS = (Step.ALERT, Step.NOTICE, Step.TALK, Step.LISTED)
LEVELS = (Level.PROVINCE, Level.CITY, Level.COUNTY, Level.TOWNSHIP)


class RungForm(forms.Form):
    """A rung by colour. Early signals stay with the pack: their method is no choice of a place's."""

    period = forms.ChoiceField(label=gettext_lazy("期间"))
    levels = forms.MultipleChoiceField(label=gettext_lazy("级别"), widget=forms.CheckboxSelectMultiple)
    colour = forms.ChoiceField(label=gettext_lazy("颜色"), help_text=gettext_lazy("达到这一色或更差即计。"))
    in_a_row = forms.IntegerField(label=gettext_lazy("连续期数"), min_value=1, max_value=12)
    step = forms.ChoiceField(label=gettext_lazy("步骤"))
    owner = forms.ChoiceField(label=gettext_lazy("谁办"))
    limit = forms.CharField(
        label=gettext_lazy("时限"), max_length=16, help_text=gettext_lazy("写成 10 WD（工作日）或 30 D（自然日）。")
    )
    letters = forms.ChoiceField(label=gettext_lazy("告知方式"))
    tells = forms.IntegerField(label=gettext_lazy("向上告知几级"), min_value=0, max_value=3)
    reference = forms.CharField(label=gettext_lazy("依据"), max_length=200)
    valid_from = forms.DateField(
        label=gettext_lazy("自哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (
            ("period", KIND_WORDS.items()),
            ("colour", [(grade, GRADE_WORDS[grade]) for grade in COLOURS]),
            ("step", [(step, STEP_WORDS[step]) for step in STEPS]),
            ("owner", OWNER_WORDS.items()),
            ("letters", LETTERS_WORDS.items()),
        ):
            self.fields[name].choices = [(key.value, str(said)) for key, said in known]  # type: ignore[attr-defined]
        listed = [(level.column, str(LEVEL_WORDS[level])) for level in LEVELS]
        self.fields["levels"].choices = listed  # type: ignore[attr-defined]

    def rung(self, division: str, indicators: tuple[str, ...]) -> RungRow:
        """Raises InvalidInput with the field that isn't right."""
        said = {**self.cleaned_data, "division": division, "indicators": indicators, "provenance": Provenance.DOCUMENT}
        try:
            return RungRow.model_validate(said)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = str(first["loc"][0]) if first["loc"] else ""
            why = str(first.get("ctx", {}).get("error", first["msg"]))
            raise InvalidInput(why, fields={field: why} if field else {}) from None


@require_http_methods(["GET", "POST"])
@staff()
def ladder(request: HttpRequest) -> HttpResponse:
    """The rungs of the actor's own place. A form of `?from=ID` begins with what that version says."""
    actor = actor_of(request)
    if request.method == "POST":
        require_ladder(actor, actor.division)
    rows = queries.rungs_of(actor.division)
    known = {row.pk: row for row in rows}
    before = known.get(whole_number(request.GET.get("from", "")) or 0)
    form = RungForm(request.POST or None, initial=_initial(before, actor.level))
    if request.method == "POST" and form.is_valid():
        try:
            services.draft_rung(actor=actor, row=form.rung(actor.division, tuple(before.indicators) if before else ()))
            return redirect("warnings_ladder")
        except HuyingError as error:
            for name in error.fields or {"": ""}:
                form.add_error(name if name in form.fields else None, error.one_line())
    return _shown(request, rows, form=form, before=before, status=422 if form.is_bound else 200)


@require_POST
@staff()
def publish(request: HttpRequest) -> HttpResponse:
    return _done(request, services.publish_rung)


@require_POST
@staff()
def withdraw(request: HttpRequest) -> HttpResponse:
    return _done(request, services.withdraw_rung)


def _done(request: HttpRequest, verb: Any) -> HttpResponse:
    actor = actor_of(request)
    require_ladder(actor, "")
    try:
        verb(actor=actor, rung_id=whole_number(request.POST.get("id", "")) or 0, reason=request.POST.get("reason", ""))
    except InvalidInput as error:
        return _shown(request, queries.rungs_of(actor.division), error=error, status=422)
    return redirect("warnings_ladder")


def _initial(before: LadderRow | None, level: Level | None) -> dict[str, Any]:
    if before is not None:
        kept = {name: getattr(before, name) for name in RungForm.base_fields if name != "valid_from"}
        return kept | {"valid_from": clock.today()}
    return {
        "period": PeriodKind.MONTH.value,
        "levels": [one.column for one in LEVELS if level is not None and one >= level],
        "colour": Grade.RED.value,
        "tells": 0,
        "valid_from": clock.today(),
    }


def _shown(
    request: HttpRequest,
    rows: list[LadderRow],
    *,
    form: RungForm | None = None,
    before: LadderRow | None = None,
    error: InvalidInput | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    keeps = keeps_ladder(actor, actor.division)
    context = {
        "rungs": [_row(row) for row in rows],
        "keeps": keeps,
        "form": form or RungForm(initial=_initial(None, actor.level)),
        "before": _row(before) if before else None,
        "place": territory.names({actor.division}).get(actor.division, actor.division),
        "story": [
            {
                "at": entry.at,
                "who": str(actor_words(entry.actor_label)),
                "what": f"{action_words(entry.action)} · {_said(row)}",
                "why": entry.reason,
            }
            for row, entry in queries.rungs_story(rows)
        ],
        "error": error,
    }
    return render(request, "warnings/ladder.html", context, status=status)


def _said(row: LadderRow) -> str:
    if row.origin == Origin.EARLY:
        return str(ORIGIN_WORDS[Origin.EARLY])
    return _("连续%(n)s%(period)s%(colour)s：%(step)s") % {
        "n": row.in_a_row,
        "period": KIND_WORDS[PeriodKind(row.period)],
        "colour": GRADE_WORDS[Grade(row.colour)],
        "step": STEP_WORDS[Step(row.step)],
    }


def _row(row: LadderRow) -> dict[str, Any]:
    grade = Grade(row.colour) if row.colour else None
    standing = row.standing(clock.today())
    counts = standing in (RungStanding.COMING, RungStanding.IN_FORCE)
    return {
        "row": row,
        "said": _said(row),
        "tone": TONES[grade] if grade else "",
        "shape": SHAPE_NAMES[grade] if grade else "",
        "levels": [LEVEL_WORDS[level] for level in sorted(row.rung.levels)],
        "owner": OWNER_WORDS[Owner(row.owner)],
        "limit": Limit.parse(row.limit).words,
        "letters": LETTERS_WORDS[Letters(row.letters)],
        "state": RUNG_STANDING_WORDS[standing],
        "state_tone": "green" if standing is RungStanding.IN_FORCE else "grey",
        "draft": standing is RungStanding.DRAFT,
        "open": standing is RungStanding.DRAFT or counts,
        "revisable": counts and row.origin == Origin.COLOUR,
    }
