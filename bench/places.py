"""Places to measure: an installed pack on SQLite or PostgreSQL, empty or with many matters, kept on disk between runs.

No Django here: a place is worked on by processes of its own (`bench.inside`, `huying serve`), as in an office.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import glob
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parents[1]
DATABASES = ("sqlite", "postgresql")
SUPERUSER = "huying"
PACK = "lishui"

Say = Callable[[str], None]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def folder() -> Path:
    """Where places and results lie: HUYING_HOME/bench."""
    found = Path(os.environ.get("HUYING_HOME") or CHECKOUT / "var") / "bench"
    found.mkdir(parents=True, exist_ok=True)
    return found


@dataclass(frozen=True)
class Place:
    """An installation: `home` its data folder, `url` of its PostgreSQL database or ""."""

    database: str
    home: Path
    url: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUYING_", "DJANGO_"))}
        kept |= {"HUYING_HOME": str(self.home), "PYTHONPATH": str(CHECKOUT), **more}
        if self.url:
            kept["HUYING_DATABASE_URL"] = self.url
        return kept

    def run(self, *command: str, **more: str) -> str:
        """A program of this Python, to its end. Raises RuntimeError with what it said last."""
        log = self.home / "bench.log"
        with log.open("a") as said:
            done = subprocess.run(
                [sys.executable, *command],
                env=self.environment(**more),
                cwd=CHECKOUT,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{log.read_text()[-3000:]}")
        return done.stdout

    def inside(self, what: str, **given: Any) -> Any:
        """`bench.inside.<what>(**given)` in a process of its own with this place's settings; what it returned."""
        return json.loads(self.run("-m", "bench.inside", what, json.dumps(given)).splitlines()[-1])


@dataclass(frozen=True)
class Cluster:
    """A private PostgreSQL with its usual durability (fsync on), on a socket of its own."""

    sockets: str

    def url(self, name: str) -> str:
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(self.sockets, safe='')}"

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(_programs() / program), "-h", self.sockets, "-U", SUPERUSER, *arguments],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def has(self, name: str) -> bool:
        asked = ["-d", "postgres", "-Atc", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"]
        return bool(self.run("psql", *asked).strip())


def _programs() -> Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda name: int(name.split("/")[4]))
    if found:
        return Path(found[-1]).parent
    raise RuntimeError("no PostgreSQL programs in /usr/lib/postgresql: install the package postgresql")


@functools.cache
def cluster() -> Cluster:
    """Started on first use, stopped when this process ends; its data stays for the next run."""
    prefix: list[str] = []
    data = Path(tempfile.gettempdir()) / f"huying-bench-pg-{os.geteuid()}"
    data.mkdir(exist_ok=True)
    sockets = tempfile.mkdtemp(prefix="huying-pg-", dir="/tmp")  # a socket's path must stay under 107 characters
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        who = pwd.getpwnam("postgres")
        prefix = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--"]
        os.chown(data, who.pw_uid, who.pw_gid)
        os.chown(sockets, who.pw_uid, who.pw_gid)
    os.chmod(sockets, 0o755)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*prefix, str(_programs() / program), *arguments], cwd="/", capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {(done.stderr or done.stdout).strip()[-600:]}")

    if not (data / "d" / "PG_VERSION").exists():
        run("initdb", "-D", f"{data}/d", "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C")
    if (data / "d" / "postmaster.pid").exists():  # left by a run that was killed
        with contextlib.suppress(RuntimeError):
            run("pg_ctl", "-D", f"{data}/d", "-m", "fast", "-w", "stop")
    options = f"-k {sockets} -c listen_addresses='' -c max_connections=200 -c shared_buffers=512MB -c max_wal_size=4GB"
    run("pg_ctl", "-D", f"{data}/d", "-w", "-l", f"{data}/log", "-o", options, "start")

    def stop() -> None:
        subprocess.run(
            [*prefix, str(_programs() / "pg_ctl"), "-D", f"{data}/d", "-m", "fast", "stop"],
            cwd="/",
            capture_output=True,
        )
        shutil.rmtree(sockets, ignore_errors=True)

    atexit.register(stop)
    return Cluster(sockets)


def empty(database: str, say: Say = tell) -> Place:
    """The pack installed, people to sign in as, no matter."""
    return _made(database, "empty", None, say)


def copied(source: Place, name: str) -> Place:
    """A fresh copy of `source` that a measurement may change."""
    home = folder() / f"{source.database}-{name}"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(source.home, home)
    url = ""
    if source.url:
        base = source.url.rpartition("@/")[2].partition("?")[0]
        target = f"bench_{name}"
        cluster().run("dropdb", "--if-exists", "--force", target)
        cluster().run("createdb", "-T", base, target)
        url = cluster().url(target)
    return Place(source.database, home, url)


def stored(database: str, matters: int, template: int, say: Say = tell) -> Place:
    """With at least `matters` matters, written `template` by the services and then multiplied in the database."""

    def fill(place: Place) -> None:
        place.inside("year", matters=template)
        say(f"{database}: {template:,} matters by the services, now {matters:,} by their pattern")
        told = place.inside("multiply", times=-(-matters // template))
        say(f"{database}: {told['matters']:,} matters in {told['seconds']:.0f} s, database {told['megabytes']:,} MB")

    return _made(database, f"m{matters}", fill, say)


def _made(database: str, name: str, fill: Callable[[Place], None] | None, say: Say) -> Place:
    home = folder() / f"{database}-{name}"
    url = cluster().url(f"bench_{name}") if database == "postgresql" else ""
    place = Place(database, home, url)
    if (home / "bench-ready").exists() and (not url or cluster().has(f"bench_{name}")):
        # Kept by an earlier version, perhaps. Not `huying upgrade`: that first makes a backup.
        place.run("-m", "huying.entry.manage", "migrate", "-v0")
        return place
    if fill is None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        if url:
            cluster().run("dropdb", "--if-exists", "--force", f"bench_{name}")
            cluster().run("createdb", f"bench_{name}")
        say(f"{database}: installing {PACK}")
        place.run("-m", "huying", "init", "--pack", PACK)
        (home / "cast.json").write_text(json.dumps(place.inside("cast")))
    else:
        place = copied(empty(database, say), name)
        (home / "bench-ready").unlink()
        fill(place)
    (home / "bench-ready").touch()
    return place
