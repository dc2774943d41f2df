"""A small county with its bodies, and a small catalogue."""

from datetime import date

import pytest

from huying.domains.organizations import queries as organizations
from huying.domains.organizations.vocabulary import Provenance, UnitKind
from huying.domains.rulebook import queries, services
from huying.domains.rulebook.queries import Item, Route
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.words import words

COUNTY, OTHER, CITY, TOWN = "331102000000", "331121000000", "331100000000", "331102001000"
SYSTEM = Actor.system("test")
CITY_KEEPER = Actor(
    kind="staff", label="督办员", roles=frozenset({Role.SUPERVISOR, Role.DISPATCHER, Role.GRID_OFFICE}),
    level=Level.CITY, division=CITY,
)  # fmt: skip
COUNTY_KEEPER = Actor(
    kind="staff",
    label="区派单员",
    roles=frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
    level=Level.COUNTY,
    division=COUNTY,
)


@pytest.fixture(autouse=True)
def fresh_book():
    queries.forget()
    yield
    queries.forget()


class Units:
    """Unit ids by code."""

    def __init__(self):
        self.ids = {}

    def __getitem__(self, code):
        return self.ids[code]


@pytest.fixture
def units(db):
    from django.apps import apps

    model = apps.get_model("organizations", "Unit")
    made = Units()
    for code, kind, level, division in [
        ("3311-government", UnitKind.TERRITORIAL, Level.CITY, CITY),
        ("3311-water_supply", UnitKind.PUBLIC_UTILITY, Level.CITY, CITY),
        ("331102-government", UnitKind.TERRITORIAL, Level.COUNTY, COUNTY),
        ("331102-water", UnitKind.DEPARTMENT, Level.COUNTY, COUNTY),
        ("331102-housing", UnitKind.DEPARTMENT, Level.COUNTY, COUNTY),
        ("331102001-government", UnitKind.TERRITORIAL, Level.TOWNSHIP, TOWN),
        ("331121-government", UnitKind.TERRITORIAL, Level.COUNTY, OTHER),
        ("331121-housing", UnitKind.DEPARTMENT, Level.COUNTY, OTHER),
    ]:
        made.ids[code] = model.objects.create(
            code=code, name=code, short_name=code, kind=kind.value, level=level.value, division=division,
            department=code.partition("-")[2], provenance=Provenance.DEMO.value, valid_from=date(2000, 1, 1),
        ).pk  # fmt: skip
    organizations.forget()
    yield made
    organizations.forget()


def an_item(code, zh="类目", en="item"):
    return Item(code, words(zh, en))


def a_route(item, lead, division="", supporters=(), rule="hotline.ordinary", questions=()):
    return Route(item, division, lead, tuple(supporters), rule, tuple(questions), "")


ITEMS = [
    an_item("01", "市政", "Utilities"),
    an_item("0101", "供水", "Water"),
    an_item("010101", "停水", "Water cut off"),
    an_item("0102", "房屋", "Homes"),
    an_item("010201", "漏水", "Leaks"),
    an_item("010202", "邻里", "Neighbours"),
]
ROUTES = [
    a_route("0101", "water_supply", supporters=["water", "@township"], rule="hotline.utility"),
    a_route("0102", "housing", questions=["哪一栋？"]),
    a_route("010202", "@township"),
]


@pytest.fixture
def catalogue(units):
    made = services.draft_catalogue(
        title="派单目录", division=CITY, valid_from=date(2020, 1, 1), actor=SYSTEM, items=ITEMS, routes=ROUTES
    )
    services.publish_catalogue(catalogue_id=made.pk, actor=SYSTEM)
    return made
