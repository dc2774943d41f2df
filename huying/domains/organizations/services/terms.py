"""Terms of office: opened, ended, deputised. Work hangs on the post; when a post empties, its open work is handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations.models import Absence, Account, Post, PostRole, Term
from huying.domains.organizations.queries.directory import forget
from huying.domains.organizations.queries.holders import Living, Owner
from huying.domains.organizations.services.changes import administers, changed, record
from huying.domains.organizations.services.handover import hand_over, held_work, work_below
from huying.domains.organizations.vocabulary import AbsenceReason
from huying.kernel import audit, clock
from huying.kernel.actors import ADMINISTRATORS, Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound, Refused


@dataclass(frozen=True, kw_only=True)
class NewTerm:
    account_id: int
    post_id: int
    valid_from: date
    valid_to: date | None = None
    deputy_for_id: int | None = None


def open_terms(*, actor: Actor, rows: Sequence[NewTerm]) -> list[int]:
    """Appoint: each account to its post from a day; the terms' ids.

    Refused: two administrators' roles for one account, an administrator with business posts, the same post twice at once.
    """
    administers(actor)
    with transaction.atomic():
        accounts = Account.objects.select_for_update().in_bulk([row.account_id for row in rows])
        posts = Post.objects.in_bulk([row.post_id for row in rows])
        roles: dict[int, set[str]] = {}
        for post_id, role in PostRole.objects.filter(post__in=posts).values_list("post_id", "role"):
            roles.setdefault(post_id, set()).add(role)
        standing: dict[int, list[tuple[int, date, date | None]]] = {}
        for term in Term.objects.filter(account__in=accounts):
            standing.setdefault(term.account_id, []).append((term.post_id, term.valid_from, term.valid_to))
        for row in rows:
            account, post = accounts.get(row.account_id), posts.get(row.post_id)
            if account is None or post is None:
                raise NotFound(_("任期所指的账号或岗位不存在。"), cure=_("请重新选择。"))
            _may_hold(account, post, roles.get(post.pk, set()), standing.get(account.pk, []), row)
            standing.setdefault(account.pk, []).append((post.pk, row.valid_from, row.valid_to))
        Account.objects.bulk_update(accounts.values(), ["administrator"], batch_size=200)
        made = Term.objects.bulk_create(
            [
                Term(
                    account_id=row.account_id,
                    post_id=row.post_id,
                    deputy_for_id=row.deputy_for_id,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                )
                for row in rows
            ]
        )
        record(
            audit.NewEvent(
                kind="term",
                record_id=term.pk,
                action="deputy_named" if term.deputy_for_id else "appointed",
                actor=actor,
                to_state="open",
                payload={"account": term.account_id, "post": term.post_id, "from": str(term.valid_from)},
                first=True,
            )
            for term in made
        )
        changed()
    return [term.pk for term in made]


def open_term(*, actor: Actor, row: NewTerm) -> int:
    return open_terms(actor=actor, rows=[row])[0]


def _may_hold(
    account: Account, post: Post, roles: set[str], standing: list[tuple[int, date, date | None]], row: NewTerm
) -> None:
    if row.valid_to is not None and row.valid_to <= row.valid_from:
        raise InvalidInput(
            _("任期的截止日期须晚于起始日期。"), cure=_("请改正日期。"), fields={"valid_to": _("须晚于起始日期")}
        )
    if not account.is_active:
        raise NotAllowedNow(_("%(name)s 的账号已停用。") % {"name": account.display_name}, cure=_("请先启用账号。"))
    if post.valid_to is not None and (row.valid_to is None or row.valid_to > post.valid_to):
        raise NotAllowedNow(_("岗位“%(name)s”在任期内撤销。") % {"name": post.name}, cure=_("请缩短任期或另选岗位。"))
    if any(
        other == post.pk and (end is None or row.valid_from < end) and (row.valid_to is None or begin < row.valid_to)
        for other, begin, end in standing
    ):
        raise InvalidInput(
            _("%(name)s 在这段时间已任该岗位。") % {"name": account.display_name},
            cure=_("请先结束原任期，或改正日期。"),
        )
    wanted = roles & {role.value for role in ADMINISTRATORS}
    others = [end for other, _begin, end in standing if end is None or end > row.valid_from]
    kept = account.administrator if others else ""
    if (wanted and others and (not kept or {kept} != wanted)) or (kept and {kept} != wanted):
        raise Refused(
            _("%(name)s 已有的岗位与该岗位不能由同一人担任。") % {"name": account.display_name},
            cure=_("系统管理员、安全管理员、审计员三员分立，一人只任其一，也不兼业务岗位；请先结束原任期或任命他人。"),
            fields={"post": post.name},
        )
    account.administrator = next(iter(wanted), "")


def end_term(*, actor: Actor, term_id: int, on: date, successor: int | None = None) -> int:
    """The term's last day is the day before `on`. `successor` (an account) is appointed to the post from that day.

    Returns how many open items were handed over (0 when the term ends in future: the daily job does it then).
    Refused when open work would be left with nobody up to the root of the units.
    """
    administers(actor)
    with transaction.atomic():
        term = Term.objects.select_for_update().select_related("post").filter(pk=term_id).first()
        if term is None:
            raise NotFound(_("没有这个任期。"))
        if term.valid_to is not None and term.valid_to <= clock.today():
            raise NotAllowedNow(_("任期已于 %(day)s 结束。") % {"day": term.valid_to}, cure=_("无需再办。"))
        if on <= term.valid_from:
            raise InvalidInput(
                _("结束日期须晚于任期起始日期 %(day)s。") % {"day": term.valid_from},
                cure=_("请改正日期。"),
                fields={"valid_to": _("须晚于起始日期")},
            )
        if successor is not None:
            open_terms(actor=actor, rows=[NewTerm(account_id=successor, post_id=term.post_id, valid_from=on)])
        term.valid_to = on
        term.save(update_fields=["valid_to"])
        record(
            [
                audit.NewEvent(
                    kind="term",
                    record_id=term.pk,
                    action="term_ended",
                    actor=actor,
                    from_state="open",
                    to_state="ended",
                    payload={"on": str(on), "successor": successor},
                )
            ]
        )
        changed()
        refuse_orphans([term.post_id], since=on)
        return hand_over(actor=actor, on=clock.today()) if on <= clock.today() else 0


def record_absence(
    *,
    actor: Actor,
    term_id: int,
    valid_from: date,
    valid_to: date,
    reason: AbsenceReason,
    deputy: int | None = None,
) -> int:
    """The holder is away on these days (half-open). `deputy` (an account) acts in the post meanwhile; without one, what lies
    on the post goes to its unit's head. Returns the absence's id."""
    with transaction.atomic():
        term = Term.objects.select_for_update().filter(pk=term_id).first()
        if term is None:
            raise NotFound(_("没有这个任期。"))
        if term.account_id != actor.account_id:
            administers(actor)
        if valid_to <= valid_from:
            raise InvalidInput(
                _("缺勤的截止日期须晚于起始日期。"), cure=_("请改正日期。"), fields={"valid_to": _("须晚于起始日期")}
            )
        if deputy == term.account_id:
            raise InvalidInput(_("不能由本人代理。"), cure=_("请另选代理人。"), fields={"deputy": _("不能是本人")})
        absence = Absence.objects.create(term=term, reason=reason.value, valid_from=valid_from, valid_to=valid_to)
        record(
            [
                audit.NewEvent(
                    kind="term",
                    record_id=term.pk,
                    action="absence_recorded",
                    actor=actor,
                    reason=reason.value,
                    payload={"from": str(valid_from), "to": str(valid_to), "deputy": deputy},
                )
            ]
        )
        changed()
        if deputy is not None:
            _deputise(actor, term, deputy, valid_from, valid_to)
        refuse_orphans([term.post_id], since=valid_from)
        if valid_from <= clock.today():
            hand_over(actor=actor, on=clock.today())
    return absence.pk


def end_absence(*, actor: Actor, absence_id: int, on: date) -> None:
    """The holder is back from the day `on`; one that had not begun by then is cancelled. The deputy's days end with it.

    What was handed over meanwhile stays with whoever has it.
    """
    with transaction.atomic():
        absence = Absence.objects.select_for_update().select_related("term").filter(pk=absence_id).first()
        if absence is None:
            raise NotFound(_("没有这条缺勤。"))
        if absence.term.account_id != actor.account_id:
            administers(actor)
        if absence.valid_to <= on:
            raise NotAllowedNow(_("这段缺勤已经结束。"), cure=_("无需再办。"))
        standing_in = Term.objects.filter(
            deputy_for=absence.term_id, valid_from__gte=absence.valid_from, valid_to=absence.valid_to
        )
        standing_in.filter(valid_from__gte=on).delete()
        standing_in.update(valid_to=on)
        begun = absence.valid_from < on
        record(
            [
                audit.NewEvent(
                    kind="term",
                    record_id=absence.term_id,
                    action="absence_ended",
                    actor=actor,
                    reason=absence.reason,
                    payload={"from": str(absence.valid_from), "to": str(on), "was_to": str(absence.valid_to)},
                )
            ]
        )
        if begun:
            absence.valid_to = on
            absence.save(update_fields=["valid_to"])
        else:
            absence.delete()
        changed()


@dataclass(frozen=True)
class Fate:
    """So many open items, who has them now, and who has them once the term is over (None: nobody)."""

    items: int
    before: Owner
    after: Owner | None


def foresee_end(*, actor: Actor, term_id: int, on: date, successor: int | None = None) -> list[Fate]:
    """What `end_term` would do with the open work of the post and of its unit's pile, by doing it and taking it back.

    Raises what `end_term` raises.
    """
    try:
        with transaction.atomic():
            term = Term.objects.filter(pk=term_id).first()
            work = held_work([term.post_id]) if term is not None else {}
            end_term(actor=actor, term_id=term_id, on=on, successor=successor)
            living = Living(max(on, clock.today()))
            fates = [Fate(items, owner, living.owner(owner)) for owner, items in work.items()]
            transaction.set_rollback(True)
    finally:
        forget()
    return sorted(fates, key=lambda fate: fate.before.post_id is None)


def _deputise(actor: Actor, term: Term, deputy: int, valid_from: date, valid_to: date) -> None:
    """A deputy's term for the days of an absence, under the same rules as any term (a holder may name their own deputy)."""
    named = NewTerm(
        account_id=deputy, post_id=term.post_id, valid_from=valid_from, valid_to=valid_to, deputy_for_id=term.pk
    )
    by = actor if actor.account_id != term.account_id else Actor.system(f"deputy:{actor.label}"[:64])
    open_terms(actor=by, rows=[named])


def refuse_orphans(post_ids: Iterable[int], *, since: date) -> None:
    """Raise when, on any day from `since` on which somebody leaves, goes or returns, open work that these posts' holders could
    have taken (of their units and all below) has no owner. Work that had none with them either doesn't count."""
    leaving_posts = set(post_ids)
    work = work_below(leaving_posts)
    if not work:
        return
    day = max(since, clock.today())
    leaving = Term.objects.filter(valid_to__gte=day).values_list("valid_to", flat=True)
    away = Absence.objects.filter(valid_to__gt=day).values_list("valid_from", flat=True)
    back = Absence.objects.filter(valid_to__gt=day).values_list("valid_to", flat=True)
    for moment in sorted({day, *(d for d in (*leaving, *away, *back) if d and d > day)}):
        living = Living(moment)
        with_them = Living(moment, and_posts=leaving_posts)
        lost = sum(n for owner, n in work.items() if living.owner(owner) is None and with_them.owner(owner) is not None)
        if lost:
            raise Refused(
                _("%(day)s 起，%(count)d 件未办结事项将无人负责。") % {"day": moment, "count": lost},
                cure=_("请指定接任人或代理人，或先任命本单位、上级单位的负责人。"),
            )
