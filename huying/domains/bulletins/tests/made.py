"""A town whose figures are made up and published, and people of a county and of the city above it."""

from __future__ import annotations

from datetime import timedelta

from huying.analytics.tests.made import BRIDGE, CITY, EAST, MILL, WATERMARK, WEST, Matter, Town
from huying.domains.bulletins import services
from huying.kernel.actors import Actor, Level, Role

MONTHLY = {
    "code": "monthly",
    "name": {"zh": "平安月体检", "en": "Monthly check-up"},
    "period": "month",
    "levels": ["city", "county", "township"],
    "redhead": {"zh": "{place}平安报表", "en": "{place}: the report"},
    "approval": ["own", "above"],
    "sections": [
        {"kind": kind, "title": None, "indicators": indicators}
        for kind, indicators in (
            ("figures", ["volume", "closed_in_time", "satisfied"]),
            ("moved", []),
            ("trend", ["closed_in_time"]),
            ("places", ["volume", "closed_in_time"]),
            ("followed", []),
            ("problems", []),
            ("credibility", []),
            ("commentary", []),
        )
    ],
}


def closed(number: int, month: int, in_time: bool, county: str = EAST, township: str = BRIDGE) -> Matter:
    at = WATERMARK.replace(month=month, day=10)
    return Matter(
        number, at - timedelta(days=3), county=county, township=township, closed_at=at, closed_in_time=in_time
    )


def town(perfect: bool = False) -> Town:
    """East closed 18 of 20 in time in September, 10 of 20 in October (perfect: 60 of 60); West 20 of 20, then 4 in all."""
    made = Town()
    october = 60 if perfect else 20
    made.put(
        *(closed(i, 9, i >= 2) for i in range(20)), *(closed(100 + i, 10, perfect or i >= 10) for i in range(october))
    )
    made.put(*(closed(9000 + i, 9, True, WEST, MILL) for i in range(20)))
    made.put(*(closed(10000 + i, 10, True, WEST, MILL) for i in range(4)))
    return made


def person(role: Role, division: str = EAST, level: Level = Level.COUNTY) -> Actor:
    return Actor(
        kind="staff", label=f"{role.value}@{division[:6]}", roles=frozenset({role}), division=division, level=level
    )


ANALYST, LEADER = person(Role.ANALYST), person(Role.LEADER)
ABOVE = person(Role.LEADER, CITY, Level.CITY)
BESIDE = person(Role.LEADER, WEST)


def signed(report, text: str = "按时办结率下降，主要是供水类诉求集中。", section: str = "commentary"):
    return services.comment(actor=ANALYST, bulletin_id=report.pk, version=report.version, section=section, text=text)
