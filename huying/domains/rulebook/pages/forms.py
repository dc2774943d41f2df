"""Forms of the rulebook's pages: what a keeper writes, checked before it reaches a service."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huying.domains.rulebook.vocabulary import DUTY_WORDS, Duty
from huying.kernel.deadlines import Day, Limit
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

LIMIT_HELP = gettext_lazy("写成 2 h、15 WD、60 D 或 1 M：h 小时，WD 工作日，D 自然日，M 月。")
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*[~～至-]\s*(\d{4}-\d{2}-\d{2}))?\s+(\S.*)")
WORKED = "上班"


class DateInput(forms.DateInput):
    input_type = "date"


class LimitField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "").strip()
        if text:
            try:
                Limit.parse(text)
            except InvalidInput as error:
                raise forms.ValidationError(f"{error.message}。{error.cure}") from None
        return text


class ExplainForm(forms.Form):
    rule = forms.ChoiceField(label=gettext_lazy("时限规则"), required=False)
    limit = LimitField(label=gettext_lazy("或直接写时限"), required=False, help_text=LIMIT_HELP)
    start = forms.DateTimeField(
        label=gettext_lazy("起算时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, rules: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", _("（不选）")), *rules]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("rule")) == bool(data.get("limit")) and "limit" not in self.errors:
            raise forms.ValidationError(_("选一条规则，或写一个时限，二者取一。"))
        return data


class LimitForm(forms.Form):
    """A new version of one limit."""

    limit = LimitField(label=gettext_lazy("法定或规定时限"), help_text=LIMIT_HELP)
    internal = LimitField(label=gettext_lazy("内部目标"), required=False, help_text=LIMIT_HELP)
    extension = LimitField(label=gettext_lazy("延期上限"), required=False, help_text=LIMIT_HELP)
    yellow = LimitField(label=gettext_lazy("剩多少时亮黄牌"), required=False, help_text=LIMIT_HELP)
    red = LimitField(label=gettext_lazy("超期多少时亮红牌"), required=False, help_text=LIMIT_HELP)
    title = forms.CharField(label=gettext_lazy("依据的文件"), max_length=120)
    article = forms.CharField(label=gettext_lazy("条款"), max_length=60, required=False)
    valid_from = forms.DateField(label=gettext_lazy("自何日起施行"), widget=DateInput())

    def body(self, base: dict[str, Any]) -> dict[str, Any]:
        """The rule's JSON: `base` with what was written."""
        data = self.cleaned_data
        body = {**base, "limit": data["limit"], "basis": [{"title": data["title"], "article": data["article"]}]}
        for name in ("internal", "yellow", "red"):
            body[name] = data[name] or None
        if data["extension"]:
            approver = (base.get("extension") or {}).get("approver") or {
                "key": "unit_head",
                "zh": "承办单位负责人",
                "en": "head of the unit",
            }
            body["extension"] = {
                "times": 1,
                "approver": approver,
                **(base.get("extension") or {}),
                "cap": data["extension"],
            }
        else:
            body["extension"] = None
        return {name: value for name, value in body.items() if value is not None}


class ParameterForm(forms.Form):
    """A new value of one parameter, of the kind its value in force has."""

    reference = forms.CharField(label=gettext_lazy("依据的文件和条款"), max_length=160)
    valid_from = forms.DateField(label=gettext_lazy("自何日起施行"), widget=DateInput())
    field_order = ("value", "reference", "valid_from")

    def __init__(self, *args: Any, current: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = gettext_lazy("取值")
        field: forms.Field
        match current:
            case bool():
                choices = [("yes", gettext_lazy("是")), ("no", gettext_lazy("否"))]
                field = forms.TypedChoiceField(label=label, choices=choices, coerce=lambda chosen: chosen == "yes")
            case int():
                field = forms.IntegerField(label=label, min_value=0, max_value=1_000_000)
            case float() if unit == "ratio":
                field = forms.FloatField(
                    label=label, min_value=0, max_value=1, help_text=gettext_lazy("写成 0 到 1 之间的数，95% 写 0.95。")
                )
            case float():
                field = forms.FloatField(label=label)
            case _:
                field = forms.CharField(label=label, max_length=200)
        self.fields["value"] = field
        self.order_fields(self.field_order)


class YearForm(forms.Form):
    """A year's schedule, one line a day or span: "2027-01-01~2027-01-03 元旦", "2027-02-20 春节调休上班"."""

    source = forms.CharField(label=gettext_lazy("依据的放假通知"), max_length=200)
    lines = forms.CharField(
        label=gettext_lazy("放假与调休"),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "每行一天或一段：2027-01-01~2027-01-03 元旦。名称里写“上班”的，是调休上班的日子。平常的周末不用写。"
        ),
    )

    def clean_lines(self) -> list[Day]:
        days: list[Day] = []
        for number, text in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if text.strip():
                days.extend(self._days(number, text.strip()))
        return days

    def _days(self, number: int, text: str) -> list[Day]:
        match = _LINE.fullmatch(text)
        try:
            first = date.fromisoformat(match[1]) if match else None
            last = date.fromisoformat(match[2]) if match and match[2] else first
        except ValueError:
            first = last = None
        if match is None or first is None or last is None or not 0 <= (last - first).days < 40:
            raise forms.ValidationError(
                _("第 %(n)s 行看不懂：%(text)s。写成“2027-01-01~2027-01-03 元旦”。") % {"n": number, "text": text[:60]}
            )
        name = match[3].strip()[:40]
        working = WORKED in name
        said = words(name, "made-up working day" if working else "holiday")
        return [Day(first + timedelta(days=n), working, said) for n in range((last - first).days + 1)]

    @staticmethod
    def written(days: list[Day]) -> str:
        """Days as the form's lines, spans put together."""
        lines: list[str] = []
        index = 0
        while index < len(days):
            end = index
            while (
                end + 1 < len(days)
                and days[end + 1].name.zh == days[index].name.zh
                and days[end + 1].day == days[end].day + timedelta(days=1)
            ):
                end += 1
            span = f"{days[index].day}~{days[end].day}" if end > index else f"{days[index].day}"
            lines.append(f"{span} {days[index].name.zh}")
            index = end + 1
        return "\n".join(lines)


