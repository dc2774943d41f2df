"""django-helpdesk beside us, for scale: 100,000 tickets there, 100,000 matters here, both databases, the same run.

A life there is five steps by signed-in staff (create, assign, comment, resolve, close), here seven calls with audit, clocks and
scope. Both stand behind the same gunicorn with as many processes, threads and clients, kept connections, the same pragmas or the
same PostgreSQL. Its mails go nowhere; answers that lead on to a page are not followed. A list there is its page and the rows the
page then asks for; here it is one page.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

from bench import beside, places
from bench.client import Client, Unexpected, sessions
from bench.figures import Figures, Sizes, percentile
from bench.lives import ROLES, Load, Measured, live, measure_at
from bench.places import Place
from bench.server import Server

STEPS = 5
RESOLVED, CLOSED = "3", "4"
TICKET = re.compile(r"/tickets/(\d+)/")
ROWS = re.compile(r"/datatables_ticket_list/([^\"']+)")
VISITS = 6
"""Of each of its pages, after one to warm it: they take seconds."""
READS = ("list", "dashboard", "search of two characters")


def run(figures: Figures, sizes: Sizes) -> None:
    """Raises RuntimeError, with the way out, when django-helpdesk can't be installed here."""
    beside.python()
    for database in sizes.databases:
        theirs, their_reads = _theirs(_site(database, sizes.tickets), sizes)
        ours, our_reads = _ours(places.stored(database, sizes.tickets, min(sizes.template, sizes.tickets)), sizes)
        figures.add(database, f"django-helpdesk, {sizes.tickets:,} tickets: lives a second", theirs.rate)
        figures.add(database, f"Huying, {sizes.tickets:,} matters: lives a second", ours.rate)
        figures.add(database, "ratio of lives a second (five steps there, seven here)", ours.rate / theirs.rate)
        figures.add(database, "ratio of calls a second", ours.rate * 7 / (theirs.rate * STEPS))
        figures.add(database, "django-helpdesk: server CPU a life, ms", theirs.cpu_ms)
        figures.add(database, "Huying: server CPU a life, ms", ours.cpu_ms)
        for name in READS:
            figures.add(database, f"django-helpdesk: {name}, median ms", their_reads[name])
            figures.add(database, f"Huying: {name}, median ms", our_reads[name])
            figures.add(database, f"{name}: times quicker here", their_reads[name] / max(our_reads[name], 0.01))


def _site(database: str, tickets: int) -> Place:
    """Its place, loaded once and kept; whom to sign in as in cast.json."""
    name = f"helpdesk{tickets}"
    home = places.folder() / f"{database}-{name}"
    url = places.cluster().url(f"bench_{name}") if database == "postgresql" else ""
    place = Place(database, home, url)
    if (home / "bench-ready").exists() and (not url or places.cluster().has(f"bench_{name}")):
        return place
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if url:
        places.cluster().run("dropdb", "--if-exists", "--force", f"bench_{name}")
        places.cluster().run("createdb", f"bench_{name}")
    places.tell(f"{database}: django-helpdesk, loading {tickets:,} tickets")
    done = subprocess.run(
        [beside.python(), "-m", "bench.helpdesk_site", "load", str(tickets)],
        env=place.environment(),
        cwd=places.CHECKOUT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"loading django-helpdesk failed: {done.stderr[-2000:]}")
    (home / "cast.json").write_text(done.stdout.splitlines()[-1])
    (home / "bench-ready").touch()
    return place


def _theirs(place: Place, sizes: Sizes) -> tuple[Measured, dict[str, float]]:
    cast = json.loads((place.home / "cast.json").read_text())
    with (
        Server(place, program=("-m", "bench.helpdesk_site", "serve"), python=beside.python()) as server,
        ExitStack() as end,
    ):
        cookies = {str(n): _sign_in(server.port, cast, n).cookies for n in range(2)}
        load = Load(server.port, cast, cookies, sizes.clients, life=_ticket, steps=STEPS)
        measured = measure_at(server, load, sizes)
        client = Client(server.port, cookies["1"])
        end.callback(client.close)

        def listed(path: str) -> None:
            found = ROWS.search(client.get(path).decode())
            if found is None:
                raise RuntimeError(f"{path} of django-helpdesk names no rows to ask for")
            told = json.loads(client.get(f"/datatables_ticket_list/{found[1]}"))
            if not told["data"]:
                raise RuntimeError(f"{path} of django-helpdesk shows no ticket")

        word = quote("路灯")
        asked: dict[str, Callable[[], object]] = {
            "list": lambda: listed("/tickets/"),
            "dashboard": lambda: client.get("/dashboard/"),
            "search of two characters": lambda: listed(f"/tickets/?q={word}&search_type=header"),
        }
        return measured, {name: _median(one, min(VISITS, sizes.reads)) for name, one in asked.items()}


def _ours(place: Place, sizes: Sizes) -> tuple[Measured, dict[str, float]]:
    cast = json.loads((place.home / "cast.json").read_text())
    with Server(place) as server, ExitStack() as end:
        cookies = sessions(server.port, cast["people"], ROLES)
        measured = measure_at(server, Load(server.port, cast, cookies, sizes.clients, life=live), sizes)
        client = Client(server.port, cookies["dispatcher"])
        end.callback(client.close)
        word = quote("路灯")
        asked: dict[str, Callable[[], object]] = {
            "list": lambda: client.get("/desk/matters/"),
            "dashboard": lambda: client.get("/desk/"),
            "search of two characters": lambda: client.get(f"/desk/search?q={word}"),
        }
        return measured, {name: _median(one, sizes.reads) for name, one in asked.items()}


def _median(one: Callable[[], object], times: int) -> float:
    """Milliseconds, after one visit to warm it."""
    one()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        one()
        spent.append((time.perf_counter() - began) * 1000)
    return percentile(spent, 50)


def _sign_in(port: int, cast: dict[str, Any], who: int) -> Client:
    client = Client(port)
    client.get("/login/")
    if client.submit("/login/", {"username": cast["staff"][who]["user"], "password": cast["password"]}) != 302:
        raise RuntimeError(f"{cast['staff'][who]['user']} could not sign in to django-helpdesk")
    return client


def _ticket(
    client: Client,
    cookies: dict[str, dict[str, str]],
    cast: dict[str, Any],
    told: Iterator[tuple[str, str]],
    rng: random.Random,
) -> Iterator[float]:
    """One ticket from create to close; the seconds each of the five steps took."""
    spent: list[float] = []

    def step(who: str, path: str, **fields: str) -> str:
        client.cookies = cookies[who]
        began = time.perf_counter()
        status = client.submit(path, {**kept, **fields})
        spent.append(time.perf_counter() - began)
        if status != 302:  # a form that is not accepted is shown again
            raise Unexpected(status, path, b"django-helpdesk did not accept the form")
        return client.location

    content, place = next(told)
    kept = {"queue": str(rng.choice(cast["queues"])), "title": f"{place}的问题", "priority": "3"}
    resident = f"resident{rng.randrange(50_000)}@example.org"
    made = TICKET.search(step("0", "/tickets/submit/", body=content, submitter_email=resident))
    if made is None:
        raise RuntimeError(f"django-helpdesk led to {client.location!r} after a ticket was created")
    update = f"/tickets/{made[1]}/update/"
    handler = str(cast["staff"][1]["id"])
    step("0", update, owner=handler)
    step("1", update, comment="已派人到现场查看。", public="1")
    step("1", update, comment="已修复，并向反映人电话说明情况。", public="1", new_status=RESOLVED)
    step("1", update, new_status=CLOSED)
    yield from spent
