"""Small places served by the real program, and a disk small enough to fill."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bad_days.serving import Served, served
from tests.support import place as small_place
from tests.support.fixtures import Installation

DISK = "96m"
# A write waits briefly for a lock, and few requests are worked on at once, so that bad days come quickly.
IMPATIENT = {
    "HUYING_LOCK_WAIT_MS": "1500",
    "HUYING_CONCURRENCY": "3",
    "HUYING_QUEUE_LENGTH": "3",
    "HUYING_QUEUE_WAIT_MS": "20000",
    "HUYING_LOG_LEVEL": "WARNING",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes are started, killed and started again here: a busy machine needs longer for that than for other tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Installation, dict[str, Any]]:
    """A small place of its own on either database, not yet served."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    made = Installation(tmp_path / "home", **({"HUYING_DATABASE_URL": url} if url else {}))
    return made, small_place.make(made)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """An empty disk of 96 MB; None where this account may not mount one."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], capture_output=True)
    yield folder if mounted.returncode == 0 else None
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, disk: Path | None) -> Iterator[Served]:
    """A small place on the embedded database, on the small disk where there is one, served for the whole module."""
    made = Installation((disk or tmp_path_factory.mktemp("town")) / "home")
    with served(made, small_place.make(made), **IMPATIENT) as running:
        yield running
