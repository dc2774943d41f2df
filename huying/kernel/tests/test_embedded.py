"""The one writer of the embedded database: who waits, waits in a queue, and never for ever."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

Settings = dict[str, dict[str, Any]]


@pytest.fixture
def handler(tmp_path: Path, django_db_blocker: Any) -> Iterator[ConnectionHandler]:
    """A file of its own; each thread that asks has a connection of its own."""
    settings: Settings = {
        "default": {
            "ENGINE": "huying.kernel.embedded",
            "NAME": str(tmp_path / "own.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 5, "init_command": "PRAGMA journal_mode=WAL"},
        }
    }
    made = ConnectionHandler(settings)
    with django_db_blocker.unblock():  # no test database is touched
        with made["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE told (who TEXT)")
        yield made
        made["default"].close()


def begin(connection: Any) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def write(connection: Any, who: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO told VALUES (%s)", [who])


def told(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT who FROM told ORDER BY rowid")
        return [who for (who,) in cursor.fetchall()]


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_second_writer_waits_for_the_first_to_commit(handler):
    first, asked, order = handler["default"], threading.Event(), []
    begin(first)

    def second() -> None:
        own = handler["default"]
        asked.set()
        begin(own)
        order.append("second")
        write(own, "second")
        own.commit()
        own.close()

    thread = in_thread(second)
    asked.wait()
    write(first, "first")
    order.append("first")
    first.commit()
    thread.join()
    first.set_autocommit(True)
    assert order == ["first", "second"]
    assert told(first) == ["first", "second"]


@pytest.mark.parametrize("ending", ["commit", "rollback", "close"])
def test_however_a_transaction_ends_the_next_writer_has_its_turn(handler, ending):
    own = handler["default"]
    begin(own)
    write(own, "first")
    getattr(own, ending)()
    done = []

    def second() -> None:
        other = handler["default"]
        begin(other)
        write(other, "second")
        other.commit()
        other.close()
        done.append(True)

    in_thread(second).join()
    assert done == [True]


def test_who_waits_too_long_is_told_that_the_database_is_locked_and_takes_nobodys_turn(handler):
    first = handler["default"]
    first_of_all = first.settings_dict["OPTIONS"]
    begin(first)
    said: list[str] = []

    def impatient() -> None:
        own = handler["default"]
        own.settings_dict = {**own.settings_dict, "OPTIONS": {**first_of_all, "timeout": 0.01}}
        try:
            begin(own)
        except OperationalError as error:
            said.append(str(error))
        own.close()

    in_thread(impatient).join()
    write(first, "first")
    first.commit()
    begin(first)
    write(first, "again")
    first.commit()
    first.set_autocommit(True)
    assert said == ["database is locked"]
    assert told(first) == ["first", "again"]


def test_a_lock_of_another_program_is_waited_for_and_reported_like_any(handler, tmp_path):
    own = handler["default"]
    own.settings_dict = {**own.settings_dict, "OPTIONS": {**own.settings_dict["OPTIONS"], "timeout": 0.05}}
    own.close()  # the wait is told to SQLite when a connection opens
    other = sqlite3.connect(tmp_path / "own.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        begin(own)
    other.execute("ROLLBACK")
    own.set_autocommit(True)
    begin(own)
    write(own, "at last")
    own.commit()
    own.set_autocommit(True)
    assert told(own) == ["at last"]
