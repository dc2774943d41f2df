"""Reads of matters: one, a page of them, its story. Every one asks for whom (design rule 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from huying.domains.identities import services as vault
from huying.domains.matters.models import (
    Assignment,
    Contact,
    Extension,
    FollowUp,
    Matter,
    Note,
    Objection,
    Reply,
    Supervision,
    Suspension,
    UnreasonableReview,
)
from huying.domains.matters.models.tokens import tokens_for
from huying.domains.matters.queries.places import at_places
from huying.domains.matters.queries.story import (
    PublicLine,
    PublicLook,
    PublicStory,
    public_looks,
    public_stories,
    public_story,
)
from huying.domains.matters.queries.touched import REASON_WORDS, Reason, touched
from huying.domains.matters.vocabulary import OPEN_STATES, State
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.domains.territory import queries as territory
from huying.kernel import audit, clock, clocks, ids, search
from huying.kernel.actors import Actor
from huying.kernel.clocks import ClockRecord
from huying.kernel.deadlines import Deadline
from huying.kernel.errors import InvalidInput, NotFound, RuleMissing

__all__ = [
    "FILTERS",
    "REASON_WORDS",
    "Listing",
    "MatterPage",
    "PublicLine",
    "PublicLook",
    "PublicStory",
    "Reason",
    "at_places",
    "by_code",
    "by_number",
    "counts_by_state",
    "deadline",
    "listing",
    "live_figures",
    "matter",
    "page",
    "public_looks",
    "public_stories",
    "public_story",
    "suggestion",
    "suggestions",
    "touched",
]
# Fields a list may be filtered by, as they stand in its URL.
FILTERS = ("state", "kind", "channel", "item", "county", "township", "lead_unit", "outcome", "solved", "satisfied")
ROWS = 50


def matter(actor: Actor, matter_id: int) -> Matter:
    """Raises NotFound when it is absent or out of scope."""
    found = Matter.objects.visible_to(actor).select_related("lead_unit", "intake_unit").filter(pk=matter_id).first()
    if found is None:
        raise NotFound(_("没有这个事项，或不在您的职责范围内。"))
    return found


def by_number(actor: Actor, text: str) -> Matter:
    """By a number read aloud or typed in any way. Raises InvalidInput when its check character disagrees, NotFound."""
    number = str(ids.parse_matter_number(text))
    found = Matter.objects.visible_to(actor).filter(number=number).first()
    if found is None:
        raise NotFound(_("没有这个事项，或不在您的职责范围内。"))
    return found


def by_code(number: str, code: str) -> Matter:
    """The reporter's own matter, by number and query code. Raises NotFound for either being wrong, TooMany when locked."""
    try:
        wanted = str(ids.parse_matter_number(number))
    except InvalidInput:
        wanted = ""
    found = Matter.objects.everything("its own reporter, by the code").filter(number=wanted).first()
    right = vault.check_query_code(kind="matter", record_id=found.pk if found else None, code=code)
    if found is None or not right:
        raise NotFound(_("编号或查询码不对。"), cure=_("请核对受理回执上的编号和查询码。"))
    return found


@dataclass(frozen=True)
class Listing:
    """A page of matters, newest first. `before` continues it; None at the end."""

    matters: list[Matter]
    before: int | None


def listing(
    actor: Actor,
    *,
    filters: Mapping[str, str] | None = None,
    also: Q | None = None,
    words: str = "",
    before: int | None = None,
    limit: int = ROWS,
) -> Listing:
    """Matters the actor may see. `words` searches their text within the actor's scope (never persons: kernel.search).

    Raises InvalidInput for a filter that isn't one, Refused for words shaped like a person's number or name.
    """
    rows = Matter.objects.visible_to(actor).select_related("lead_unit")
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise InvalidInput(_("不能按“%(name)s”筛选。") % {"name": name})
        if value:
            values = value.split(",")
            rows = rows.filter(**{f"{name}__in": values}) if len(values) > 1 else rows.filter(**{name: value})
    if also is not None:
        rows = rows.filter(also)
    if words.strip():
        found = search.find("matter", words, tokens_for(actor), actor=actor, limit=limit * 4, before=before)
        page = list(rows.filter(pk__in=found).order_by("-pk")[: limit + 1])
        if len(page) > limit:
            return Listing(page[:limit], page[limit - 1].pk)
        return Listing(page, found[-1] if len(found) == limit * 4 else None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: limit + 1])
    more = len(page) > limit
    return Listing(page[:limit], page[limit - 1].pk if more else None)


