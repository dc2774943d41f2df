"""The limits in force, how each is counted on a given day, and new versions of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.rulebook import content, queries, services
from huying.domains.rulebook.models import LimitRule
from huying.domains.rulebook.pages.forms import ExplainForm, LimitForm
from huying.domains.rulebook.permissions import keeps, require_office
from huying.domains.rulebook.queries import rule_of
from huying.domains.rulebook.vocabulary import STATE_WORDS, Part, State, places_up
from huying.kernel import clock, deadlines
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import HuyingError, NotFound
from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import words


def own_area(actor: Actor) -> str:
    """The area whose rules the actor keeps and reads first."""
    return actor.division if actor.level is not None and actor.level <= Level.TOWNSHIP else ""


def rule_choices(actor: Actor) -> list[tuple[str, str]]:
    rules = queries.limit_rules(None, clock.today(), own_area(actor))
    return [(key, f"{rule.words} · {rule.limit or '—'}") for key, rule in rules.items()]


def number(text: str) -> int:
    """A row's id from a form. Raises NotFound for what is none."""
    if (found := whole_number(text)) is None:
        raise NotFound(_("没有这一条。"))
    return found


@require_GET
@staff()
def limits(request: HttpRequest) -> HttpResponse:
    """Every rule in force for the actor's area, by group, with the tool that explains a deadline."""
    actor, today = actor_of(request), clock.today()
    rules = queries.limit_rules(None, today, own_area(actor))
    wanted = request.GET.get("q", "").strip().lower()
    rows = [
        rule
        for rule in rules.values()
        if not wanted
        or wanted in f"{rule.key} {rule.words.zh} {rule.words.en} {' '.join(map(str, rule.basis))}".lower()
    ]
    form = ExplainForm(rules=rule_choices(actor), initial={"start": clock.now().replace(second=0, microsecond=0)})
    context = {"rows": rows, "q": wanted, "form": form, "n": len(rules), "keeps": keeps(actor, Part.LIMIT)}
    return render(request, "rulebook/limits.html", context)


@require_GET
@staff()
def explain(request: HttpRequest) -> HttpResponse:
    """Fragment (or page, without script): a deadline told day by day."""
    actor = actor_of(request)
    form = ExplainForm(request.GET or None, rules=rule_choices(actor))
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        start = form.cleaned_data["start"]
        if form.cleaned_data["rule"]:
            rule = queries.limit_rule(form.cleaned_data["rule"], clock.local(start).date(), own_area(actor))
        else:
            rule = deadlines.Rule(key="", words=words("", ""), limit=deadlines.Limit.parse(form.cleaned_data["limit"]))
        try:
            told = deadlines.compute(rule, start, queries.calendar())
            context |= {"told": told, "rule": rule, "basis": told.basis, "skipped": told.skipped, "steps": told.steps}
        except HuyingError as error:
            form.add_error(None, error.one_line())
    whole = request.headers.get("HX-Request") != "true"
    return render(request, "rulebook/explain_page.html" if whole else "rulebook/explain.html", context)


@require_http_methods(["GET", "POST"])
@staff()
def limit(request: HttpRequest, key: str) -> HttpResponse:
    """One rule: its versions, shipped and local, and the form for a new one."""
    actor, today = actor_of(request), clock.today()
    if request.method == "POST":
        require_office(actor, Part.LIMIT)
    if key not in queries.rule_keys():
        raise NotFound(_("没有这条时限规则。"))
    area = own_area(actor)
    rules = queries.limit_rules(None, today, area)
    current = rules.get(key) or (content.limits()[key][-1] if key in content.limits() else None)
    form = LimitForm(request.POST or None, initial=_initial(current) if current else {})
    if request.method == "POST" and form.is_valid() and current is not None:
        try:
            services.draft_limit(
                key=key,
                body=form.body(services.body_of(current)),
                valid_from=form.cleaned_data["valid_from"],
                division=area,
                actor=actor,
            )
            return redirect("rulebook_limit", key=key)
        except HuyingError as error:
            form.add_error(None, error.one_line())
    stored = LimitRule.objects.filter(key=key, division__in=[*places_up(area), ""]).order_by("-valid_from", "-pk")
    versions = [(row, rule_of(row), STATE_WORDS[State(row.state)], row.state == State.DRAFT) for row in stored]
    context = {
        "key": key,
        "rule": current,
        "versions": versions,
        "shipped": content.limits().get(key, ()),
        "form": form,
        "keeps": keeps(actor, Part.LIMIT) and current is not None and current.limit is not None,
        "today": today,
    }
    return render(request, "rulebook/limit.html", context, status=422 if form.is_bound else 200)


def _initial(rule: deadlines.Rule) -> dict[str, object]:
    basis = rule.basis[0] if rule.basis else deadlines.Basis("")
    return {
        "limit": str(rule.limit or ""),
        "internal": str(rule.internal or ""),
        "extension": str(rule.extension.cap) if rule.extension else "",
        "yellow": str(rule.yellow or ""),
        "red": str(rule.red or ""),
        "title": basis.title,
        "article": basis.article,
        "valid_from": clock.today().isoformat(),
    }


@require_POST
@staff()
def publish_limit(request: HttpRequest) -> HttpResponse:
    (row,) = services.publish(Part.LIMIT, [number(request.POST.get("id", ""))], actor=actor_of(request))
    return redirect("rulebook_limit", key=row.key)


@require_POST
@staff()
def withdraw_limit(request: HttpRequest) -> HttpResponse:
    pk, reason = number(request.POST.get("id", "")), request.POST.get("reason", "")
    (row,) = services.withdraw(Part.LIMIT, [pk], actor=actor_of(request), reason=reason)
    return redirect("rulebook_limit", key=row.key)
