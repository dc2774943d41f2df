"""Many matters at once: first what will happen to each and which can't, then doing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.pages.words import why_not
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import InvalidInput, RuleMissing
from huying.kernel.http.guards import reads
from huying.kernel.pages import actor_of, acts, staff
from huying.kernel.pages.numbers import whole_number

MOST = 200


@dataclass(frozen=True)
class Line:
    """One matter of a preview: what will happen, or why nothing will. `version` is what was read."""

    matter: Matter
    unit_id: int | None
    unit: str
    grounds: str
    against: str


def _picked(request: HttpRequest, actor: Actor) -> list[Matter]:
    ids = acts.picked(request.POST.getlist("pick")).get("matter", [])
    if not ids:
        raise InvalidInput(_("没有选中事项。"), cure=_("请在列表里先勾选。"))
    if len(ids) > MOST:
        raise InvalidInput(_("一次最多 %(n)d 件。") % {"n": MOST}, cure=_("请分批办理。"))
    return list(Matter.objects.visible_to(actor).filter(pk__in=ids).order_by("due_at", "pk"))


@reads
@require_POST
@staff(Role.DISPATCHER)
def preview_dispatch(request: HttpRequest) -> HttpResponse:
    """Where each picked matter would go by the catalogue, and which it cannot decide."""
    actor = actor_of(request)
    found = _picked(request, actor)
    lines = _lines(found, actor)
    ready = [line for line in lines if not line.against]
    return render(
        request,
        "matters/bulk_dispatch.html",
        {"lines": lines, "ready": len(ready), "left": len(lines) - len(ready)},
    )


def _lines(found: list[Matter], actor: Actor) -> list[Line]:
    places = [
        (m.item, next((code for level in reversed(Level) if (code := getattr(m, level.column))), "")) for m in found
    ]
    try:
        routings = rulebook.routes(places, clock.today())
    except RuleMissing:  # no catalogue is in force: every row is for a person to judge
        routings = [None] * len(found)
    names = organizations.unit_names({r.lead_unit_id for r in routings if r is not None and r.lead_unit_id})
    lines = []
    for matter, routing in zip(found, routings, strict=True):
        against = why_not("dispatch", matter, actor)
        if not against and (routing is None or routing.lead_unit_id is None):
            against = _("派单目录没有对应的条目，请单独研判。")
        unit_id = routing.lead_unit_id if routing is not None else None
        lines.append(
            Line(
                matter,
                unit_id,
                names.get(unit_id or 0, ""),
                str(routing.grounds) if routing is not None else "",
                against,
            )
        )
    return lines


@require_POST
@staff(Role.DISPATCHER)
def dispatch(request: HttpRequest) -> HttpResponse:
    """Send what the preview showed: `row` = "matter:version:unit". Rows that changed since are said, not sent."""
    actor = actor_of(request)
    orders = []
    for value in request.POST.getlist("row"):
        sent = [number for part in value.split(":") if (number := whole_number(part)) is not None]
        if len(sent) != 3 or value.count(":") != 2:
            raise InvalidInput(_("预览的内容不完整。"), cure=_("请回到列表重新预览。"), fields={"row": value[:40]})
        matter_id, version, unit = sent
        orders.append(
            services.Dispatch(
                actor=actor, matter_id=matter_id, version=version, lead_unit=unit, grounds=(_("按派单目录批量派单"),)
            )
        )
    if not orders:
        raise InvalidInput(_("没有可派的事项。"), cure=_("请回到列表重新选择。"))
    if len(orders) > MOST:
        raise InvalidInput(_("一次最多 %(n)d 件。") % {"n": MOST}, cure=_("请分批办理。"))
    done = services.dispatch.many(orders, partial=True)
    if not done.refused:
        messages.success(request, _("已派出 %(n)d 件。") % {"n": len(done.matters)})
        return HttpResponseRedirect(reverse("desk_home") + "?queue=dispatch")
    numbers = dict(
        Matter.objects.visible_to(actor)
        .filter(pk__in=[order.matter_id for order, _error in done.refused])
        .values_list("pk", "number")
    )
    refused = [(numbers.get(order.matter_id, ""), order.matter_id, error) for order, error in done.refused]
    return render(request, "matters/bulk_done.html", {"sent": done.matters, "refused": refused})
