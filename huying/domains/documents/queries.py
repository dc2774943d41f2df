"""Reads of files and of what is kept how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.utils.translation import gettext as _

from huying.domains.documents import storage
from huying.domains.documents.models import Document, LegalHold, RetentionRule
from huying.domains.documents.vocabulary import FILE_KINDS, FORM_WORDS, ORIGIN_WORDS, Ending, Form, Origin
from huying.kernel import clock, subjects
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound
from huying.kernel.words import Words

CHECKED = "the record's visibility was checked"


@dataclass(frozen=True)
class DocumentLine:
    id: int
    name: str
    kind: Words
    origin: Words
    number: str
    size: int
    added: str
    at: datetime


def documents(actor: Actor, kind: str, record_id: int) -> list[DocumentLine]:
    """The files of one record, oldest first. Raises NotFound when the record is not the actor's to see."""
    subjects.require_visible(actor, kind, record_id)
    rows = Document.objects.everything(CHECKED).filter(kind=kind, record_id=record_id).order_by("id")
    return [
        DocumentLine(
            row.pk,
            row.name,
            FORM_WORDS[Form(row.form)] if row.form else FILE_KINDS[row.ending].words,
            ORIGIN_WORDS[Origin(row.origin)],
            row.number or "",
            row.size,
            "·".join(row.added_label.split("·")[:2]),
            clock.local(row.added_at),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class OpenedFile:
    name: str
    media_type: str
    size: int
    stream: BinaryIO


def open_document(actor: Actor, document_id: int) -> OpenedFile:
    """A file for download. NotFound when there is none or its record is not the actor's to see."""
    row = Document.objects.everything("visibility is checked next").filter(pk=document_id).first()
    if row is None:
        raise NotFound(_("没有这个附件。"))
    subjects.require_visible(actor, row.kind, row.record_id)
    return OpenedFile(row.name, FILE_KINDS[row.ending].media_type, row.size, storage.open_file(row.digest))


def retention_rule(kind: str, on: date | None = None) -> RetentionRule | None:
    """The rule in force for `kind` that day; None where nothing says how long (nothing is then let go of)."""
    day = on or clock.today()
    return RetentionRule.objects.filter(kind=kind, valid_from__lte=day).order_by("-valid_from").first()


@dataclass(frozen=True)
class RuleLine:
    kind: str
    months: int
    ending: Ending
    basis: str
    valid_from: date


def retention_schedule() -> list[RuleLine]:
    return [
        RuleLine(row.kind, row.months, Ending(row.ending), row.basis, row.valid_from)
        for row in RetentionRule.objects.order_by("kind", "-valid_from")
    ]


def held(kind: str, record_ids: Iterable[int]) -> set[int]:
    """Which of these records a legal hold keeps."""
    rows = LegalHold.objects.filter(kind=kind, record_id__in=list(record_ids), lifted_at__isnull=True)
    return set(rows.values_list("record_id", flat=True))


def missing_files() -> list[str]:
    """Digests that records name and the store lacks."""
    named = Document.objects.everything("a check of the store").order_by().values_list("digest", flat=True).distinct()
    return [digest for digest in named.iterator() if not storage.path_of(digest).exists()]