class RouteForm(forms.Form):
    """One row of a draft catalogue."""

    code = forms.RegexField(
        r"^([0-9]{2}){1,3}$",
        label=gettext_lazy("类目代码"),
        help_text=gettext_lazy("一级两位、二级四位、三级六位数字。"),
    )
    zh = forms.CharField(label=gettext_lazy("中文名称"), max_length=60)
    en = forms.CharField(label=gettext_lazy("英文名称"), max_length=120)
    division = forms.RegexField(
        r"^([1-9][0-9]{11})?$",
        label=gettext_lazy("只适用于区划"),
        required=False,
        help_text=gettext_lazy("12 位代码；不填是整个辖区。"),
    )
    lead = forms.CharField(
        label=gettext_lazy("主办单位"),
        required=False,
        max_length=48,
        help_text=gettext_lazy(
            "部门代号（如 water，即所在县的水利局）、单位代码（如 331102-water）或 @township。不填则随上级类目。"
        ),
    )
    supporters = forms.CharField(label=gettext_lazy("协办单位"), required=False, help_text=gettext_lazy("用空格分开。"))
    rule_key = forms.ChoiceField(label=gettext_lazy("时限规则"), required=False)
    questions = forms.CharField(
        label=gettext_lazy("要问的问题"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行一问。"),
    )

    def __init__(self, *args: Any, rules: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule_key"].choices = [("", "—"), *rules]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("lead") and not data.get("rule_key"):
            self.add_error("rule_key", _("写明主办单位的，须选时限规则。"))
        if data.get("division") and not data.get("lead"):
            self.add_error("lead", _("分区域的规定须写明主办单位。"))
        return data


class LineForm(forms.Form):
    """A line of the admission list or the duty list."""

    part = forms.ChoiceField(
        label=gettext_lazy("清单"),
        choices=[("admission", gettext_lazy("网格工作准入清单")), ("duty", gettext_lazy("乡镇（街道）履职事项清单"))],
    )
    code = forms.CharField(label=gettext_lazy("编号"), max_length=32)
    zh = forms.CharField(label=gettext_lazy("事项"), max_length=120)
    en = forms.CharField(label=gettext_lazy("英文名称"), max_length=200)
    items = forms.RegexField(
        r"^\s*([0-9]{2,6})(\s+[0-9]{2,6})*\s*$",
        label=gettext_lazy("对应的派单目录代码"),
        help_text=gettext_lazy("用空格分开。"),
    )
    department = forms.CharField(label=gettext_lazy("申请或承接的部门代号"), max_length=48, required=False)
    duty = forms.ChoiceField(
        label=gettext_lazy("履职类别"),
        required=False,
        choices=[("", "—"), *((d.value, DUTY_WORDS[d].zh) for d in Duty)],
    )
    urgent = forms.BooleanField(label=gettext_lazy("临时紧急工作"), required=False)
    consent = forms.CharField(label=gettext_lazy("同意的文件"), max_length=200, required=False)
    basis = forms.CharField(label=gettext_lazy("依据"), max_length=200, required=False)
    valid_from = forms.DateField(label=gettext_lazy("自何日起"), widget=DateInput())
    valid_to = forms.DateField(
        label=gettext_lazy("至何日止"),
        widget=DateInput(),
        required=False,
        help_text=gettext_lazy("不含当日；临时工作必填。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [(duty.value, str(DUTY_WORDS[duty])) for duty in Duty]
        self.fields["duty"].choices = [("", "—"), *shown]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("part") == "duty" and not data.get("duty"):
            self.add_error("duty", _("请选履职类别。"))
        if data.get("part") == "admission" and not data.get("department"):
            self.add_error("department", _("请写明提出申请的部门。"))
        if data.get("urgent") and not (data.get("valid_to") and data.get("consent")):
            self.add_error("valid_to", _("临时紧急工作须经同意并写明截止日期。"))
        if data.get("valid_from") and data.get("valid_to") and data["valid_to"] <= data["valid_from"]:
            self.add_error("valid_to", _("截止日期须晚于起始日期。"))
        return data
