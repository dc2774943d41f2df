"""The doctor's examinations, one function each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from huying.kernel import bundles, clock, jobs, outbox
from huying.kernel.http.health import JOBS_LATE, OUTBOX_LATE, pending_migrations

LEAST_FREE, LITTLE_FREE = 512 * 2**20, 5 * 2**30
GATE_LATE, RECEIPT_LATE = timedelta(minutes=10), timedelta(hours=24)
LEAST_PYTHON = (3, 11)
LEAST_SQLITE, LEAST_POSTGRESQL = (3, 35), 15


@dataclass(frozen=True)
class Finding:
    """state: ok, warning or fault."""

    what: str
    state: str
    found: str
    cure: str = ""


def examine(*, deep: bool = False) -> list[Finding]:
    """Every examination; those that need the database are left out, and said, when it can't be reached.

    deep: also those that read every matter and every event.
    """
    found = [finding for look in (_python, _folder, _space, _secrets, _clock) for finding in look()]
    try:
        found += _database()
        missing = pending_migrations()
    except DatabaseError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        cure = "check HUYING_DATABASE_URL, that the server runs, or that HUYING_HOME can be written"
        return [
            *found,
            Finding("database", "fault", first, cure),
            Finding("the rest", "warning", "not examined without it"),
        ]
    if missing:
        cure = "a new place: huying init --pack lishui; an existing one: huying upgrade"
        found.append(Finding("migrations", "fault", f"{len(missing)} missing, first {missing[0]}", cure))
        return [*found, Finding("the rest", "warning", "not examined before the migrations")]
    found.append(Finding("migrations", "ok", "all applied"))
    for look in (_keys, _place, _calendar, _work, _messages, _gate, *((_chain, _agreement, _files) if deep else ())):
        found += look()
    return found


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= LEAST_PYTHON:
        yield Finding("python", "ok", version)
    else:
        yield Finding("python", "fault", version, "install Python 3.11 or newer and run make install again")


def _folder() -> Iterator[Finding]:
    home = Path(settings.HUYING_HOME)
    if home.is_dir() and os.access(home, os.W_OK):
        yield Finding("folder", "ok", str(home))
    else:
        yield Finding(
            "folder", "fault", f"{home} can't be written", "create it, or give it to the account that runs huying"
        )


def _space() -> Iterator[Finding]:
    home = Path(settings.HUYING_HOME)
    if not home.is_dir():
        return
    free = shutil.disk_usage(home).free
    state = "fault" if free < LEAST_FREE else "warning" if free < LITTLE_FREE else "ok"
    yield Finding(
        "disk", state, f"{free / 2**30:.1f} GiB free", "" if state == "ok" else "free some space or enlarge the disk"
    )


def _secrets() -> Iterator[Finding]:
    folder = Path(settings.SECRETS)
    loose = [p for p in [folder, *folder.rglob("*")] if p.exists() and p.stat().st_mode & 0o077]
    if loose:
        cure = f"chmod -R go= {folder}"
        yield Finding("secrets", "fault", f"others on this machine can read {loose[0]}", cure)
    else:
        yield Finding("secrets", "ok", "readable by their owner only")
    if settings.DEBUG:
        yield Finding("debug", "fault", "HUYING_DEBUG is on: errors show internals", "unset HUYING_DEBUG")


def _clock() -> Iterator[Finding]:
    now = clock.now()
    if now.utcoffset() != datetime.now(UTC).astimezone(clock.ZONE).utcoffset():
        yield Finding("clock", "fault", f"zone {now.tzinfo}", "install the package tzdata")
    elif now.year < 2026:
        yield Finding("clock", "fault", f"it says {now:%Y-%m-%d}", "set the machine's clock (NTP)")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} Asia/Shanghai")


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if connection.vendor == "sqlite":
        import sqlite3

        good, version = sqlite3.sqlite_version_info >= LEAST_SQLITE, f"SQLite {sqlite3.sqlite_version}"
    else:
        number = int(getattr(connection, "pg_version", 0))
        good, version = number // 10000 >= LEAST_POSTGRESQL, f"PostgreSQL {number // 10000}.{number % 10000}"
    if good:
        yield Finding("database", "ok", version)
    else:
        yield Finding("database", "fault", f"{version} is too old", "SQLite 3.35 or PostgreSQL 15 at least")
    yield from _writable()


def _writable() -> Iterator[Finding]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE huying_doctor_trial (n integer)")
            transaction.set_rollback(True)
    except DatabaseError as error:
        yield Finding("database writable", "fault", str(error).splitlines()[0], "check its permissions and the disk")
    else:
        yield Finding("database writable", "ok", "yes")


def _keys() -> Iterator[Finding]:
    from huying.kernel.crypto import stores

    lost = stores.lost()
    for one in lost:
        told = f"{one.rows} rows of {one.store} need the key {one.key_id}, which isn't here"
        yield Finding("keys", "fault", told, "huying keys import FILE")
    if not lost:
        yield Finding("keys", "ok", "everything sealed can be opened")


def _place() -> Iterator[Finding]:
    from huying.kernel.packs import installed_manifests

    names = [manifest.code for manifest in installed_manifests()]
    if names:
        yield Finding("pack", "ok", ", ".join(names))
    else:
        yield Finding("pack", "fault", "none installed", "huying init --pack lishui")


def _calendar() -> Iterator[Finding]:
    published = _published_years()
    if published is None:
        return
    today = clock.today()
    if today.year not in published:
        cure = "publish the year's holidays and make-up days under 规则 · 日历"
        yield Finding("calendar", "fault", f"{today.year} isn't published: working-day limits are provisional", cure)
    elif today.month >= 11 and today.year + 1 not in published:
        cure = "publish it when the State Council's notice is out; provisional clocks are then computed anew"
        yield Finding("calendar", "warning", f"{today.year + 1} isn't published yet", cure)
    else:
        yield Finding("calendar", "ok", f"published: {min(published)}-{max(published)}")


def _published_years() -> set[int] | None:
    if find_spec("huying.domains.rulebook.queries") is None:
        return None
    queries = import_module("huying.domains.rulebook.queries")
    years: Callable[[], set[int]] | None = getattr(queries, "published_years", None)
    return set(years()) if years else None


def _work() -> Iterator[Finding]:
    alive, lag = jobs.workers_alive(), jobs.lag()
    if not alive:
        yield Finding(
            "worker", "warning", "none has shown itself within a minute", "huying serve, or huying work beside it"
        )
    else:
        yield Finding("worker", "ok", f"{alive} alive")
    late = lag > JOBS_LATE
    told = f"longest overdue by {lag.total_seconds():.0f} s"
    yield Finding("scheduled work", "warning" if late else "ok", told, "start a worker: huying work" if late else "")


def _messages() -> Iterator[Finding]:
    lag, counts = outbox.lag(), outbox.counts()
    late = lag > OUTBOX_LATE
    told = f"{counts['waiting']} waiting, longest {lag.total_seconds():.0f} s"
    yield Finding("outbox", "warning" if late else "ok", told, "start a worker: huying work" if late else "")
    if counts["dead"]:
        yield Finding("outbox", "warning", f"{counts['dead']} could not be sent", "see why on the desk under 发件箱")
    if counts["held"]:
        told = f"{counts['held']} not sent: no gateway or mail server is set up"
        yield Finding("outbox, held", "ok", told, "docs/settings.md: HUYING_GATEWAY_URL, HUYING_SMTP_URL")


SHOWN = 5


def _chain() -> Iterator[Finding]:
    from huying.kernel import audit

    found = audit.verify()
    if found.ok:
        yield Finding("log", "ok", f"{found.events} events of {found.records} records, chain whole")
    else:
        told = f"{found.fault_count} faults in its chain, first {found.first_fault}"
        yield Finding(
            "log", "fault", told, "keep the database as it is, tell the auditor; huying audit verify lists them"
        )


def _agreement() -> Iterator[Finding]:
    """Do matters, their log, clocks, orders and work items tell one story?"""
    from huying.domains.matters.soundness import disagreements

    found = list(disagreements())
    for one in found[:SHOWN]:
        yield Finding(
            "matters", "fault", str(one), "compare with the last backup, and report it: no act leaves this behind"
        )
    if len(found) > SHOWN:
        yield Finding("matters", "fault", f"{len(found) - SHOWN} more")
    if not found:
        yield Finding("matters", "ok", "each agrees with its log, clock, orders and queue")


def _files() -> Iterator[Finding]:
    from huying.domains.documents.queries import missing_files

    if missing := missing_files():
        told = f"{len(missing)} that records name are gone, first {missing[0]}"
        yield Finding("files", "fault", told, "copy them back out of the newest backup that has them")
    else:
        yield Finding("files", "ok", "every one that a record names is there")


def _gate() -> Iterator[Finding]:
    """Only where HUYING_ZONE splits the installation: what waits here, what has no receipt, what is missing."""
    if not settings.HUYING_ZONE:
        return
    lag = bundles.lag()
    if not lag.peers:
        cure = "on the other machine: huying bundles card > FILE; carry it here: huying bundles trust FILE"
        yield Finding("gate", "fault", f"zone {settings.HUYING_ZONE} trusts no other zone yet", cure)
        return
    late = lag.waiting > GATE_LATE
    told = f"oldest message not yet in a bundle: {lag.waiting.total_seconds():.0f} s"
    yield Finding("gate, out", "warning" if late else "ok", told, "start a worker: huying work" if late else "")
    late = lag.unanswered > RECEIPT_LATE
    told = f"oldest message without receipt: {lag.unanswered.total_seconds() / 3600:.1f} h"
    cure = "see that files move from outbound here to inbound there, and back" if late else ""
    yield Finding("gate, receipts", "warning" if late else "ok", told, cure)
    for zone, numbers in lag.missing.items():
        named = ",".join(map(str, numbers))
        yield Finding(
            "gate, missing", "fault", f"{zone}: {named}", f"in that zone: huying bundles send --again {named}"
        )
    if lag.refused_files:
        told = f"{lag.refused_files} files set aside"
        yield Finding("gate, refused", "warning", told, "read the .reason files in inbound/refused, then remove them")
