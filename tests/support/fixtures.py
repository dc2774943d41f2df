"""Fixtures every test may ask for."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from huying.kernel.clock import ZONE, FixedClock, SystemClock
from tests.support import needs, postgresql, ratchet

MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """On SQLite a worker's database is a copy of the one whose tables were made once in the run."""
    from django.db import connection

    from tests.support import place

    if connection.vendor != "sqlite":
        return False
    place.empty_database(Path(connection.settings_dict["TEST"]["NAME"]))
    return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """It is Friday 2026-11-20, 10:00 in Lishui, in every thread (a live server's too), until `clock.move(...)`."""
    fixed = FixedClock(MORNING)
    monkeypatch.setattr(SystemClock, "now", lambda self: fixed.now())
    return fixed


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """A request in English leaves its language on the thread; the next test starts in Chinese all the same."""
    from django.utils import translation

    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def fresh_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test reads units, posts, rulebook and frozen rules anew (a test that committed has them removed afterwards,
    and their numbers with them), and units never again by the passing of time (query counts stay exact)."""
    from huying.domains.organizations.queries import directory
    from huying.domains.rulebook import queries as rulebook
    from huying.kernel import clocks

    directory.forget()
    rulebook.forget()
    clocks.forget_rules()
    monkeypatch.setattr(directory, "CHECK_EVERY", float("inf"))


class Counted:
    def __init__(self) -> None:
        self.queries: list[str] = []

    @property
    def n(self) -> int:
        return len(self.queries)


@contextmanager
def counting() -> Iterator[Counted]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counted = Counted()
    with CaptureQueriesContext(connection) as captured:
        yield counted
    bookkeeping = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT")
    counted.queries = [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(bookkeeping)]


@pytest.fixture
def count_queries() -> Callable[[], AbstractContextManager[Counted]]:
    """`with count_queries() as counted: …` then `counted.n` and `counted.queries` (transaction bookkeeping left out)."""
    return counting


@pytest.fixture
def query_ratchet() -> Callable[[str], AbstractContextManager[Counted]]:
    """`with query_ratchet("the desk's worklist"): …` fails when the act takes more queries than committed, and asks for
    the lower figure to be committed when it takes fewer."""

    @contextmanager
    def watch(name: str) -> Iterator[Counted]:
        from django.db import connection

        with counting() as counted:
            yield counted
        ratchet.check(name, connection.vendor, counted.n)

    return watch


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A Playwright `Browser` on the machine's Chromium; take `chromium.new_page()` and close it. Mark the test `browser`."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread; Django would take our plain calls for calls from within it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs.chromium_path(),
            # WebGL is drawn in software; pages needn't be drawn by way of it, which takes ten times as long.
            args=[
                "--no-sandbox",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--disable-gpu-compositing",
                "--disable-gpu-rasterization",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """A fresh page (own cookies, Chinese, 1440 wide) with `base_url` at the live server."""
    context = chromium.new_context(
        base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped afterwards. Mark the test `postgresql`."""
    running = postgresql.cluster()
    name = f"huying_{uuid.uuid4().hex[:12]}"
    running.run("createdb", name)
    yield running.url(name)
    running.run("dropdb", "--force", name)


@pytest.fixture
def shared() -> Path:
    """The folder of public documents and data beside the checkout. Mark the test `shared`."""
    return needs.shared_folder()


class Installation:
    """The program as a person runs it: own process, own empty HUYING_HOME."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HUYING_", "DJANGO_"))}
        inherited.pop("COVERAGE_PROCESS_START", None)
        self.environment = inherited | {"HUYING_HOME": str(home), "PYTHONPATH": str(needs.CHECKOUT)} | environment

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "huying", *arguments]

    def run(self, *arguments: str, timeout: float = 120, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.home,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home,
        )


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """`installation.run("doctor", "--json")` runs the program in an empty home of its own."""
    return Installation(tmp_path)


@pytest.fixture(autouse=True)
def no_access_waits() -> Iterator[None]:
    """The access log's buffer outlives a test's rolled-back accounts; it must not reach the next test's tables."""
    yield
    module = sys.modules.get("huying.kernel.audit.access")
    if module is not None:
        module._waiting.clear()


@pytest.fixture
def cast(db: None, clock: FixedClock) -> Any:
    """The fixed small cast of posts and places (tests/support/cast.py), on 2026-11-20 at 10:00."""
    from tests.support.cast import assemble

    empty_index()
    return assemble()


def empty_index() -> None:
    """The index's own tables are no models, so a test that committed (a live server's) leaves them to the next one."""
    from django.db import connection

    from huying.kernel.search.engine import engine

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM search_document")
        left = [row[0] for row in cursor.fetchall()]
    if left:
        engine().remove(left)
