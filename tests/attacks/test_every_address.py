"""Every address there is, asked with parameters and fields that no link or form of ours sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client

import huying
from tests.support import access, matrix
from tests.support.cast import Cast
from tests.support.web import PARAMETER, Operation, body_of, pages, signed_in

SENT = re.compile(r"""(?:GET|POST|sent|asked|given)(?:\.get|\.getlist)?[\[(]["'](\w+)["']""")
FIELD = re.compile(r"^    (\w+) = (?:forms\.\w+|\w*Field)\(", re.MULTILINE)
# a control character; digits that int() refuses; a number too large, that is no day either; no number; script
HOSTILE = ("\x00", "²", "9" * 40, "nan", "<script>alert(1)</script>")
LEAVES = ("signin_out", "account_logout", "signin_sessions")
TURNED_AWAY = (0, 302, 401, 403, 404, 405)


@cache
def names() -> tuple[str, ...]:
    """Every name under which a view of ours reads something sent."""
    sources = [
        path.read_text(encoding="utf-8")
        for path in Path(huying.__file__).parent.rglob("*.py")
        if "tests" not in path.parts
    ]
    found = {name for text in sources for wanted in (SENT, FIELD) for name in wanted.findall(text)}
    assert {"q", "after", "session", "title", "reason", "lon"} <= found
    return tuple(sorted(found))


def ours() -> Iterator[tuple[access.Ask, list[str]]]:
    """The pages, each address and method once, with the posts that get past its door; a library's answer for themselves."""
    seen, known = set(), matrix.committed()
    for ask in access.asks():
        if isinstance(ask.page, Operation) or ask.scope == "other" or (ask.url, ask.method) in seen:
            continue
        seen.add((ask.url, ask.method))
        row = known.get(ask.key, {})
        inside = [who for who in access.WHO if who != "resident" and row.get(who, 0) not in TURNED_AWAY]
        yield ask, inside or [who for who in access.WHO if who != "resident"]


class Desks:
    """A signed-in browser for each post, made when first asked for and again after it was signed out."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.open: dict[str, Client] = {}

    def at(self, who: str) -> Client:
        if who not in self.open:
            account = access.WHO[who]
            self.open[who] = signed_in(self.cast, account) if account else Client(raise_request_exception=False)
        return self.open[who]


def _uncounted(client: Client, ask: access.Ask, world: access.World, address: str, answer: Any) -> bool:
    """503 as such, asked plainly too: no figures have been counted here."""
    if answer.status_code != 503:
        return False
    plain = client.get(address) if ask.method == "GET" else client.post(address, world.form(ask))
    return bool(plain.status_code == 503)


def test_no_page_ends_in_a_fault_whatever_is_sent_to_it_and_none_sends_it_back_as_code(cast: Cast) -> None:
    """Each address twice, by the posts that get in, in turn; each time every name with another of the values."""
    world, desks = access.World(cast), Desks(cast)
    faults, asked = [], set()
    for at, (ask, inside) in enumerate(ours()):
        turns = cycle(inside[at % len(inside) :] + inside[: at % len(inside)])
        for shift in range(2):
            who = next(turns)
            asked.add(who)
            values = cycle(HOSTILE[(at + 2 * shift) % len(HOSTILE) :] + HOSTILE[: (at + 2 * shift) % len(HOSTILE)])
            address, sent = world.address(ask, access.WHO[who]), dict(zip(names(), values, strict=False))
            client = desks.at(who)
            with transaction.atomic():
                answer = client.get(address, sent) if ask.method == "GET" else client.post(address, sent)
                if (
                    answer.status_code >= 500 and not _uncounted(client, ask, world, address, answer)
                ) or "<script>alert(1)" in body_of(answer):
                    faults.append(f"{who} {ask.method} {ask.url} {shift}: {answer.status_code}")
                transaction.set_rollback(True)
            if ask.page.name in LEAVES:
                desks.open.clear()
    assert faults == [], "\n".join(faults)
    assert asked >= set(access.WHO) - {"resident", "anonymous"}


@pytest.mark.parametrize(
    ("integer", "text"),
    [("9" * 30, "%00"), ("0", "x" * 200), ("1", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"), ("1", "%2e%2e")],
)
def test_a_guessed_part_of_an_address_is_nothing_or_refused(cast: Cast, integer: str, text: str) -> None:
    desks, faults = Desks(cast), []
    for page in pages():
        if not page.parameters:
            continue
        route = PARAMETER.sub(lambda found: integer if found.group().startswith("<int:") else text, page.route)
        address = "/" + route.replace("^", "").replace("$", "")
        for who in ("dispatcher", "system_admin"):
            client = desks.at(who)
            for method in page.methods:
                with transaction.atomic():
                    answer = client.generic(method, address)
                    if answer.status_code >= 500 or "<script>alert(1)" in body_of(answer):
                        faults.append(f"{who} {method} {address[:120]}: {answer.status_code}")
                    transaction.set_rollback(True)
    assert faults == []


NEVER = {
    "is_superuser": "1",
    "is_staff": "1",
    "is_demo": "1",
    "is_active": "0",
    "roles": "security_admin",
    "actor": "1",
    "actor_id": "1",
    "account_id": "1",
    "post_id": "1",
    "at": "2020-01-01",
    "created_at": "2020-01-01",
    "registered_at": "2020-01-01",
    "closed_at": "2020-01-01",
    "due_at": "2030-01-01",
    "archived_at": "2020-01-01",
    "number": "331102-20260101-00001-1",
    "county": "331121000000",
    "city": "331121000000",
    "supervised": "1",
    "designated": "1",
    "redo_count": "-9",
    "extended": "0",
    "unreasonable": "1",
    "reviewed": "1",
    "review": "approved",
    "by_post": "1",
    "leader_post": "1",
    "handler_post": "1",
    "valid_to": "2020-01-01",
    "provenance": "document",
    "must_change_password": "0",
}
"""Columns that a form must never set; one that some page reads by this very name is left out."""

DRAWN = {("exchange.ApiKey", "short"), ("exchange.ApiKey", "digest")}
"""Words that are drawn anew each time."""


def _keys() -> dict[Any, set[Any]]:
    """The keys there are, of every table."""
    return {model: set(model._base_manager.values_list("pk", flat=True)) for model in apps.get_models()}


def _stands(there: dict[Any, set[Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of ours as far as it can be compared: words, days, numbers, choices; not what is sealed, drawn or chained.

    A row that points to one made in the same act says "new": a sequence goes on though its transaction was undone.
    """
    stands = {}
    for model in apps.get_models():
        if not model.__module__.startswith("huying.domains"):
            continue
        columns = [
            column
            for column in model._meta.concrete_fields
            if not isinstance(column, models.BinaryField | models.UUIDField | models.AutoField)
            and (model._meta.label, column.name) not in DRAWN
        ]
        manager = model._base_manager
        rows = manager.get_queryset() if not hasattr(model.objects, "everything") else model.objects.everything("test")  # type: ignore[attr-defined]
        stands[model._meta.label] = sorted(
            tuple(_told(column, value, there) for column, value in zip(columns, row, strict=True))
            for row in rows.values_list(*(column.attname for column in columns))
        )
    return stands


def _told(column: Any, value: Any, there: dict[Any, set[Any]]) -> str:
    if column.is_relation and value is not None and value not in there[column.related_model]:
        return "new"
    return str(value) if isinstance(value, date | datetime) else repr(value)


def test_fields_that_a_form_does_not_offer_change_nothing(cast: Cast) -> None:
    """Each form that does something is sent twice, plainly and with columns of the tables beside it: the same comes of it."""
    never = {name: value for name, value in NEVER.items() if name not in names()}
    assert {"is_superuser", "roles", "actor", "closed_at", "supervised"} <= set(never)
    world, desks, known = access.World(cast), Desks(cast), matrix.committed()
    differing, done = [], 0
    for who in access.WHO:
        desks.at(who)
    there = _keys()
    before = _stands(there)
    for ask, inside in ours():
        if ask.method != "POST" or ask.page.name in LEAVES or "token" in ask.page.parameters:
            continue
        who = next((one for one in inside if known.get(ask.key, {}).get(one, 0) < 400), "")
        if not who:
            continue
        outcomes = []
        client, address = desks.at(who), world.address(ask, access.WHO[who])
        for more in ({}, never):
            with transaction.atomic():
                answer = client.post(address, world.form(ask) | more)
                outcomes.append((answer.status_code, _stands(there)))
                transaction.set_rollback(True)
        plain, extra = outcomes
        done += plain[1] != before
        if plain != extra:
            tables = [label for label in before if plain[1][label] != extra[1][label]]
            differing.append(f"{who} {ask.url}: {plain[0]} {extra[0]} {tables}")
    assert differing == []
    assert done >= 5, "forms that do nothing prove nothing"
