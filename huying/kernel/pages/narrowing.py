"""Long lists of choices that narrow as one types a name, an abbreviation or pinyin initials; whole lists without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
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


class NarrowingMultiple(_Narrowing, forms.CheckboxSelectMultiple):
    """Ticked boxes always stay in sight. The words stand on the first box."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(option["index"]) in ("0", "0_0"):
            option["attrs"] |= _asks()
        return option
