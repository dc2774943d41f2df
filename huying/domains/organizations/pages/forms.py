"""Forms of terms and absences, checked before they reach a service."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huying.domains.organizations import queries
from huying.domains.organizations.vocabulary import ABSENCE_WORDS
from huying.kernel.errors import HuyingError

ONE_DAY = timedelta(days=1)


class DateInput(forms.DateInput):
    input_type = "date"


class AccountField(forms.CharField):
    """A user name; its value is the account's id, or None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "list": "colleagues"}
        super().__init__(max_length=64, required=False, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> int | None:
        name = str(super().clean(value) or "").strip()
        if not name:
            return None
        found = queries.account_id_of(name)
        if found is None:
            raise forms.ValidationError(_("没有用户“%(name)s”。") % {"name": name})
        return found


class AbsenceForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("缘由"), choices=lambda: [(key.value, str(said)) for key, said in ABSENCE_WORDS.items()]
    )
    first = forms.DateField(label=gettext_lazy("从哪天起"), widget=DateInput())
    last = forms.DateField(label=gettext_lazy("到哪天（含）"), widget=DateInput())
    deputy = AccountField(
        label=gettext_lazy("由谁代理（用户名）"),
        help_text=gettext_lazy("代理人在这些天里以该岗位办理。不指定的，岗位上的待办交本单位负责人。"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("不能早于第一天。"))
        return data

    @property
    def until(self) -> date:
        """The first day back."""
        last: date = self.cleaned_data["last"]
        return last + ONE_DAY


class EndForm(forms.Form):
    on = forms.DateField(
        label=gettext_lazy("从哪天起不再担任"),
        widget=DateInput(),
        help_text=gettext_lazy("前一天是任期的最后一天。"),
    )
    successor = AccountField(
        label=gettext_lazy("由谁接任（用户名）"),
        help_text=gettext_lazy("接任人从这一天起任该岗位，待办原样留在岗位上。不指定的，交本单位负责人，再往上级。"),
    )


def told(form: forms.Form, error: HuyingError) -> None:
    """The error beside the field it names, and in the summary with its cure."""
    for name, text in error.fields.items():
        if name in form.fields:
            form.add_error(name, text)
    form.add_error(None, error.one_line())
