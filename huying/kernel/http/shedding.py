"""Overload is turned away early: a bounded number of requests is worked on, a bounded number waits, briefly."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from huying.kernel import metrics
from huying.kernel.http.errors import unavailable

NEVER_SHED = ("/healthz", "/metrics")


class Gate:
    """`working` places to work, `waiting` places to wait in for at most `patience` seconds."""

    def __init__(self, working: int, waiting: int, patience: float) -> None:
        self._places = threading.Semaphore(working)
        self._waiting_limit = waiting
        self._waiting = 0
        self._lock = threading.Lock()
        self.patience = patience

    def enter(self) -> str:
        """'' when let in, else why not. Whoever was let in must `leave`."""
        if self._places.acquire(blocking=False):
            return ""
        with self._lock:
            if self._waiting >= self._waiting_limit:
                return "full"
            self._waiting += 1
        try:
            return "" if self._places.acquire(timeout=self.patience) else "waited"
        finally:
            with self._lock:
                self._waiting -= 1

    def leave(self) -> None:
        self._places.release()


class SheddingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.gate = Gate(
            settings.HUYING_CONCURRENCY, settings.HUYING_QUEUE_LENGTH, settings.HUYING_QUEUE_WAIT_MS / 1000
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in NEVER_SHED:
            return self.get_response(request)
        why = self.gate.enter()
        if why:
            metrics.SHED.labels(why).inc()
            return self.turned_away(request)
        try:
            return self.get_response(request)
        finally:
            self.gate.leave()

    def turned_away(self, request: HttpRequest) -> HttpResponse:
        return unavailable(
            request, "现在办理的人太多。 Too many requests at once.", "请稍后重试，内容不会丢。 Try again shortly.", 2
        )
