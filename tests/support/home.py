"""A HUYING_HOME for this test process, removed at its end."""

import atexit
import os
import shutil
import sys
import tempfile

CLEARED = ("HUYING_DATABASE_URL", "HUYING_DATABASE_URL_FILE", "HUYING_ZONE", "HUYING_SECRET_KEY", "HUYING_DEBUG")


def prepare() -> str:
    """Point HUYING_HOME at a fresh directory and forget what the developer's shell says of an installation."""
    made = tempfile.mkdtemp(prefix="huying-test-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    for name in CLEARED:
        os.environ.pop(name, None)
    os.environ["HUYING_HOME"] = made
    # Tests start the program over a hundred times; a shell that keeps bytecode from disk would have it compiled each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    return made
