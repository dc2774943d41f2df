"""`huying analytics rollup` into a folder: a full disk or a killed run costs time, never a figure."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
COMMAND = "from huying.entry.cli import main; main()"
# Killed at the first file that takes its place, or at the second: what a power cut does.
KILLED = """
import os, pathlib, signal, sys
replace, left = pathlib.Path.replace, [{before}]
def cut(self, target):
    if self.name.startswith(".2026-"):
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
    return replace(self, target)
pathlib.Path.replace = cut
"""


def rollup(folder, out, script=COMMAND, **options):
    arguments = ["--tree=tree.csv", "--facts=facts", "--definitions=defs.yaml", "--period=month", f"--out={out}"]
    return subprocess.run(
        [sys.executable, "-c", script, "analytics", "rollup", *arguments], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HUYING_HOME": str(folder / "home")}, timeout=120, check=False, **options,
    )  # fmt: skip


def month(folder, number, factor):
    rows = (
        f"SELECT 'v' || range % 500 AS node, DATE '2026-{number:02}-05' AS date, range * {factor} AS n FROM range(2000)"
    )
    with duckdb.connect() as con:
        con.execute(f"COPY ({rows}) TO '{folder}/facts/2026-{number:02}.parquet'")


def read(out):
    with duckdb.connect() as con:
        return con.execute(f"SELECT * FROM '{out}/*.parquet' ORDER BY node, period").fetchall()


@pytest.fixture
def place(tmp_path):
    """Five hundred villages, three months of figures that grow with `factor`."""
    (tmp_path / "tree.csv").write_text(
        "node,parent,level\nC,,city\n" + "".join(f"v{i},C,village\n" for i in range(500))
    )
    (tmp_path / "defs.yaml").write_text(
        "indicators: [{code: n, name: {zh: 数, en: n}, numerator: n, direction: higher}]"
    )
    (tmp_path / "facts").mkdir()
    for number in (1, 2, 3):
        month(tmp_path, number, 1)
    return tmp_path


def test_on_a_full_disk_the_old_figures_stay_and_the_next_run_takes_up_the_work(place, disk):
    out = (disk or place) / "values"
    done = rollup(place, out)
    assert done.returncode == 0, done.stderr
    before = read(out)
    for number in (1, 2, 3):
        month(place, number, 7)
    if disk:
        ballast = disk / "ballast"
        room = os.statvfs(disk)
        # 16 KB are left: enough to begin a file, not to end it.
        ballast.write_bytes(b"\0" * (room.f_bavail * room.f_frsize - 16_384))
        failed = rollup(place, out)
        ballast.unlink()
    else:
        # An account that may not mount a disk has files that may not grow instead.
        failed = rollup(
            place,
            out,
            f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); {COMMAND}",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        )
    assert failed.returncode == 1
    assert "can't be written" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert read(out) == before
    assert rollup(place, out).returncode == 0
    assert rollup(place, place / "anew").returncode == 0
    assert read(out) == read(place / "anew") != before


@pytest.mark.parametrize("before", [0, 1])
def test_a_run_that_is_killed_is_made_good_by_the_next(place, before):
    out = place / "values"
    assert rollup(place, out).returncode == 0
    old = read(out)
    for number in (1, 2, 3):
        month(place, number, 7)
    killed = rollup(place, out, KILLED.format(before=before) + COMMAND)
    assert killed.returncode == -signal.SIGKILL
    if not before:
        assert read(out) == old, "no file had taken its place"
    assert [file for file in out.iterdir() if file.name.startswith(".2026-")], "it was killed in the middle"
    assert rollup(place, out).returncode == 0
    assert rollup(place, place / "anew").returncode == 0
    assert read(out) == read(place / "anew") != old
    assert not [file for file in out.rglob(".*") if file.is_file()], "nothing half-written stays"


def test_a_fault_of_a_definition_is_said_in_words_though_the_command_begins_without_django(place):
    (place / "defs.yaml").write_text("indicators: [{code: n, name: {zh: 数, en: n}, numerator: cases}]")
    failed = rollup(place, place / "values")
    assert failed.returncode == 1
    assert "cases at column 1 is no known measure" in failed.stderr
    assert not (place / "values").exists()