@dataclass(frozen=True)
class MatterPage:
    """All rows of one matter, in a fixed number of queries; what an actor may do with it is said by `pages.acts`."""

    matter: Matter
    history: list[audit.HistoryEntry]
    assignments: list[Assignment]
    clocks: list[ClockRecord]
    replies: list[Reply]
    contacts: list[Contact]
    follow_ups: list[FollowUp]
    notes: list[Note]
    objections: list[Objection]
    extensions: list[Extension]
    suspensions: list[Suspension]
    supervisions: list[Supervision]
    unreasonable: list[UnreasonableReview]
    merged: list[Matter]
    places: dict[str, str]
    units: dict[int, str]
    posts: dict[int, str]

    @property
    def clock(self) -> ClockRecord | None:
        """The clock that counts now."""
        return next((row for row in self.clocks if row.kind == "matter" and row.slot == self.matter.clock_slot), None)


def page(actor: Actor, matter_id: int) -> MatterPage:
    """Everything one matter's page shows. Raises NotFound."""
    found = matter(actor, matter_id)
    assignments = list(Assignment.objects.everything("its matter is in scope").filter(matter=found).order_by("pk"))
    told = audit.history("matter", found.pk)
    units = {u for a in assignments for u in (a.unit_id, a.called_by_unit) if u}
    units |= {entry.unit_id for entry in told if entry.unit_id}
    posts = {entry.post_id for entry in told if entry.post_id} | {
        p for p in (found.handler_post, found.leader_post) if p
    }
    return MatterPage(
        matter=found,
        history=told,
        assignments=assignments,
        clocks=[
            *clocks.of_records("matter", [found.pk]),
            *clocks.of_records("assignment", [a.pk for a in assignments]),
        ],
        replies=list(Reply.objects.filter(matter=found).order_by("pk")),
        contacts=list(Contact.objects.filter(matter=found).order_by("pk")),
        follow_ups=list(FollowUp.objects.filter(matter=found).order_by("pk")),
        notes=list(Note.objects.filter(matter=found).order_by("pk")),
        objections=list(Objection.objects.filter(matter=found).order_by("pk")),
        extensions=list(Extension.objects.filter(matter=found).order_by("pk")),
        suspensions=list(Suspension.objects.filter(matter=found).order_by("pk")),
        supervisions=list(Supervision.objects.filter(matter=found).order_by("pk")),
        unreasonable=list(UnreasonableReview.objects.filter(matter=found).order_by("pk")),
        merged=list(Matter.objects.visible_to(actor).filter(merged_into=found).order_by("pk")[:ROWS]),
        places=territory.names(_codes(found)),
        units=organizations.unit_names(units),
        posts={pk: post.name for pk, post in organizations.posts(posts).items()},
    )


def _codes(found: Matter) -> list[str]:
    return [c for c in (found.province, found.city, found.county, found.township, found.village, found.grid) if c]


def suggestion(found: Matter) -> rulebook.Routing | None:
    """Whom the catalogue in force names for this item at this place, with its grounds; None when it names nobody."""
    if not found.item:
        return None
    try:
        return rulebook.route(found.item, found.division, clock.today())
    except RuleMissing:
        return None


def suggestions(found: Iterable[Matter]) -> dict[int, rulebook.Routing | None]:
    """`suggestion` for many."""
    rows = list(found)
    routes = rulebook.routes([(row.item, row.division) for row in rows], clock.today())
    return {row.pk: route for row, route in zip(rows, routes, strict=True)}


def deadline(row: clocks.ClockRecord) -> Deadline:
    """The clock's limit with its explanation: rule, article, days skipped."""
    return clocks.deadline_of(row)


def counts_by_state(actor: Actor, states: Iterable[str], cap: int = 1000) -> dict[str, int]:
    """How many matters stand in each state, in scope, each counted to cap + 1 at most."""
    rows: Any = Matter.objects.visible_to(actor)
    return {state: len(rows.filter(state=state).values_list("pk")[: cap + 1]) for state in states}


def since(field: str, moment: datetime) -> Q:
    """Whose `registered_at` or `closed_at` is not before `moment`: found by that moment first, among all, then narrowed to the
    scope. Few are of today, and a scope alone may hold a million."""
    later: Any = Matter.objects.everything("narrowed to a scope by whoever asks")
    return Q(pk__in=later.filter(**{f"{field}__gte": moment}).order_by().values("pk"))


def live_figures(actor: Actor, cap: int = 1000) -> dict[str, int]:
    """The few figures of a wall, in scope, each counted to cap + 1 at most: six queries."""
    now = clock.now()
    today = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: Any = Matter.objects.visible_to(actor)
    living = rows.filter(state__in=sorted(OPEN_STATES))
    asked = {
        "open": living,
        "today": rows.filter(since("registered_at", today)),
        "overdue": living.filter(due_at__lt=now, replied_at__isnull=True),
        "due": living.filter(due_at__gte=now, due_at__lt=today + timedelta(days=1), replied_at__isnull=True),
        "supervised": living.filter(supervised=True),
        "closed_today": rows.filter(since("closed_at", today), state=State.CLOSED),
    }
    return {name: len(found.values_list("pk")[: cap + 1]) for name, found in asked.items()}
