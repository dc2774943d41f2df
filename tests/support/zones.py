"""The inner and the outer zone as they run in service: own process, own home, own database; nothing joins them but files.

outer = Zone(path, "outer"); outer.get("/follow"); outer.run("bundles", "send"); outer.python("answer = 1 + 1")
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import needs
from tests.support.place import empty_database

PROCESS = """
import base64, json, os, sys
import django
from datetime import datetime
django.setup()
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
from huying.kernel.clock import ZONE, FixedClock, SystemClock
fixed = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=ZONE))
SystemClock.now = lambda self: fixed.now()
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from huying.entry.cli import program
client, kept = Client(raise_request_exception=False), {}
for line in sys.stdin:
    asked = json.loads(line)
    try:
        if "code" in asked:
            space = {"kept": kept, "fixed": fixed}
            exec(asked["code"], space)
            told = space.get("answer")
        elif "command" in asked:
            done = CliRunner().invoke(program, asked["command"])
            told = {"exit": done.exit_code, "output": done.output}
        else:
            data = dict(asked["data"])
            for name, (file, content) in asked["files"].items():
                data[name] = SimpleUploadedFile(file, base64.b64decode(content))
            answer = getattr(client, asked["method"])(asked["path"], data)
            told = {"status": answer.status_code, "text": answer.content.decode(errors="replace"),
                    "location": answer.headers.get("Location", "")}
        fault = ""
    except Exception as error:
        import traceback
        told, fault = None, traceback.format_exc()
    print("@@" + json.dumps([told, fault]), flush=True)
"""


@dataclass
class Page:
    status: int
    text: str
    location: str


class Zone:
    """One zone's process; every call waits for its answer and raises what went wrong there."""

    def __init__(self, home: Path, name: str) -> None:
        self.home, self.name = home, name
        home.mkdir(parents=True, exist_ok=True)
        empty_database(home / "huying.sqlite3")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("HUYING_", "DJANGO_"))}
        environment |= {
            "HUYING_HOME": str(home),
            "HUYING_ZONE": name,
            "DJANGO_SETTINGS_MODULE": "huying.entry.settings",
            "PYTHONPATH": str(needs.CHECKOUT),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env=environment,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _ask(self, **asked: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("@@"):
                told, fault = json.loads(line[2:])
                if fault:
                    raise AssertionError(f"in zone {self.name}: {fault}")
                return told
        raise AssertionError(f"zone {self.name} ended: {self.process.wait()}")

    def get(self, path: str) -> Page:
        return Page(**self._ask(method="get", path=path, data={}, files={}))

    def post(self, path: str, files: dict[str, tuple[str, bytes]] | None = None, **data: str) -> Page:
        sent = {name: [file, base64.b64encode(content).decode()] for name, (file, content) in (files or {}).items()}
        return Page(**self._ask(method="post", path=path, data=data, files=sent))

    def run(self, *command: str) -> tuple[int, str]:
        told = self._ask(command=list(command))
        return told["exit"], told["output"]

    def python(self, code: str) -> Any:
        """Run code there; what it leaves in `answer` comes back. `kept` is a dict that stays, `fixed` the zone's clock."""
        return self._ask(code=code)

    def exchange(self) -> dict[str, int]:
        """What the regular job does: take in, lay out."""
        told: dict[str, int] = self.python(
            "from huying.kernel.housekeeping import exchange\n"
            "answer = exchange(type('Run', (), {'heartbeat': lambda self: None})())"
        )
        return told

    def outbound(self) -> list[Path]:
        return sorted((self.home / "outbound").glob("*.bundle"))

    def everything_stored(self) -> dict[str, bytes]:
        """Every file under the zone's home, by its path: database and journal, files, bundles. Not its keys."""
        found = [path for path in self.home.rglob("*") if path.is_file() and "secrets" not in path.parts]
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found}

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def carry(source: Zone, target: Zone, only: Any = None) -> list[str]:
    """What the gate does: move the files. `only`: the one that isn't lost."""
    there = target.home / "inbound"
    there.mkdir(exist_ok=True)
    moved = []
    for path in source.outbound():
        if only is None or path == only:
            shutil.move(path, there / path.name)
            moved.append(path.name)
    return moved
