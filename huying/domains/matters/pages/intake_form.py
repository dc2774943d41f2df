"""The form of taking a matter in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
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
from huying.domains.rulebook import queries as rulebook
from huying.domains.rulebook.queries import Item
from huying.domains.territory import queries as territory
from huying.kernel import clock
from huying.kernel.actors import Level
from huying.kernel.errors import InvalidInput, RuleMissing
from huying.kernel.words import listed

GRID_DIGITS = 15
ITEMS_NAMED = 4  # items of one name that an error lists


def items_like(text: str, within: str) -> list[Item]:
    """The catalogue's items, there and now, whose words hold `text` or whose code begins with it; none without a catalogue."""
    try:
        known = rulebook.items(clock.today(), within)
    except RuleMissing:
        return []
    return [row for row in known if row.leaf and (text in str(row.words) or row.code.startswith(text))]


def named_item(text: str, within: str) -> str:
    """The code of the one item that `text` is the code or the words of, or a part of. Raises InvalidInput."""
    wanted = text.strip()
    if not wanted:
        return ""
    found = items_like(wanted, within)
    exact = [row for row in found if wanted in (row.code, str(row.words))]
    if len(chosen := exact or found) == 1:
        return chosen[0].code
    if not found:
        raise InvalidInput(_("派单目录里没有“%(item)s”。") % {"item": wanted}, cure=_("从列表里选，或留空由派单员定。"))
    raise InvalidInput(
        _("派单目录里有几条都合“%(item)s”：%(items)s。")
        % {"item": wanted, "items": listed(row.words for row in found[:ITEMS_NAMED])},
        cure=_("从列表里选一条。"),
    )


def _or_beside(named: Callable[[], str]) -> str:
    """What is named; an error beside the field otherwise."""
    try:
        return named()
    except InvalidInput as error:
        raise forms.ValidationError(error.one_line()) from None


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
        max_length=120,
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
        max_length=120,
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

    def __init__(self, *args: Any, within: str = "", **kwargs: Any) -> None:
        """within: the division below which a place is named; the whole territory when blank."""
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.within = within
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

    def clean_division(self) -> str:
        given = str(self.cleaned_data["division"])
        if len(given) == GRID_DIGITS and given.isdecimal():  # a point picked on the map, exact to its grid
            return given
        return _or_beside(lambda: territory.named_division(given, under=self.within).code)

    def clean_item(self) -> str:
        return _or_beside(lambda: named_item(str(self.cleaned_data["item"]), self.within))

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
            "division": given["division"],
            "item": given["item"],
            "place": given["place"],
            "longitude": given["place_lon"],
            "latitude": given["place_lat"],
            "confidentiality": Confidentiality(given["confidentiality"]),
            "wants_reply": given["wants_reply"],
            "urgent": given["urgent"],
            "reporter": self.identity(),
            "accused_units": tuple(int(unit) for unit in given["accused"]),
        }
