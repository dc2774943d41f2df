"""One listening socket: first it answers that the place is being prepared, then gunicorn serves on it."""

from __future__ import annotations

import gc
import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from huying.kernel.errors import InvalidInput

HOST = "127.0.0.1"
BACKLOG = 2048


def listen(port: int, host: str = HOST) -> socket.socket:
    """Raises InvalidInput when the port is taken."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise InvalidInput(
            f"cannot listen on {host}:{port}: {error.strerror}", cure="choose another with --port, or end what holds it"
        ) from None
    found.listen(BACKLOG)
    return found


class Preparing:
    """Answers every request with 503 and the reason, until left; connections not yet accepted stay for gunicorn."""

    def __init__(self, listening: socket.socket) -> None:
        self._socket = listening
        self._stop = threading.Event()
        self.reason = "starting"
        self._thread = threading.Thread(target=self._answer, daemon=True, name="preparing")

    def __enter__(self) -> Preparing:
        self._socket.settimeout(0.2)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.settimeout(None)

    def say(self, reason: str) -> None:
        self.reason = reason
        click.echo(reason, err=True)

    def _answer(self) -> None:
        while not self._stop.is_set():
            try:
                client, _address = self._socket.accept()
            except TimeoutError:
                continue
            with client:
                try:
                    client.settimeout(2)
                    client.recv(65536)
                    body = json.dumps({"status": "starting", "reason": self.reason}, ensure_ascii=False).encode()
                    head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 2\r\n"
                    client.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
                except OSError:
                    continue


class Server(BaseApplication):
    """gunicorn, configured here and not by files or its own command line."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        assert self.cfg is not None
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        from huying.entry.wsgi import application

        return application


def serve(
    listening: socket.socket, *, workers: int = 1, threads: int = 48, run_jobs: bool = True, say: str = "INFO"
) -> None:
    """Serve until told to stop; requests under way are finished (30 s at most). say: the log level without HUYING_LOG_LEVEL."""
    from django.db import connections

    from huying.kernel import logs

    logs.configure(os.environ.get("HUYING_LOG_LEVEL") or say)
    connections.close_all()
    if workers > 1:
        _share_metrics()
    host, port = listening.getsockname()[:2]

    def when_ready(_server: Any) -> None:
        click.echo(f"http://{host}:{port}/")

    Server(
        {
            "bind": [f"fd://{listening.fileno()}"],
            "workers": workers,
            "worker_class": "gthread",
            "threads": threads,
            "worker_connections": 1000,
            "backlog": BACKLOG,
            "timeout": 120,
            "graceful_timeout": 30,
            "keepalive": 5,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "huying",
            "when_ready": when_ready,
            "post_worker_init": _begin_with_jobs if run_jobs else _begin,
            "worker_exit": _end_jobs,
            "child_exit": _forget_metrics,
            "control_socket_disable": True,
        }
    ).run()  # type: ignore[no-untyped-call]


_loops: list[Any] = []


def _begin(_worker: Any) -> None:
    """Loads every page's code. It stays, so the collector of rubbish, which cost as much as a large page, passes it by."""
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()


def _begin_with_jobs(worker: Any) -> None:
    """Each serving process runs a worker of its own; leases share the work out."""
    from huying.kernel.jobs import Loop

    _begin(worker)
    loop = Loop()
    _loops.append((loop, loop.in_thread()))


def _end_jobs(_arbiter: Any, _worker: Any) -> None:
    from huying.kernel import audit

    while _loops:
        loop, thread = _loops.pop()
        loop.stop()
        thread.join(20)
    audit.flush_access()


def _share_metrics() -> None:
    from django.conf import settings

    folder = Path(settings.HUYING_HOME) / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _forget_metrics(_arbiter: Any, worker: Any) -> None:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
