"""The settings tests run under: the real ones, in a home that is thrown away and on the database the runner chose.

HUYING_TEST_DATABASE: `sqlite` (default; a file in the temporary home) or `postgresql` (a private cluster, or the one whose
socket directory HUYING_TEST_PG names). The environment is set before the real settings are read; xdist workers inherit it.
"""

import os

from tests.support import home, postgresql

home.prepare()
if os.environ.get("HUYING_TEST_DATABASE", "sqlite") == "postgresql":
    os.environ["HUYING_DATABASE_URL"] = postgresql.cluster().url("postgres")

from huying.entry.settings import *  # noqa: E402, F403
from huying.entry.settings import DATABASES, HUYING_DATABASE_URL, HUYING_HOME  # noqa: E402
from huying.kernel.translations import compile_stale  # noqa: E402

compile_stale()
(HUYING_HOME / "static").mkdir(parents=True, exist_ok=True)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if not HUYING_DATABASE_URL:
    # A file, not memory: threads then meet the locks they would meet in service. It need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(HUYING_HOME / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;PRAGMA temp_store=MEMORY"
    )
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
