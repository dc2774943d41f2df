"""A division renamed, moved, re-coded, merged, split or withdrawn from a day on: first what it touches, then the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huying.domains.territory import queries, services
from huying.domains.territory.models import Grid
from huying.domains.territory.pages.browsing import trail
from huying.domains.territory.pages.forms import (
    ChangeForm,
    MergeForm,
    MoveForm,
    RecodeForm,
    RenameForm,
    SplitForm,
    WithdrawForm,
)
from huying.domains.territory.permissions import CHANGERS, require_changer
from huying.domains.territory.queries import Finding, Tree
from huying.domains.territory.services import Touched
from huying.domains.territory.vocabulary import CHANGE_WORDS
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import NotFound
from huying.kernel.pages import actor_of, previews, staff

FORMS: dict[str, type[ChangeForm]] = {
    "rename": RenameForm,
    "move": MoveForm,
    "recode": RecodeForm,
    "merge": MergeForm,
    "split": SplitForm,
    "withdraw": WithdrawForm,
}
FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Preview:
    """What a change would do. ends: divisions that are no more; begins: new ones; moves: how many get another parent."""

    ends: list[str]
    begins: list[str]
    moves: int
    below: int
    grids: int
    stray_grids: int
    touched: list[Touched]
    findings: list[Finding]


@staff(*CHANGERS)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """GET: the form. POST with step=preview: the same with what would happen; with step=do: done, and on to the division."""
    actor = actor_of(request)
    known = queries.tree()
    if act not in FORMS:
        raise NotFound(_("没有这种变更。"))
    node = known[code]
    require_changer(actor, [(code, *known.ancestors(code))])
    said = CHANGE_WORDS[act]
    form = FORMS[act](known, node, request.POST if request.method == "POST" else None, within=actor.division)

    def carry_out() -> HttpResponse:
        _carry_out(form, actor)
        messages.success(request, _("已登记：%(what)s。") % {"what": f"{node.name} {said}"})
        kept = form.cleaned_data.get("new_code") or code
        return redirect(f"{reverse('territory_division', args=[kept])}?on={form.cleaned_data['on']}")

    asked = previews.asked(request, form, foresee=lambda: _foreseen(form, actor), carry_out=carry_out)
    if asked.answer:
        return asked.answer
    context = {
        "node": node,
        "act": act,
        "acts": [(name, words_of, name == act) for name, words_of in CHANGE_WORDS.items()],
        "said": said,
        "form": form,
        "splitting": act == "split",
        "preview": asked.preview,
        "crumbs": [*trail(known, code, ""), (str(said), "")],
    }
    return render(request, "territory/change.html", context, status=asked.status)


def _carry_out(form: ChangeForm, actor: Actor) -> None:
    data = form.cleaned_data
    code, on, basis = form.node.code, data["on"], data["basis"]
    match form:
        case RenameForm():
            services.rename_division(code=code, name=data["name"], on=on, actor=actor, basis=basis)
        case MoveForm():
            services.move_division(code=code, parent=data["parent"], on=on, actor=actor, basis=basis)
        case RecodeForm():
            services.recode_division(code=code, new_code=data["new_code"], on=on, actor=actor, basis=basis)
        case MergeForm():
            services.merge_divisions(codes=form.codes(), into=form.target(), on=on, actor=actor, basis=basis)
        case SplitForm():
            services.split_division(
                code=code,
                parts=form.parts(),
                children=form.allotted(),
                on=on,
                actor=actor,
                basis=basis,
                keeps=data["keeps"],
            )
        case WithdrawForm():
            services.withdraw_division(code=code, on=on, actor=actor, successor=data["successor"], basis=basis)


def _foreseen(form: ChangeForm, actor: Actor) -> Preview:
    """The change done and taken back: what it ends, begins and moves, and what hangs on it."""
    on: date = form.cleaned_data["on"]
    before = queries.tree(on)
    faults = {(one.kind, one.code) for one in queries.hygiene(on, geometry=False)}
    with transaction.atomic():
        _carry_out(form, actor)
        after = queries.tree(on)
        findings = [one for one in queries.hygiene(on, geometry=False) if (one.kind, one.code) not in faults]
        transaction.set_rollback(True)
    ends = [code for code in before.nodes if code not in after]
    begins = [code for code in after.nodes if code not in before]
    concerned = ends or [form.node.code]
    below = {each for code in concerned for each in before.descendants(code)}
    return Preview(
        ends=_named(before, ends),
        begins=_named(after, begins),
        moves=sum(before.parent(code) != after.parent(code) for code in before.nodes if code in after),
        below=len(below),
        grids=_grids(before, [*concerned, *below], on),
        stray_grids=sum(one.kind == "stray_grid" for one in findings),
        touched=services.touched(concerned, on),
        findings=findings[:FINDINGS_SHOWN],
    )


def _named(known: Tree, codes: Sequence[str]) -> list[str]:
    return [f"{known[code].name} {code}" for code in codes]


def _grids(known: Tree, codes: Sequence[str], on: date) -> int:
    """How many grids lie in the villages among `codes` (or below a division's own villages)."""
    tops = [code for code in codes if known[code].level is Level.VILLAGE]
    return sum(
        Grid.objects.filter(village__in=tops[start : start + 500], valid_from__lte=on).exclude(valid_to__lte=on).count()
        for start in range(0, len(tops), 500)
    )
