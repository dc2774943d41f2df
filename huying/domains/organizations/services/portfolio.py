"""分类归口 and rosters: which leader and unit answer for a kind of matter; who is on duty when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations import queries
from huying.domains.organizations.models import Portfolio, Post, Roster, Shift, Unit
from huying.domains.organizations.services.changes import administers, changed, record
from huying.domains.organizations.vocabulary import Provenance, RosterKind
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import InvalidInput, NotFound


@dataclass(frozen=True, kw_only=True)
class NewPortfolio:
    """item: the beginning of a catalogue code, '' for everything. leader: (unit code, post key)."""

    item: str
    division: str
    leader: tuple[str, str]
    unit: str
    valid_from: date
    valid_to: date | None = None
    provenance: Provenance = Provenance.DEMO
    source: str = ""


def put_portfolio(*, actor: Actor, rows: Sequence[NewPortfolio]) -> int:
    """Name the answerable for items and divisions; a row in force that says otherwise ends the day the new one begins."""
    administers(actor)
    with transaction.atomic():
        units = dict(Unit.objects.values_list("code", "id"))
        posts = {(unit, key): pk for pk, unit, key in Post.objects.values_list("id", "unit__code", "key")}
        open_rows = {
            (row.division, row.item): row
            for row in Portfolio.objects.filter(valid_to__isnull=True, division__in={r.division for r in rows})
        }
        fresh: list[Portfolio] = []
        ended: list[Portfolio] = []
        for row in rows:
            if row.unit not in units or row.leader not in posts:
                raise InvalidInput(
                    _("归口 %(item)s @ %(division)s 所指的单位或领导岗位不存在。")
                    % {"item": row.item or "*", "division": row.division},
                    cure=_("请先建单位和岗位，或改正编码。"),
                    fields={"unit": row.unit, "leader": "/".join(row.leader)},
                )
            standing = open_rows.get((row.division, row.item))
            if standing and (standing.unit_id, standing.leader_id) == (units[row.unit], posts[row.leader]):
                continue
            if standing:
                if row.valid_from <= standing.valid_from:
                    raise InvalidInput(
                        _("归口 %(item)s 已自 %(day)s 起生效，新的须从其后开始。")
                        % {"item": row.item or "*", "day": standing.valid_from},
                        cure=_("请改正生效日期。"),
                        fields={"valid_from": str(row.valid_from)},
                    )
                standing.valid_to = row.valid_from
                ended.append(standing)
            fresh.append(
                Portfolio(
                    item=row.item,
                    division=row.division,
                    leader_id=posts[row.leader],
                    unit_id=units[row.unit],
                    provenance=row.provenance,
                    source=row.source,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                )
            )
        Portfolio.objects.bulk_update(ended, ["valid_to"], batch_size=500)
        made = Portfolio.objects.bulk_create(fresh, batch_size=500)
        record(
            [
                *(audit.NewEvent(kind="portfolio", record_id=row.pk, action="ended", actor=actor) for row in ended),
                *(
                    audit.NewEvent(
                        kind="portfolio",
                        record_id=row.pk,
                        action="named",
                        actor=actor,
                        payload={"leader": row.leader_id, "unit": row.unit_id},
                        first=True,
                    )
                    for row in made
                ),
            ]
        )
        if made:
            changed()
    return len(made)


@dataclass(frozen=True, kw_only=True)
class NewShift:
    post_id: int
    starts_at: datetime
    ends_at: datetime


def put_shifts(*, actor: Actor, unit_id: int, roster: str, kind: RosterKind, rows: Sequence[NewShift]) -> int:
    """Add shifts to the unit's roster of that name; by the unit's head or the system administrator. Known ones stay."""
    if not (actor.has(Role.UNIT_HEAD, Role.DISPATCHER) and actor.unit_id == unit_id):
        administers(actor)
    if queries.unit(unit_id) is None:
        raise NotFound(_("没有这个单位。"))
    for row in rows:
        if row.ends_at <= row.starts_at:
            raise InvalidInput(
                _("班次的结束须晚于开始。"), cure=_("请改正时间。"), fields={"ends_at": str(row.ends_at)}
            )
    with transaction.atomic():
        held, _made = Roster.objects.get_or_create(unit_id=unit_id, name=roster, defaults={"kind": kind.value})
        known = set(held.shifts.values_list("post_id", "starts_at"))
        fresh = [row for row in rows if (row.post_id, row.starts_at) not in known]
        Shift.objects.bulk_create(
            [Shift(roster=held, post_id=row.post_id, starts_at=row.starts_at, ends_at=row.ends_at) for row in fresh]
        )
        record(
            [
                audit.NewEvent(
                    kind="roster", record_id=held.pk, action="shifts_added", actor=actor, payload={"shifts": len(fresh)}
                )
            ]
        )
    return len(fresh)
