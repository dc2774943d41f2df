"""Definitions changed: drafted, checked, put in force from a day; what was in force before stays as it was, and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import yaml
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from huying.analytics import definitions
from huying.analytics.indicators.checking import check
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.models import IndicatorDefinition
from huying.analytics.values import listing
from huying.analytics.vocabulary import KIND
from huying.kernel import audit, clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

State = IndicatorDefinition.State
DRAFTERS = (Role.ANALYST, Role.SUPERVISOR)
PUBLISHERS = (Role.SUPERVISOR, Role.LEADER)
LONGEST = 20_000
LONGEST_WHY = 300


@dataclass(frozen=True)
class Fault:
    """where: "line 3", or the field. warning: it may be published all the same."""

    where: str
    message: str
    cure: str = ""
    warning: bool = False


# Who


def may_draft(actor: Actor) -> bool:
    """Definitions hold for the whole place: its own analysts and supervisors, of the county at least, write them."""
    return actor.has(*DRAFTERS) and actor.level is not None and actor.level <= Level.COUNTY


def may_publish(actor: Actor) -> bool:
    """A supervisor or leader of the widest place there is here puts them in force."""
    return actor.has(*PUBLISHERS) and actor.level is not None and (actor.level <= Level.CITY or _whole(actor))


def require_drafter(actor: Actor) -> None:
    """Raises Forbidden for a post that doesn't write definitions: the gate of a form, before its fields."""
    _require(may_draft(actor))


def require_publisher(actor: Actor) -> None:
    """Raises Forbidden for a post that puts no definition in force."""
    _require(may_publish(actor))


def _whole(actor: Actor) -> bool:
    """Whether the actor's place is the whole of this one: a county that runs its own."""
    from huying.analytics import trees

    today = clock.today()
    return any(node.code == actor.division and not node.parent for node in trees.load().nodes if node.on(today))


# Reading and checking


def content_of(row: IndicatorRow) -> dict[str, object]:
    """As it is kept: what is said, without what goes without saying."""
    said: dict[str, object] = row.model_dump(mode="json", exclude_defaults=True)
    return said


def written(content: dict[str, object]) -> str:
    """As it is edited."""
    text: str = yaml.safe_dump(_whole_numbers(content), allow_unicode=True, sort_keys=False, width=120)
    return text


def _whole_numbers(said: object) -> object:
    """100, not 100.0, as people write it."""
    if isinstance(said, dict):
        return {key: _whole_numbers(value) for key, value in said.items()}
    if isinstance(said, list):
        return [_whole_numbers(value) for value in said]
    return int(said) if isinstance(said, float) and said.is_integer() else said


@listing.asked_once()
def examine(text: str, code: str = "") -> tuple[IndicatorRow | None, list[Fault]]:
    """The definition a text says, and every fault in it. code: what it must be called, when it is a version of that indicator."""
    if len(text) > LONGEST:
        return None, [Fault("", _("定义太长。"))]
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = _("第%(line)s行第%(column)s列") % {"line": mark.line + 1, "column": mark.column + 1} if mark else ""
        return None, [Fault(where, _("不是 YAML：%(what)s") % {"what": getattr(error, "problem", "") or error})]
    if isinstance(said, list) and len(said) == 1:
        (said,) = said
    try:
        row = IndicatorRow.model_validate(said)
    except ValidationError as error:
        return None, [Fault(_at(text, fault["loc"]), _said(fault)) for fault in error.errors()]
    return row, list(_faults(row, code, text))


def _said(fault: ErrorDetails) -> str:
    """What is wrong with a field, in the reader's language where it is one of the usual faults."""
    match fault["type"]:
        case "missing":
            return _("没有写，必填。")
        case "extra_forbidden":
            return _("没有这个字段。")
        case "int_parsing" | "int_type" | "int_from_float":
            return _("要写整数。")
        case "float_parsing" | "float_type":
            return _("要写数。")
        case "string_type":
            return _("要写文字；数字和日期加引号。")
        case "enum" | "literal_error":
            return _("只能是：%(words)s") % {"words": fault["ctx"]["expected"]}
        case "date_from_datetime_parsing" | "date_parsing" | "date_type":
            return _("日期写成 2026-10-05。")
    return fault["msg"].removeprefix("Value error, ")


def _at(text: str, path: Sequence[str | int]) -> str:
    """The field, and the line its first key stands on."""
    named = ".".join(str(part) for part in path)
    first = f"{path[0]}:" if path else ""
    for number, line in enumerate(text.splitlines(), 1):
        if first and line.lstrip("- ").startswith(first):
            return _("第%(line)s行 %(name)s") % {"line": number, "name": named}
    return named


