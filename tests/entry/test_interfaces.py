"""What others drive Huying by: commands, their JSON, their exit codes and their one clear line on failure (issue 2 §10)."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from huying.domains.matters.models import Matter
from huying.entry.cli import main
from tests.support.fixtures import Installation
from tests.support.needs import CHECKOUT
from tests.support.place import initialised

DIVISION = "632801"
Call = Callable[..., subprocess.CompletedProcess[str]]
BOARD = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "反对数", "点赞数")
TABLE = ("编号", "时间", "内容")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A place that `init` made, empty of matters. Tests leave it as it is."""
    place = Installation(tmp_path_factory.mktemp("home"))
    initialised(place.home, "golmud")
    return place


@pytest.fixture
def place(made: Installation, tmp_path: Path) -> Installation:
    """A copy of it, to fill."""
    shutil.copytree(made.home, tmp_path / "home")
    return Installation(tmp_path / "home")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """`call("deadlines", "explain", …)`: the program's own `main` within this process and its database."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr("sys.argv", ["huying", *arguments])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


def message(number: object, body: str, at: str = "2019/2/28 11:25:05") -> tuple[object, ...]:
    return (number, f"A{number}", f"路灯{number}不亮", at, body, 0, 3)


def board(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([BOARD, *rows])
    return path


def line(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON that the command ends with, on its last line."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line in which the command says what is wrong and what helps; progress may stand before it."""
    assert done.returncode not in (0, None)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    [said] = [each for each in done.stderr.splitlines() if each.startswith("error: ")]
    assert said == done.stderr.splitlines()[-1]
    assert " — " in said
    return said


# huying matters import ---------------------------------------------------------------------------------------------


def test_an_import_accounts_for_every_row_hands_the_bad_ones_back_and_adds_nothing_when_sent_again(place) -> None:
    rows = [message(n, f"第{n}盏路灯坏了，晚上看不清路。") for n in range(1, 21)]
    rows += [
        message(7, "同一个编号再来一次。"),
        message(31, "", "2019/2/28 11:25:05"),
        message(32, "日期不对。", "昨天"),
    ]
    file = board(place.home / "messages.csv", rows)
    command = ("matters", "import", str(file), "--profile", "message-board", "--json")
    first = line(place.run(*command))
    assert {name: first[name] for name in ("read", "accepted", "already_known", "rejected")} == {
        "read": 23,
        "accepted": 20,
        "already_known": 1,
        "rejected": 2,
    }
    with open(first["rejects_file"], encoding="utf-8-sig", newline="") as stream:
        back = list(csv.DictReader(stream))
    assert [row["留言编号"] for row in back] == ["31", "32"]
    second = line(place.run(*command))
    assert (second["read"], second["accepted"], second["already_known"], second["rejected"]) == (23, 0, 21, 2)
    with sqlite3.connect(place.home / "huying.sqlite3") as link:
        assert link.execute("select count(*) from matters_matter").fetchone() == (20,)


def test_both_named_profiles_exist_and_an_unknown_one_is_refused_with_those_there_are(call, cast, tmp_path) -> None:
    file = board(tmp_path / "one.csv", [message(1, "一盏路灯坏了。")])
    said = refused(call("matters", "import", str(file), "--profile", "massage-board", "--json"))
    assert "massage-board" in said
    assert {"message-board", "baltimore-311"} <= set(re.findall(r"[a-z]+-[a-z0-9]+", said.partition(" — ")[2]))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("absent.csv", None, "absent.csv"),
        ("empty.csv", b"", "empty.csv"),
        ("noise.csv", bytes(range(256)) * 8, "GB18030"),
        (
            "mixed.csv",
            "编号,时间,内容\n1,2026-01-01,好\n".encode() + "2,2026-01-01,路灯\n".encode("gb18030"),
            "GB18030",
        ),
        ("words.xlsx", b"not a workbook", "words.xlsx"),
        ("narrow.csv", "编号,时间\n1,2026-01-01\n".encode(), "内容"),
        ("cut.xlsx", b"PK\x03\x04" + b"\x00" * 200, "cut.xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_line_and_stores_nothing(
    call, cast, tmp_path, name, content, told
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    assert told in refused(call("matters", "import", str(file), "--profile", "general", "--json"))
    assert not Matter.objects.everything("a test looks at all").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encodings_that_offices_save_in_are_all_read(call, cast, tmp_path, encoding) -> None:
    file = tmp_path / "table.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([TABLE, ("1", "2026-01-05 09:00", "永晖社区路灯不亮，𠮷祥巷口。")])
    told = line(call("matters", "import", str(file), "--profile", "general", "--json"))
    assert (told["read"], told["accepted"]) == (1, 1)
    [one] = Matter.objects.everything("a test looks at all")
    assert "𠮷祥巷口" in one.content


def test_into_a_place_that_was_never_made_nothing_is_imported(installation) -> None:
    file = board(installation.home / "one.csv", [message(1, "一盏路灯坏了。")])
    said = refused(installation.run("matters", "import", str(file), "--profile", "message-board"))
    assert "huying" in said.partition(" — ")[2]


# huying deadlines explain ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("2 h", "2026-10-03T10:20", "2026-10-03T12:20:00+08:00"),  # hours run through the holiday
        ("15 WD", "2026-09-24T10:00", "2026-10-22T23:59:59+08:00"),
        ("60 D", "2026-09-24T10:00", "2026-11-23T23:59:59+08:00"),
        ("1 M", "2026-09-24T10:00", "2026-10-26T23:59:59+08:00"),  # the 24th is a Saturday
        ("15 WD", "2026-09-24T02:00+00:00", "2026-10-22T23:59:59+08:00"),
    ],
)
def test_a_limit_is_explained_as_json(call, limit, start, due) -> None:
    told = line(call("deadlines", "explain", "--limit", limit, "--start", start, "--json"))
    assert told["due"] == due
    assert told["provisional"] is False
    assert isinstance(told["basis"], list)
    assert all(set(day) == {"date", "reason"} for day in told["skipped"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--limit", "15 XX", "--start", "2026-09-24"), "15 XX"),
        (("--limit", "-3 WD", "--start", "2026-09-24"), "-3 WD"),
        (("--limit", "15 WD", "--start", "yesterday"), "yesterday"),
        (("--limit", "15 WD", "--start", "2026-02-30"), "2026-02-30"),
        (("no.such.rule", "--start", "2026-09-24"), "no.such.rule"),
        (("--limit", "15 WD"), "--start"),
        (("--start", "2026-09-24"), "--limit"),
        (("hotline.life", "--limit", "2 h", "--start", "2026-09-24"), "--limit"),
    ],
)
def test_wrong_input_to_explain_is_one_clear_line(call, arguments, told) -> None:
    assert told in refused(call("deadlines", "explain", *arguments))


