"""A HUYING_HOME for this test process, removed at its end."""

import atexit
import os
import shutil
import sys
import tempfile

CLEARED = ("HUYING_DATABASE_URL", "HUYING_DATABASE_URL_FILE", "HUYING_ZONE", "HUYING_SECRET_KEY", "HUYING_DEBUG")


TEMPLATES = "HUYING_TEST_TEMPLATES"


def _throwaway(prefix: str) -> str:
    made = tempfile.mkdtemp(prefix=prefix)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def prepare() -> str:
    """Point HUYING_HOME at a fresh directory and forget what the developer's shell says of an installation. The run's first
    process also names a directory that all of them share, for places made once and copied."""
    if TEMPLATES not in os.environ:
        os.environ[TEMPLATES] = _throwaway("huying-templates-")
    made = _throwaway("huying-test-")
    for name in CLEARED:
        os.environ.pop(name, None)
    os.environ["HUYING_HOME"] = made
    # Tests start the program over a hundred times; a shell that keeps bytecode from disk would have it compiled each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    return made
