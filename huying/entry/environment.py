"""Typed readers of the process environment; a secret may come from a file, so that it never shows in a process list."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class SettingError(Exception):
    """A setting that cannot be used: names the variable, what it holds and what it takes."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def choice(name: str, options: tuple[str, ...], default: str = "") -> str:
    given = text(name, default)
    if given not in options:
        raise SettingError(f"{name} is {given!r}; it takes {' or '.join(one or 'nothing' for one in options)}")
    return given


def number(name: str, default: int) -> int:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise SettingError(f"{name} is {raw!r}; it takes a whole number") from None


def flag(name: str, default: bool = False) -> bool:
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} is {raw!r}; it takes 1 or 0")


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def path(name: str, default: Path) -> Path:
    raw = os.environ.get(name, "").strip()
    return Path(raw).expanduser().resolve() if raw else default


def secret(name: str, kept_in: Path) -> str:
    """The secret `name`: from the file `NAME_FILE` names, from `NAME`, or made once and kept in `kept_in` (mode 0600)."""
    named_file = os.environ.get(f"{name}_FILE", "").strip()
    if named_file:
        return Path(named_file).read_text().strip()
    if os.environ.get(name, "").strip():
        return os.environ[name].strip()
    if kept_in.exists():
        return kept_in.read_text().strip()
    kept_in.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = secrets.token_urlsafe(48)
    try:
        handle = os.open(kept_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept_in.read_text().strip()
    with os.fdopen(handle, "w") as out:
        out.write(made)
    return made


def optional_secret(name: str) -> str:
    """The secret `name` from the file `NAME_FILE` names, or from `NAME`; '' when neither is set."""
    if os.environ.get(f"{name}_FILE", "").strip() or os.environ.get(name, "").strip():
        return secret(name, Path("/nonexistent"))
    return ""


def smtp(name: str) -> dict[str, Any]:
    """Django's EMAIL_* settings from smtp://user:password@host:port or smtps://… (TLS from the first byte); `?starttls=1`
    upgrades a plain connection. Empty: no e-mail."""
    raw = optional_secret(name)
    if not raw:
        return {"EMAIL_HOST": ""}
    parts = urlsplit(raw)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingError(f"{name} takes smtp://user:password@host:port or smtps://user:password@host:port")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": "starttls=1" in parts.query,
    }
