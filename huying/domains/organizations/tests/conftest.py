"""A small county: its government, water bureau and utility, a township, and people in posts."""

from datetime import date

import pytest

from huying.domains.organizations.models import Account, Post, PostRole, Term, Unit
from huying.kernel.actors import Level, Role

SINCE = date(2020, 1, 1)
MADE = "2020-01-01T00:00:00+08:00"


def make_unit(
    code, *, kind="department", level=Level.COUNTY, division="331102000000", department="", parent=None, **more
):
    department = department or code.partition("-")[2]
    values = {"name": code, "short_name": code, "provenance": "demo", "valid_from": SINCE} | more
    return Unit.objects.create(
        code=code, kind=kind, level=level, division=division, department=department, parent=parent, **values
    )


def make_post(unit, key, *roles, **more):
    values = {"name": key, "valid_from": SINCE} | more
    post = Post.objects.create(unit=unit, key=key, **values)
    PostRole.objects.bulk_create([PostRole(post=post, role=role.value) for role in roles])
    return post


def make_account(name, **more):
    return Account.objects.create(username=name, display_name=name, created_at=MADE, **more)


def make_term(account, post, start=SINCE, end=None, deputy_for=None):
    return Term.objects.create(account=account, post=post, valid_from=start, valid_to=end, deputy_for=deputy_for)


class County:
    """What the tests name."""


@pytest.fixture
def county(db):
    c = County()
    c.city = make_unit("3311-government", kind="territorial", level=Level.CITY, division="331100000000")
    c.city_fire = make_unit("3311-fire", level=Level.CITY, division="331100000000", parent=c.city)
    c.government = make_unit("331102-government", kind="territorial", parent=c.city)
    c.centre = make_unit("331102-centre", kind="centre", parent=c.government)
    c.water = make_unit("331102-water", parent=c.government)
    c.street = make_unit(
        "331102001-government", kind="territorial", level=Level.TOWNSHIP, division="331102001000", parent=c.government
    )
    c.mayor = make_post(c.government, "leader", Role.LEADER)
    c.county_head = make_post(c.government, "head", Role.UNIT_HEAD)
    c.dispatcher = make_post(c.centre, "dispatcher", Role.DISPATCHER)
    c.water_head = make_post(c.water, "head", Role.UNIT_HEAD)
    c.water_handler = make_post(c.water, "handler", Role.HANDLER)
    c.worker = make_post(c.street, "grid-1", Role.GRID_WORKER, grid="331102001001001")
    c.wang, c.li, c.zhao = make_account("wang"), make_account("li"), make_account("zhao")
    return c
