"""Which engine a database has."""

from __future__ import annotations

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from huying.kernel.search.postgresql import PostgresqlEngine
from huying.kernel.search.protocol import Engine
from huying.kernel.search.sqlite import SqliteEngine


def engine(using: str = "default", connection: BaseDatabaseWrapper | None = None) -> Engine:
    """Raises NotImplementedError on a database that is neither SQLite nor PostgreSQL."""
    connection = connection or connections[using]
    if connection.vendor == "sqlite":
        return SqliteEngine(connection)
    if connection.vendor == "postgresql":
        return PostgresqlEngine(connection)
    raise NotImplementedError(f"search runs on SQLite and PostgreSQL, not on {connection.vendor}")
