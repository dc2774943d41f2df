"""The bell, its list, and the administrators' outbox."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from huying.domains.notices import queries, services
from huying.domains.notices.permissions import OUTBOX
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, staff


def _ids(request: HttpRequest) -> list[int]:
    try:
        return [int(text) for text in request.POST.getlist("id")]
    except ValueError:
        raise InvalidInput("编号须为数字。") from None


@staff(administrators=True)
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    page = queries.inbox(actor_of(request), after=request.GET.get("after", ""))
    rows = [(notice, queries.address_of(notice.kind, notice.record_id)) for notice in page.items]
    context = {"page": page, "rows": rows, "first": reverse("notices_mine"), "next": f"?after={page.next}"}
    return render(request, "notices/mine.html", context)


@staff(administrators=True)
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """Fragment: how many are unread."""
    return render(request, "notices/bell.html", {"unread": queries.unread(actor_of(request))})


@staff(administrators=True)
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    if request.POST.get("all"):
        services.mark_all_read(actor=actor_of(request))
    else:
        services.mark_read(actor=actor_of(request), ids=_ids(request))
    return redirect("notices_mine")


@staff(*OUTBOX)
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "dead")
    page = queries.outgoing(state=state, after=request.GET.get("after", ""))
    context = {
        "page": page,
        "state": state,
        "states": queries.STATES,
        "standing": queries.standing(),
        "first": f"?state={state}",
        "next": f"?state={state}&after={page.next}",
    }
    return render(request, "notices/outbox.html", context)


@staff(*OUTBOX)
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    services.retry_dead(actor=actor_of(request), ids=_ids(request))
    return redirect(f"{reverse('notices_outbox')}?state=waiting")
