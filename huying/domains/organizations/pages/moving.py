"""A unit answers for another division of its level: first what goes with it, then the change."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huying.domains.organizations import queries, services
from huying.domains.organizations.queries import UnitView
from huying.domains.territory import queries as territory
from huying.domains.territory.queries import FoundDivision
from huying.kernel import worklist
from huying.kernel.actors import Role
from huying.kernel.errors import NotFound
from huying.kernel.pages import actor_of, previews, staff


class MoveForm(forms.Form):
    division = forms.CharField(
        label=gettext_lazy("改为哪个区划"),
        max_length=120,
        help_text=gettext_lazy("写区划的名称或编码；级别须与单位相同。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    basis = forms.CharField(
        label=gettext_lazy("批准文件"), max_length=200, help_text=gettext_lazy("文号和名称，记入日志。")
    )


@require_http_methods(["GET", "POST"])
@staff(Role.SYSTEM_ADMIN)
def move(request: HttpRequest, unit_id: int) -> HttpResponse:
    """GET: the form. POST with step=preview: what goes with the unit; with step=do: done, and back to the unit."""
    unit = queries.unit(unit_id)
    if unit is None:
        raise NotFound(_("没有这个单位。"))
    form = MoveForm(request.POST if request.method == "POST" else None, label_suffix="")
    asked = previews.asked(
        request,
        form,
        foresee=lambda: _foreseen(form, unit),
        carry_out=lambda: _carry_out(request, form, unit),
        field="division",
    )
    if asked.answer:
        return asked.answer
    places = territory.names([unit.division])
    context = {"unit": unit, "place": places.get(unit.division, unit.division), "form": form, "preview": asked.preview}
    return render(request, "organizations/unit_move.html", context, status=asked.status)


def _wanted(form: MoveForm, unit: UnitView) -> FoundDivision:
    wanted = territory.named_division(form.cleaned_data["division"])
    services.check_move(unit=unit, division=wanted.code)
    return wanted


def _foreseen(form: MoveForm, unit: UnitView) -> dict[str, object]:
    """Where it would answer, and what goes with it."""
    wanted = _wanted(form, unit)
    posts = queries.posts_of_unit(unit.id)
    open_work = worklist.open_counts(post_ids=[post.id for post in posts], unit_ids=[unit.id])
    return {"to": wanted.words, "posts": len(posts), "work": sum(open_work.values())}


def _carry_out(request: HttpRequest, form: MoveForm, unit: UnitView) -> HttpResponse:
    wanted = _wanted(form, unit)
    services.move_unit(actor=actor_of(request), unit_id=unit.id, division=wanted.code, basis=form.cleaned_data["basis"])
    messages.success(request, _("%(unit)s 已改为 %(place)s。") % {"unit": unit.name, "place": wanted.words})
    return redirect("organizations_unit", unit.id)
