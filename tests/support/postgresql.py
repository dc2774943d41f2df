"""A private PostgreSQL: reached by a socket in a temporary directory, stopped at the end."""

import atexit
import functools
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SUPERUSER = "huying"


class Absent(Exception):
    """No PostgreSQL here; says what was looked for."""


@dataclass(frozen=True)
class Cluster:
    sockets: str

    def url(self, name: str) -> str:
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(self.sockets, safe='')}"

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs() / program), "-h", self.sockets, "-U", SUPERUSER, *arguments],
            check=True,
            capture_output=True,
        )


def programs() -> Path:
    """The directory of the newest PostgreSQL's programs."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda name: int(name.split("/")[4]))
    if found:
        return Path(found[-1]).parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise Absent("no PostgreSQL programs (initdb) in /usr/lib/postgresql or on PATH: install the package postgresql")


def _account() -> tuple[list[str], int, int] | None:
    """PostgreSQL refuses to run as root: the prefix that runs a command as somebody else, and who that is."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return (
            ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--"],
            who.pw_uid,
            who.pw_gid,
        )
    raise Absent("running as root, and neither the account postgres nor nobody is there to run PostgreSQL")


@functools.cache
def cluster() -> Cluster:
    """The running cluster; HUYING_TEST_PG tells child processes of the one started here."""
    told = os.environ.get("HUYING_TEST_PG", "")
    if told:
        return Cluster(told)
    tools = programs()
    account = _account()
    prefix = account[0] if account else []
    folder = tempfile.mkdtemp(prefix="huying-pg-", dir="/tmp")  # a socket's path must stay under 107 characters
    if account:
        os.chown(folder, account[1], account[2])
    os.chmod(folder, 0o755)
    data, log = f"{folder}/data", f"{folder}/log"
    owner = os.getpid()

    def quietly(*command: str) -> None:
        done = subprocess.run([*prefix, *command], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise Absent(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-400:]}")

    quietly(str(tools / "initdb"), "-D", data, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
    # No durability: the data lives as long as the tests.
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    options += " -c max_connections=200 -c shared_buffers=64MB"
    quietly(str(tools / "pg_ctl"), "-D", data, "-w", "-l", log, "-o", options, "start")

    def stop() -> None:
        if os.getpid() == owner:
            subprocess.run(
                [*prefix, str(tools / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], cwd="/", capture_output=True
            )
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    os.environ["HUYING_TEST_PG"] = folder
    return Cluster(folder)
