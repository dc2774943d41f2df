"""并单: repeats and same-matter orders go on as one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter
from huying.domains.matters.services.batch import Act, Batch, Order, verb
from huying.domains.matters.services.dispatching import end_assignments, stop_receipts
from huying.domains.matters.vocabulary import Outcome
from huying.kernel.errors import InvalidInput, NotAllowedNow


@dataclass(frozen=True, kw_only=True)
class Merge(Order):
    """into: the matter that goes on; this one is answered with it."""

    into: int | None = None


def _mergeable(batch: Batch, act: Act[Merge]) -> None:
    targets = batch.once(
        f"targets {act.actor.post_id}",
        lambda: Matter.objects.visible_to(act.actor).in_bulk(
            {getattr(order, "into", None) or 0 for order in batch.orders}
        ),
    )
    target = targets.get(act.order.into or 0)
    if target is None or target.pk == act.matter.pk:
        raise InvalidInput(_("没有要并入的事项。"), fields={"into": _("请选择另一件未办结的事项")})
    if not target.is_open or target.merged_into_id:
        raise NotAllowedNow(_("要并入的事项已经办结或已并单。"), cure=_("请选择未办结的主单。"))


@verb("merge", Merge, _mergeable)
def merge(batch: Batch, acts: list[Act[Merge]]) -> None:
    """并单: repeats and same-matter orders go on as one; each caller is still answered."""
    end_assignments(batch, acts)
    stop_receipts(acts)
    for act in acts:
        batch.set(act.matter, merged_into_id=act.order.into, outcome=Outcome.MERGED.value)
        batch.stop_clock(act.matter, act.at)
        act.payload["into"] = act.order.into
