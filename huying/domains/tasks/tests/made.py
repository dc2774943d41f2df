"""A county with its centre, the bureaus that do its tasks, and those who look on."""

from __future__ import annotations

from datetime import date, datetime

from django.apps import apps

from huying.domains.organizations import queries as organizations
from huying.domains.tasks import services
from huying.domains.tasks.models import Task
from huying.domains.tasks.services import NewTask
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.clock import local

# Another domain's tables are private to it; a test that must fill them asks for them by name.
Post, PostRole, Unit = (apps.get_model("organizations", name) for name in ("Post", "PostRole", "Unit"))
SINCE = date(2020, 1, 1)


def at(text: str) -> datetime:
    return local(datetime.fromisoformat(text))


FRIDAY_NEXT = at("2026-11-27T17:30:00")


class County:
    """The centre gives tasks, the water bureau does them, another bureau looks on, the county supervises."""

    def __init__(self) -> None:
        self.centre = self._unit("331102-centre", "centre")
        self.water = self._unit("331102-water", "department")
        self.roads = self._unit("331102-roads", "department")
        self.elsewhere = self._unit("331121-water", "department", division="331121000000")
        self.dispatcher = self._actor(self.centre, "dispatcher", Role.DISPATCHER)
        self.supervisor = self._actor(self.centre, "supervisor", Role.SUPERVISOR)
        self.head = self._actor(self.water, "head", Role.UNIT_HEAD)
        self.handler = self._actor(self.water, "handler", Role.HANDLER)
        self.colleague = self._actor(self.water, "colleague", Role.HANDLER)
        self.stranger = self._actor(self.roads, "handler", Role.HANDLER)
        self.other_county = self._actor(self.elsewhere, "supervisor", Role.SUPERVISOR)
        organizations.forget()

    def _unit(self, code: str, kind: str, division: str = "331102000000"):
        return Unit.objects.create(
            code=code, name=code, short_name=code, kind=kind, level=Level.COUNTY, division=division,
            department=code.partition("-")[2], provenance="demo", valid_from=SINCE,
        )  # fmt: skip

    def _actor(self, unit, key: str, role: Role) -> Actor:
        post = Post.objects.create(unit=unit, key=key, name=key, valid_from=SINCE)
        PostRole.objects.create(post=post, role=role.value)
        return Actor(
            kind="staff", label=f"{unit.code} {key}", post_id=post.pk, unit_id=unit.pk, roles=frozenset({role}),
            level=Level.COUNTY, division=unit.division,
        )  # fmt: skip

    def give(self, **changes) -> Task:
        row = {"title": "整改二次供水", "unit_id": self.water.pk, "due_at": FRIDAY_NEXT} | changes
        return services.create_task(actor=self.dispatcher, row=NewTask(**row))
