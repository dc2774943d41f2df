"""Attaching files to records, and taking them away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.documents import storage
from huying.domains.documents.intake import accept, shown
from huying.domains.documents.models import Document
from huying.domains.documents.vocabulary import FILE_KINDS, MEGABYTE, Origin
from huying.kernel import audit, clock, subjects
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound

MOST_PER_RECORD = 50


@dataclass(frozen=True)
class NewFile:
    """A file as it came: the name its sender gave it, and its bytes."""

    name: str
    content: bytes


LONGEST = max(kind.longest for kind in FILE_KINDS.values())


def within_size(name: str, size: int) -> None:
    """Raises InvalidInput for a file longer than any kind may be: asked before its bytes are read into memory."""
    if size > LONGEST:
        raise InvalidInput(_("文件“%(name)s”超过 %(most)d MB。") % {"name": shown(name), "most": LONGEST // MEGABYTE})


def checked(files: Sequence[NewFile]) -> tuple[NewFile, ...]:
    """The files as `attach` would keep them, metadata taken out, kept nowhere. Raises Refused or InvalidInput naming the file."""
    accepted = [accept(file.name, file.content) for file in files]
    return tuple(NewFile(name=one.name, content=one.content) for one in accepted)


def attach(
    *, actor: Actor, kind: str, record_id: int, files: Sequence[NewFile], origin: Origin = Origin.STAFF
) -> list[int]:
    """Check every file, keep them, put them on the record: all or none. Answers their ids.

    The same bytes on the same record are one file. Raises Refused or InvalidInput naming the file; NotFound for staff to
    whom the record is not visible.
    """
    if actor.kind == "staff":
        subjects.require_visible(actor, kind, record_id)
    accepted = [accept(file.name, file.content) for file in files]
    digests = [storage.put(one.content) for one in accepted]
    with transaction.atomic():
        here = Document.objects.everything("the record's own files").filter(kind=kind, record_id=record_id)
        known: dict[str, int] = dict(here.values_list("digest", "id"))
        fresh: dict[str, Document] = {}
        for one, digest in zip(accepted, digests, strict=True):
            if digest not in known:
                fresh.setdefault(
                    digest,
                    Document(
                        kind=kind,
                        record_id=record_id,
                        name=one.name,
                        ending=one.kind.ending,
                        size=len(one.content),
                        digest=digest,
                        origin=Origin(origin).value,
                        added_label=actor.label[:120],
                        added_post_id=actor.post_id,
                        added_at=clock.now(),
                    ),
                )
        if len(known) + len(fresh) > MOST_PER_RECORD:
            raise InvalidInput(
                _("一件事项最多 %(n)d 个附件。") % {"n": MOST_PER_RECORD}, cure=_("请合并为一个 PDF 后再传。")
            )
        for document in Document.objects.bulk_create(fresh.values()):
            known[document.digest] = document.pk
        if fresh:
            audit.record(
                [
                    audit.NewEvent(
                        kind=kind,
                        record_id=record_id,
                        action="document.attached",
                        actor=actor,
                        payload={"digests": sorted(fresh)},
                    )
                ]
            )
    return [known[digest] for digest in digests]


def detach(*, actor: Actor, document_id: int, why: str) -> None:
    """Take a wrongly attached file off its record. A printed form stays: it was issued."""
    if not why.strip():
        raise InvalidInput(_("请写明移除的原因。"), fields={"why": _("必填。")})
    with transaction.atomic():
        row = Document.objects.everything("visibility is checked next").filter(pk=document_id).first()
        if row is None:
            raise NotFound(_("没有这个附件。"))
        subjects.require_visible(actor, row.kind, row.record_id)
        if row.origin == Origin.FORM:
            raise InvalidInput(_("已制作的文书不能移除。"))
        audit.record(
            [
                audit.NewEvent(
                    kind=row.kind,
                    record_id=row.record_id,
                    action="document.detached",
                    actor=actor,
                    reason=why,
                    payload={"digest": row.digest},
                )
            ]
        )
        discard(Document.objects.everything("one file").filter(pk=row.pk).values_list("id", flat=True))


def discard(document_ids: Iterable[int]) -> int:
    """Drop rows, and after commit the bytes nobody names any more. Inside the caller's transaction. Returns rows."""
    rows = Document.objects.everything("let go of").filter(pk__in=list(document_ids))
    digests = set(rows.values_list("digest", flat=True))
    gone, _detail = rows.delete()

    def sweep() -> None:
        named = Document.objects.everything("who else names the bytes").filter(digest__in=digests)
        for digest in digests - set(named.values_list("digest", flat=True)):
            storage.remove(digest)

    transaction.on_commit(sweep)
    return gone
