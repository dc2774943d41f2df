"""Forms of changes to a division: which order, from which day, into what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huying.domains.territory.queries import Node, Tree
from huying.domains.territory.services import NewDivision
from huying.domains.territory.vocabulary import CODE
from huying.kernel import clock
from huying.kernel.pages.narrowing import NarrowingMultiple, NarrowingSelect

PARTS = (1, 2, 3)
NEW = "new"


class DateInput(forms.DateInput):
    input_type = "date"


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(max_length=12, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "").strip()
        if text and not CODE.fullmatch(text):
            raise forms.ValidationError(_("区划编码为 12 位数字，首位不为 0。"))
        return text


class ChangeForm(forms.Form):
    """What every change asks."""

    on = forms.DateField(
        label=gettext_lazy("从哪天起"),
        widget=DateInput(),
        help_text=gettext_lazy("这一天以前的报表仍按原来的区划算。"),
    )
    basis = forms.CharField(
        label=gettext_lazy("批准文件"), max_length=200, help_text=gettext_lazy("文号和名称，记入沿革。")
    )

    def __init__(self, known: Tree, node: Node, data: Any = None, *, within: str = "") -> None:
        """within: the division of who enters the change; nothing beyond it can be chosen."""
        super().__init__(data, initial={"on": clock.today().isoformat()})
        self.known, self.node, self.within = known, node, within
        self.siblings = [
            (code, f"{known[code].name} {code}")
            for code in (known.children(node.parent) if node.parent else known.roots)
            if code != node.code and known[code].level is node.level
        ]

    def put_first(self, fields: dict[str, forms.Field]) -> None:
        self.fields = fields | self.fields


class RenameForm(ChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.put_first({"name": forms.CharField(label=_("新名称"), max_length=60)})


class MoveForm(ChangeForm):
    """Under another division of its parent's level; the code stays until it is re-coded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        above = self.known[self.node.parent].level if self.node.parent else None
        choices = [
            (code, f"{self.known.full_name(code, below=self.known.roots[0])} {code}")
            for code, node in self.known.nodes.items()
            if node.level is above
            and code != self.node.parent
            and (not self.within or self.known.is_within(code, self.within))
        ]
        self.put_first(
            {
                "parent": forms.ChoiceField(
                    label=_("划归哪个区划"),
                    choices=[("", "—"), *choices],
                    widget=NarrowingSelect(),
                    help_text=_("编码先不变；国家统计局公布新编码后，再用“改码”登记。"),
                )
            }
        )


class RecodeForm(ChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.put_first({"new_code": CodeField(label=_("新编码"), help_text=_("名称和下级都不变，旧编码留在沿革里。"))})


class WithdrawForm(ChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("（没有）")), *self.siblings]
        self.put_first(
            {
                "successor": forms.ChoiceField(
                    label=_("由谁承接"), choices=choices, required=False, widget=NarrowingSelect()
                )
            }
        )


class MergeForm(ChangeForm):
    """Into a sibling, or into a new division; further siblings may come along."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *self.siblings, (NEW, _("新设一个区划"))]
        self.put_first(
            {
                "into": forms.ChoiceField(label=_("并入"), choices=choices, widget=NarrowingSelect()),
                "code": CodeField(label=_("新设区划的编码"), required=False, help_text=_("选“新设一个区划”时填。")),
                "name": forms.CharField(label=_("新设区划的名称"), max_length=60, required=False),
                "also": forms.MultipleChoiceField(
                    label=_("一同并入的"), choices=self.siblings, required=False, widget=NarrowingMultiple()
                ),
            }
        )
        if not self.siblings:
            del self.fields["also"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("into") == NEW:
            for name in ("code", "name"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("新设区划要填。"))
        return data

    def target(self) -> str | NewDivision:
        data = self.cleaned_data
        if data["into"] != NEW:
            return str(data["into"])
        return NewDivision(code=data["code"], name=data["name"], parent=self.node.parent, level=self.node.level)

    def codes(self) -> list[str]:
        return [self.node.code, *self.cleaned_data.get("also", ())]


class SplitForm(ChangeForm):
    """Up to three new divisions; each child goes to one of them, or stays where the division goes on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = {}
        for n in PARTS:
            fields[f"code{n}"] = CodeField(label=_("第 %(n)s 个新区划的编码") % {"n": n}, required=n == 1)
            fields[f"name{n}"] = forms.CharField(
                label=_("第 %(n)s 个新区划的名称") % {"n": n}, max_length=60, required=n == 1
            )
        fields["keeps"] = forms.BooleanField(label=_("原区划保留，没有分出去的下级仍归它"), required=False)
        choices = [("", _("留在原区划")), *((str(n), _("归第 %(n)s 个") % {"n": n}) for n in PARTS)]
        for code in self.known.children(self.node.code):
            label = f"{self.known[code].name} {code}"
            fields[f"child_{code}"] = forms.ChoiceField(label=label, choices=choices, required=False)
        self.put_first(fields)

    @property
    def children(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("child_")]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("child_")]

    def parts(self) -> list[NewDivision]:
        data = self.cleaned_data
        return [
            NewDivision(code=data[f"code{n}"], name=data[f"name{n}"], parent=self.node.parent, level=self.node.level)
            for n in PARTS
            if data[f"code{n}"] or data[f"name{n}"]
        ]

    def allotted(self) -> dict[str, list[str]]:
        """Part's code → the codes of the children it gets."""
        found: dict[str, list[str]] = {}
        for name, chosen in self.cleaned_data.items():
            if name.startswith("child_") and chosen:
                found.setdefault(self.cleaned_data[f"code{chosen}"], []).append(name.removeprefix("child_"))
        return found
