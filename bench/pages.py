"""The pages that figures are read on, with many matters stored: reports, definitions, wall, phone, bench, warnings and their
thresholds, departments' datasets, periodic reports in draft and published."""

from __future__ import annotations

import json
import time

from bench import places
from bench.client import Client, sessions
from bench.figures import Figures, Sizes, percentile
from bench.places import Place
from bench.server import Server

MOST_MS = 200
ROLES = ["leader", "supervisor", "analyst"]


def measure(place: Place, sizes: Sizes) -> dict[str, tuple[float, float, float, float]]:
    """Of each page its first visit, the median and p95 in milliseconds of those after it, one client, and the CPU milliseconds a
    visit takes the server, which other work on the machine disturbs least."""
    cast = json.loads((place.home / "cast.json").read_text())
    single = place.inside("showing", pack=places.PACK)
    # Without jobs: a refresh that falls due meanwhile is no part of a page.
    with Server(place, arguments=("--no-jobs",)) as server:
        cookies = sessions(server.port, cast["people"], ROLES)
        clients = {role: Client(server.port, cookies[role]) for role in ROLES}
        found = {}
        asked = _addresses(clients, cast["villages"][0]) | {name: ("analyst", path) for name, path in single.items()}
        for name, (role, path) in asked.items():
            spent, cpu = [], 0.0
            for turn in range(sizes.reads + 1):
                if turn == 1:
                    cpu = server.cpu_seconds()
                began = time.perf_counter()
                clients[role].get(path)
                spent.append((time.perf_counter() - began) * 1000)
            taken = (server.cpu_seconds() - cpu) * 1000 / sizes.reads
            found[name] = (spent[0], percentile(spent[1:], 50), percentile(spent[1:], 95), taken)
    return found


def _addresses(clients: dict[str, Client], village: str) -> dict[str, tuple[str, str]]:
    """What is read, by whom, at which address. village: below the leader's county."""
    clients["analyst"].ask("GET", "/desk/report/")
    city, month = clients["analyst"].location.rstrip("/").split("/")[-2:]
    year, number = month.split("-")
    quarter = f"{year}-Q{(int(number) + 2) // 3}"
    county, township = (village[:digits].ljust(12, "0") for digits in (6, 9))
    return {
        "report, city, month": ("analyst", f"/desk/report/{city}/{month}/"),
        "report, city, year": ("analyst", f"/desk/report/{city}/{year}/"),
        "report, county, quarter": ("leader", f"/desk/report/{county}/{quarter}/"),
        "report, township, month": ("leader", f"/desk/report/{township}/{month}/"),
        "report, village, year": ("leader", f"/desk/report/{village}/{year}/"),
        "changes after the fact": ("leader", "/desk/report/changes/"),
        "indicators defined": ("analyst", "/desk/report/indicators/"),
        "wall": ("leader", "/wall/"),
        "wall, a county": ("leader", f"/wall/?division={county}"),
        "phone": ("leader", "/wall/phone"),
        "live figures": ("leader", "/wall/events"),
        "analyst's bench": ("analyst", "/desk/bench/"),
        "analyst's bench, every township": ("analyst", f"/desk/bench/?place={city}&level=township"),
        "report of a county, another indicator drawn": (
            "leader",
            f"/desk/report/{county}/{quarter}/?indicator=closed_in_time",
        ),
        "warnings": ("supervisor", "/desk/warnings/"),
        "bulletins": ("leader", "/desk/bulletins/"),
        "who must still deliver": ("analyst", "/desk/exchange/missing"),
        "bench, SQL": ("analyst", "/desk/bench/sql"),
        "ways of warning": ("supervisor", "/desk/warnings/method"),
        "ladder": ("supervisor", "/desk/warnings/ladder"),
        "thresholds": ("supervisor", "/desk/warnings/thresholds"),
    }


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        place = places.stored(database, sizes.matters, sizes.template)
        for name, (first, median, p95, cpu) in measure(place, sizes).items():
            figures.add(database, f"{name}, first visit, ms", first)
            figures.add(database, f"{name}, median ms", median)
            figures.add(database, f"{name}, CPU ms", cpu)
            figures.add(database, f"{name}, p95 ms", p95, at_most=MOST_MS)
