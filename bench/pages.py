"""The pages that figures are read on, with many matters stored: report, wall, phone, bench, warnings, deliveries."""

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


def measure(place: Place, sizes: Sizes) -> dict[str, tuple[float, float]]:
    """Median and p95 in milliseconds of each page, one client, after one visit to warm it."""
    cast = json.loads((place.home / "cast.json").read_text())
    place.run("-m", "huying", "report", "refresh")
    # Without jobs: a refresh that falls due meanwhile is no part of a page.
    with Server(place, arguments=("--no-jobs",)) as server:
        cookies = sessions(server.port, cast["people"], ROLES)
        clients = {role: Client(server.port, cookies[role]) for role in ROLES}
        found = {}
        for name, (role, path) in _addresses(clients, cast["villages"][0]).items():
            clients[role].get(path)
            spent = []
            for _ in range(sizes.reads):
                began = time.perf_counter()
                clients[role].get(path)
                spent.append((time.perf_counter() - began) * 1000)
            found[name] = (percentile(spent, 50), percentile(spent, 95))
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
    }


def run(figures: Figures, sizes: Sizes) -> None:
    for database in sizes.databases:
        for name, (median, p95) in measure(places.stored(database, sizes.matters, sizes.template), sizes).items():
            figures.add(database, f"{name}, median ms", median)
            figures.add(database, f"{name}, p95 ms", p95, at_most=MOST_MS)
