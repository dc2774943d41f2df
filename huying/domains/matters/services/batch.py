"""The one way a matter changes: a verb over one or many orders, in one transaction, with one log, clock and worklist.

The single form of every verb is the bulk form with one order, so the two cannot drift apart (design rule 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from huying.domains.matters.models import Matter, OutsideMatter
from huying.domains.matters.vocabulary import STATE_WORDS, State
from huying.domains.matters.workflow import MATTER
from huying.domains.notices.services import Letter, send_letters
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.kernel import audit, clock, clocks, deadlines, facts, outbox, prepared, search, worklist
from huying.kernel.actors import Actor
from huying.kernel.bulk import save_many
from huying.kernel.errors import Forbidden, HuyingError, InvalidInput, NotAllowedNow, NotFound, StaleVersion
from huying.kernel.workflow import Transition

P = ParamSpec("P")
O = TypeVar("O", bound="Order")  # noqa: E741
T = TypeVar("T")
CHUNK = 900


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every verb takes. version: the one the actor read (None: whatever stands). at: only for replays and imports."""

    actor: Actor
    matter_id: int
    version: int | None = None
    at: datetime | None = None
    reason: str = ""


@dataclass
class Act(Generic[O]):
    """One order being carried out on its matter."""

    order: O
    matter: Matter
    transition: Transition
    at: datetime
    before: str
    payload: dict[str, Any] = field(default_factory=dict)
    basis: str = ""

    @property
    def actor(self) -> Actor:
        return self.order.actor


@dataclass(frozen=True)
class Done:
    """What a bulk verb did, and which orders it refused with which error (only with `partial`)."""

    matters: list[Matter]
    refused: list[tuple[Order, HuyingError]]


class Batch:
    """Collects everything the acts of one transaction write, and writes each kind once."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.orders = orders
        self.ids = [order.matter_id for order in orders]
        self._known: dict[str, Any] = {}
        self.matters: dict[int, Matter] = {}
        self.changed: set[str] = set()
        self.events: list[audit.NewEvent] = []
        self.stops: dict[str, dict[int, datetime]] = defaultdict(dict)
        self.works: list[worklist.Work] = []
        self.closed_work: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.messages: list[outbox.Message] = []
        self.letters: list[Letter] = []
        self.rescoped: dict[int, list[str]] = {}

    def once(self, name: str, read: Callable[[], T]) -> T:
        """What a check reads for the whole batch, read once."""
        if name not in self._known:
            self._known[name] = read()
        known: T = self._known[name]
        return known

    def rule(self, key: str, on: date, division: str) -> deadlines.Rule:
        """A limit of the rulebook; looked up once a batch for each day and place."""
        return self.once(f"rule {key} {on} {division}", lambda: rulebook.limit_rule(key, on, division))

    def number(self, key: str, act: Act[Any]) -> int:
        """A whole number of the rulebook, for the act's day and place. Raises RuleMissing."""
        on, division = act.at.date(), act.matter.division
        return self.once(f"number {key} {on} {division}", lambda: int(rulebook.parameter(key, on, division)))

    def off_list(self, matter: Matter, unit: organizations.UnitView, on: date, *, supporting: bool) -> rulebook.Verdict:
        """Whether the admission list and the township's duty list let the unit be given this."""
        division = matter.division
        return self.once(
            f"list {matter.item} {unit.kind} {unit.level} {on} {division} {supporting}",
            lambda: rulebook.off_list(matter.item, unit.kind, unit.level, on, division, supporting=supporting),
        )

    def set(self, matter: Matter, **values: Any) -> None:
        for name, value in values.items():
            setattr(matter, name, value)
            self.changed.add(name)

    def log(self, act: Act[Any]) -> None:
        self.events.append(
            audit.NewEvent(
                kind="matter",
                record_id=act.matter.pk,
                action=act.transition.action,
                actor=act.actor,
                from_state=act.before,
                to_state=act.matter.state,
                reason=act.order.reason,
                basis=act.basis or act.transition.basis,
                payload=act.payload,
                at=act.at,
            )
        )

    def stop_clock(self, matter: Matter, at: datetime) -> None:
        self.stops[matter.clock_slot][matter.pk] = at

    def flush(self) -> None:
        from huying.domains.matters.services.work import work_of

        rows = list(self.matters.values())
        for slot, at in self.stops.items():
            clocks.stop("matter", at, slot=slot)
        save_many(rows, sorted(self.changed | {"version", "state"}))
        audit.record(self.events)
        opened = [work for matter in rows for work in work_of(matter)]
        gone = {matter.pk for matter in rows} - {work.record_id for work in opened}
        if gone:
            worklist.close("matter", gone, slot="main")
        worklist.put([*opened, *self.works])
        for (kind, slot), ids in self.closed_work.items():
            worklist.close(kind, ids, slot=slot)
        if self.rescoped:
            search.rescope("matter", self.rescoped)
        outbox.enqueue(self.messages)
        send_letters(self.letters)
        facts.touch("matters", self.matters)
        OutsideMatter.changed(self.matters)


Check = Callable[[Batch, Act[O]], None]
Apply = Callable[[Batch, list[Act[O]]], None]


