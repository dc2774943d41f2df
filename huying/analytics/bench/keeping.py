"""Selections people keep and share. A kept selection holds no value: whoever opens it sees what is theirs to see."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from huying.analytics.bench.selection import Selection
from huying.analytics.models import BenchView
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound

LONGEST_NAME, MOST_KEPT = 80, 100


def kept(actor: Actor) -> QuerySet[BenchView]:
    """One's own, and what posts of the same division share."""
    shared = Q(shared=True, division=actor.division) if actor.division else Q(pk__in=[])
    return BenchView.objects.filter(Q(account=actor.account_id or 0) | shared).order_by("name", "id")


def keep(*, actor: Actor, name: str, selection: Selection, shared: bool, signed: str = "") -> BenchView:
    """Kept again under the same name, it replaces the earlier one. Raises InvalidInput."""
    named = name.strip()
    if not 0 < len(named) <= LONGEST_NAME or actor.account_id is None:
        raise InvalidInput(_("没有保存。"), fields={"name": _("1 到 %(most)d 个字。") % {"most": LONGEST_NAME}})
    mine = BenchView.objects.filter(account=actor.account_id)
    if mine.exclude(name=named).count() >= MOST_KEPT:
        raise InvalidInput(
            _("没有保存。"), fields={"name": _("最多保存%(most)d个，请先删去不用的。") % {"most": MOST_KEPT}}
        )
    content: dict[str, Any] = {
        "content": selection.as_json(),
        "shared": shared,
        "division": actor.division,
        "signed": signed or actor.label,
        "at": clock.now(),
    }
    made, _fresh = BenchView.objects.update_or_create(account=actor.account_id, name=named, defaults=content)
    return made


def drop(*, actor: Actor, pk: int) -> None:
    """Raises NotFound for another's."""
    if not BenchView.objects.filter(account=actor.account_id or 0, pk=pk).delete()[0]:
        raise NotFound(_("没有这个保存的选择。"))


def selection_of(view: BenchView) -> Selection:
    from huying.analytics.bench.selection import Axis, Part

    said = dict(view.content)
    return Selection(
        **{
            **said,
            "indicators": tuple(said["indicators"]),
            "rows": Axis(said["rows"]),
            "part": Part(said["part"]),
        }
    )
