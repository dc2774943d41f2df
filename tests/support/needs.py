"""What a marked test needs of the machine, and why it isn't there."""

import importlib.util
import os
from pathlib import Path

from tests.support import postgresql

CHECKOUT = Path(__file__).resolve().parents[2]
CHROMIUM_PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def chromium_path() -> str | None:
    named = os.environ.get("HUYING_CHROMIUM", "")
    return next((place for place in (named, *CHROMIUM_PLACES) if place and Path(place).exists()), None)


def shared_folder() -> Path:
    """The public documents and data that lie beside a checkout."""
    return Path(os.environ.get("HUYING_SHARED") or CHECKOUT.parent / "shared")


def missing(marker: str) -> str | None:
    """Why a test with `marker` cannot run here; None when it can."""
    if marker == "postgresql":
        try:
            postgresql.programs()
        except postgresql.Absent as absent:
            return str(absent)
    if marker == "browser":
        if chromium_path() is None:
            return f"no Chromium at {', '.join(CHROMIUM_PLACES)}; name one in HUYING_CHROMIUM"
        if importlib.util.find_spec("playwright") is None:
            return "the package playwright isn't installed"
    if marker == "shared" and not (shared_folder() / "data").is_dir():
        return f"no {shared_folder() / 'data'}; name the folder in HUYING_SHARED"
    return None
