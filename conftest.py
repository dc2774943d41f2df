"""Root of all tests. A test marked for something this machine lacks skips and says why; where CI=true it fails instead."""

import gc
import os
from collections.abc import Generator

import hypothesis
import pytest

from tests.support import needs

pytest_plugins = ["tests.support.fixtures", "tests.support.figures"]
MARKERS = ("postgresql", "browser", "shared")
# How long an example takes says nothing on a machine that others use too.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")
# Files that take long, longest first: begun at once, no worker is left alone with one of them at the end.
LONG = (
    "huying/analytics/engines/",
    "tests/test_access_matrix.py",
    "tests/rights/",
    "tests/test_installation.py",
    "tests/bad_days/",
    "tests/browser/",
    "huying/kernel/bundles/",
    "huying/domains/territory/tests/test_packs.py",
    "huying/domains/matters/intake_files/",
    "huying/kernel/tests/test_worker_processes.py",
    "tests/",
    "huying/analytics/",
)
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Django refuses the database to all others, so what they say doesn't depend on which one it is.
        if item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")

    def place(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported stays: the collector of rubbish need not walk through it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in MARKERS:
        if item.get_closest_marker(marker) and (why := needs.missing(marker)):
            if IN_CI:
                pytest.fail(f"CI runs everything, but {marker} is missing: {why}", pytrace=False)
            pytest.skip(f"{marker}: {why}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        reporter.write_line("CI=true: a skipped test is a failed run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
