"""Another application under the gunicorn Huying is served by: as many processes and threads, connections kept as long."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

THREADS = 48


def processes() -> int:
    """As `huying serve` has it: one on the embedded database, on PostgreSQL one for each core, four at most."""
    return min(os.cpu_count() or 1, 4) if os.environ.get("HUYING_DATABASE_URL") else 1


def serve(port: int, load: Callable[[], Any]) -> None:
    """Until told to stop; `load` makes the WSGI application in each process."""
    from gunicorn.app.base import BaseApplication

    options = {
        "bind": f"127.0.0.1:{port}",
        "workers": processes(),
        "worker_class": "gthread",
        "threads": THREADS,
        "worker_connections": 1000,
        "timeout": 120,
        "keepalive": 5,
        "loglevel": "error",
        "control_socket_disable": True,
    }

    class Served(BaseApplication):
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return load()

    Served().run()
