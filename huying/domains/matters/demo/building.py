"""Build the demo: take in an invented year, then lead every matter through its life by the bulk verbs, round by round."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import transaction

from huying.domains.identities.services import Identity
from huying.domains.matters import services
from huying.domains.matters.demo.arrivals import OfficeHours, arrivals
from huying.domains.matters.demo.cast import Cast, Directory, sign_ins
from huying.domains.matters.demo.lives import Life, Teller
from huying.domains.matters.demo.plot import Case, Step
from huying.domains.matters.demo.texts import Told, Topic, tell, texts
from huying.domains.matters.intake_files.importing import default_division
from huying.domains.matters.models import Matter
from huying.domains.matters.services import Intake
from huying.domains.matters.services.batch import Order, Verb
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind
from huying.domains.organizations import queries as organizations
from huying.domains.rulebook import queries as rulebook
from huying.domains.territory import queries as territory
from huying.kernel import clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.deadlines import Rule
from huying.kernel.errors import HuyingError, RuleMissing

SEED = 20261122
MATTERS = 10_000
DAYS = 365
SCALE = "1:19"
"""A prefecture's published month (Wenzhou: 16,253 orders) makes some 195,000 orders a year; the demo shows 10,000 of them."""
BATCH = 2_000
CHANNELS = {
    Channel.HOTLINE: 62,
    Channel.WEB: 9,
    Channel.APP: 11,
    Channel.WINDOW: 5,
    Channel.GRID: 8,
    Channel.TRANSFER: 3,
    Channel.LETTER: 2,
}
# Shares of calls by county follow its residents (census of 2020, rounded to per cent); others count alike.
COUNTY_SHARES = {
    "331102": 23, "331121": 20, "331122": 16, "331123": 8, "331124": 8, "331125": 5, "331126": 6, "331127": 4, "331181": 10,
}  # fmt: skip
TOWNSHIP_SHARES = {"0": 5.0, "1": 2.5, "2": 1.0}
"""By the first digit of the township part of its code: subdistrict, town, township."""
REPEATS = 0.05
# Of the last days' calls, one in so many is the front township's own, so that its sign-in has something to do.
LATELY, ONE_IN = timedelta(days=4), 8

Progress = Callable[[str], None]
ORDERS: dict[str, tuple[Verb[..., Any], type[Order]]] = {
    "sort_petition": (services.sort_petition, services.Sort),
    "refer_petition": (services.refer_petition, services.Sort),
    "answer_directly": (services.answer_directly, services.Answer),
    "handle_on_the_spot": (services.handle_on_the_spot, services.Answer),
    "not_accept": (services.not_accept, services.NotAccept),
    "merge": (services.merge, services.Merge),
    "dispatch": (services.dispatch, services.Dispatch),
    "designate": (services.designate, services.Dispatch),
    "receive": (services.receive, Order),
    "object": (services.object_, Order),
    "uphold_objection": (services.uphold_objection, Order),
    "refuse_objection": (services.refuse_objection, Order),
    "contact": (services.contact, services.RecordContact),
    "whistle": (services.whistle, services.CallUnits),
    "report_in": (services.report_in, Order),
    "supporter_answer": (services.supporter_answer, services.SupporterAnswer),
    "ask_extension": (services.ask_extension, services.AskExtension),
    "approve_extension": (services.approve_extension, Order),
    "refuse_extension": (services.refuse_extension, Order),
    "suspend": (services.suspend, services.Suspend),
    "resume": (services.resume, Order),
    "urge": (services.urge, Order),
    "supervise": (services.supervise, services.Supervise),
    "answer_supervision": (services.answer_supervision, services.AnswerSupervision),
    "reply": (services.reply, services.MakeReply),
    "return_reply": (services.return_reply, Order),
    "approve_reply": (services.approve_reply, Order),
    "attempt_follow_up": (services.attempt_follow_up, services.Ask),
    "follow_up": (services.follow_up, services.Ask),
    "redo": (services.redo, Order),
    "close": (services.close, Order),
    "ask_unreasonable": (services.ask_unreasonable, Order),
    "evaluate": (services.evaluate, services.Evaluate),
}


def build(
    *, progress: Progress = lambda said: None, matters: int = MATTERS, seed: int = SEED, days: int = DAYS
) -> list[tuple[str, str, str]]:
    """Make staff and `days` of `matters` up to now in the installed place; returns (role, user, password) of each sign-in."""
    actor = Actor.system("demo")
    directory = Directory(default_division())
    people = sign_ins(directory, actor=actor)
    Year(directory, random.Random(seed), progress).build(matters, days)
    return people


