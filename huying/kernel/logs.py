"""Logs: one JSON line per event on stderr (readable text on a terminal); never a body, a name, a number or an address."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

log = structlog.get_logger("huying.database")
SQL_KEPT = 2000


def configure(level: str = "") -> None:
    """Send structlog's and the standard library's events to stderr. level: HUYING_LOG_LEVEL, else WARNING."""
    chosen = (level or os.environ.get("HUYING_LOG_LEVEL", "") or "WARNING").upper()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False, key="at"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    for old in [kept for kept in root.handlers if getattr(kept, "huying", False)]:
        root.removeHandler(old)
    handler.huying = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(chosen)
    logging.getLogger("huying.database").setLevel(logging.NOTSET)
    # Libraries' chatter, and Django's "Not Found: /path": the access log has the status, and a path may hold a query code.
    for name in ("httpx", "httpcore", "asyncio", "axes", "django.request"):
        logging.getLogger(name).setLevel(logging.ERROR)


def watch_queries() -> None:
    """Log every statement slower than HUYING_SLOW_QUERY_MS: its text with placeholders, never its values."""
    connection_created.connect(_time_statements, dispatch_uid="huying.slow_queries")


def _time_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _timed not in connection.execute_wrappers:
        # First, not last: a connection opens inside a request's guard, which takes the last wrapper away when it ends. That
        # must be its own, or the guard of a read stays and stops the next request's writes.
        connection.execute_wrappers.insert(0, _timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        spent = (time.perf_counter() - started) * 1000
        if spent >= settings.HUYING_SLOW_QUERY_MS:
            log.warning("query.slow", ms=round(spent, 1), sql=sql[:SQL_KEPT])
