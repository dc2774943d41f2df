"""A grid given another village, joined with others or divided: first what it touches, then the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huying.domains.territory import queries, services
from huying.domains.territory.models import Grid
from huying.domains.territory.pages.browsing import trail
from huying.domains.territory.pages.forms import DateInput
from huying.domains.territory.permissions import CHANGERS, require_changer
from huying.domains.territory.queries import Tree
from huying.domains.territory.services import NewGrid, Touched
from huying.domains.territory.vocabulary import GRID_CHANGE_WORDS
from huying.kernel import clock
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.pages import actor_of, previews, staff
from huying.kernel.pages.narrowing import NarrowingMultiple, NarrowingSelect

PARTS = (1, 2, 3)


class GridForm(forms.Form):
    """What every change of grids asks. grid: the one it was opened at; home: the village it belongs to today."""

    on = forms.DateField(
        label=gettext_lazy("从哪天起"),
        widget=DateInput(),
        help_text=gettext_lazy("今天或以前的日期；这一天以前登记的事项和报表仍按原网格算。"),
    )
    basis = forms.CharField(
        label=gettext_lazy("批准文件"), max_length=200, help_text=gettext_lazy("文号和名称，记入沿革。")
    )

    def __init__(self, known: Tree, grid: Grid, home: str, within: str, data: Any = None) -> None:
        super().__init__(data, initial={"on": clock.today().isoformat()})
        self.known, self.grid, self.home, self.within = known, grid, home, within
        others = queries.grids_of(home) if grid.village in known else Grid.objects.filter(village=grid.village)
        standing = others.filter(valid_to__isnull=True).exclude(code=grid.code).order_by("code")
        self.neighbours: dict[str, Grid] = {row.code: row for row in standing}
        self.fields = self.asked() | self.fields

    def asked(self) -> dict[str, forms.Field]:
        raise NotImplementedError

    def drawn(self) -> list[NewGrid]:
        raise NotImplementedError

    def _also(self, label: str, required: bool) -> forms.MultipleChoiceField:
        choices = [(code, f"{row.name} {code}") for code, row in self.neighbours.items()]
        return forms.MultipleChoiceField(label=label, choices=choices, required=required, widget=NarrowingMultiple())


class MoveGridForm(GridForm):
    """Each grid as it is, with a number of the village that gets it."""

    def asked(self) -> dict[str, forms.Field]:
        home = self.known.ancestors(self.home)
        above = self.within or next((code for code in home if self.known[code].level is Level.COUNTY), home[-1])
        choices = [
            (code, f"{self.known.full_name(code, below=above)} {code}")
            for code in self.known.descendants(above, Level.VILLAGE)
            if code != self.grid.village
        ]
        gone = self.grid.village not in self.known
        fields: dict[str, forms.Field] = {
            "village": forms.ChoiceField(
                label=_("划入哪个村（社区）"),
                choices=[("", "—"), *choices],
                initial=self.home if gone else "",
                widget=NarrowingSelect(),
                help_text=_("网格编码的前 12 位是村（社区）编码，所以会得到新编码；旧编码留在沿革里。"),
            )
        }
        if self.neighbours:
            fields["also"] = self._also(_("一同划入的"), required=False)
            fields["also"].initial = list(self.neighbours) if gone else []
        return fields

    def drawn(self) -> list[NewGrid]:
        rows = [self.grid, *(self.neighbours[code] for code in self.cleaned_data.get("also", ()))]
        return [NewGrid(village=self.cleaned_data["village"], name=row.name, of=(row.code,)) for row in rows]


class MergeGridForm(GridForm):
    """Several grids of one village into one."""

    def asked(self) -> dict[str, forms.Field]:
        return {
            "also": self._also(_("与哪些网格合并"), required=True),
            "name": forms.CharField(label=_("新网格的名称"), max_length=60, initial=self.grid.name),
        }

    def drawn(self) -> list[NewGrid]:
        data = self.cleaned_data
        return [NewGrid(village=self.home, name=data["name"], of=(self.grid.code, *data["also"]))]


class SplitGridForm(GridForm):
    """One grid into two or three, each with its polygon where it has been drawn."""

    def asked(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {}
        for n in PARTS:
            fields[f"name{n}"] = forms.CharField(
                label=_("第 %(n)s 个新网格的名称") % {"n": n}, max_length=60, required=n < 3
            )
            fields[f"boundary{n}"] = forms.CharField(
                label=_("第 %(n)s 个新网格的边界") % {"n": n},
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("从制图软件导出的 GeoJSON 多边形（geometry 部分）。没有边界的网格，地图选点找不到它。"),
            )
        return fields

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("boundary3") and not data.get("name3"):
            self.add_error("name3", _("写了边界，也要写名称。"))
        for name in (f"boundary{n}" for n in PARTS):
            if data.get(name):
                try:
                    services.checked_polygon(data[name])
                except InvalidInput as error:
                    self.add_error(name, f"{error.message}{error.cure}")
        return data

    def drawn(self) -> list[NewGrid]:
        data = self.cleaned_data
        return [
            NewGrid(village=self.home, name=data[f"name{n}"], of=(self.grid.code,), boundary=data[f"boundary{n}"])
            for n in PARTS
            if data[f"name{n}"]
        ]


FORMS: dict[str, type[GridForm]] = {"move": MoveGridForm, "merge": MergeGridForm, "split": SplitGridForm}


@dataclass(frozen=True)
class Preview:
    """links: an old grid and the new one, as a page shows them; mapped: how many of the new ones have a polygon."""

    links: list[tuple[str, str]]
    unmapped: list[str]
    touched: list[Touched]


@staff(*CHANGERS)
@require_http_methods(["GET", "POST"])
def change_grid(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """GET: the form. POST with step=preview: the same with what would happen; with step=do: done, and on to the new grid."""
    actor = actor_of(request)
    known = queries.tree()
    grid = Grid.objects.filter(code=code, valid_to__isnull=True).first()
    if act not in FORMS or grid is None:
        raise NotFound(_("没有编码为“%(code)s”的网格。") % {"code": code}, cure=_("核对 15 位编码。"))
    homes = queries.standing_villages(grid.village, clock.today())
    if not homes:
        raise NotFound(
            _("网格 %(name)s 所属的村（社区）%(village)s 在当日不存在。")
            % {"name": grid.name, "village": grid.village},
            cure=_("请系统管理员登记这个村（社区）由谁承接。"),
        )
    require_changer(actor, [("", home, *known.ancestors(home)) for home in homes])
    form = FORMS[act](known, grid, homes[0], actor.division, request.POST if request.method == "POST" else None)

    def carry_out() -> HttpResponse:
        new = _carry_out(form, actor)
        messages.success(request, _("已登记：%(what)s。") % {"what": f"{grid.name} {GRID_CHANGE_WORDS[act]}"})
        return redirect("territory_grid", new[0])

    asked = previews.asked(request, form, foresee=lambda: _foreseen(form, actor), carry_out=carry_out)
    if asked.answer:
        return asked.answer
    context = {
        "grid": grid,
        "acts": [(name, said, name == act) for name, said in GRID_CHANGE_WORDS.items()],
        "said": GRID_CHANGE_WORDS[act],
        "form": form,
        "preview": asked.preview,
        "crumbs": [
            *trail(known, homes[0], ""),
            (grid.name, reverse("territory_grid", args=[code])),
            (str(GRID_CHANGE_WORDS[act]), ""),
        ],
    }
    return render(request, "territory/change_grid.html", context, status=asked.status)


def _carry_out(form: GridForm, actor: Actor) -> list[str]:
    data = form.cleaned_data
    return services.redraw_grids(grids=form.drawn(), on=data["on"], actor=actor, basis=data["basis"])


def _foreseen(form: GridForm, actor: Actor) -> Preview:
    """The change done and taken back: which numbers there would be, and what hangs on the old ones."""
    grids, on = form.drawn(), form.cleaned_data["on"]
    ends = list(dict.fromkeys(code for each in grids for code in each.of))
    touched = services.touched(ends, on)
    with transaction.atomic():
        made = _carry_out(form, actor)
        mapped = queries.with_boundary([*ends, *made])
        transaction.set_rollback(True)
    names = {form.grid.code: form.grid.name} | {code: row.name for code, row in form.neighbours.items()}
    return Preview(
        links=[
            (f"{names[old]} {old}", f"{each.name} {code}")
            for each, code in zip(grids, made, strict=True)
            for old in each.of
        ],
        unmapped=_named(grids, made, mapped) if mapped & set(ends) else [],
        touched=touched,
    )


def _named(grids: Sequence[NewGrid], made: Sequence[str], mapped: set[str]) -> list[str]:
    return [each.name for each, code in zip(grids, made, strict=True) if code not in mapped]
