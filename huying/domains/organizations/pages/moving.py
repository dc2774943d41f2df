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
from huying.domains.territory import queries as territory
from huying.kernel import worklist
from huying.kernel.actors import Role
from huying.kernel.errors import HuyingError, NotFound
from huying.kernel.pages import actor_of, staff


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
    form = MoveForm(request.POST or None, label_suffix="")
    preview: dict[str, object] | None = None
    if form.is_valid():
        try:
            wanted = territory.named_division(form.cleaned_data["division"])
            services.check_move(unit=unit, division=wanted.code)
            if request.POST.get("step") == "do":
                services.move_unit(
                    actor=actor_of(request), unit_id=unit_id, division=wanted.code, basis=form.cleaned_data["basis"]
                )
                messages.success(request, _("%(unit)s 已改为 %(place)s。") % {"unit": unit.name, "place": wanted.words})
                return redirect("organizations_unit", unit_id)
            posts = queries.posts_of_unit(unit_id)
            open_work = worklist.open_counts(post_ids=[post.id for post in posts], unit_ids=[unit_id])
            preview = {"to": wanted.words, "posts": len(posts), "work": sum(open_work.values())}
        except HuyingError as error:
            form.add_error("division", error.one_line())
    places = territory.names([unit.division])
    context = {"unit": unit, "place": places.get(unit.division, unit.division), "form": form, "preview": preview}
    status = 422 if form.errors else 200
    return render(request, "organizations/unit_move.html", context, status=status)
