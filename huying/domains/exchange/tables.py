"""The spreadsheet of a dataset: its columns as people send them back, its rows as values given (its template is beside it)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.domains.exchange.judging import SURVEY_FIELDS, Given, said
from huying.domains.exchange.refusals import refused
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import Kind
from huying.kernel.errors import InvalidInput, Refused
from huying.kernel.words import Words, words

FIXED: dict[str, Words] = {
    "division": words("区划编码", "division"),
    "place": words("地方", "place"),
    "period": words("期别", "period"),
}
SURVEYED: dict[str, Words] = {
    "n": words("样本量", "sample size"),
    "fieldwork_from": words("调查开始日", "fieldwork from"),
    "fieldwork_to": words("调查结束日", "fieldwork to"),
    "conducted_by": words("调查机构", "conducted by"),
    "method": words("调查方法", "method"),
}
NOTE = words("说明", "note")
ENDS = {
    "": words("", ""),
    "_low": words("（区间下限）", " (interval from)"),
    "_high": words("（区间上限）", " (interval to)"),
}
CODED = re.compile(r"\[([a-z][a-z0-9_]*)\]\s*$")
CHINESE_PERIOD = re.compile(r"(\d{4})\s*[年/.]\s*(\d{1,2})\s*月?")
DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)")


def titles(row: DatasetRow) -> dict[str, str]:
    """Every column in order: its field and what stands above it; the code in brackets is how it is known again."""
    found = {name: f"{said_as} [{name}]" for name, said_as in FIXED.items()}
    if row.kind is Kind.SURVEY:
        found |= {name: f"{said_as} [{name}]" for name, said_as in SURVEYED.items()}
    for measure in row.measures:
        for end, told in ENDS.items() if row.kind is Kind.SURVEY else [("", ENDS[""])]:
            star = "*" if measure.required and not end else ""
            found[measure.code + end] = f"{said(measure)}{told}（{measure.unit}）{star} [{measure.code}{end}]"
    return found | {"note": f"{NOTE} [note]"}


@dataclass(frozen=True)
class Columns:
    """fields: 0-based column → field. passed_over: columns that are no part of the dataset; they aren't kept."""

    fields: dict[int, str]
    passed_over: list[str] = field(default_factory=list)


def columns_of(row: DatasetRow, header: Sequence[str]) -> Columns:
    """Raises Refused for a column about a person or otherwise not to be stored, InvalidInput where one is missing or twice."""
    known = _known(row)
    fields: dict[int, str] = {}
    passed_over = []
    for at, name in enumerate(header):
        if name.startswith("#"):
            continue
        coded = CODED.search(name)
        found = known.get(_folded(coded[1])) if coded else known.get(_folded(name))
        if found is None:
            if why := refused(name):
                raise Refused(_("列“%(name)s”不能报送：%(why)s。") % {"name": name, "why": why.why}, cure=str(why.cure))
            passed_over.append(name)
            continue
        if found in fields.values():
            raise InvalidInput(_("“%(name)s”这一列有两个。") % {"name": name}, cure=_("只留一列。"))
        fields[at] = found
    for needed in ("division", "period"):
        if needed not in fields.values():
            raise InvalidInput(
                _("表里没有“%(name)s”列。") % {"name": FIXED[needed]}, cure=_("请用下载的模板，或补上这一列。")
            )
    return Columns(fields, passed_over)


def _known(row: DatasetRow) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in (FIXED, SURVEYED if row.kind is Kind.SURVEY else {}, {"note": NOTE}):
        for name, told in table.items():
            found |= dict.fromkeys((_folded(name), _folded(told.zh), _folded(told.en)), name)
    for measure in row.measures:
        found |= dict.fromkeys(
            (_folded(measure.code), _folded(measure.name.zh), _folded(measure.name.en)), measure.code
        )
    return found | {_folded(name): name for name in row.delivered}


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-（）()*]", "", unicodedata.normalize("NFKC", text)).casefold()


def given(row: DatasetRow, columns: Columns, at: int, cells: Sequence[Any]) -> Given:
    """One line of a file; at: its row."""
    named = {name: cells[i] if i < len(cells) else None for i, name in columns.fields.items()}
    return Given(
        division=division_of(named.get("division")),
        period=period_of(row, named.get("period")),
        values={name: named[name] for name in row.delivered if name in named},
        survey={name: named[name] for name in SURVEY_FIELDS if name in named},
        note=str(named.get("note") or ""),
        at=at,
    )


def division_of(cell: Any) -> str:
    """A division's code as people write it: 6 digits for a county, or a number where the program made one of it."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell or "").strip()
    return text.ljust(12, "0") if text.isdecimal() and len(text) in (2, 4, 6, 9) else text


def period_of(row: DatasetRow, cell: Any) -> str:
    """A period as people write it; a spreadsheet program makes a date of `2026-10`."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return Period.holding(cell, row.kind_of_period).key
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell or "").strip()
    if DAY.fullmatch(text):
        return Period.holding(date.fromisoformat(text), row.kind_of_period).key
    if found := CHINESE_PERIOD.fullmatch(text):
        return f"{found[1]}-{int(found[2]):02}"
    return text
