"""A mapping profile: what each column of a kind of file means. Data, in profiles/*.yaml; a new file needs no code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind
from huying.kernel.errors import InvalidInput, Refused
from huying.kernel.words import Words

FOLDER = Path(__file__).resolve().parent.parent / "profiles"
FIELDS = {
    "source_id": "来源编号",
    "title": "标题",
    "content": "内容",
    "at": "时间",
    "external_due_at": "外部到期时间",
    "closed_at": "办结时间",
    "status": "状态",
    "agency": "承办机构",
    "place": "地点",
    "division": "区划",
    "item": "事项",
    "kind": "类型",
    "channel": "渠道",
    "reporter.name": "姓名",
    "reporter.phone": "电话",
    "reporter.address": "住址",
    "reporter.email": "邮箱",
    "reporter.other": "其他联系方式",
}
TIMES = frozenset({"at", "external_due_at", "closed_at"})

# Rights 5: no stored field for ethnicity, religion, political status or biometrics. Identity documents aren't needed to answer.
_FORBIDDEN = (
    (re.compile(r"民族|族别|族裔|种族|\b(?:ethnic(?:ity)?|race|nationality group)\b", re.IGNORECASE), "民族", "ethnicity"),
    (re.compile(r"宗教|信仰|教派|\b(?:religion|religious|faith)\b", re.IGNORECASE), "宗教信仰", "religion"),
    (re.compile(r"政治面貌|党派|党员|团员|\b(?:politic\w*|party member\w*)\b", re.IGNORECASE), "政治面貌", "political status"),
    (
        re.compile(
            r"指纹|人脸|面部|虹膜|声纹|掌纹|步态|基因|DNA|血型|生物特征"
            r"|\b(?:biometric\w*|fingerprint\w*|face ?id|iris|blood type)\b",
            re.IGNORECASE,
        ),
        "生物特征",
        "biometrics",
    ),
    (re.compile(r"身份证|证件号|护照|\b(?:id card|passport|identity number)\b", re.IGNORECASE), "证件号码", "identity document"),
)  # fmt: skip


class Column(BaseModel):
    model_config = ConfigDict(extra="forbid")
    names: list[str] = Field(min_length=1)
    required: bool = False
    formats: list[str] = []
    values: dict[str | int, str] = {}
    prefix: str = ""


class KindRule(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: list[str] = Field(min_length=1)
    kind: Kind


class Names(BaseModel):
    zh: str
    en: str


class Profile(BaseModel):
    """One kind of file. `columns`: field (see FIELDS) → where it is found and how it is read. Raises ValueError when unsound."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=32)
    words: Names
    source: str = Field(max_length=32)
    channel: Channel
    kind: Kind
    confidentiality: Confidentiality = Confidentiality.OPEN
    columns: dict[str, Column]
    left_out: list[str] = []
    content: str = ""
    kinds: list[KindRule] = []
    agencies: dict[str, str] = {}

    @model_validator(mode="after")
    def _sound(self) -> Profile:
        unknown = sorted(set(self.columns) - set(FIELDS))
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(unknown)}; known: {', '.join(FIELDS)}")
        if "content" not in self.columns and not self.content:
            raise ValueError("a profile needs a content column or a content template")
        for field, column in self.columns.items():
            if field in TIMES and not column.formats:
                raise ValueError(f"{field}: a time needs its formats")
            for name in column.names:
                if forbidden(name):
                    raise ValueError(f"{field}: the column {name!r} may not be stored")
        for field, known in (("kind", Kind), ("channel", Channel)):
            for value in self.columns[field].values.values() if field in self.columns else ():
                known(value)
        return self

    @property
    def label(self) -> Words:
        return Words(self.words.zh, self.words.en)


@dataclass(frozen=True)
class Matching:
    """Where each field of a profile stands in one file's header, and what becomes of the other columns.

    places: field → 0-based column. forbidden: dropped before anything is stored, with what they would be. unused: not stored.
    """

    places: dict[str, int]
    forbidden: dict[str, Words]
    unused: list[str]
    missing: list[str]


def forbidden(name: str) -> Words | None:
    """What a column of this name would store that may not be stored; None when it may."""
    for shape, zh, en in _FORBIDDEN:
        if shape.search(name):
            return Words(zh, en)
    return None


@cache
def profiles() -> dict[str, Profile]:
    """All profiles by name. A faulty file raises InvalidInput naming it."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        try:
            profile = Profile.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (ValidationError, ValueError, yaml.YAMLError) as error:
            raise InvalidInput(
                _("导入方案 %(name)s 有误：%(why)s") % {"name": path.name, "why": error}, cure=_("请修正该文件。")
            ) from None
        found[profile.name] = profile
    return found


def profile(name: str) -> Profile:
    try:
        return profiles()[name]
    except KeyError:
        raise InvalidInput(
            _("没有名为“%(name)s”的导入方案。") % {"name": name},
            cure=_("可用的方案：%(names)s") % {"names": "、".join(profiles())},
        ) from None


def plain(name: str) -> str:
    return re.sub(r"[\s_*：:（）()]+", "", unicodedata.normalize("NFKC", name)).lower()


def match(chosen: Profile, header: list[str], overrides: Mapping[str, str] | None = None) -> Matching:
    """Find the profile's columns in `header` by name. overrides: field → column's name, as a person chose on screen.

    Raises Refused when a person maps a column that may not be stored, InvalidInput for a field or column that isn't there.
    """
    by_name = {plain(name): at for at, name in reversed(list(enumerate(header)))}
    banned = {name: what for name in header if (what := forbidden(name)) is not None and not name.startswith("#")}
    places: dict[str, int] = {}
    for field, column in chosen.columns.items():
        for name in column.names:
            at = by_name.get(plain(name))
            if at is not None and header[at] not in banned and at not in places.values():
                places[field] = at
                break
    for field, name in (overrides or {}).items():
        if field not in chosen.columns or (name and name not in header):
            raise InvalidInput(_("列对应有误：%(field)s → %(name)s") % {"field": field, "name": name})
        if name in banned:
            raise Refused(
                _("“%(name)s”列属于%(what)s，系统不保存这类信息。") % {"name": name, "what": banned[name]},
                cure=_("请改选其他列。"),
            )
        if name:
            places[field] = header.index(name)
        else:
            places.pop(field, None)
    missing = [field for field, column in chosen.columns.items() if column.required and field not in places]
    used = set(places.values())
    unused = [
        name for at, name in enumerate(header) if at not in used and name not in banned and not name.startswith("#")
    ]
    return Matching(places, banned, unused, missing)


def guess(header: list[str]) -> list[tuple[Profile, float]]:
    """The profiles a file may be of, the likeliest first, with the share of their columns found; unfit ones are left out."""
    fits = []
    for candidate in profiles().values():
        found = match(candidate, header)
        if not found.missing:
            fits.append((candidate, len(found.places) / len(candidate.columns)))
    return sorted(fits, key=lambda fit: (-fit[1], fit[0].name))
