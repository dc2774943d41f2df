"""The floor: the rows of a lifecycle written by hand, in a bare WSGI application, on the same tables in the same place.

`bench.floor_django` puts the same rows into one Django view: what the framework costs before the product does anything.

Seven calls as the product's, one transaction each, a session looked up, raw statements, no ORM, no checks, no clock to reckon.
What is written is a real life's rows, read from the place beforehand. `python -m bench.floor --port N` serves it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

from bench import serving
from bench.client import Client, sessions
from bench.figures import Sizes
from bench.lives import ROLES, Load, Measured, live, measure_at, texts
from bench.places import Place
from bench.server import Server

SESSION = re.compile(r"sessionid=(\w+)")
FLOORS = ("bench.floor_django", "bench.floor")
Row = dict[str, Any]


def measure(place: Place, sizes: Sizes) -> dict[str, Measured]:
    """Lifecycles a second of each floor, by its module, after the product has lived one life there to be copied."""
    cast = json.loads((place.home / "cast.json").read_text())
    with Server(place) as server:
        cookies = sessions(server.port, cast["people"], ROLES)
        client = Client(server.port)
        list(live(client, cookies, cast, texts(99), random.Random(99)))
        client.cookies = cookies["call_taker"]
        content, where = next(texts(98))
        given = {
            "channel": "hotline",
            "kind": "help",
            "content": content,
            "place": where,
            "division": cast["villages"][0],
        }
        client.call("/api/v1/matters/", given)  # stays open: its work item is the pattern of the floor's
        client.close()
    measured = {}
    for module in FLOORS:
        with Server(place, program=("-m", module)) as server:
            load = Load(server.port, cast, cookies, sizes.clients)
            measured[module] = measure_at(server, load, replace(sizes, warm_seconds=1))
    return measured


class Floor:
    """One WSGI application; a database connection for each thread."""

    def __init__(self) -> None:
        self._here = threading.local()
        self.sqlite = not environ.get("HUYING_DATABASE_URL")
        with self.cursor() as cursor:
            closed = self.read(cursor, "matters_matter", "state = 'closed' ORDER BY id DESC LIMIT 1")[0]
            own = closed["id"]
            self.matter = closed
            self.events = self.read(cursor, "kernel_event", f"kind = 'matter' AND record_id = {own} ORDER BY seq")
            self.head = self.read(cursor, "kernel_chainhead", f"kind = 'matter' AND record_id = {own}")[0]
            self.party = self.read(cursor, "identities_party", f"kind = 'matter' AND record_id = {own}")[0]
            self.code = self.read(cursor, "identities_querycode", f"kind = 'matter' AND record_id = {own}")[0]
            self.work = self.read(cursor, "kernel_workitem", "kind = 'matter' ORDER BY id DESC LIMIT 1")[0]
            self.order = self.read(cursor, "matters_assignment", f"matter_id = {own}")[0]
            self.clocks = self.read(
                cursor, "kernel_clockrecord", f"kind IN ('matter', 'receipt') AND record_id = {own}"
            )
            self.reply = self.read(cursor, "matters_reply", f"matter_id = {own}")[0]
            self.follow = self.read(cursor, "matters_followup", f"matter_id = {own}")[0]
            self.message = self.read(cursor, "kernel_outboxmessage", f"record_id = {own} ORDER BY id DESC LIMIT 1")[0]
            self.document = self.read(cursor, "search_document", "id IS NOT NULL ORDER BY id DESC LIMIT 1")[0]
            self.first = self.document["id"] >> 48 << 48
        self.steps: dict[str, Callable[[Any, int], None]] = {
            "dispatch": self.dispatch,
            "receive": self.receive,
            "reply": self.answer,
            "approve_reply": self.approve,
            "follow_up": self.ask,
            "close": self.close,
        }

    def connection(self) -> Any:
        if not hasattr(self._here, "connection"):
            if self.sqlite:
                made: Any = sqlite3.connect(
                    Path(environ["HUYING_HOME"]) / "huying.sqlite3", isolation_level=None, timeout=20
                )
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-4000", "temp_store=MEMORY"):
                    made.execute(f"PRAGMA {pragma}")
            else:
                import psycopg

                made = psycopg.connect(environ["HUYING_DATABASE_URL"], autocommit=True)
            self._here.connection = made
        return self._here.connection

    def cursor(self) -> Any:
        return contextlib.closing(self.connection().cursor())

    def run(self, cursor: Any, sql: str, values: Iterable[Any] = ()) -> Any:
        return cursor.execute(sql.replace("%s", "?") if self.sqlite else sql, tuple(values))

    def read(self, cursor: Any, table: str, where: str) -> list[Row]:
        self.run(cursor, f"SELECT * FROM {table} WHERE {where}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def put(self, cursor: Any, table: str, row: Row, **changed: Any) -> int:
        values = {name: value for name, value in row.items() if name != "id"} | changed
        if not self.sqlite:
            from psycopg.types.json import Jsonb

            values = {k: Jsonb(v) if isinstance(v, list | dict) else v for k, v in values.items()}
        names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(["%s"] * len(values))
        given = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        self.run(cursor, given + (" RETURNING id" if table == "matters_matter" else ""), values.values())
        return int(cursor.fetchall()[0][0]) if table == "matters_matter" else 0

    def set(self, cursor: Any, table: str, row: Row, names: Iterable[str], where: str) -> None:
        kept = list(names)
        self.run(
            cursor, f"UPDATE {table} SET {', '.join(f'{n} = %s' for n in kept)} WHERE {where}", [row[n] for n in kept]
        )

    def step(self, cursor: Any, matter: int, seq: int, *names: str) -> None:
        """What every transition writes: the matter, its event, the head of its chain, the mark for analytics."""
        if seq > 1:
            self.run(
                cursor, "SELECT * FROM matters_matter WHERE id = %s" + ("" if self.sqlite else " FOR UPDATE"), [matter]
            )
            cursor.fetchall()
            self.set(cursor, "matters_matter", self.matter, [*names, "version"], f"id = {matter}")
            self.run(
                cursor, "SELECT count, mac FROM kernel_chainhead WHERE kind = 'matter' AND record_id = %s", [matter]
            )
            cursor.fetchall()
            self.set(
                cursor, "kernel_chainhead", self.head, ["count", "mac"], f"kind = 'matter' AND record_id = {matter}"
            )
        self.put(cursor, "kernel_event", self.events[seq - 1], record_id=matter)
        self.run(
            cursor,
            'INSERT INTO kernel_dirty_range ("table", low, high) VALUES (%s, %s, %s)',
            ["matters", matter, matter],
        )

    def rework(self, cursor: Any, matter: int) -> None:
        where = f"kind = 'matter' AND record_id = {matter}"
        self.set(cursor, "kernel_workitem", self.work, ["queue", "unit_id", "due_at", "sort_at"], where)

    def index(self, cursor: Any, matter: int, again: bool) -> None:
        document = {**self.document, "id": self.first + matter}
        if again:
            self.run(cursor, "DELETE FROM search_document WHERE id = %s", [document["id"]])
        names = ", ".join(document)
        self.run(
            cursor,
            f"INSERT INTO search_document ({names}) VALUES ({', '.join(['%s'] * len(document))})",
            document.values(),
        )
        if self.sqlite:
            terms = " ".join(a + b for a, b in zip(document["text"], document["text"][1:], strict=False))
            if again:
                self.run(
                    cursor,
                    "INSERT INTO search_terms (search_terms, rowid, text, scope) VALUES ('delete', %s, %s, %s)",
                    [document["id"], terms, document["scope"]],
                )
            self.run(
                cursor,
                "INSERT INTO search_terms (rowid, text, scope) VALUES (%s, %s, %s)",
                [document["id"], terms, document["scope"]],
            )

    def register(self, cursor: Any) -> int:
        self.run(
            cursor,
            "UPDATE kernel_numberseries SET last = last + 1 WHERE series = (SELECT min(series) FROM kernel_numberseries)",
        )
        opened = {"state": "registered", "outcome": "", "closed_at": None, "number": uuid.uuid4().hex}
        matter = self.put(cursor, "matters_matter", self.matter, **opened)
        self.put(cursor, "kernel_chainhead", self.head, record_id=matter)
        self.put(cursor, "identities_party", self.party, record_id=matter)
        self.put(cursor, "identities_querycode", self.code, record_id=matter)
        self.put(cursor, "kernel_workitem", self.work, record_id=matter, subject_id=matter)
        self.index(cursor, matter, again=False)
        self.step(cursor, matter, 1)
        return matter

    def dispatch(self, cursor: Any, matter: int) -> None:
        self.put(cursor, "matters_assignment", self.order, matter_id=matter)
        for row in self.clocks:
            self.put(cursor, "kernel_clockrecord", row, record_id=matter)
        self.step(cursor, matter, 2, "lead_unit_id", "due_at", "receipt_due_at", "dispatched_at", "rule_key")
        self.rework(cursor, matter)
        self.index(cursor, matter, again=True)

    def receive(self, cursor: Any, matter: int) -> None:
        self.set(cursor, "matters_assignment", self.order, ["state", "received_at"], f"matter_id = {matter}")
        self._stop(cursor, "receipt", matter)
        self.step(cursor, matter, 3, "handler_post", "received_at")
        self.rework(cursor, matter)

    def _stop(self, cursor: Any, kind: str, matter: int) -> None:
        row = next(one for one in self.clocks if one["kind"] == kind)
        names = ["state", "stopped_at", "next_turn_at", "card"]
        self.set(cursor, "kernel_clockrecord", row, names, f"kind = '{kind}' AND record_id = {matter}")

    def answer(self, cursor: Any, matter: int) -> None:
        self.put(cursor, "matters_reply", self.reply, matter_id=matter)
        self.set(cursor, "matters_assignment", self.order, ["answer"], f"matter_id = {matter}")
        self._stop(cursor, "matter", matter)
        self.step(cursor, matter, 4, "replied_at", "first_replied_at")
        self.rework(cursor, matter)

    def approve(self, cursor: Any, matter: int) -> None:
        self.set(
            cursor, "matters_reply", self.reply, ["review", "reviewed_at", "reviewed_by_post"], f"matter_id = {matter}"
        )
        self.set(cursor, "matters_assignment", self.order, ["state", "ended_at"], f"matter_id = {matter}")
        key = uuid.uuid4().hex
        self.put(cursor, "kernel_outboxmessage", self.message, record_id=matter, key=key, dedupe_key=key)
        self.step(cursor, matter, 5, "reviewed_at")
        self.rework(cursor, matter)

    def ask(self, cursor: Any, matter: int) -> None:
        self.put(cursor, "matters_followup", self.follow, matter_id=matter)
        self.step(cursor, matter, 6, "followed_up_at", "solved", "satisfied", "attempts")
        self.rework(cursor, matter)

    def close(self, cursor: Any, matter: int) -> None:
        self.set(cursor, "identities_party", self.party, ["phone_key"], f"kind = 'matter' AND record_id = {matter}")
        self.step(cursor, matter, 7, "state", "closed_at", "outcome", "reopen_until")
        self.run(cursor, "DELETE FROM kernel_workitem WHERE kind = 'matter' AND record_id = %s", [matter])

    def __call__(self, environment: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> list[bytes]:
        path = environment["PATH_INFO"]
        if path == "/healthz":
            start("200 OK", [("Content-Type", "application/json")])
            return [b"{}"]
        json.loads(environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0)))
        session = SESSION.search(environment.get("HTTP_COOKIE", ""))
        _empty, _api, _version, _matters, *rest = path.split("/")
        with self.cursor() as cursor:
            self.run(
                cursor,
                "SELECT session_data FROM django_session WHERE session_key = %s",
                [session[1] if session else ""],
            )
            if not cursor.fetchall():
                start("401 Unauthorized", [])
                return [b""]
            self.run(cursor, "BEGIN IMMEDIATE" if self.sqlite else "BEGIN")
            try:
                if len(rest) == 1:
                    matter = self.register(cursor)
                    told: Row = {"matter": {"id": matter}}
                else:
                    matter = int(rest[0])
                    self.steps[rest[1]](cursor, matter)
                    told = {"id": matter, "state": "closed"}
                self.run(cursor, "COMMIT")
            except BaseException:
                self.run(cursor, "ROLLBACK")
                raise
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, required=True)
    serving.serve(asked.parse_args().port, Floor)
