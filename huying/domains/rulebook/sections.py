"""The rulebook's sections of a pack: limits, catalogue, admission list, duty list, calendar years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from huying.domains.rulebook import content, services
from huying.domains.rulebook.models import AdmissionEntry, CalendarYear, Dated, DutyEntry, LimitRule
from huying.domains.rulebook.queries import Item, Route, catalogues
from huying.domains.rulebook.vocabulary import Duty, Part, State
from huying.kernel import clock, packs
from huying.kernel.actors import Actor
from huying.kernel.deadlines import Day, Rule
from huying.kernel.errors import InvalidInput
from huying.kernel.words import words

AREA = r"^([1-9][0-9]{11})?$"
ITEM = r"^([0-9]{2}){1,3}$"
BEGINNING = date(2000, 1, 1)


class DatedRow(packs.ProvenancedRow):
    """division "" is everywhere; valid_to is the first day after."""

    division: str = Field(default="", pattern=AREA)
    valid_from: date = BEGINNING
    valid_to: date | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> DatedRow:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(_("截止日期须晚于起始日期。"))
        return self


class LimitRow(DatedRow):
    """A place's own value of a limit. `set`: what differs from the shipped rule of that key, as deadlines.Rule writes it."""

    key: str = Field(min_length=1, max_length=64)
    set: dict[str, Any] = Field(min_length=1)


class CatalogueRow(packs.ProvenancedRow):
    """A row with no division defines an item of `area`'s catalogue and who answers for it there ("" lead: as its parent item);
    one with a division says who answers in that part of the area."""

    area: str = Field(pattern=AREA)
    code: str = Field(pattern=ITEM)
    division: str = Field(default="", pattern=AREA)
    zh: str = ""
    en: str = ""
    lead: str = Field(default="", max_length=48)
    supporters: tuple[str, ...] = ()
    rule: str = ""
    questions: tuple[str, ...] = ()
    note: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def whole(self) -> CatalogueRow:
        if not self.division and not (self.zh and self.en):
            raise ValueError(_("类目须有中文和英文名称。"))
        if self.division and not self.lead:
            raise ValueError(_("分区域的规定须写明主办单位。"))
        if self.lead and not self.rule:
            raise ValueError(_("写明主办单位的行须写时限规则。"))
        return self


class AdmissionRow(DatedRow):
    code: str = Field(min_length=1, max_length=32)
    zh: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=200)
    items: tuple[str, ...] = Field(min_length=1)
    department: str = Field(min_length=1, max_length=48)
    urgent: bool = False
    consent: str = ""
    basis: str = ""

    @model_validator(mode="after")
    def urgent_work_ends(self) -> AdmissionRow:
        if self.urgent and (self.valid_to is None or not self.consent):
            raise ValueError(_("临时紧急工作须经同意并写明截止日期。"))
        return self


class DutyRow(DatedRow):
    code: str = Field(min_length=1, max_length=32)
    zh: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=200)
    duty: Duty
    items: tuple[str, ...] = Field(min_length=1)
    department: str = Field(default="", max_length=48)
    basis: str = ""

    @model_validator(mode="after")
    def somebody_takes_it_back(self) -> DutyRow:
        if self.duty is Duty.TAKEN_BACK and not self.department:
            raise ValueError(_("收回的事项须写明由哪个部门承接。"))
        return self


class YearDay(packs.PackRow):
    day: date
    working: bool
    zh: str
    en: str


class YearRow(packs.PackRow):
    """A year's schedule that the shipped calendar doesn't have, or that this place corrects."""

    year: int = Field(ge=1949, le=2200)
    source: str = Field(min_length=1, max_length=200)
    days: tuple[YearDay, ...]


# ── limits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _body(row: LimitRow) -> dict[str, Any]:
    """The whole rule: the shipped one of that key with what the row sets; null takes a field away."""
    shipped = content.limits().get(row.key)
    base = services.body_of(shipped[-1]) if shipped else {}
    return {name: value for name, value in {**base, **row.set}.items() if value is not None}