def _faults(row: IndicatorRow, code: str, text: str) -> Iterator[Fault]:
    if code and row.code != code:
        yield Fault(_at(text, ("code",)), _("编码应是 %(code)s：改编码即是另一个指标。") % {"code": code})
    if definitions.shipped().indicator(row.code):
        yield Fault(_at(text, ("code",)), _("%(code)s 已是办理记录的指标。") % {"code": row.code}, _("换一个编码。"))
    others = [rows[-1].row for other, rows in sorted(listing.versions().items()) if other != row.code]
    for found in check([*others, row]):
        if found.index == len(others):
            yield Fault(_field(found.message, row, text), found.message, found.cure, found.warning)
    if not row.sources:
        yield Fault("", _("没有写明来源。"), "sources: [{facts: matters}]")
    for kind, name in listing.named(row):
        if not listing.known_measures(kind, name):
            yield Fault(
                _at(text, ("sources",)),
                _("这里没有来源 %(name)s。") % {"name": name},
                _("先建数据集，或改用办理记录。"),
            )
    known = {measure for kind, name in listing.named(row) for measure in listing.known_measures(kind, name)}
    if known:
        for found in check([row], known | set(row.constants)):
            if found.message not in {one.message for one in check([row])}:
                yield Fault(_field(found.message, row, text), found.message, found.cure, found.warning)
    if row.peers and row.peers not in listing.groups():
        yield Fault(_at(text, ("peers",)), _("没有同类组 %(name)s。") % {"name": row.peers})


def _field(message: str, row: IndicatorRow, text: str) -> str:
    """The line of the formula a fault names as CODE.numerator."""
    for name in ("numerator", "denominator", "expression"):
        if f"{row.code}.{name}" in message:
            return _at(text, (name,))
    return ""


# Verbs


@transaction.atomic
def draft(*, actor: Actor, text: str, why: str, code: str = "") -> IndicatorDefinition:
    """Write the draft of the next version, or change it. Raises Forbidden, and InvalidInput with every fault."""
    _require(may_draft(actor))
    row, faults = examine(text, code)
    wrong = [fault for fault in faults if not fault.warning]
    if row is None or wrong:
        raise InvalidInput(
            _("定义没有保存：%(what)s") % {"what": "；".join(f"{f.where} {f.message}".strip() for f in wrong)},
            fields={"text": "；".join(f"{f.where} {f.message} {f.cure}".strip() for f in wrong)},
        )
    if not why.strip() or len(why) > LONGEST_WHY:
        raise InvalidInput(_("定义没有保存：请写明理由。"), fields={"why": _("请写明为什么改，不超过300字。")})
    held = IndicatorDefinition.objects.select_for_update().filter(code=row.code).order_by("version").last()
    if not code and held is not None:
        raise InvalidInput(
            _("指标 %(code)s 已经有了，请在它的页面上修改。") % {"code": row.code}, fields={"text": row.code}
        )
    again = held is not None and held.state == State.DRAFT
    made = held if again and held else IndicatorDefinition(code=row.code, version=held.version + 1 if held else 1)
    made.content, made.state, made.valid_from = content_of(row), State.DRAFT, clock.today()
    made.author, made.why, made.changed_at = actor.label, why.strip(), clock.now()
    made.save()
    _log(actor, made, "redraft" if again else "draft", first=not again)
    return made


@transaction.atomic
def publish(*, actor: Actor, code: str, valid_from: date) -> IndicatorDefinition:
    """Put the draft in force from a day on; the version before ends there.

    Raises Forbidden, NotFound without a draft, InvalidInput for a day before the last version began and for what isn't sound now.
    """
    _require(may_publish(actor))
    made = _draft(code)
    before = IndicatorDefinition.objects.filter(code=code, state=State.PUBLISHED).order_by("version").last()
    if before is not None and valid_from < before.valid_from:
        raise InvalidInput(
            _("没有发布：上一版自%(day)s起，新版不能更早。") % {"day": before.valid_from},
            fields={"valid_from": _("请写%(day)s或以后。") % {"day": before.valid_from}},
        )
    _row, faults = examine(written(made.content), code)
    if wrong := [fault for fault in faults if not fault.warning]:
        raise InvalidInput(_("没有发布：%(what)s") % {"what": wrong[0].message}, cure=wrong[0].cure)
    if before is not None and before.valid_to is None:
        before.valid_to = valid_from
        before.save(update_fields=["valid_to"])
    made.state, made.valid_from, made.publisher, made.changed_at = State.PUBLISHED, valid_from, actor.label, clock.now()
    made.save()
    _log(actor, made, "publish", before=State.DRAFT)
    return made


