"""A real `huying serve` of a place: started, watched (memory, CPU) and ended."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bench.places import CHECKOUT, Place

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """`with Server(place) as server:` answers at 127.0.0.1:`port`. Its output goes to bench-serve.log in the place's home."""

    place: Place
    arguments: tuple[str, ...] = ()
    program: tuple[str, ...] = ("-m", "huying", "serve")
    python: str = sys.executable
    port: int = 0

    def __enter__(self) -> Server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = (self.place.home / "bench-serve.log").open("ab")
        self.process = subprocess.Popen(
            [self.python, *self.program, "--port", str(self.port), *self.arguments],
            env=self.place.environment(HUYING_LOG_LEVEL="WARNING"),
            cwd=CHECKOUT,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self._log.close()

    def _wait(self, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {(self.place.home / 'bench-serve.log').read_text()[-2000:]}")
            if self.healthy():
                return
            time.sleep(0.1)
        raise RuntimeError(f"no answer from /healthz within {seconds:g} s")

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Process ids of those that serve (the children of the one started)."""
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in told]

    def megabytes(self) -> float:
        """Resident memory of the largest serving process."""
        return max((_resident(pid) for pid in self.workers()), default=0.0)

    def cpu_seconds(self) -> float:
        """CPU used so far by the serving processes; a measure that other loads on the machine disturb least."""
        return sum(cpu_of(pid) for pid in self.workers())


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
