"""Every request has an id, is timed, counted, and leaves one line in the access log."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from huying.kernel import metrics

log = structlog.get_logger("huying.access")
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def route_of(request: HttpRequest) -> str:
    """The address pattern, not the address: that may hold a query code."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "-"


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.perf_counter()
        metrics.IN_FLIGHT.inc()
        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                response = self.get_response(request)
            finally:
                metrics.IN_FLIGHT.dec()
            spent = time.perf_counter() - started
            view = route_of(request)
            method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"
            metrics.REQUESTS.labels(method, view, response.status_code).inc()
            metrics.SECONDS.labels(method, view).observe(spent)
            log.info("request", method=method, route=view, status=response.status_code, ms=round(spent * 1000, 1))
        response["X-Request-ID"] = request_id
        return response