def check_limits(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    for entry in entries:
        try:
            Rule.from_json({**_body(entry.value), "key": entry.value.key})
        except InvalidInput as error:
            yield entry.fault(error.message, error.cure)


def install_limits(rows: list[LimitRow], actor: Actor) -> dict[str, int]:
    wanted = [
        LimitRule(key=row.key, body=services.body_of(Rule.from_json({**_body(row), "key": row.key})), **_dates(row))
        for row in rows
    ]
    return _install(Part.LIMIT, LimitRule, ("key", "division", "valid_from"), wanted, actor)


def export_limits(actor: Actor) -> Iterator[LimitRow]:
    for row in LimitRule.objects.filter(state=State.PUBLISHED).order_by("key", "division", "valid_from"):
        shipped = content.limits().get(row.key)
        base = services.body_of(shipped[-1]) if shipped else {}
        differs = {name: value for name, value in row.body.items() if base.get(name) != value}
        differs |= {name: None for name in base if name not in row.body}
        yield LimitRow(key=row.key, set=differs, **_dates(row))


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def install_admissions(rows: list[AdmissionRow], actor: Actor) -> dict[str, int]:
    wanted = [AdmissionEntry(**{**row.model_dump(), "items": list(row.items)}) for row in rows]
    return _install(Part.ADMISSION, AdmissionEntry, ("code", "division", "valid_from"), wanted, actor)


def export_admissions(actor: Actor) -> Iterator[AdmissionRow]:
    for row in AdmissionEntry.objects.filter(state=State.PUBLISHED).order_by("division", "code", "valid_from"):
        yield AdmissionRow(**{name: getattr(row, name) for name in AdmissionRow.model_fields})


def install_duties(rows: list[DutyRow], actor: Actor) -> dict[str, int]:
    wanted = [DutyEntry(**{**row.model_dump(), "items": list(row.items), "duty": row.duty.value}) for row in rows]
    return _install(Part.DUTY, DutyEntry, ("code", "division", "valid_from"), wanted, actor)


def export_duties(actor: Actor) -> Iterator[DutyRow]:
    for row in DutyEntry.objects.filter(state=State.PUBLISHED).order_by("division", "code", "valid_from"):
        yield DutyRow(**{name: getattr(row, name) for name in DutyRow.model_fields})


def check_items(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    known = {entry.value.code for entry in pack.entries("catalogue")}
    for entry in entries:
        for item in entry.value.items:
            if item not in known:
                yield entry.fault(_("派单目录中没有类目 %(item)s。") % {"item": item}, _("改用目录中的代码。"))


def _dates(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("division", "valid_from", "valid_to", "provenance")}


def _install(
    part: Part, model: type[Any], key: tuple[str, ...], wanted: Iterable[Dated], actor: Actor
) -> dict[str, int]:
    """Publish what is not there yet. What the pack changed is withdrawn and published anew; what is the same is kept."""
    there = {tuple(getattr(row, k) for k in key): row for row in model.objects.filter(state=State.PUBLISHED)}
    fresh: list[Dated] = []
    stale: list[int] = []
    kept = 0
    for row in wanted:
        old = there.get(tuple(getattr(row, k) for k in key))
        if old is not None and _same(old, row):
            kept += 1
            continue
        if old is not None:
            stale.append(old.pk)
        fresh.append(row)
    if stale:
        reason = _("地方包更新")
        first = min(row.valid_from for row in model.objects.filter(pk__in=stale))
        services.withdraw(part, stale, actor=actor, reason=reason, from_day=first)
    if fresh:
        made = services.add_drafts(part, fresh, actor=actor)
        services.publish(part, [row.pk for row in made], actor=actor, reason=_("安装地方包"))
    return {"created": len(fresh) - len(stale), "changed": len(stale), "kept": kept}


def _same(old: Any, new: Any) -> bool:
    ignored = {"id", "state", "version"}
    names = [field.attname for field in old._meta.concrete_fields if field.attname not in ignored]
    return all(getattr(old, name) == getattr(new, name) for name in names)


# ── catalogue ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_catalogue(entries: list[packs.Entry[Any]], pack: packs.Pack) -> Iterator[packs.Fault]:
    items = {(entry.value.area, entry.value.code) for entry in entries if not entry.value.division}
    rules = {*content.limits(), *(row.key for row in pack.rows("limits"))}
    for entry in entries:
        row = entry.value
        if len(row.code) > 2 and (row.area, row.code[:-2]) not in items:
            yield entry.fault(_("没有上级类目 %(code)s。") % {"code": row.code[:-2]}, _("先写上级类目。"))
        if row.division and (row.area, row.code) not in items:
            yield entry.fault(_("没有类目 %(code)s。") % {"code": row.code}, _("先写类目本身。"))
        if row.rule and row.rule not in rules:
            yield entry.fault(
                _("没有时限规则 %(key)s。") % {"key": row.rule}, _("huying deadlines list 列出全部规则。")
            )
        if row.lead and row.lead in row.supporters:
            yield entry.fault(_("%(unit)s 既主办又协办。") % {"unit": row.lead}, _("从协办单位中去掉它。"))


def _route(row: CatalogueRow) -> Route:
    return Route(row.code, row.division, row.lead, row.supporters, row.rule, row.questions, row.note)


def install_catalogue(rows: list[CatalogueRow], actor: Actor) -> dict[str, int]:
    by_area: dict[str, list[CatalogueRow]] = defaultdict(list)
    for row in rows:
        by_area[row.area].append(row)
    told = {"created": 0, "changed": 0, "kept": 0}
    for area, members in by_area.items():
        items = {row.code: Item(row.code, words(row.zh, row.en)) for row in members if not row.division}
        routes = {(row.code, row.division): _route(row) for row in members if row.lead}
        there = catalogues(state=State.PUBLISHED, division=area, valid_to=None)
        if there:
            now = {code: item.words for code, item in there[-1].items.items()}
            if now == {code: item.words for code, item in items.items()} and there[-1].routes == routes:
                told["kept"] += len(members)
                continue
        first_day = clock.today() if there else BEGINNING
        if there and there[-1].valid_from == first_day:
            services.withdraw(Part.CATALOGUE, [there[-1].id], actor=actor, reason=_("地方包更新"), from_day=first_day)
        made = services.draft_catalogue(
            title=_("派单目录（%(day)s 版）") % {"day": first_day.isoformat()} if there else _("派单目录"),
            division=area,
            valid_from=first_day,
            actor=actor,
            items=items.values(),
            routes=routes.values(),
            provenance=members[0].provenance.value,
        )
        services.publish(Part.CATALOGUE, [made.pk], actor=actor, reason=_("安装地方包"))
        told["changed" if there else "created"] += len(members)
    return told


def export_catalogue(actor: Actor) -> Iterator[CatalogueRow]:
    for catalogue in catalogues(state=State.PUBLISHED, valid_to=None):
        said: dict[str, Any] = {"area": catalogue.division, "provenance": catalogue.provenance}
        for item in catalogue.items.values():
            names: dict[str, Any] = {"zh": item.words.zh, "en": item.words.en}
            yield CatalogueRow(code=item.code, **said, **names, **_routed(catalogue.routes.get((item.code, ""))))
        for (code, division), route in catalogue.routes.items():
            if division:
                yield CatalogueRow(code=code, division=division, **said, **_routed(route))


def _routed(route: Route | None) -> dict[str, Any]:
    if route is None:
        return {}
    return {
        "lead": route.lead,
        "supporters": route.supporters,
        "rule": route.rule_key,
        "questions": route.questions,
        "note": route.note,
    }


# ── calendar ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def install_years(rows: list[YearRow], actor: Actor) -> dict[str, int]:
    told = {"created": 0, "changed": 0, "kept": 0}
    there = {row.year: row for row in export_years(actor)}
    for row in rows:
        if there.get(row.year) == row:
            told["kept"] += 1
            continue
        days = [Day(d.day, d.working, words(d.zh, d.en)) for d in row.days]
        services.draft_calendar_year(year=row.year, source=row.source, days=days, actor=actor)
        services.publish_calendar_year(year=row.year, actor=actor, reason=_("安装地方包"))
        told["changed" if row.year in there else "created"] += 1
    return told


def export_years(actor: Actor) -> Iterator[YearRow]:
    for year in CalendarYear.objects.filter(state=State.PUBLISHED).order_by("year").prefetch_related("days"):
        days = sorted(year.days.all(), key=lambda day: day.day)
        listed = tuple(YearDay(day=d.day, working=d.working, zh=d.zh, en=d.en) for d in days)
        yield YearRow(year=year.year, source=year.source, days=listed)


packs.section(
    "limits",
    schema=LimitRow,
    key=("key", "division", "valid_from"),
    check=check_limits,
    install=install_limits,
    export=export_limits,
)
packs.section(
    "catalogue",
    schema=CatalogueRow,
    key=("area", "code", "division"),
    check=check_catalogue,
    install=install_catalogue,
    export=export_catalogue,
    after=("limits",),
    format="csv",
)
packs.section(
    "admission",
    schema=AdmissionRow,
    key=("code", "division", "valid_from"),
    check=check_items,
    install=install_admissions,
    export=export_admissions,
    after=("catalogue",),
    format="csv",
)
packs.section(
    "duties",
    schema=DutyRow,
    key=("code", "division", "valid_from"),
    check=check_items,
    install=install_duties,
    export=export_duties,
    after=("catalogue",),
    format="csv",
)
packs.section("calendar", schema=YearRow, key=("year",), install=install_years, export=export_years)