# huying audit verify, report build, doctor, backup -----------------------------------------------------------------


def test_a_changed_row_of_the_log_is_found_named_and_exits_1(place) -> None:
    whole = line(place.run("audit", "verify", "--json"))
    assert whole["ok"] is True
    assert whole["records"] > 0
    assert whole["first_fault"] is None
    with sqlite3.connect(place.home / "huying.sqlite3") as link:
        link.execute("update kernel_event set action = 'unit_ended' where id = (select max(id) from kernel_event)")
    broken = place.run("audit", "verify", "--json")
    assert broken.returncode == 1
    told = json.loads(broken.stdout.splitlines()[-1])
    assert told["ok"] is False
    assert told["first_fault"]


def test_a_report_ends_with_its_file_figures_and_watermark(place) -> None:
    board(place.home / "m.csv", [message(n, f"第{n}盏路灯坏了。", "2026/10/8 09:00:00") for n in range(1, 6)])
    line(place.run("matters", "import", str(place.home / "m.csv"), "--profile", "message-board", "--json"))
    out = place.home / "report.xlsx"
    command = ("report", "build", "--division", DIVISION, "--period", "2026-10", "--out", str(out), "--json")
    told = line(place.run(*command))
    assert Path(told["file"]) == out
    assert out.stat().st_size > 1000
    assert told["figures"] > 0
    assert told["watermark"]


@pytest.mark.parametrize(
    ("division", "period", "told"),
    [("990000", "2026-10", "990000000000"), ("331102", "soon", "SOON"), ("331102", "2026-13", "2026-13")],
)
def test_a_report_of_nowhere_or_of_no_period_is_one_clear_line(call, cast, tmp_path, division, period, told) -> None:
    out = str(tmp_path / "r.xlsx")
    assert told in refused(call("report", "build", "--division", division, "--period", period, "--out", out))
    assert not (tmp_path / "r.xlsx").exists()


def test_init_makes_an_empty_place_of_the_pack(made) -> None:
    with sqlite3.connect(made.home / "huying.sqlite3") as link:
        counted = {
            table: link.execute(f"select count(*) from {table}").fetchone()[0]
            for table in ("matters_matter", "territory_division", "organizations_unit", "organizations_account")
        }
    assert counted["matters_matter"] == 0
    assert counted["territory_division"] > 90
    assert counted["organizations_unit"] > 70
    assert counted["organizations_account"] == 3


def test_a_backup_that_is_not_there_is_one_clear_line(installation) -> None:
    assert "absent.tar" in refused(installation.run("restore", "absent.tar"))


def test_a_backup_of_nothing_is_refused_and_leaves_no_file(installation) -> None:
    said = refused(installation.run("backup", str(installation.home / "place.tar")))
    assert "huying init" in said
    assert not (installation.home / "place.tar").exists()


def test_a_command_or_an_option_that_isnt_there_is_one_line_with_the_way_to_help(call) -> None:
    assert "frobnicate" in refused(call("frobnicate"))
    assert "--frob" in refused(call("doctor", "--frob"))


# make --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "port"), [((), "8000"), (("PORT=8123",), "8123")])
def test_make_run_serves_at_the_port_that_is_asked_for(given, port) -> None:
    told = subprocess.run(["make", "-n", "run", *given], cwd=CHECKOUT, capture_output=True, text=True)
    assert f"huying demo --port {port}" in told.stdout


def test_the_programs_that_an_installation_brings_can_be_called() -> None:
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert set(scripts) == {"huying", "manage.py"}
    for where in scripts.values():
        module, _colon, name = where.partition(":")
        assert callable(getattr(import_module(module), name))