@transaction.atomic
def withdraw(*, actor: Actor, code: str, valid_to: date, why: str) -> IndicatorDefinition:
    """Take the version in force out of force from a day on, for a reason: its earlier values stay, later ones aren't computed.

    A draft that is published later puts the indicator in force again. Raises Forbidden, NotFound without a published version,
    NotAllowedNow where it has ended already, InvalidInput for a day before it began or without a reason.
    """
    _require(may_publish(actor))
    held = (
        IndicatorDefinition.objects.select_for_update()
        .filter(code=code, state=State.PUBLISHED)
        .order_by("version")
        .last()
    )
    if held is None:
        raise NotFound(_("没有这个指标：%(code)s") % {"code": code})
    if held.valid_to is not None:
        raise NotAllowedNow(_("这个指标已自%(day)s起停用。") % {"day": held.valid_to})
    if valid_to < held.valid_from:
        raise InvalidInput(
            _("没有停用：这一版自%(day)s起，不能更早停用。") % {"day": held.valid_from},
            fields={"valid_to": _("请写%(day)s或以后。") % {"day": held.valid_from}},
        )
    if not why.strip() or len(why) > LONGEST_WHY:
        raise InvalidInput(_("没有停用：请写明理由。"), fields={"why": _("请写明为什么停用，不超过300字。")})
    held.valid_to, held.withdrawer, held.withdrawn_why = valid_to, actor.label, why.strip()
    held.changed_at = clock.now()
    held.save(update_fields=["valid_to", "withdrawer", "withdrawn_why", "changed_at"])
    _log(actor, held, "withdraw", before=State.PUBLISHED, after="withdrawn", reason=held.withdrawn_why)
    return held


@transaction.atomic
def discard(*, actor: Actor, code: str) -> None:
    """Let the draft go."""
    _require(may_draft(actor))
    made = _draft(code)
    _log(actor, made, "discard", before=State.DRAFT, after="")
    made.delete()


def _draft(code: str) -> IndicatorDefinition:
    found = IndicatorDefinition.objects.select_for_update().filter(code=code, state=State.DRAFT).first()
    if found is None:
        raise NotFound(_("没有待发布的草稿。"))
    return found


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden(
            _("您的岗位不维护指标定义。"), cure=_("起草由分析员、督办员办理，发布由全域的督办员或领导办理。")
        )


def _log(
    actor: Actor,
    made: IndicatorDefinition,
    action: str,
    *,
    before: str = "",
    after: str | None = None,
    first: bool = False,
    reason: str | None = None,
) -> None:
    said = {"code": made.code, "version": made.version, "valid_from": str(made.valid_from), "content": made.content}
    if made.valid_to is not None:
        said["valid_to"] = str(made.valid_to)
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=made.pk,
                action=action,
                actor=actor,
                from_state=str(before),
                to_state=str(made.state if after is None else after),
                reason=made.why if reason is None else reason,
                payload=said,
                first=first,
            )
        ]
    )


@transaction.atomic
def install(rows: Sequence[IndicatorRow], actor: Actor) -> dict[str, int]:
    """A row that differs from the newest published version becomes the next one, in force from today. Drafts stay, behind it."""
    counts = {"created": 0, "changed": 0, "kept": 0}
    held: dict[str, IndicatorDefinition] = {}
    drafts: dict[str, IndicatorDefinition] = {}
    highest: dict[str, int] = {}
    for version in IndicatorDefinition.objects.order_by("code", "version"):
        if version.state == State.PUBLISHED:
            held[version.code], highest[version.code] = version, version.version
        else:
            drafts[version.code] = version
    fresh, ended, moved = [], [], []
    today = clock.today()
    for row in rows:
        content, before = content_of(row), held.get(row.code)
        # What was withdrawn here stays so until the pack says something else of it.
        if before is not None and before.content == content and (before.valid_to is None or before.withdrawn_why):
            counts["kept"] += 1
            continue
        counts["changed" if before else "created"] += 1
        if before is not None and before.valid_to is None:
            before.valid_to = max(today, before.valid_from)
            ended.append(before)
        number = highest.get(row.code, 0) + 1
        if row.code in drafts:
            drafts[row.code].version = number + 1
            moved.append(drafts[row.code])
        fresh.append(
            IndicatorDefinition(
                code=row.code,
                version=number,
                content=content,
                state=State.PUBLISHED,
                valid_from=today,
                author=actor.label,
                publisher=actor.label,
                changed_at=clock.now(),
            )
        )
    IndicatorDefinition.objects.bulk_update(ended, ["valid_to"])
    IndicatorDefinition.objects.bulk_update(moved, ["version"])
    IndicatorDefinition.objects.bulk_create(fresh)
    return counts
