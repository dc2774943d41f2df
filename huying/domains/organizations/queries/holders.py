"""Who holds which post on a day: terms, absences, deputies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django_stubs_ext import WithAnnotations

from huying.domains.organizations.models import Absence, Account, Shift, StaffSession, Term
from huying.domains.organizations.queries.directory import PostView, directory, posts
from huying.kernel import clock, prepared
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody in a post. `acting`: as deputy. `absent`: holds it, but isn't there that day."""

    account_id: int
    display_name: str
    post_id: int
    term_id: int
    acting: bool
    absent: bool


class Away(TypedDict):
    absent: bool
    principal_away: bool


def _on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def terms_on(day: date) -> QuerySet[WithAnnotations[Term, Away]]:
    """Terms that run that day; a deputy's only while the one deputised is absent or has left."""
    away = Absence.objects.filter(valid_from__lte=day, valid_to__gt=day)
    return (
        Term.objects.filter(_on(day), account__is_active=True)
        .annotate(absent=Exists(away.filter(term=OuterRef("pk"))))
        .annotate(principal_away=Exists(away.filter(term=OuterRef("deputy_for"))))
        .filter(Q(deputy_for__isnull=True) | Q(principal_away=True) | Q(deputy_for__valid_to__lte=day))
    )


def holders(post_ids: Iterable[int], on: date | None = None) -> dict[int, list[Holder]]:
    """Those in each post that day, present ones first; one query. A post that nobody holds has an empty list."""
    wanted = list(post_ids)
    found: dict[int, list[Holder]] = {post_id: [] for post_id in wanted}
    rows = terms_on(on or clock.today()).filter(post__in=wanted).order_by("absent", "valid_from", "id")
    for pk, account_id, name, post_id, deputy_for, absent in rows.values_list(
        "pk", "account_id", "account__display_name", "post_id", "deputy_for_id", "absent"
    ):
        found[post_id].append(Holder(account_id, name, post_id, pk, deputy_for is not None, absent))
    return found


def email_of(post_id: int, on: date | None = None) -> str:
    """Where official e-mail for a post goes that day: its first present holder's address, '' when none has one."""
    rows = terms_on(on or clock.today()).filter(post=post_id).exclude(account__email="")
    return rows.order_by("absent", "valid_from", "id").values_list("account__email", flat=True).first() or ""


def deputy_of(post_id: int, on: date | None = None) -> Holder | None:
    """Who acts in the post that day because its holder is absent or has left; None when nobody needs to or can."""
    return next((one for one in holders([post_id], on)[post_id] if one.acting and not one.absent), None)


def posts_of(account_id: int, on: date | None = None) -> list[PostView]:
    """The posts the account may act in that day, its own before those it deputises."""
    day = on or clock.today()
    rows = terms_on(day).filter(account_id=account_id).order_by("deputy_for", "valid_from", "id")
    ids = list(dict.fromkeys(rows.values_list("post_id", flat=True)))
    known = posts(ids)
    return [known[post_id] for post_id in ids if post_id in known and known[post_id].in_force(day)]


def actor_of(account: Account, view: PostView, *, acting: bool = False) -> Actor:
    """The actor of an account in a post that it is known to hold."""
    return _in_post(view, account.display_name, account.pk, acting=acting)


def operator_in(view: PostView, program: str) -> Actor:
    """Whoever runs the program on the machine, asking as a post: it sees what the post sees; the log names the program."""
    return _in_post(view, program, None)


def _in_post(view: PostView, name: str, account_id: int | None, *, acting: bool = False) -> Actor:
    unit = directory().units[view.unit_id]
    in_post = f"{view.name}（代）" if acting else view.name
    return Actor(
        kind="staff",
        label=f"{unit.short_name}·{in_post}·{name}",
        account_id=account_id,
        post_id=view.id,
        unit_id=view.unit_id,
        roles=view.roles,
        level=Level.GRID if view.grid else unit.level,
        division=view.grid[:12] if view.grid else unit.division,
        grid=view.grid,
    )


