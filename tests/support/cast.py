"""The fixed small cast: two counties of Lishui, their bodies, and one person in each post. Used by stories and domain tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from huying.domains.matters import services as matters
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Channel, Kind
from huying.domains.organizations import queries as organizations
from huying.domains.organizations import services as staff
from huying.domains.organizations.models import Account
from huying.domains.organizations.vocabulary import UnitKind
from huying.domains.territory import services as territory
from huying.kernel.actors import Actor, Level, Role

SINCE = date(2014, 1, 1)
PASSWORD = "Lishui-2026-cast"
SETUP = Actor.system("cast")

DIVISIONS = (
    ("330000000000", "浙江省", ""),
    ("331100000000", "丽水市", "330000000000"),
    ("331102000000", "莲都区", "331100000000"),
    ("331102001000", "紫金街道", "331102000000"),
    ("331102001001", "永晖社区", "331102001000"),
    ("331102002000", "岩泉街道", "331102000000"),
    ("331121000000", "青田县", "331100000000"),
    ("331121100000", "鹤城街道", "331121000000"),
)
# code, name, kind, level, division, department
UNITS = (
    ("3311-hotline", "丽水市12345热线办", UnitKind.HOTLINE_OFFICE, Level.CITY, "331100000000", "hotline"),
    ("3311-petitions", "丽水市信访局", UnitKind.DEPARTMENT, Level.CITY, "331100000000", "petitions"),
    ("331102-centre", "莲都区社会治理中心", UnitKind.CENTRE, Level.COUNTY, "331102000000", "centre"),
    ("331102-water", "莲都区水利局", UnitKind.DEPARTMENT, Level.COUNTY, "331102000000", "water"),
    ("331102-housing", "莲都区住建局", UnitKind.DEPARTMENT, Level.COUNTY, "331102000000", "housing"),
    ("331102-police", "莲都公安分局", UnitKind.DEPARTMENT, Level.COUNTY, "331102000000", "police"),
    ("331102-discipline", "莲都区纪委监委", UnitKind.SUPERVISION, Level.COUNTY, "331102000000", "discipline"),
    ("331102001-government", "紫金街道办事处", UnitKind.TERRITORIAL, Level.TOWNSHIP, "331102001000", "government"),
    ("331121-centre", "青田县社会治理中心", UnitKind.CENTRE, Level.COUNTY, "331121000000", "centre"),
    ("331121-housing", "青田县住建局", UnitKind.DEPARTMENT, Level.COUNTY, "331121000000", "housing"),
)
R = Role
# who, unit, post's name, roles
POSTS: tuple[tuple[str, str, str, set[Role]], ...] = (
    ("city_taker", "3311-hotline", "市受理员", {R.CALL_TAKER}),
    ("city_dispatcher", "3311-hotline", "市派单员", {R.DISPATCHER}),
    ("taker", "331102-centre", "受理员", {R.CALL_TAKER}),
    ("dispatcher", "331102-centre", "派单员", {R.DISPATCHER}),
    ("follower", "331102-centre", "回访员", {R.FOLLOWUP_CLERK}),
    ("supervisor", "331102-centre", "督办员", {R.SUPERVISOR}),
    ("leader", "331102-centre", "分管领导", {R.LEADER}),
    ("analyst", "331102-centre", "分析员", {R.ANALYST}),
    ("grid_office", "331102-centre", "网格办", {R.GRID_OFFICE}),
    ("water", "331102-water", "水利承办员", {R.HANDLER}),
    ("water_head", "331102-water", "水利局长", {R.UNIT_HEAD}),
    ("housing", "331102-housing", "住建承办员", {R.HANDLER}),
    ("housing_head", "331102-housing", "住建局长", {R.UNIT_HEAD}),
    ("police", "331102-police", "公安承办员", {R.HANDLER}),
    ("discipline", "331102-discipline", "纪委承办员", {R.HANDLER}),
    ("street", "331102001-government", "街道承办员", {R.HANDLER}),
    ("street_head", "331102001-government", "街道主任", {R.UNIT_HEAD}),
    ("other_dispatcher", "331121-centre", "青田派单员", {R.DISPATCHER}),
    ("other_housing", "331121-housing", "青田住建承办员", {R.HANDLER}),
    ("system_admin", "3311-hotline", "系统管理员", {R.SYSTEM_ADMIN}),
    ("security_admin", "3311-hotline", "安全管理员", {R.SECURITY_ADMIN}),
    ("auditor", "3311-hotline", "审计员", {R.AUDITOR}),
)
GRID = "331102001001001"


@dataclass
class Cast:
    """`cast["dispatcher"]` is that post's actor; `cast.unit("331102-water")` a unit's id."""

    actors: dict[str, Actor]
    units: dict[str, int]
    texts: int = field(default=0)

    def __getitem__(self, who: str) -> Actor:
        return self.actors[who]

    def unit(self, code: str) -> int:
        return self.units[code]

    def register(self, who: str = "taker", **given: Any) -> Matter:
        """A plain matter in 紫金街道, each with words of its own, changed by `given`."""
        self.texts += 1
        values: dict[str, Any] = {
            "actor": self[who],
            "channel": Channel.HOTLINE,
            "kind": Kind.HELP,
            "content": f"永晖社区{self.texts}幢自来水管破裂，路面积水，请派人修。",
            "division": "331102001001",
            "place": f"永晖社区{self.texts}幢门口",
            **given,
        }
        return matters.register(**values).matter

    def act(self, who: str, verb: Any, matter: Matter, **given: Any) -> Matter:
        """`who` does `verb` to the matter as it stands."""
        done: Matter = verb(actor=self[who], matter_id=matter.pk, **given)
        return done

    def dispatched(self, to: str = "331102-water", **given: Any) -> Matter:
        return self.act("dispatcher", matters.dispatch, self.register(), lead_unit=self.unit(to), **given)

    def in_hand(self, to: str = "331102-water", by: str = "water", **given: Any) -> Matter:
        return self.act(by, matters.receive, self.dispatched(to, **given))

    def replied(self) -> Matter:
        return self.act("water", matters.reply, self.in_hand(), text="水管已修好，路面已清理。")

    def reviewed(self) -> Matter:
        return self.act("supervisor", matters.approve_reply, self.replied())

    def followed_up(self, solved: str = "yes", satisfied: str = "yes") -> Matter:
        return self.act("follower", matters.follow_up, self.reviewed(), solved=solved, satisfied=satisfied)

    def closed(self) -> Matter:
        return self.act("follower", matters.close, self.followed_up())


def assemble() -> Cast:
    """Make the divisions, bodies and people. Call inside a test that has the database."""
    territory.create_divisions(
        divisions=[territory.NewDivision(code=c, name=n, parent=p) for c, n, p in DIVISIONS], on=SINCE, actor=SETUP
    )
    unit_ids = staff.put_units(
        actor=SETUP,
        rows=[
            staff.NewUnit(
                code=code,
                name=name,
                short_name=name,
                kind=kind,
                level=level,
                division=division,
                department=department,
                valid_from=SINCE,
            )
            for code, name, kind, level, division, department in UNITS
        ],
    )
    posts = [
        staff.NewPost(unit=unit, key=who, name=name, roles=frozenset(roles), valid_from=SINCE)
        for who, unit, name, roles in POSTS
    ]
    posts.append(
        staff.NewPost(
            unit="331102001-government",
            key="grid_worker",
            name="永晖第一网格网格员",
            roles=frozenset({R.GRID_WORKER}),
            valid_from=SINCE,
            grid=GRID,
        )
    )
    post_ids = staff.put_posts(actor=SETUP, rows=posts)
    names = [post.key for post in posts]
    accounts = staff.create_accounts(
        actor=SETUP,
        rows=[staff.NewAccount(username=name, display_name=name, password=PASSWORD) for name in names],
    )
    staff.open_terms(
        actor=SETUP,
        rows=[
            staff.NewTerm(account_id=accounts[post.key], post_id=post_ids[post.unit, post.key], valid_from=SINCE)
            for post in posts
        ],
    )
    people = Account.objects.in_bulk(list(accounts.values()))
    actors = {
        post.key: organizations.actor_for(people[accounts[post.key]], post_ids[post.unit, post.key]) for post in posts
    }
    return Cast(actors, unit_ids)
