"""Tickets in bulk, spread as our matters are: texts of the same make, a tenth still open, three follow-ups to a closed one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from helpdesk.models import FollowUp, Queue, Ticket

from bench.lives import texts

QUEUES, STAFF, BATCH = 10, 20, 2_000
PASSWORD = "measuring-only-2026"


def load(tickets: int) -> dict[str, Any]:
    """Queues, staff and `tickets` over the year past. Returns the queues' ids and whom to sign in as."""
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate", verbosity=0)
    queues = [
        Queue.objects.create(title=f"Queue {n}", slug=f"q{n}", allow_public_submission=True) for n in range(QUEUES)
    ]
    accounts = get_user_model().objects
    staff = [accounts.create_user(f"staff{n}", f"staff{n}@example.org", PASSWORD, is_staff=True) for n in range(STAFF)]
    rng, told, now = random.Random(7), texts(7), timezone.now()
    waiting: list[Ticket] = []
    for number in range(tickets):
        content, place = next(told)
        at = now - timedelta(seconds=(tickets - number) * 31_536_000 / tickets)
        chance = rng.random()
        waiting.append(
            Ticket(
                title=f"{place}的问题",
                queue=queues[rng.randrange(QUEUES)],
                created=at,
                modified=at,
                submitter_email=f"resident{rng.randrange(50_000)}@example.org",
                description=content,
                status=Ticket.OPEN_STATUS
                if chance < 0.1
                else Ticket.RESOLVED_STATUS
                if chance < 0.15
                else Ticket.CLOSED_STATUS,
                priority=rng.randrange(1, 6),
                assigned_to=None if chance < 0.02 else staff[rng.randrange(STAFF)],
            )
        )
        if len(waiting) == BATCH:
            _write(waiting)
            waiting = []
    _write(waiting)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {
        "queues": [one.pk for one in queues],
        "staff": [{"id": one.pk, "user": one.get_username()} for one in staff],
        "password": PASSWORD,
        "tickets": Ticket.objects.count(),
    }


def _write(tickets: list[Ticket]) -> None:
    Ticket.objects.bulk_create(tickets)
    FollowUp.objects.bulk_create([row for ticket in tickets for row in _follow_ups(ticket)], batch_size=BATCH)


def _follow_ups(ticket: Ticket) -> Iterator[FollowUp]:
    at: datetime = ticket.created
    yield FollowUp(ticket=ticket, date=at, title="Ticket Opened", comment=ticket.description, public=True)
    if ticket.assigned_to is not None:
        by = ticket.assigned_to
        yield FollowUp(ticket=ticket, date=at + timedelta(hours=1), title=f"Assigned to {by.get_username()}", user=by)
        if ticket.status != Ticket.OPEN_STATUS:
            yield FollowUp(
                ticket=ticket,
                date=at + timedelta(days=2),
                title="Closed",
                comment="已派人到现场修复，并向反映人电话说明情况。",
                public=True,
                new_status=ticket.status,
                user=by,
            )
