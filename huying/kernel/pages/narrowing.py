"""Long lists of choices that narrow as one types a name, an abbreviation or pinyin initials; whole lists without a script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from huying.kernel.pages.numbers import whole_number

if TYPE_CHECKING:
    from django.forms.widgets import ChoiceWidget as Base
else:
    Base = object


class _Narrowing(Base):
    """also: value → what else a choice is known by (a short name, a code)."""

    def __init__(self, also: Mapping[int, str] | None = None, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.also = also or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        key = whole_number(str(value))
        if key is not None and (said := self.also.get(key)):
            option["attrs"]["data-also"] = said
        return option


def _asks() -> dict[str, str]:
    return {
        "data-narrows": _("按名称、简称或拼音首字母找"),
        "data-narrows-found": _("匹配 %n 个"),
        "data-narrows-none": _("没有匹配的，换个词试试"),
    }


class NarrowingSelect(_Narrowing, forms.Select):
    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), **_asks()})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """As Django's template draws it, which takes ten times as long over some hundred units."""
        widget = self.get_context(name, value, attrs)["widget"]
        groups = ((label, SafeString("".join(map(_option, options)))) for label, options, _index in widget["optgroups"])
        drawn = "".join(
            format_html('<optgroup label="{}">{}</optgroup>', label, options) if label else options
            for label, options in groups
        )
        return format_html(
            '<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), SafeString(drawn)
        )


def _option(option: Mapping[str, Any]) -> str:
    said = f'value="{escape(str(option["value"]))}"{flatatt(option["attrs"])}'
    return f"<option {said}>{escape(str(option['label']))}</option>"


class NarrowingMultiple(_Narrowing, forms.CheckboxSelectMultiple):
    """Ticked boxes always stay in sight. The words stand on the first box."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(option["index"]) in ("0", "0_0"):
            option["attrs"] |= _asks()
        return option
