"""A small place: one province, one city, two counties, three townships, six villages. 虚构。"""

from datetime import date

import pytest

from huying.domains.territory import services
from huying.domains.territory.services import NewDivision
from huying.kernel.actors import Actor

ACTOR = Actor.system("test")
BEGAN = date(2020, 1, 1)

PROVINCE, CITY = "990000000000", "991100000000"
EAST, WEST = "991101000000", "991102000000"
ALPHA, BETA, GAMMA = "991101001000", "991101100000", "991102100000"
VILLAGES = {
    ALPHA: ("991101001001", "991101001002"),
    BETA: ("991101100001", "991101100200"),
    GAMMA: ("991102100200", "991102100201"),
}

DIVISIONS = [
    NewDivision(code=PROVINCE, name="甲省", parent=""),
    NewDivision(code=CITY, name="乙市", parent=PROVINCE),
    NewDivision(code=EAST, name="东县", parent=CITY),
    NewDivision(code=WEST, name="西县", parent=CITY),
    NewDivision(code=ALPHA, name="一街道", parent=EAST),
    NewDivision(code=BETA, name="二镇", parent=EAST),
    NewDivision(code=GAMMA, name="三镇", parent=WEST),
    NewDivision(code="991101001001", name="桥头社区居委会", parent=ALPHA),
    NewDivision(code="991101001002", name="河东社区居委会", parent=ALPHA),
    NewDivision(code="991101100001", name="镇中社区居委会", parent=BETA),
    NewDivision(code="991101100200", name="新村村委会", parent=BETA),
    NewDivision(code="991102100200", name="新村村委会", parent=GAMMA),
    NewDivision(code="991102100201", name="桥头村村委会", parent=GAMMA),
]


@pytest.fixture
def place(db, clock):
    """Returns the codes by what they are called here; today is 2026-11-20."""
    services.create_divisions(divisions=DIVISIONS, on=BEGAN, actor=ACTOR, basis="设立批复")


def square(west: float, south: float, side: float) -> str:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return '{"type":"Polygon","coordinates":[' + str(ring) + "]}"