class Year:
    def __init__(self, directory: Directory, rng: random.Random, progress: Progress) -> None:
        self._directory, self._rng, self._say = directory, rng, progress
        self._cast, self._now = Cast(), clock.now()
        works = rulebook.calendar().is_working
        self._works, self._office = works, OfficeHours(works)
        self._items = self._topic_items()
        # the township in which the demo's sign-in for one sits, and what a township settles itself
        self._front = directory.tree.children(directory.front) or (directory.front,)
        self._mediation = next(topic for topic in texts().topics if topic.department == "township")
        self.refused: dict[str, int] = defaultdict(int)
        self.steps = 0

    def build(self, n: int, days: int = DAYS) -> None:
        since = self._now - timedelta(days=days)
        began = time.monotonic()
        cases = self._take_in(arrivals(self._rng, since, self._now, n, self._works))
        self._say(
            f"{len(cases):,} invented matters registered, scale {SCALE} of a prefecture's year ({time.monotonic() - began:.0f} s)"
        )
        teller = Teller(self._rng, self._office, self._rule)
        lives: dict[int, Life] = {case.matter.pk: teller.life(case) for case in cases}
        waiting = {pk: step for pk, life in lives.items() if (step := next(life, None)) is not None}
        turn = 0
        while waiting:
            turn += 1
            due = {pk: step for pk, step in waiting.items() if step.at <= self._now}
            with transaction.atomic():
                done = self._carry_out(due)
            waiting = {}
            for pk in due:
                try:
                    waiting[pk] = lives[pk].send(done.get(pk))
                except StopIteration:
                    continue
            self._say(f"round {turn}: {len(due):,} steps ({time.monotonic() - began:.0f} s)")
        if self.refused:
            self._say("steps the services refused: " + ", ".join(f"{k} {v}" for k, v in sorted(self.refused.items())))

    def _carry_out(self, due: dict[int, Step]) -> dict[int, Matter]:
        """One round: each action for all matters whose turn it is. Merging first, while the orders merged into are open."""
        by_action: dict[str, list[Order]] = defaultdict(list)
        for pk in sorted(due):
            step = due[pk]
            _verb, order = ORDERS[step.action]
            who = (
                Actor.public("web", f"matter:{pk}")
                if step.role is None or step.unit is None
                else self._cast.actor(step.unit, step.role)
            )
            by_action[step.action].append(order(actor=who, matter_id=pk, at=step.at, **step.fields))
        done: dict[int, Matter] = {}
        for action in sorted(by_action, key=lambda name: (name != "merge", name)):
            carry, orders = ORDERS[action][0], by_action[action]
            for start in range(0, len(orders), BATCH):
                outcome = carry.many(orders[start : start + BATCH], partial=True, trusted=True)
                done.update((matter.pk, matter) for matter in outcome.matters)
                for _order, error in outcome.refused:
                    self.refused[f"{action} ({type(error).__name__})"] += 1
            self.steps += len(orders)
        return done

    # taking in

    def _take_in(self, calls: Iterable[tuple[datetime, Topic]]) -> list[Case]:
        rng = self._rng
        places = self._places()
        planned: list[tuple[Intake, Topic, Told, str, int | None]] = []
        recent: list[int] = []
        for at, topic in calls:
            repeat = None
            if recent and rng.random() < REPEATS:
                repeat = rng.choice(recent[-25:])
                _first, topic, told, village, earlier = planned[repeat]
                repeat = earlier if earlier is not None else repeat
                told = replace(told, content=f"再次反映：{told.content}")
            else:
                village = next(places)
                if at > self._now - LATELY and len(planned) % ONE_IN == 0:
                    topic, village = self._mediation, rng.choice(self._front)
                columns = self._directory.tree.columns(village[:12])
                told = tell(rng, topic, self._name(columns["township"]), self._name(columns["village"]))
            if topic.spot in {"estate", "road", "any"} and repeat is None:
                recent.append(len(planned))
            planned.append((self._intake(at, topic, told, village), topic, told, village, repeat))
        cases: list[Case] = []
        for start in range(0, len(planned), BATCH):
            batch = planned[start : start + BATCH]
            registered = services.register_many([intake for intake, *_rest in batch], codes=False)
            for made, (_intake, topic, told, village, repeat) in zip(registered, batch, strict=True):
                cases.append(
                    self._case(
                        made.matter, topic, told, village, cases[repeat].matter.pk if repeat is not None else None
                    )
                )
        return cases

    def _intake(self, at: datetime, topic: Topic, told: Told, village: str) -> Intake:
        rng = self._rng
        kind = rng.choices(list(told.kinds), weights=list(told.kinds.values()))[0]
        channel = rng.choices(list(CHANNELS), weights=list(CHANNELS.values()))[0]
        if kind == Kind.PETITION:
            channel = rng.choice([Channel.LETTER, Channel.WINDOW, Channel.WEB])
        elif kind == Kind.ENQUIRY and channel == Channel.GRID:
            channel = Channel.HOTLINE
        confidentiality = rng.choices(
            [Confidentiality.OPEN, Confidentiality.NAME_HIDDEN, Confidentiality.ANONYMOUS],
            weights=[30, 50, 20] if kind == Kind.REPORT else [78, 17, 5],
        )[0]
        taker = self._cast.actor(self._directory.centre(village[:12]), Role.CALL_TAKER)
        # 0000 after the area prefix is given to no subscriber
        reporter = Identity(
            name=rng.choice(["演示市民甲", "演示市民乙", "演示市民丙"]), phone=f"1000000{rng.randrange(10_000):04d}"
        )
        return Intake(
            actor=taker,
            channel=channel,
            kind=kind,
            title=told.title[:120],
            content=told.content,
            division=village,
            item=self._item(topic, told, rng),
            place=told.place[:200],
            confidentiality=confidentiality,
            wants_reply=True,
            urgent=rng.random() < topic.urgent,
            reporter=None if confidentiality == Confidentiality.ANONYMOUS or channel == Channel.GRID else reporter,
            intake_unit_id=taker.unit_id,
            source="demo",
            is_demo=True,
            at=at,
        )

    def _case(self, matter: Matter, topic: Topic, told: Told, village: str, repeat_of: int | None) -> Case:
        division = village[:12]
        routing = None
        if matter.item:
            try:
                routing = rulebook.route(matter.item, division, matter.registered_at.date())
            except HuyingError:
                routing = None
        lead = routing.lead_unit_id if routing else None
        others = tuple(
            unit
            for key in ("urban_management", "housing", "market_regulation", "water", "township")
            if (unit := self._directory.department(division, key)) is not None
        )
        lead = lead or self._directory.department(division, topic.department) or others[0]
        view = organizations.unit(lead)
        return Case(
            topic=topic,
            told=told,
            matter=matter,
            centre=self._directory.centre(division),
            lead=lead,
            is_township=view is not None and view.level == Level.TOWNSHIP,
            supporters=tuple(unit for unit in (routing.supporter_unit_ids if routing else ()) if unit != lead),
            others=tuple(unit for unit in dict.fromkeys(others) if unit != lead),
            rule_key=(routing.rule_key if routing else "") or topic.limit,
            grounds=routing.grounds.zh if routing else "",
            repeat_of=repeat_of,
        )

    @staticmethod
    def _rule(matter: Matter) -> Rule:
        return rulebook.limit_rule(matter.rule_key, clock.local(matter.registered_at).date(), matter.division)

    def _places(self) -> Iterator[str]:
        """Codes of villages and grids for ever, each county and township by its share; every township comes up at least once."""
        tree, rng = self._directory.tree, self._rng
        townships = list(tree.descendants(self._directory.root, Level.TOWNSHIP))
        villages = {code: list(tree.children(code)) or [code] for code in townships}
        grids: dict[str, list[str]] = defaultdict(list)
        for code, village in territory.grids_of(self._directory.root).values_list("code", "village"):
            grids[village].append(code)
        weights = []
        for code in townships:
            share = COUNTY_SHARES.get(code[:6], 10)
            siblings = sum(TOWNSHIP_SHARES.get(other[6], 1.0) for other in townships if other[:6] == code[:6])
            weights.append(share * TOWNSHIP_SHARES.get(code[6], 1.0) / siblings)
        cumulative = list(accumulate(weights))
        first = rng.sample(townships, len(townships))
        while True:
            township = (
                first.pop() if first and rng.random() < 0.1 else rng.choices(townships, cum_weights=cumulative)[0]
            )
            village = rng.choice(villages[township])
            yield rng.choice(grids[village]) if grids.get(village) and rng.random() < 0.7 else village

    def _name(self, code: str) -> str:
        node = self._directory.tree.get(code)
        return node.name if node else ""

    def _item(self, topic: Topic, told: Told, rng: random.Random) -> str:
        """What the title is about, where the place's catalogue has it; else one of the topic's."""
        among = self._items[topic.key]
        return self._named.get(told.about) or (rng.choice(among) if among else "")

    def _topic_items(self) -> dict[str, list[str]]:
        """Each topic's items of the catalogue: leaves whose own or parent's name holds one of its words."""
        try:
            known = rulebook.items(self._now.date(), self._directory.root)
        except RuleMissing:
            # a place without a catalogue: each topic then goes to the department it names
            known = []
        names = {item.code: item.words.zh for item in known}
        self._named = {item.words.zh: item.code for item in known if item.leaf}
        found: dict[str, list[str]] = {}
        for topic in texts().topics:
            own = [item.code for item in known if item.leaf and any(word in item.words.zh for word in topic.item)]
            under = [
                item.code
                for item in known
                if item.leaf and any(word in names.get(item.code[:4], "") for word in topic.item)
            ]
            found[topic.key] = own or under
        return found
