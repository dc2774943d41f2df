"""The loop of a worker: what is due, then what is to be sent, then wait to be woken."""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import timedelta

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from huying.kernel import clock
from huying.kernel.jobs.models import WorkerBeat
from huying.kernel.jobs.scheduler import run_due

log = structlog.get_logger("huying.worker")
BEAT = timedelta(seconds=10)
SILENT_AFTER = timedelta(seconds=60)


def default_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


GATHER = 0.25
"""Seconds between two rounds: what is put in meanwhile goes out together."""


class Loop:
    """Runs until `stop()`. `idle` is the longest wait in seconds: other processes' work is seen that late at most,
    this process's own messages at once."""

    def __init__(self, name: str = "", *, idle: float = 1.0) -> None:
        self.name = name or default_name()
        self.idle = idle
        self._stop = threading.Event()
        self._beaten = -BEAT.total_seconds()
        self._started = clock.now()

    def stop(self) -> None:
        from huying.kernel import outbox

        self._stop.set()
        outbox.wake.set()

    def once(self) -> int:
        """One round; returns how many jobs ran and messages were handled."""
        from huying.kernel import audit, outbox

        self._beat()
        audit.flush_access()  # what was noted in this process doesn't wait for the next look
        outbox.wake.clear()
        return len(run_due(self.name, stop=self._stop)) + outbox.deliver(self.name, stop=self._stop)

    def run(self) -> None:
        from huying.kernel import outbox

        log.info("worker.started", worker=self.name)
        while not self._stop.is_set():
            busy = 0
            try:
                busy = self.once()
            except DatabaseError as error:
                # Gone or locked for longer than we wait: the next round asks a fresh connection.
                log.warning("worker.database", error=str(error)[:200])
                connections.close_all()
            close_old_connections()
            if not busy:
                outbox.wake.wait(self.idle)
            # Under load each request's message would be a round of its own, two transactions that those requests wait for.
            self._stop.wait(GATHER)
        try:
            WorkerBeat.objects.filter(worker=self.name).delete()
        except DatabaseError:  # it goes silent instead, and is counted out a minute later
            log.warning("worker.farewell_failed", worker=self.name)
        connections.close_all()
        log.info("worker.stopped", worker=self.name)

    def in_thread(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name=f"worker {self.name}", daemon=True)
        thread.start()
        return thread

    def _beat(self) -> None:
        if time.monotonic() - self._beaten < BEAT.total_seconds():
            return
        self._beaten = time.monotonic()
        now = clock.now()
        WorkerBeat.objects.update_or_create(
            worker=self.name, defaults={"seen_at": now}, create_defaults={"seen_at": now, "started_at": self._started}
        )
        WorkerBeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def workers_alive() -> int:
    """How many workers gave a sign of life within the last minute."""
    return WorkerBeat.objects.filter(seen_at__gte=clock.now() - SILENT_AFTER).count()
