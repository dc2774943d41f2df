"""A small place in a home of its own, with the cast in its posts, for tests that run the program as processes.

`python -m tests.support.place` makes it in HUYING_HOME (or HUYING_DATABASE_URL) and prints posts and units as JSON.
`--matters N` takes N matters in besides, every third a good way through its life, every fifth with a file, all with people;
`--days-ago N` does so N days ago. `--empty` only has its tables made.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support import home, postgresql
from tests.support.fixtures import Installation

HERE = "tests.support.place"


def make(place: Installation, *, matters: int = 0, days_ago: int = 0) -> dict[str, Any]:
    """Make a place in the installation's empty home and database; returns {"posts": {name: id}, "units": {code: id}}.

    Each kind of place is made once in a run, by whichever process wants it first, and copied, keys and all.
    """
    url = place.environment.get("HUYING_DATABASE_URL", "")
    kind = f"{'postgresql' if url else 'sqlite'}-{matters}-{days_ago}"
    template = _template(kind, kind if url else "", HERE, "--matters", str(matters), "--days-ago", str(days_ago))
    shutil.copytree(template / "home", place.home, dirs_exist_ok=True)
    if url:
        load = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(template / "database.sql")]
        subprocess.run([postgresql.programs() / load[0], *load[1:]], check=True, capture_output=True)
    made: dict[str, Any] = json.loads((template / "said").read_text("utf-8").splitlines()[-1])
    return made


def initialised(folder: Path, pack: str) -> str:
    """Put a place that `huying init --pack` made on the embedded database into `folder`; returns what it said."""
    template = _template(f"init-{pack}", "", "huying", "init", "--pack", pack)
    shutil.copytree(template / "home", folder, dirs_exist_ok=True)
    return (template / "said").read_text("utf-8")


def empty_database(target: Path) -> None:
    """Put the embedded database of an installation where nothing was done yet at `target`; no keys."""
    for file in (_template("sqlite-empty", "", HERE, "--empty") / "home").glob("huying.sqlite3*"):
        shutil.copy(file, target.with_name(target.name + file.name.removeprefix("huying.sqlite3")))


def _template(kind: str, database: str, *given: str) -> Path:
    """The folder with the template's home, what the module that made it said and, where its `database` is on PostgreSQL, that
    as SQL. `given`: the module with its arguments."""
    template = Path(os.environ[home.TEMPLATES]) / kind
    with (template.parent / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            making = template.with_name(f"{kind}-making")
            _make(making, database, *given)
            making.rename(template)
    return template


def _make(folder: Path, database: str, *given: str) -> None:
    (folder / "home").mkdir(parents=True)
    running = postgresql.cluster() if database else None
    environment = Installation(folder / "home").environment
    if running:
        running.run("createdb", database)
        environment["HUYING_DATABASE_URL"] = running.url(database)
    elif "--matters" in given:
        empty_database(folder / "home" / "huying.sqlite3")
    command = [sys.executable, "-m", *given]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout, "utf-8")
    if running:
        running.run("pg_dump", "--no-owner", "-f", str(folder / "database.sql"), database)
        running.run("dropdb", database)


def _fill(cast: Any, wanted: int) -> None:
    from huying.domains.documents import services as documents
    from huying.domains.identities.services import Identity
    from huying.domains.matters import services as matters
    from huying.domains.matters.services import Intake
    from huying.domains.matters.vocabulary import Channel, Kind

    taken = matters.register_many(
        [
            Intake(
                actor=cast["taker"],
                channel=Channel.HOTLINE,
                kind=Kind.HELP,
                content=f"永晖社区{n}幢单元门禁损坏第{n}次，老人进出不便。",
                division="331102001001",
                place=f"永晖社区{n}幢",
                reporter=Identity(name=f"住户{n}", phone=f"139{n:08d}"),
            )
            for n in range(wanted)
        ]
    )
    ids = [one.matter.pk for one in taken]
    moved = ids[::3]
    matters.dispatch.many(
        [matters.Dispatch(actor=cast["dispatcher"], matter_id=pk, lead_unit=cast.unit("331102-water")) for pk in moved]
    )
    matters.receive.many([matters.Order(actor=cast["water"], matter_id=pk) for pk in moved])
    matters.reply.many(
        [matters.MakeReply(actor=cast["water"], matter_id=pk, text="门禁已修复，已试用正常。") for pk in moved[::2]]
    )
    matters.approve_reply.many([matters.Order(actor=cast["supervisor"], matter_id=pk) for pk in moved[::4]])
    for pk in ids[::5]:
        file = documents.NewFile(f"现场说明{pk}.txt", f"第{pk}号事项的现场说明，\n门禁面板已损坏。".encode())
        documents.attach(actor=cast["taker"], kind="matter", record_id=pk, files=[file])


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--empty", action="store_true")
    asked.add_argument("--matters", type=int, default=0)
    asked.add_argument("--days-ago", type=int, default=0)
    given = asked.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "huying.entry.settings"
    from huying.entry.commands import place

    place.set_up()
    place.migrate()
    if given.empty:
        print("{}")
        return
    from django.contrib.auth.hashers import make_password
    from django.db import transaction
    from django.test import override_settings

    from huying.domains.organizations.models import Account
    from huying.kernel import clock
    from tests.support.cast import PASSWORD, assemble

    with transaction.atomic():
        with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
            cast = assemble()
        # All have the same one, hashed once as in service, and chose it long ago.
        Account.objects.update(password=make_password(PASSWORD), must_change_password=False)
    if given.matters:
        with clock.use(clock.FixedClock(clock.now() - timedelta(days=given.days_ago))):
            _fill(cast, given.matters)
    print(json.dumps({"posts": {name: actor.post_id for name, actor in cast.actors.items()}, "units": cast.units}))


if __name__ == "__main__":
    main()
