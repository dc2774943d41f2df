"""Fragments for a record's page (people, who looked), and the page of those who approve and review."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from huying.domains.identities import queries, services
from huying.domains.identities.permissions import APPROVERS, may_rotate
from huying.domains.identities.vocabulary import (
    CONFIDENTIALITY_WORDS,
    GROUND_WORDS,
    PART_WORDS,
    VERDICT_WORDS,
    Ground,
    Part,
)
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.pages.guards import actor_of, staff

REASON_LEAST = 4  # letters that a reason has at least


def _people(request: HttpRequest, kind: str, record_id: int, status: int = 200, **more: Any) -> HttpResponse:
    lines = queries.people(actor_of(request), kind, record_id)
    context = {
        "kind": kind,
        "record_id": record_id,
        "people": [(line, CONFIDENTIALITY_WORDS[line.confidentiality]) for line in lines],
        "looks": queries.looks(kind, record_id),
        "grounds": GROUND_WORDS.items(),
        "rotates": may_rotate(actor_of(request), kind, record_id),
        **more,
    }
    whole = request.headers.get("HX-Request") != "true"
    name = "identities/record.html" if whole else "identities/people.html"
    return render(request, name, context, status=status)


@staff()
@never_cache
@require_GET
def people(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """Fragment: the parties, sealed, what this actor may do about each, and who looked."""
    return _people(request, kind, record_id)


@staff()
@never_cache
@require_POST
def act(request: HttpRequest, kind: str, record_id: str, verb: str) -> HttpResponse:
    """One verb about one party: reveal, ask, relay, callback, break; or rotate, a new code. What was typed comes back with an
    error."""
    actor, posted = actor_of(request), request.POST
    try:
        part = Part(posted.get("part", Part.REPORTER))
    except ValueError:
        raise InvalidInput(_("没有这种当事人。")) from None
    number = int(record_id)
    to: dict[str, Any] = {"actor": actor, "kind": kind, "record_id": number, "part": part}
    purpose = posted.get("purpose", "")
    shown: dict[str, Any] = {"acted": verb, "part": part, "part_words": PART_WORDS[part]}
    try:
        if verb == "reveal":
            shown["identity"] = services.reveal(**to, purpose=purpose)
        elif verb == "ask":
            services.ask_reveal(**to, purpose=purpose)
        elif verb == "relay":
            services.relay_message(**to, body=posted.get("body", ""))
        elif verb == "rotate":
            if len(purpose.strip()) < REASON_LEAST:
                raise InvalidInput(_("请写明怎么核实是反映人本人。"))
            shown["code"] = services.rotate_query_code(actor=actor, kind=kind, record_id=number, why=purpose.strip())
        elif verb == "callback":
            shown["token"] = services.callback_token(**to, purpose=purpose)
        else:
            if posted.get("ground") not in set(Ground):
                raise InvalidInput(_("请选择紧急查看的理由。"))
            shown["identity"] = services.break_glass(
                **to, purpose=purpose, ground=Ground(posted["ground"]), paper=posted.get("paper", "")
            )
    except HuyingError as error:
        if error.status == 404:
            raise
        # 200 for HTMX, which swaps nothing else in; the words say what is wrong, and what was typed stays
        status = 200 if request.headers.get("HX-Request") == "true" else error.status
        return _people(request, kind, number, status, error=error, typed=posted, acted=verb, part=part)
    return _people(request, kind, number, **shown)


@staff(*APPROVERS)
@never_cache
@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Page: wishes to see an identity, and broken glasses to review."""
    actor = actor_of(request)
    requests = [(row, CONFIDENTIALITY_WORDS[row.confidentiality]) for row in queries.requests_to_decide(actor)]
    reviews = [(row, GROUND_WORDS[Ground(row.ground)]) for row in queries.reviews_to_do(actor)]
    context = {"requests": requests, "reviews": reviews, "verdicts": VERDICT_WORDS.items()}
    return render(request, "identities/decisions.html", context)


@staff(*APPROVERS)
@require_POST
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    decide_it = services.approve_reveal if request.POST.get("verdict") == "approve" else services.deny_reveal
    decide_it(actor=actor_of(request), request_id=request_id, why=request.POST.get("why", ""))
    return redirect("identities_decisions")


@staff(*APPROVERS)
@require_POST
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    services.review_break_glass(
        actor=actor_of(request),
        review_id=review_id,
        verdict=request.POST.get("verdict", ""),
        note=request.POST.get("note", ""),
    )
    return redirect("identities_decisions")
