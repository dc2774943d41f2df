"""Residents see, correct and erase what is held of them with the one matter they opened (PIPL Art 44 to 47)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from huying.domains.identities import services as vault
from huying.domains.matters.pages.following import closed, kept_code, opened_matter
from huying.domains.matters.pages.portal import door
from huying.domains.matters.services import residents
from huying.domains.matters.vocabulary import CONFIDENTIALITY_WORDS, Confidentiality
from huying.kernel.errors import HuyingError, InvalidInput, Refused, TooMany


class OwnForm(forms.Form):
    """The reporter's own entry. What is left empty is no longer held."""

    name = forms.CharField(label=gettext_lazy("怎么称呼您"), required=False, max_length=60)
    phone = forms.CharField(label=gettext_lazy("电话"), required=False, max_length=32)
    address = forms.CharField(label=gettext_lazy("地址"), required=False, max_length=200)
    email = forms.CharField(label=gettext_lazy("电子邮箱"), required=False, max_length=120)
    other = forms.CharField(label=gettext_lazy("其他联系方式"), required=False, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for name, filled in (("name", "name"), ("phone", "tel"), ("address", "street-address"), ("email", "email")):
            self.fields[name].widget.attrs["autocomplete"] = filled
        self.fields["phone"].widget.attrs["inputmode"] = "tel"


class TreatForm(forms.Form):
    """Who may know who the reporter is. Whoever has left a name can't become anonymous but by having it erased."""

    confidentiality = forms.ChoiceField(
        label=gettext_lazy("您的身份"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "公开：承办单位说明用途后可以看您的姓名电话，直接联系您。隐名：承办单位不知道您是谁，由中心转达。"
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        field = self.fields["confidentiality"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (level.value, str(CONFIDENTIALITY_WORDS[level]))
            for level in (Confidentiality.OPEN, Confidentiality.NAME_HIDDEN)
        ]


class EraseForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("再输入一次查询码"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    sure = forms.BooleanField(label=gettext_lazy("我知道删除后不能恢复"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


@never_cache
@require_http_methods(["GET", "POST"])
def held(request: HttpRequest) -> HttpResponse:
    """What is held, sealed until asked for: a POST opens it, and the sight is kept in the log."""
    found = opened_matter(request)
    context: dict[str, Any] = _context(found)
    if request.method == "POST" and context["holds"]:
        identity = residents.own_identity(found, kept_code(request, found))
        values = {name: getattr(identity, name) for name in OwnForm.base_fields}
        form = OwnForm(initial=values)
        context |= {"form": form, "values": [(form[name].label, value) for name, value in values.items() if value]}
    return render(request, "matters/held.html", context)


@never_cache
@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Replace what is held by what the reporter enters now."""
    found = opened_matter(request)
    form = OwnForm(request.POST)
    context = _context(found)
    if context["holds"] and form.is_valid():
        try:
            residents.correct_own(found, vault.Identity(**form.cleaned_data), kept_code(request, found))
        except InvalidInput as error:
            for name, text in error.fields.items():
                form.add_error(name if name in form.fields else None, text)
        else:
            messages.success(request, _("已更正。"))
            return HttpResponseRedirect(reverse("matters_held"))
    return render(request, "matters/held.html", context | {"form": form}, status=422)


@never_cache
@require_POST
def treat(request: HttpRequest) -> HttpResponse:
    """Open or name hidden: the reporter's own choice, which staff can only make stricter."""
    found = opened_matter(request)
    form = TreatForm(request.POST)
    context = _context(found)
    if context["holds"] and form.is_valid():
        wanted = Confidentiality(form.cleaned_data["confidentiality"])
        try:
            residents.choose_confidentiality(found, wanted, kept_code(request, found))
        except Refused as error:
            form.add_error("confidentiality", error.one_line())
        else:
            messages.success(request, _("已改为%(level)s。") % {"level": CONFIDENTIALITY_WORDS[wanted]})
            return HttpResponseRedirect(reverse("matters_held"))
    return render(request, "matters/held.html", context | {"treat_form": form}, status=422)


@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """First what goes and what the law keeps; then, with the code once more, it goes. Nothing opens it afterwards."""
    found = opened_matter(request)
    context = _context(found)
    form = EraseForm(request.POST) if request.method == "POST" else EraseForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                door().erase_own(found, form.cleaned_data["code"].strip())
                return closed(request, render(request, "matters/erased.html", context))
            except HuyingError as error:
                form.add_error(None, error.one_line())
                status = error.status if isinstance(error, TooMany) else 422
    context |= {"form": form, "confirming": request.method == "POST" or "confirm" in request.GET}
    return render(request, "matters/erase.html", context, status=status)


def _context(found: int) -> dict[str, Any]:
    outside, holds = settings.HUYING_ZONE == "outer", door().holds_identity(found)
    context: dict[str, Any] = {"it": door().followed(found), "outside": outside, "holds": holds}
    if holds and not outside:
        context["treat_form"] = TreatForm(initial={"confidentiality": residents.own_confidentiality(found)})
    return context
