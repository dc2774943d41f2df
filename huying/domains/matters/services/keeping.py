"""Letting go: at the end of its period, or at the reporter's request, a matter keeps its figures and loses its words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction

from huying.domains.documents.vocabulary import Ending
from huying.domains.identities import services as vault
from huying.domains.matters.models import (
    Assignment,
    Contact,
    Extension,
    FollowUp,
    Matter,
    Note,
    Objection,
    OutsideMatter,
    Reply,
    Supervision,
    Suspension,
    UnreasonableReview,
)
from huying.domains.matters.models.tokens import tokens_of
from huying.kernel import audit, clock, search, worklist
from huying.kernel.actors import Actor
from huying.kernel.bulk import save_many

# Every free text hung on a matter. A new one must be added here: a test compares this with the models.
TEXTS: dict[type[models.Model], tuple[str, ...]] = {
    Assignment: ("answer", "reason"),
    Contact: ("summary",),
    Extension: ("reason", "decision_reason"),
    FollowUp: ("said",),
    Note: ("text",),
    Objection: ("reason", "decision_reason"),
    Reply: ("text", "review_reason"),
    Supervision: ("reason", "answer"),
    Suspension: ("reason",),
    UnreasonableReview: ("reason", "decision_reason", "appeal_reason"),
}
WITHDRAWN_TEXT = "—"


def ended(before: datetime, after: int, limit: int) -> list[int]:
    """Ids above `after`, ascending, of matters archived before then and not yet let go of (documents' retention job)."""
    rows = Matter.objects.everything("the retention job").filter(archived_at__lt=before, let_go_at=None, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def let_go(ids: Sequence[int], ending: Ending) -> None:
    """De-identify or delete the words of matters, in their log and in the search index too. The figures stay."""
    actor = Actor.system("retention")
    with transaction.atomic():
        _reword(ids, masked=ending is Ending.DE_IDENTIFY)
        for matter_id in ids:
            audit.erase("matter", matter_id, actor=actor, basis=f"retention.{ending.value}")


def erase_own_words(*, actor: Actor, matter_id: int, basis: str = "个人信息保护法 Art 47") -> None:
    """The reporter wants to be forgotten: identifying details leave the texts, the log and the index; the work goes on.

    The caller has checked the query code, and takes the identity out of the vault afterwards (identities.erase_own): until
    then it tells which words are the reporter's.
    """
    with transaction.atomic():
        _reword([matter_id], masked=True, end=False, known=vault.known_words("matter", [matter_id]).get(matter_id, ()))
        for row in Matter.objects.everything("as reworded").filter(pk=matter_id):
            worklist.reword(("matter", "assignment"), row.pk, title=row.title, place=row.place)
        audit.erase("matter", matter_id, actor=actor, basis=basis)


def _reword(ids: Sequence[int], *, masked: bool, end: bool = True, known: Sequence[str] = ()) -> None:
    now = clock.now()
    rows = list(Matter.objects.everything("letting go").select_for_update().filter(pk__in=list(ids)))
    for row in rows:
        row.title = search.mask(row.title, known)[:120] if masked else WITHDRAWN_TEXT
        row.content = search.mask(row.content, known) if masked else WITHDRAWN_TEXT
        row.place = search.mask(row.place, known)[:200] if masked else ""
        row.body_key = ""
        row.source_id = row.source_id if masked else ""
        row.let_go_at = now if end else None
        row.version += 1
    save_many(rows, ["title", "content", "place", "body_key", "source_id", "let_go_at", "version"])
    for model, names in TEXTS.items():
        told = list(model._base_manager.filter(matter__in=list(ids)))
        for each in told:
            for name in names:
                text = getattr(each, name)
                setattr(each, name, (search.mask(text, known) if masked else WITHDRAWN_TEXT) if text else text)
        save_many(told, names)
    OutsideMatter.changed(ids)
    search.remove("matter", ids)
    if masked:
        search.index(
            [
                search.Document(
                    kind="matter",
                    record_id=row.pk,
                    text=f"{row.title} {row.content} {row.place}",
                    scope=tokens_of(row),
                )
                for row in rows
            ]
        )