def actor_for(account: Account, post: int | PostView, on: date | None = None) -> Actor:
    """`account` acting in `post`; Forbidden unless it holds the post, or deputises in it, that day."""
    day = on or clock.today()
    post_id = post if isinstance(post, int) else post.id
    view = directory().posts.get(post_id)
    # Own terms first: a NULL in deputy_for stands first on one database and last on the other, so sorted here.
    held = prepared.rows("terms of an account in a post", _held, day, account.pk, post_id)
    if view is None or not held or not view.in_force(day):
        raise Forbidden(
            _("您目前不在该岗位任职。"), cure=_("请改选您现任的岗位；确有任职而未登记的，请联系系统管理员。")
        )
    return actor_of(account, view, acting=all(deputy_for is not None for (deputy_for,) in held))


def _held(day: date, account_id: int, post_id: int) -> QuerySet[Term, tuple[int | None]]:
    return terms_on(day).filter(account_id=account_id, post_id=post_id).values_list("deputy_for_id")


def staffed_units(unit_ids: Iterable[int], on: date | None = None) -> set[int]:
    """Those of the units where somebody is in a post that day; one query."""
    rows = terms_on(on or clock.today()).filter(post__unit__in=list(unit_ids), absent=False)
    return set(rows.values_list("post__unit_id", flat=True))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for an open item: a post that somebody holds, or a unit's pile with somebody to see it."""

    unit_id: int
    post_id: int | None


class Living:
    """Owners for a moment, from one query: the post if held, else its unit's head, else the unit's pile, else the nearest
    unit above that is staffed."""

    def __init__(self, on: date, *, and_posts: Iterable[int] = ()) -> None:
        """and_posts: posts taken to be held too."""
        self.day = on
        rows = [*terms_on(on).filter(absent=False).values_list("post_id", flat=True), *and_posts]
        known = directory()
        self.posts = {post_id for post_id in rows if post_id in known.posts and known.posts[post_id].in_force(on)}
        self.units: dict[int, list[PostView]] = defaultdict(list)
        for post_id in self.posts:
            view = known.posts[post_id]
            if view.roles and known.units[view.unit_id].in_force(on):
                self.units[view.unit_id].append(view)

    def holds(self, owner: Owner) -> bool:
        """Whether somebody living owns it: the post is held, or the unit's pile has readers."""
        if owner.post_id is not None:
            return owner.post_id in self.posts
        return owner.unit_id in self.units

    def owner(self, owner: Owner) -> Owner | None:
        """The living owner nearest to `owner`; None when nobody is left up to the root."""
        if self.holds(owner):
            return owner
        for unit_id in (owner.unit_id, *(above.id for above in directory().ancestors(owner.unit_id))):
            staff = self.units.get(unit_id)
            if staff:
                head = next((view for view in sorted(staff, key=lambda v: v.id) if Role.UNIT_HEAD in view.roles), None)
                return Owner(unit_id, head.id if head and owner.post_id is not None else None)
        return None


def on_duty(unit_id: int, at: datetime | None = None) -> list[PostView]:
    """The posts on a roster of the unit at that moment."""
    moment = at or clock.now()
    rows = Shift.objects.filter(roster__unit_id=unit_id, starts_at__lte=moment, ends_at__gt=moment)
    return list(posts(dict.fromkeys(rows.order_by("starts_at", "id").values_list("post_id", flat=True))).values())


def account_id_of(username: str) -> int | None:
    return Account.objects.filter(username=username).values_list("pk", flat=True).first()


def sessions_of(account_id: int) -> list[StaffSession]:
    """The account's running sessions, the latest seen first."""
    return list(StaffSession.objects.filter(account_id=account_id, ended_at__isnull=True).order_by("-seen_at")[:50])
