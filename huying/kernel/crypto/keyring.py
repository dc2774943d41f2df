"""The keys: one file each, mode 0600, in a folder kept and backed up apart from the data.

The folder is HUYING_HOME/secrets/keys, or HUYING_KEYS_DIR. A file is JSON: id, serial, use, suite, made, secret (hex). Of a
use and suite the key with the highest serial makes new values; all keys open. A process notices a new key by the folder's
modification time.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from huying.kernel import clock
from huying.kernel.crypto import suites
from huying.kernel.errors import HuyingError, Unavailable

USES = ("seal", "mac")


class KeyLost(HuyingError):
    """A value was made with a key that is not here. Nothing else can read it."""

    status, code = 503, "key_lost"

    def __init__(self, key_id: str, folder: Path) -> None:
        super().__init__(
            _("密钥 %(id)s 不在密钥目录 %(folder)s 里，用它加密的内容打不开。") % {"id": key_id, "folder": folder},
            cure=_("从密钥备份恢复：huying keys import 文件；huying keys check 会列出受影响的内容。"),
        )
        self.key_id = key_id


@dataclass(frozen=True)
class Key:
    """id: eight hex digits, carried by every value made. serial: order of making (a clock may be set back). made: ISO 8601."""

    id: str
    serial: int
    use: str
    suite: str
    made: str
    secret: bytes = field(repr=False)

    @property
    def algorithm(self) -> suites.SealAlgorithm | suites.MacAlgorithm:
        suite = suites.SUITES[self.suite]
        return suite.seal if self.use == "seal" else suite.mac

    def as_text(self) -> str:
        row = {"id": self.id, "serial": self.serial, "use": self.use, "suite": self.suite, "made": self.made}
        return json.dumps(row | {"secret": self.secret.hex()})

    @classmethod
    def from_text(cls, text: str, where: str) -> Key:
        try:
            row = json.loads(text)
            key = cls(
                id=str(row["id"]),
                serial=int(row["serial"]),
                use=str(row["use"]),
                suite=str(row["suite"]),
                made=str(row["made"]),
                secret=bytes.fromhex(row["secret"]),
            )
            sound = key.use in USES and len(bytes.fromhex(key.id)) == 4 and len(key.secret) == key.algorithm.key_bytes
        except (ValueError, KeyError, TypeError, AttributeError):
            sound = False
        if not sound:
            raise Unavailable(
                _("密钥文件 %(where)s 损坏，不能使用。") % {"where": where},
                cure=_("从密钥备份恢复这个文件，不要删除它。"),
            )
        return key


@dataclass
class _Held:
    """What was read from the folder when its modification time was `stamp`."""

    stamp: int = -1
    keys: dict[str, Key] = field(default_factory=dict)
    current: dict[tuple[str, str], Key] = field(default_factory=dict)


class Keyring:
    """The keys of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held = _Held()

    def current(self, use: str, suite: str = "") -> Key:
        """The key that makes new values; made at first need."""
        suite = suite or chosen_suite()
        key = self._fresh().current.get((use, suite))
        return key or self.create(use, suite, only_if_none=True)

    def get(self, key_id: str) -> Key:
        """Raises KeyLost."""
        key = self._held.keys.get(key_id) or self._fresh().keys.get(key_id)
        if key is None:
            raise KeyLost(key_id, self.folder)
        return key

    def all(self, use: str = "") -> list[Key]:
        """Every key (of `use`), oldest first."""
        return [key for key in self._fresh().keys.values() if use in ("", key.use)]

    def is_current(self, key: Key) -> bool:
        return key.suite == chosen_suite() and self._fresh().current.get((key.use, key.suite)) == key

    def create(self, use: str, suite: str = "", *, only_if_none: bool = False) -> Key:
        suite = suite or chosen_suite()
        if use not in USES:
            raise ValueError(f"a key is for one of {', '.join(USES)}, not {use!r}")
        with self._locked():
            self._held = self._read()
            there = self._held.current.get((use, suite))
            if only_if_none and there is not None:
                return there
            wanted = suites.SUITES[suite].seal.key_bytes if use == "seal" else suites.SUITES[suite].mac.key_bytes
            key_id = secrets.token_hex(4)
            while key_id in self._held.keys:
                key_id = secrets.token_hex(4)
            serial = max((key.serial for key in self._held.keys.values()), default=0) + 1
            made = clock.now().isoformat(timespec="seconds")
            key = Key(key_id, serial, use, suite, made, secrets.token_bytes(wanted))
            self._write(key)
            self._held = self._read()
            return key

    def add(self, keys: list[Key]) -> list[Key]:
        """Take in keys from a backup; returns those that were not here. A key already here is left as it is."""
        with self._locked():
            here = self._read().keys
            new = [key for key in keys if key.id not in here]
            for key in new:
                self._write(key)
            self._held = self._read()
        return new

    def _fresh(self) -> _Held:
        try:
            stamp = os.stat(self.folder).st_mtime_ns
        except FileNotFoundError:
            return _Held()
        if stamp != self._held.stamp:
            self._held = self._read()
        return self._held

    def _read(self) -> _Held:
        stamp = os.stat(self.folder).st_mtime_ns
        try:
            read = [Key.from_text(file.read_text(), str(file)) for file in self.folder.glob("*.key")]
        except OSError as error:
            raise Unavailable(
                _("读不到密钥目录 %(folder)s：%(error)s。") % {"folder": self.folder, "error": error.strerror},
                cure=_("检查目录的属主和权限。"),
            ) from error
        read.sort(key=lambda key: (key.serial, key.id))
        return _Held(stamp, {key.id: key for key in read}, {(key.use, key.suite): key for key in read})

    def _write(self, key: Key) -> None:
        """Whole or not at all, and on the disk before it is used: a value sealed by a key lost in a power cut is lost."""
        temporary = self.folder / f".{key.id}.new"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(key.as_text())
            out.flush()
            os.fsync(out.fileno())
        temporary.rename(self.folder / f"{key.id}.key")
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One maker of keys at a time, over all processes."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_directory: ContextVar[Path | None] = ContextVar("keys directory", default=None)


@lru_cache(maxsize=32)
def _ring(folder: str) -> Keyring:
    return Keyring(Path(folder))


def keyring() -> Keyring:
    """The keyring in force."""
    return _ring(str(_directory.get() or settings.HUYING_KEYS_DIR))


@contextmanager
def use_directory(folder: Path) -> Iterator[Keyring]:
    """Within the block the keys are those in `folder` (another installation's, a test's)."""
    token = _directory.set(folder)
    try:
        yield keyring()
    finally:
        _directory.reset(token)


def chosen_suite() -> str:
    """The suite that makes new values, from HUYING_CRYPTO."""
    name = str(settings.HUYING_CRYPTO)
    if name not in suites.SUITES:
        raise Unavailable(
            _("HUYING_CRYPTO 是“%(name)s”，不认识。") % {"name": name},
            cure=_("可用：%(known)s。") % {"known": "、".join(suites.SUITES)},
        )
    return name
