"""The grid worker's pages: what was found, mended on the spot or sent up; and one's own tasks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huying.domains.documents import services as documents
from huying.domains.documents.vocabulary import Origin
from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.pages import acts, reading
from huying.domains.matters.pages.forms import ActForm
from huying.domains.matters.vocabulary import Channel, Kind
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError, InvalidInput, NotAllowedNow
from huying.kernel.http.errors import wants_json
from huying.kernel.pages import actor_of, staff, versions

GRID = (Role.GRID_WORKER, Role.GRID_OFFICE)


class PatrolForm(forms.Form):
    """Something found: a sentence or a photo, and whether it is mended already. No step, point or clock-in is asked."""

    content = forms.CharField(
        label=gettext_lazy("发现了什么"), widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000, required=False
    )
    photo = forms.FileField(
        label=gettext_lazy("照片"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )
    place = forms.CharField(label=gettext_lazy("在哪里"), required=False, max_length=200)
    place_lon = forms.DecimalField(required=False, max_digits=9, decimal_places=6, widget=forms.HiddenInput)
    place_lat = forms.DecimalField(required=False, max_digits=8, decimal_places=6, widget=forms.HiddenInput)
    handled = forms.CharField(
        label=gettext_lazy("已当场处置的，写怎么处置的"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        help_text=gettext_lazy("空着就上报，由街道或部门办。"),
    )
    urgent = forms.BooleanField(label=gettext_lazy("紧急"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["content"].either = self.fields["photo"].either = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not str(given.get("content", "")).strip() and not given.get("photo"):
            self.add_error("content", _("请写一句话，或拍一张照片。"))
        return given


@require_http_methods(["GET", "POST"])
@staff(*GRID)
def report(request: HttpRequest) -> HttpResponse:
    """Report a finding. A phone that was offline sends JSON-accepting requests under its own key, and gets JSON."""
    actor = actor_of(request)
    form = PatrolForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        if request.method == "POST" and wants_json(request):
            raise InvalidInput(
                _("这一条没有收下。"), fields={name: " ".join(map(str, said)) for name, said in form.errors.items()}
            )
        return render(request, "matters/field_report.html", {"form": form}, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    try:
        with transaction.atomic():
            done = services.register(
                actor=actor,
                channel=Channel.GRID,
                kind=Kind.HELP,
                content=given["content"].strip() or _("（见照片）"),
                division=actor.grid or actor.division,
                place=given["place"],
                longitude=given["place_lon"],
                latitude=given["place_lat"],
                urgent=given["urgent"],
                wants_reply=False,
            )
            attach(actor, given.get("photo"), done.matter)
            if given["handled"].strip():
                services.handle_on_the_spot(actor=actor, matter_id=done.matter.pk, text=given["handled"].strip())
    except HuyingError as error:
        if wants_json(request):
            raise
        form.add_error(None, error.one_line())
        return render(request, "matters/field_report.html", {"form": form}, status=error.status)
    address = reverse("matters_field_task", args=[done.matter.pk])
    if wants_json(request):
        return JsonResponse({"number": done.matter.number, "url": address}, status=201)
    return HttpResponseRedirect(address)


def attach(actor: Actor, photo: Any, matter: Matter) -> None:
    """Keep the photo with the matter; documents looks at what it really is and takes its metadata out."""
    if photo:
        documents.within_size(photo.name or "", photo.size or 0)
        file = documents.NewFile(name=photo.name or "", content=photo.read())
        documents.attach(actor=actor, kind="matter", record_id=matter.pk, files=[file], origin=Origin.STAFF)


@require_http_methods(["GET", "POST"])
@staff()
def task(request: HttpRequest, matter_id: int) -> HttpResponse:
    """One matter on the phone: what, where, by when, and the one next act."""
    actor = actor_of(request)
    found: Matter = reading.find(actor, matter_id)
    shown = reading.view(actor, found)
    chosen = acts.offered(actor, found, shown.facts).next
    if request.method == "POST" and chosen is None:
        raise NotAllowedNow(_("这件事现在没有您要办的一步。"), cure=_("请回到待办，看最新情况。"))
    posted = request.POST if request.method == "POST" else None  # an empty form is a form, too
    form = ActForm(chosen.action, found, actor, shown.facts, posted) if chosen else None
    status = 200
    if request.method == "POST" and chosen is not None and form is not None:
        status = 422
        complete = form.is_valid()  # first: an error can be added only to a form that was looked at
        if request.POST.get("action") != chosen.action:
            form.add_error(None, _("这件事已经到了下一步，请看最新情况。"))
        elif complete:
            try:
                acts.carry_out(
                    chosen.action, actor=actor, matter_id=found.pk, version=versions.sent(request), values=form.order()
                )
                return HttpResponseRedirect(reverse("field_home"))
            except HuyingError as error:
                form.add_error(None, error.one_line())
                status = error.status
    else:
        audit.access(actor, "matter.read", "matter", found.pk)
    context = {"it": shown, "matter": found, "next": chosen, "form": form}
    return render(request, "matters/field_task.html", context, status=status)