class Verb(Generic[P, O]):
    """A write verb. Call it with the order's fields for one matter; `.many(orders)` for many.

    Raises InvalidInput, NotFound (out of scope), Forbidden (not this role's), NotAllowedNow (not from this state) or
    StaleVersion; nothing is written then. `.many(…, partial=True)` carries out the others and hands back the refused.
    """

    def __init__(self, action: str, order: Callable[P, O], apply: Apply[O], check: Check[O] | None = None) -> None:
        self.action, self.order, self._apply, self._check = action, order, apply, check
        self.__doc__ = apply.__doc__
        self.__name__ = action

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Matter:
        return self.many([self.order(*args, **kwargs)]).matters[0]

    def many(self, orders: Sequence[O], *, partial: bool = False, trusted: bool = False) -> Done:
        """trusted: the orders come from a replay or import that names posts of its own; roles count, scopes don't."""
        if not orders:
            return Done([], [])
        with transaction.atomic():
            batch = Batch(orders)
            visible = _load(orders, trusted)
            acts: list[Act[O]] = []
            refused: list[tuple[Order, HuyingError]] = []
            for order in orders:
                try:
                    act = self._begin(order, visible)
                    if order.matter_id in batch.matters:
                        raise InvalidInput(_("同一事项在一批里出现两次。"))
                    if self._check:
                        self._check(batch, act)
                except HuyingError as error:
                    if not partial:
                        raise
                    refused.append((order, error))
                    continue
                batch.matters[order.matter_id] = act.matter
                acts.append(act)
            for act in acts:
                act.matter.version += 1
                if act.transition.target is not None:
                    act.matter.state = act.transition.target
            if acts:
                self._apply(batch, acts)
                for act in acts:
                    batch.log(act)
                batch.flush()
            return Done([act.matter for act in acts], refused)

    def _begin(self, order: O, visible: dict[int, Matter]) -> Act[O]:
        matter = visible.get(order.matter_id)
        if matter is None:
            raise NotFound(_("没有这个事项，或不在您的职责范围内。"))
        if order.version is not None and order.version != matter.version:
            raise StaleVersion(
                _("%(number)s 在您打开之后被别人改过。") % {"number": matter.number}, cure=_("请看最新内容后再办。")
            )
        transition = allowed(self.action, matter, order.actor)
        missing = [name for name in transition.needs if getattr(order, name, None) in (None, "", (), [])]
        if missing:
            raise InvalidInput(
                _("%(number)s：这一步还缺内容。") % {"number": matter.number},
                fields={name: _("必填") for name in missing},
            )
        at = clock.local(order.at) if order.at is not None else clock.now()
        return Act(order, matter, transition, at, matter.state)


def allowed(action: str, matter: Matter, actor: Actor) -> Transition:
    """The row of the process by which `actor` may do this now. Raises NotAllowedNow or Forbidden, saying the rule."""
    row = MATTER.find(action, matter.state)
    if row is None:
        why = MATTER.why_not(action, matter.state, actor.roles)
        raise NotAllowedNow(
            _("%(number)s 现在是“%(state)s”。%(why)s")
            % {"number": matter.number, "state": STATE_WORDS[State(matter.state)], "why": why}
        )
    may = (
        (actor.is_system and (row.system or bool(actor.roles)))
        or (actor.kind == "public" and row.public)
        or (actor.kind == "staff" and not row.roles.isdisjoint(actor.roles))
    )
    if not may:
        why = MATTER.why_not(action, matter.state, actor.roles)
        raise Forbidden(f"{matter.number}: {why}")
    return row


def _load(orders: Sequence[Order], trusted: bool) -> dict[int, Matter]:
    """The orders' matters that their actors may see, locked in id order."""
    by_actor: dict[Actor, list[int]] = defaultdict(list)
    for order in orders:
        by_actor[order.actor].append(order.matter_id)
    if len(orders) == 1 and not trusted and orders[0].actor.kind == "staff":
        actor = orders[0].actor

        def its(pk: int) -> models.QuerySet[Matter]:
            return Matter.objects.visible_to(actor).filter(pk=pk).select_for_update(of=("self",))

        return {row.pk: row for row in prepared.rows("a matter to act on", its, orders[0].matter_id, of=actor)}
    if trusted:
        return _locked(Matter.objects.everything("orders of a replay or import"), [order.matter_id for order in orders])
    seen: dict[int, Matter] = {}
    for actor, ids in by_actor.items():
        if actor.kind == "public":
            # A resident reaches exactly the matter whose query code was checked (identities.check_query_code).
            own = [i for i in ids if actor.public_key == f"matter:{i}"]
            seen.update(_locked(Matter.objects.everything("the resident's own matter, by its code"), own))
        else:
            seen.update(_locked(Matter.objects.visible_to(actor), ids))
    return seen


def _locked(rows: models.QuerySet[Matter], ids: Iterable[int]) -> dict[int, Matter]:
    wanted = sorted(set(ids))
    found: dict[int, Matter] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = rows.filter(pk__in=wanted[start : start + CHUNK]).select_for_update(of=("self",)).order_by("pk")
        found.update({matter.pk: matter for matter in chunk})
    return found


def verb(action: str, order: Callable[P, O], check: Check[O] | None = None) -> Callable[[Apply[O]], Verb[P, O]]:
    """Make `apply(batch, acts)` the verb `action` over orders of this class."""

    def make(apply: Apply[O]) -> Verb[P, O]:
        return Verb(action, order, apply, check)

    return make
