"""The installation a command works on: set up Django, look at its database, bring it up to date."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import click

from huying.kernel.errors import HuyingError, Unavailable

Tell = Callable[[str], None]


def set_up() -> None:
    """Load settings and apps, with translations compiled when the package can be written."""
    import django

    from huying.kernel.translations import compile_stale

    try:
        compile_stale()
    except OSError as error:
        click.echo(f"translations not compiled: {error}", err=True)
    os.umask(0o077)  # what a place holds is for its own account
    django.setup()
    from django.conf import settings

    # Bulk work has slow statements by nature; serving and working turn their log on again (logs.configure).
    logging.getLogger("huying.database").setLevel(logging.ERROR)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def home() -> Path:
    from django.conf import settings

    folder: Path = settings.HUYING_HOME
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def is_sqlite() -> bool:
    from django.db import connection

    return connection.vendor == "sqlite"


def tell(message: str) -> None:
    """Progress goes to stderr, so that results can be piped."""
    click.echo(message, err=True)


class Stage:
    """`with Stage("migrating", tell):` says when it began and how long it took."""

    def __init__(self, words: str, say: Tell = tell) -> None:
        self.words, self.say = words, say

    def __enter__(self) -> None:
        self.began = time.monotonic()
        self.say(f"{self.words} …")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.say(f"{self.words}: done in {time.monotonic() - self.began:.1f} s")


def migrate(say: Tell = tell) -> list[str]:
    """Apply the migrations the database lacks; returns their names. Raises Unavailable when it cannot be reached."""
    from django.core.management import call_command
    from django.db import OperationalError

    from huying.kernel.http.health import pending_migrations

    home()
    try:
        pending = pending_migrations()
        if pending:
            with Stage(f"applying {len(pending)} migrations", say):
                call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise unreachable(error) from None
    return pending


def unreachable(error: BaseException) -> HuyingError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return Unavailable(
        f"the database cannot be used: {first}",
        cure="check HUYING_DATABASE_URL, or that HUYING_HOME can be written; `huying doctor` tells more",
    )


def program(name: str) -> str:
    """A PostgreSQL client program: on PATH, or the newest under /usr/lib/postgresql. Raises Unavailable."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise Unavailable(f"{name} isn't installed", cure="install the package postgresql-client")
    return found
