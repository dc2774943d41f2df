"""What a backup holds, how it is written and read.

A tar: `manifest.json` (version, engine, SHA-256 of every member), `database.sqlite3` or `database.dump`, `files/…`, and on
request `secrets/…`. The analytic lake is left out: it is rebuilt from the database.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from huying.entry.commands import place
from huying.kernel import clock
from huying.kernel.errors import InvalidInput, NotAllowedNow, Unavailable

FORMAT = 1
SQLITE, DUMP = "database.sqlite3", "database.dump"
FOLDERS = {"files": "MEDIA_ROOT", "secrets": "SECRETS"}


def digest_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def write(target: Path, *, with_keys: bool) -> dict[str, Any]:
    """Write the backup beside its place and move it there when whole. Returns the manifest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".huying-backup-") as scratch:
        work = Path(scratch)
        database = _snapshot(work)
        members = dict(_members("files"))
        if with_keys:
            members |= dict(_members("secrets"))
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "huying": version("huying") if _installed() else "checkout",
            "made_at": clock.now().isoformat(),
            "database": {"engine": connection.vendor, "name": database.name, "sha256": digest_of(database)},
            "keys": with_keys,
            "files": {name: digest_of(path) for name, path in members.items()},
        }
        part = work / "whole.tar"
        with tarfile.open(part, "w") as tar:
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            head = tarfile.TarInfo("manifest.json")
            head.size, head.mode = len(text), 0o600
            tar.addfile(head, io.BytesIO(text))
            tar.add(database, database.name)
            for name, path in members.items():
                tar.add(path, name, recursive=False)
        part.chmod(0o600)
        os.replace(part, target)
    return manifest


def _installed() -> bool:
    from importlib.metadata import PackageNotFoundError

    try:
        return bool(version("huying"))
    except PackageNotFoundError:
        return False


def _members(part: str) -> Iterator[tuple[str, Path]]:
    folder = Path(getattr(settings, FOLDERS[part]))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{part}/{path.relative_to(folder).as_posix()}", path


def _snapshot(work: Path) -> Path:
    """The database at one moment, while others go on writing."""
    if place.is_sqlite():
        target = work / SQLITE
        source_path = Path(str(connection.settings_dict["NAME"]))
        if not source_path.exists():
            raise NotAllowedNow(
                f"there is no database at {source_path}", cure="make a place first: huying init --pack lishui"
            )
        source, copy = sqlite3.connect(source_path), sqlite3.connect(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()
            source.close()
        return target
    target = work / DUMP
    _client("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(target))
    return target


def _client(name: str, *arguments: str) -> None:
    """Run a PostgreSQL program on our database; the password goes by environment, not by command line."""
    from huying.entry.settings import database

    known = database(settings.HUYING_DATABASE_URL, Path()) if settings.HUYING_DATABASE_URL else connection.settings_dict
    environment = dict(os.environ)
    for key, variable in (("HOST", "PGHOST"), ("PORT", "PGPORT"), ("USER", "PGUSER"), ("PASSWORD", "PGPASSWORD")):
        if known.get(key):
            environment[variable] = str(known[key])
    environment["PGDATABASE"] = str(known["NAME"])
    done = subprocess.run(  # noqa: S603
        [place.program(name), *arguments], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise Unavailable(f"{name} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")


def read(source: Path, *, replace: bool) -> dict[str, Any]:
    """Check the whole archive, then bring it back. Nothing is touched before every digest has been found right.

    Raises InvalidInput for an archive that is damaged, foreign or for the other database; NotAllowedNow when a place is
    already there and `replace` is false.
    """
    if not replace and _occupied():
        raise NotAllowedNow("there is a place here already", cure="choose an empty HUYING_HOME, or pass --replace")
    home = place.home()
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as scratch:
        work = Path(scratch)
        manifest = _unpack(source, work)
        _check(manifest, work)
        connections.close_all()
        _bring_database(work / manifest["database"]["name"], replace)
        for part in FOLDERS:
            _bring_files(work / part, Path(getattr(settings, FOLDERS[part])))
    return manifest


def _unpack(source: Path, work: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                if not (member.isfile() and _known(member.name)):
                    raise InvalidInput(f"{source.name}: {member.name!r} has no place in a backup")
                tar.extract(member, work, filter="data")
        manifest: dict[str, Any] = json.loads((work / "manifest.json").read_text())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise InvalidInput(f"{source.name} is no whole backup: {error}", cure="take another copy of it") from None
    if manifest.get("format") != FORMAT:
        raise InvalidInput(f"{source.name}: format {manifest.get('format')!r}, this version reads {FORMAT}")
    if manifest["database"]["engine"] != connection.vendor:
        raise InvalidInput(
            f"{source.name} holds a {manifest['database']['engine']} database, this place runs on {connection.vendor}",
            cure="set or unset HUYING_DATABASE_URL accordingly",
        )
    return manifest


def _known(name: str) -> bool:
    return name in ("manifest.json", SQLITE, DUMP) or name.split("/", 1)[0] in FOLDERS


def _check(manifest: dict[str, Any], work: Path) -> None:
    expected = {manifest["database"]["name"]: manifest["database"]["sha256"]} | manifest["files"]
    for name, digest in expected.items():
        path = work / name
        if not path.is_file():
            raise InvalidInput(f"the backup lacks {name}", cure="take another copy of it; nothing was changed")
        if digest_of(path) != digest:
            raise InvalidInput(f"{name} in the backup is damaged", cure="take another copy of it; nothing was changed")


def _occupied() -> bool:
    if place.is_sqlite():
        return Path(str(connection.settings_dict["NAME"])).exists()
    return bool(connection.introspection.table_names())


def _bring_database(copy: Path, replace: bool) -> None:
    if place.is_sqlite():
        target = Path(str(connection.settings_dict["NAME"]))
        if target.exists():
            aside = target.with_name(f"{target.name}.before-restore-{clock.now():%Y%m%d-%H%M%S}")
            for suffix in ("", "-wal", "-shm"):
                if Path(f"{target}{suffix}").exists():
                    os.replace(f"{target}{suffix}", f"{aside}{suffix}")
        os.replace(copy, target)
        return
    name = str(connection.settings_dict["NAME"])
    options = ["--clean", "--if-exists"] if replace else []
    options += ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _client("pg_restore", *options, "--dbname", name, str(copy))


def _bring_files(folder: Path, target: Path) -> None:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file():
            place_of = target / path.relative_to(folder)
            place_of.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(path, place_of)
