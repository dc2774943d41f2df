"""What the process counts about itself, in Prometheus' form."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUESTS = Counter("huying_requests", "Requests answered", ["method", "view", "status"], registry=REGISTRY)
SECONDS = Histogram("huying_request_seconds", "Time to answer", ["method", "view"], buckets=BUCKETS, registry=REGISTRY)
IN_FLIGHT = Gauge(
    "huying_requests_in_flight", "Requests being answered", registry=REGISTRY, multiprocess_mode="livesum"
)
SHED = Counter("huying_requests_shed", "Requests turned away early", ["why"], registry=REGISTRY)


class WorkCollector(Collector):
    """Lags of worker and outbox, asked of the database at each scrape."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from huying.kernel import jobs, outbox

        yield GaugeMetricFamily("huying_workers", "Workers alive", value=jobs.workers_alive())
        yield GaugeMetricFamily("huying_job_lag_seconds", "Longest overdue job", value=jobs.lag().total_seconds())
        yield GaugeMetricFamily(
            "huying_outbox_lag_seconds", "Longest waiting message", value=outbox.lag().total_seconds()
        )
        states = GaugeMetricFamily("huying_outbox_messages", "Messages not sent, by state", labels=["state"])
        for state, n in outbox.counts().items():
            states.add_metric([str(state)], n)
        yield states


def exposition() -> bytes:
    """The text a scraper reads; with several serving processes (PROMETHEUS_MULTIPROC_DIR), the sum over all."""
    work = CollectorRegistry()
    work.register(WorkCollector())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together) + generate_latest(work)
    return generate_latest(REGISTRY) + generate_latest(work)
