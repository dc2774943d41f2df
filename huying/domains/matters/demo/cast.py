"""Who acts in the demo: the posts of the installed pack, and sign-ins for people who want to look."""

from __future__ import annotations

import secrets
from datetime import date
from functools import cached_property
from pathlib import Path

import yaml

from huying.domains.organizations import queries as organizations
from huying.domains.organizations import services as staffing
from huying.domains.organizations.queries import PostView, UnitView
from huying.domains.territory import queries as territory
from huying.kernel.actors import ROLE_WORDS, Actor, Level, Role
from huying.kernel.errors import InvalidInput

HERE = Path(__file__).resolve().parent
SINCE = date(2024, 1, 1)


class Cast:
    """Actors by unit and role: the unit's own post where it has one, else the unit itself."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Role], Actor] = {}

    def actor(self, unit_id: int, role: Role) -> Actor:
        found = self._known.get((unit_id, role))
        if found is None:
            unit = organizations.unit(unit_id)
            if unit is None:
                raise InvalidInput(f"no unit {unit_id}")
            post = next((post for post in organizations.posts_of_unit(unit_id) if role in post.roles), None)
            found = self._known[unit_id, role] = Actor(
                kind="staff",
                label=f"{unit.short_name}·{post.name if post else ROLE_WORDS[role].zh}（演示）",
                post_id=post.id if post else None,
                unit_id=unit_id,
                roles=frozenset({role}),
                level=unit.level,
                division=unit.division,
            )
        return found


class Directory:
    """The place's bodies as the demo needs them."""

    def __init__(self, root: str) -> None:
        self.root, self.tree = root, territory.tree()
        self._centres: dict[str, int] = {}

    @cached_property
    def counties(self) -> tuple[str, ...]:
        return tuple(self.tree.descendants(self.root, Level.COUNTY)) or (self.root,)

    @cached_property
    def front(self) -> str:
        """The first township of the first county, in which the demo's sign-in for a township sits."""
        return next(self.tree.descendants(self.counties[0], Level.TOWNSHIP), self.counties[0])

    def centre(self, division: str) -> int:
        """The unit that takes matters in and sends them out for a place: its county's centre, else the city's."""
        if division not in self._centres:
            for code in (division, *self.tree.ancestors(division)):
                found = organizations.unit_at(code, "centre") or organizations.unit_at(code, "hotline")
                if found is not None and found.level <= Level.COUNTY:
                    self._centres[division] = found.id
                    break
            else:
                raise InvalidInput("the installed pack has no centre and no hotline office: the demo needs one")
        return self._centres[division]

    def department(self, division: str, key: str) -> int | None:
        if key == "township":
            found: UnitView | None = organizations.territorial_unit(division)
        else:
            found = organizations.department_of(self.tree.columns(division), key)
        return found.id if found else None


def sign_ins(directory: Directory, *, actor: Actor) -> list[tuple[str, str, str]]:
    """Make the demo's accounts in posts of the pack (or new ones where it has none); (role, user, password) of each."""
    wanted = yaml.safe_load((HERE / "people.yaml").read_text("utf-8"))["staff"]
    county = directory.counties[0]
    made: list[tuple[Role, str, str, str, int]] = []
    for line in wanted:
        role = Role(line["role"])
        unit = _unit(directory, county, line["unit"], line["level"])
        made.append(
            (role, line["user"], secrets.token_urlsafe(9), line["zh"], _post(unit, role, county, directory, actor).id)
        )
    accounts = staffing.create_accounts(
        actor=actor,
        rows=[
            staffing.NewAccount(
                username=user, display_name=name, password=password, must_change_password=False, is_demo=True
            )
            for _role, user, password, name, _post_id in made
        ],
    )
    staffing.open_terms(
        actor=actor,
        rows=[
            staffing.NewTerm(account_id=accounts[user], post_id=post_id, valid_from=SINCE)
            for _role, user, _password, _name, post_id in made
        ],
    )
    return [(role.value, user, password) for role, user, password, _name, _post_id in made]


def _unit(directory: Directory, county: str, key: str, level: str) -> UnitView:
    """The body a sign-in sits in: the city's own, the first county's, or the first township's of that county."""
    if key in {"township", "grid"}:
        found = organizations.territorial_unit(directory.front)
    else:
        division = directory.root if level == "city" else county
        columns = directory.tree.columns(division)
        bodies = (organizations.department_of(columns, each) for each in (key, "centre", "hotline"))
        found = next((body for body in bodies if body is not None), None)
    if found is None:
        raise InvalidInput(f"the installed pack has no {key} of {county}: the demo's sign-ins need one")
    return found


def _post(unit: UnitView, role: Role, county: str, directory: Directory, actor: Actor) -> PostView:
    grids = role is Role.GRID_WORKER
    posts = organizations.posts_with_role(role) if grids else organizations.posts_of_unit(unit.id)
    fit = [
        post
        for post in posts
        if role in post.roles and (not grids or directory.tree.is_within(post.grid, county)) and (grids or post.roles == {role})
    ]  # fmt: skip
    if fit:
        return fit[0]
    grid = ""
    if grids:
        found = territory.grids_of(county).values_list("code", flat=True).first()
        grid = found or ""
    staffing.put_posts(
        actor=actor,
        rows=[
            staffing.NewPost(
                unit=unit.code,
                key=f"demo-{role.value}"[:32],
                name=f"{ROLE_WORDS[role].zh}（演示）",
                roles=frozenset({role}),
                valid_from=SINCE,
                grid=grid,
            )
        ],
    )
    return next(post for post in organizations.posts_of_unit(unit.id) if post.key == f"demo-{role.value}"[:32])
