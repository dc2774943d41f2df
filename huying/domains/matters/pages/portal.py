"""Residents: say it. No account. Following it by the code is in pages.following."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huying.domains.documents import services as documents
from huying.domains.identities import services as vault
from huying.domains.matters.services import outside, residents
from huying.domains.matters.vocabulary import CONFIDENTIALITY_WORDS, KIND_WORDS, Confidentiality, Kind
from huying.domains.territory import queries as territory
from huying.kernel.actors import Level
from huying.kernel.errors import HuyingError


class SubmitForm(forms.Form):
    """What a resident is asked: what, where; the rest may stay empty."""

    content = forms.CharField(
        label=gettext_lazy("发生了什么"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=20_000,
        required=False,
        help_text=gettext_lazy("一句话也可以；有照片就不用多写。"),
    )
    photo = forms.FileField(
        label=gettext_lazy("照片"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
        help_text=gettext_lazy("照片里的拍摄位置等信息会去掉。"),
    )
    township = forms.ChoiceField(label=gettext_lazy("在哪个乡镇、街道"))
    place = forms.CharField(
        label=gettext_lazy("具体地点"), required=False, max_length=200, help_text=gettext_lazy("例如：大猷街菜市场北门")
    )
    kind = forms.ChoiceField(label=gettext_lazy("您想要"), required=False, initial=Kind.HELP)
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("您的身份"),
        widget=forms.RadioSelect,
        initial=Confidentiality.OPEN,
        help_text=gettext_lazy("隐名：承办单位不知道您是谁，由中心转达。匿名：只凭查询码查看结果。"),
    )
    name = forms.CharField(label=gettext_lazy("怎么称呼您"), required=False, max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("电话"), required=False, max_length=32, help_text=gettext_lazy("只用来答复您这一件事。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["content"].either = self.fields["photo"].either = True  # type: ignore[attr-defined]
        known = territory.tree()
        grouped: dict[str, list[tuple[str, str]]] = {}
        for code in known.at_level(Level.TOWNSHIP):
            grouped.setdefault(known[known.parent(code)].name, []).append((code, known[code].name))
        for name, choices in (
            ("township", [("", _("请选择")), *grouped.items()]),
            ("kind", [(kind.value, str(said)) for kind, said in KIND_WORDS.items() if kind is not Kind.PETITION]),
            ("confidentiality", [(value.value, str(said)) for value, said in CONFIDENTIALITY_WORDS.items()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["phone"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not str(given.get("content", "")).strip() and not given.get("photo"):
            self.add_error("content", _("请写一句话，或拍一张照片。"))
        return given


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """Say it. The answer is the number and the code, told once and printable.

    The front page posts its first words here (step=begin): in an address they would stay in histories and logs.
    """
    if request.POST.get("step") == "begin":
        form = SubmitForm(initial={"content": request.POST.get("content", "")[:2000]})
    else:
        form = SubmitForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        given, photo = form.cleaned_data, form.cleaned_data.get("photo")
        if photo:
            documents.within_size(photo.name or "", photo.size or 0)
        report = residents.Report(
            kind=Kind(given["kind"] or Kind.HELP),
            content=given["content"].strip() or _("（见照片）"),
            division=given["township"],
            place=given["place"],
            confidentiality=Confidentiality(given["confidentiality"]),
            reporter=vault.Identity(name=given["name"], phone=given["phone"]),
            files=(documents.NewFile(name=photo.name or "", content=photo.read()),) if photo else (),
        )
        try:
            told = door().take(report)
        except HuyingError as error:
            for name, text in error.fields.items():
                form.add_error(name if name in form.fields else None, text)
            form.add_error(None, f"{error.message}{error.cure}")
            return render(request, "matters/submit.html", {"form": form}, status=error.status)
        answer = render(request, "matters/submitted.html", {"told": told})
        answer["Cache-Control"] = "no-store"
        return answer
    return render(request, "matters/submit.html", {"form": form}, status=422 if form.is_bound else 200)


def door() -> ModuleType:
    """The resident's verbs here: on the matters themselves, or, in an outer zone, through the gate."""
    return outside if settings.HUYING_ZONE == "outer" else residents
