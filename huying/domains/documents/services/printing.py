"""Printed forms: typed content into a docx template, numbered, kept with the record.

A form's type has no field for who reported, and free text goes through the mask that hides names, numbers and plates:
the transfer slip can't carry an identity even by accident (信访工作条例 Art 30; pains-and-rights 7).
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from jinja2.sandbox import SandboxedEnvironment

from huying.domains.documents import storage
from huying.domains.documents.models import Document
from huying.domains.documents.vocabulary import FORM_SIGNS, FORM_WORDS, Form, Origin
from huying.kernel import audit, clock
from huying.kernel.actors import Actor
from huying.kernel.search.masking import mask
from huying.kernel.sequences import next_numbers

FORMS = Path(__file__).resolve().parent.parent / "forms"


@dataclass(frozen=True, kw_only=True)
class TransferSlip:
    """转办单. limit: in words with its basis ("15个工作日，《…条例》第…条"); due: the moment itself, printed on the slip."""

    matter_number: str
    registered_at: datetime
    channel: str
    category: str
    place: str
    content: str
    unit: str
    supporters: str = ""
    limit: str
    due: datetime
    grounds: str
    confidentiality: str
    contact: str
    issuer: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """受理回执, handed to the reporter; query_code only on the copy that is handed over at once."""

    matter_number: str
    registered_at: datetime
    category: str
    content: str
    limit: str
    due: datetime
    query_code: str = ""
    query_address: str
    appeal: str
    issuer: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """答复函. No salutation by name: the letter is fetched by code, or sent through the relay."""

    matter_number: str
    registered_at: datetime
    content: str
    findings: str
    handling: str
    basis: str
    appeal: str
    contact: str
    issuer: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """催办通知 or 督办通知."""

    matter_number: str
    unit: str
    content: str
    due: datetime
    state: str
    demand: str
    answer_by: datetime
    basis: str
    issuer: str


FormContent = TransferSlip | Receipt | Reply | Notice
TYPES: dict[Form, type[FormContent]] = {
    Form.TRANSFER: TransferSlip,
    Form.RECEIPT: Receipt,
    Form.REPLY: Reply,
    Form.URGING: Notice,
    Form.SUPERVISION: Notice,
}
FREE_TEXT = {"content", "findings", "handling", "state", "place", "demand"}


def chinese_moment(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


_HAN = r"\u3000-\u303f\u4e00-\u9fff\uff0a"
_MARKS = re.compile(rf"(?<=[{_HAN}])[,;:!?()]|[,;:!?()](?=[{_HAN}])")
_WIDE = dict(zip(",;:!?()", "，；：！？（）", strict=True))


def without_persons(text: str) -> str:
    """`text` with names, numbers and plates hidden; its Chinese punctuation, which the mask narrows, is wide again.

    The door stays: the unit must find it.
    """
    hidden = mask(text, doors=False)
    if hidden == unicodedata.normalize("NFKC", text):
        return text
    return _MARKS.sub(lambda found: _WIDE[found.group()], hidden)


def _printed(content: FormContent) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in asdict(content).items():
        if isinstance(value, datetime):
            values[name] = chinese_moment(value)
        else:
            values[name] = without_persons(str(value)) if name in FREE_TEXT else str(value)
    return values


def render(form: Form, content: FormContent, *, number: str, on: date) -> bytes:
    """The filled form as docx. Raises TypeError when the content is not of the form's type."""
    if type(content) is not TYPES[form]:
        raise TypeError(f"{form} takes {TYPES[form].__name__}, not {type(content).__name__}")
    from docxtpl.template import DocxTemplate  # slow to load, and few processes print

    template = DocxTemplate(FORMS / f"{form.value}.docx")
    values = _printed(content) | {"number": number, "issued_on": chinese_day(on)}
    # sandboxed: the templates are ours, but an office may replace one with its own
    template.render(values, SandboxedEnvironment(autoescape=True), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


@dataclass(frozen=True)
class Issue:
    kind: str
    record_id: int
    content: FormContent


def issue_forms(*, actor: Actor, form: Form, sign: str, issues: Sequence[Issue]) -> list[int]:
    """Number, fill and keep one form for each record; ids of the documents. `sign`: the office's short name (莲都).

    Numbers run per office, form and year without gaps: 莲都转〔2026〕18号.
    """
    today = clock.today()
    with transaction.atomic():
        series = f"form:{sign}:{form.value}:{today.year}"
        rows = []
        for count, issue in zip(next_numbers(series, len(issues)), issues, strict=True):
            number = f"{sign}{FORM_SIGNS[form]}〔{today.year}〕{count}号"
            body = render(form, issue.content, number=number, on=today)
            rows.append(
                Document(
                    kind=issue.kind,
                    record_id=issue.record_id,
                    name=f"{FORM_WORDS[form].zh}-{number}.docx",
                    ending="docx",
                    size=len(body),
                    digest=storage.put(body),
                    origin=Origin.FORM.value,
                    form=form.value,
                    number=number,
                    added_label=actor.label[:120],
                    added_post_id=actor.post_id,
                    added_at=clock.now(),
                )
            )
        made = Document.objects.bulk_create(rows)
        audit.record(
            [
                audit.NewEvent(
                    kind=row.kind,
                    record_id=row.record_id,
                    action="document.issued",
                    actor=actor,
                    payload={"form": form.value, "number": row.number, "digest": row.digest},
                )
                for row in made
            ]
        )
    return [row.pk for row in made]


def issue_form(*, actor: Actor, form: Form, sign: str, kind: str, record_id: int, content: FormContent) -> int:
    return issue_forms(actor=actor, form=form, sign=sign, issues=[Issue(kind, record_id, content)])[0]
