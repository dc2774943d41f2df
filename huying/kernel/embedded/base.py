"""SQLite whose writers of one process stand in a queue instead of polling for the lock.

SQLite lets one transaction write at a time; whoever comes second asks again after growing pauses of up to 100 ms, so that
with a few threads the file stands idle most of the time and the unlucky wait long. Here a transaction first takes its process's
turn, and only other processes are met by polling.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_turn = threading.Lock()


class Cursor(base.SQLiteCursorWrapper):
    """Django turns `%s` into `?` anew at every call; the same few hundred texts come again and again."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        return _with_marks(query) if param_names is None else super().convert_query(query, param_names=param_names)


@functools.lru_cache(2_000)
def _with_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; `BEGIN` waits up to the connection's `timeout` (s) for its turn, then raises what SQLite would."""

    _has_turn = False

    def create_cursor(self, name: str | None = None) -> Cursor:
        return self.connection.cursor(factory=Cursor)  # type: ignore[no-any-return]

    def _start_transaction_under_autocommit(self) -> None:
        wait = self.settings_dict["OPTIONS"].get("timeout", 5)
        if not _turn.acquire(timeout=wait):
            raise OperationalError("database is locked")
        self._has_turn = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_up_turn()
            raise

    def _give_up_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()

    def _commit(self) -> Any:
        done = super()._commit()  # type: ignore[misc]
        self._give_up_turn()
        return done

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_up_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_up_turn()
