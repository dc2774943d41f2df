"""Reads don't write (design rule 11): a GET that would change a business table is stopped before the statement runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., Any])
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE = re.compile(
    r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO|MERGE INTO|TRUNCATE)\s+"?(\w+)"?', re.I
)
# Sessions and sign-in attempts are the sign-in's own books, kept keys the edge's; the access log is rule 11's exception.
BOOKKEEPING = ("django_session", "axes_", "account_", "mfa_", "kernel_access", "kernel_idempotentrequest")


class WriteInRead(AssertionError):
    """A programming fault: a view that reads tried to write."""


class Guard:
    """An execute wrapper; `reading` is settled when the view is known."""

    def __init__(self, reading: bool) -> None:
        self.reading = reading
        # Tests against a live server share one connection between threads: a guard watches its own request's thread.
        self.thread = threading.get_ident()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if (
            self.reading
            and self.thread == threading.get_ident()
            and (found := WRITE.match(sql))
            and not found[1].startswith(BOOKKEEPING)
        ):
            raise WriteInRead(
                f"a reading view tried to write to {found[1]}; mark it @writes, or move the write to a POST"
            )
        return execute(sql, params, many, context)


def reads(view: View) -> View:
    """This view never writes, whatever its method (a preview by POST)."""
    view.reads = True  # type: ignore[attr-defined]
    return view


def writes(view: View) -> View:
    """This view may write though it answers GET (a one-time link that is used up); say why beside it."""
    view.writes = True  # type: ignore[attr-defined]
    return view


class GuardMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        guard = Guard(reading=request.method in SAFE)
        request.guard = guard  # type: ignore[attr-defined]
        # Added and removed by identity, not as a stack: threads that share a connection leave in any order.
        connection.execute_wrappers.append(guard)
        try:
            return self.get_response(request)
        finally:
            connection.execute_wrappers.remove(guard)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        guard: Guard = request.guard  # type: ignore[attr-defined]
        if getattr(view, "reads", False):
            guard.reading = True
        elif getattr(view, "writes", False) or view.__module__.startswith("allauth."):
            guard.reading = False  # allauth's own one-time links and provider callbacks are GETs
