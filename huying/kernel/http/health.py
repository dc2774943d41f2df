"""/healthz for whoever balances and watches, /metrics for Prometheus."""

from __future__ import annotations

import ipaddress
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huying.kernel import jobs, metrics, outbox

JOBS_LATE = timedelta(minutes=5)
OUTBOX_LATE = timedelta(minutes=10)
_migrated = False


def pending_migrations() -> list[str]:
    """Names of migrations the database still lacks."""
    executor = MigrationExecutor(connection)
    return [f"{step.app_label}.{step.name}" for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def state() -> tuple[int, dict[str, Any]]:
    """HTTP status and body. Ready or not is about serving; a silent worker or a slow outbox makes it degraded, not down."""
    global _migrated
    try:
        if not _migrated:
            missing = pending_migrations()
            if missing:
                return 503, {"status": "starting", "reason": f"migrations missing: {', '.join(missing[:5])}"}
            _migrated = True
        job_lag, outbox_lag, dead = jobs.lag(), outbox.lag(), outbox.counts()["dead"]
        workers = jobs.workers_alive()
    except DatabaseError as error:
        return 503, {"status": "unavailable", "reason": f"database: {str(error).splitlines()[0][:200]}"}
    concerns = []
    if not workers:
        concerns.append("no worker has shown itself within a minute")
    if job_lag > JOBS_LATE:
        concerns.append("scheduled work is late")
    if outbox_lag > OUTBOX_LATE:
        concerns.append("messages are late")
    if dead:
        concerns.append(f"{dead} messages could not be sent")
    return 200, {
        "status": "degraded" if concerns else "ready",
        "concerns": concerns,
        "workers": workers,
        "worker_lag_seconds": round(job_lag.total_seconds(), 1),
        "outbox_lag_seconds": round(outbox_lag.total_seconds(), 1),
    }


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    status, body = state()
    response = JsonResponse(body, status=status)
    if status == 503:
        response["Retry-After"] = "2"
    return response


def may_scrape(request: HttpRequest) -> bool:
    """From this machine itself (and not through a proxy on it), or with the token of HUYING_METRICS_TOKEN."""
    token = settings.HUYING_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return True
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))
    try:
        return not forwarded and ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    if not may_scrape(request):
        return HttpResponse(
            "metrics are for this machine, or for holders of the token\n", status=403, content_type="text/plain"
        )
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
