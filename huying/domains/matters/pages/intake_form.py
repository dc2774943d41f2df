"""The form of taking a matter in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from huying.domains.identities.services import Identity
from huying.domains.matters.pages.forms import chosen
from huying.domains.matters.pages.units import Choices
from huying.domains.matters.vocabulary import (
    CHANNEL_WORDS,
    CONFIDENTIALITY_WORDS,
    KIND_WORDS,
    Channel,
    Confidentiality,
    Kind,
)
from huying.domains.organizations import queries as organizations
from huying.kernel import clock
from huying.kernel.actors import Level


class IntakeForm(forms.Form):
    """Taking a call: what was said first, then where, then what it is; who called stands apart, sealed."""

    content = forms.CharField(
        label=gettext_lazy("反映的内容"),
        widget=forms.Textarea(attrs={"rows": 6, "autofocus": True}),
        max_length=20_000,
        help_text=gettext_lazy("照原话记；不要写姓名、电话，那些填在下面单独加密保存的栏里。"),
    )
    division = forms.CharField(
        label=gettext_lazy("在哪个乡镇、社区"),
        max_length=15,
        widget=forms.TextInput(attrs={"list": "divisions", "autocomplete": "off"}),
        help_text=gettext_lazy("输入地名选择，例如“万象”；也可以在地图上点。"),
    )
    place = forms.CharField(label=gettext_lazy("具体地点"), max_length=200, required=False)
    place_lon = forms.DecimalField(label=gettext_lazy("经度"), max_digits=9, decimal_places=6, required=False)
    place_lat = forms.DecimalField(label=gettext_lazy("纬度"), max_digits=8, decimal_places=6, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), widget=forms.RadioSelect, initial=Kind.HELP)
    item = forms.CharField(
        label=gettext_lazy("目录条目"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"list": "items", "autocomplete": "off"}),
        help_text=gettext_lazy("决定派给谁；不确定就留空，由派单员定。"),
    )
    channel = forms.ChoiceField(label=gettext_lazy("渠道"), initial=Channel.HOTLINE)
    urgent = forms.BooleanField(label=gettext_lazy("紧急（供水供电中断、人身安全等）"), required=False)
    wants_reply = forms.BooleanField(label=gettext_lazy("要求答复"), required=False, initial=True)
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("身份怎么对待"), widget=forms.RadioSelect, initial=Confidentiality.OPEN
    )
    accused = forms.MultipleChoiceField(
        label=gettext_lazy("举报的是哪些单位"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("这些单位及其下级看不到本件，也不会被派单。"),
    )
    name = forms.CharField(label=gettext_lazy("姓名"), required=False, max_length=60)
    phone = forms.CharField(label=gettext_lazy("电话"), required=False, max_length=32)
    address = forms.CharField(label=gettext_lazy("住址"), required=False, max_length=200)

    SEALED = ("name", "phone", "address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self._choices("kind", chosen(KIND_WORDS))
        self._choices("channel", chosen(CHANNEL_WORDS))
        self._choices("confidentiality", chosen(CONFIDENTIALITY_WORDS))
        self._choices(
            "accused",
            [(unit.id, unit.name) for unit in organizations.all_units(clock.today()) if unit.level >= Level.CITY],
        )
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["phone"].widget.attrs |= {"autocomplete": "off", "inputmode": "tel"}

    def _choices(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def identity(self) -> Identity | None:
        found = Identity(**{name: self.cleaned_data.get(name, "") for name in self.SEALED})
        return found or None

    def intake(self) -> dict[str, Any]:
        """The fields of services.register, but the actor."""
        given = self.cleaned_data
        return {
            "channel": Channel(given["channel"]),
            "kind": Kind(given["kind"]),
            "content": given["content"],
            "division": given["division"].split(" ")[0],
            "item": given["item"].split(" ")[0] if given["item"] else "",
            "place": given["place"],
            "longitude": given["place_lon"],
            "latitude": given["place_lat"],
            "confidentiality": Confidentiality(given["confidentiality"]),
            "wants_reply": given["wants_reply"],
            "urgent": given["urgent"],
            "reporter": self.identity(),
            "accused_units": tuple(int(unit) for unit in given["accused"]),
        }
