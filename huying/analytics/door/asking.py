"""The serving side of the door: tables written for the process, the process watched, its answer read. Loads no engine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _

import huying
from huying.kernel.errors import InvalidInput, TooMany

SECONDS = 15
MOST_ROWS = 5000
LONGEST = 8000
AT_ONCE = 2
# Types that come back from a text as they were; what else a statement makes goes into a file as text.
PLAIN = frozenset({"BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "VARCHAR"})

# name → (columns with their DuckDB types, rows)
Tables = Mapping[str, tuple[Sequence[tuple[str, str]], Iterable[Sequence[object]]]]

_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Answer:
    """rows: at most MOST_ROWS; more: whether there were more. types: DuckDB's names of the columns' types."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    more: bool


def ask(tables: Tables, sql: str) -> Answer:
    """Run one SELECT over the tables.

    Raises InvalidInput (fields: sql) for what isn't one, fails, or takes too long; TooMany while AT_ONCE others run.
    """
    if not sql.strip() or len(sql) > LONGEST:
        raise InvalidInput(_("请写一条 SELECT 语句。"), fields={"sql": _("1 到 %(most)s 个字符。") % {"most": LONGEST}})
    with _prepared(tables, {"sql": sql, "most": MOST_ROWS}) as folder:
        said = json.loads(_run(folder))
    if "error" in said:
        raise InvalidInput(_("语句没有执行。"), fields={"sql": said["error"][:2000]})
    return Answer(said["columns"], said["types"], said["rows"], said["more"])


def parquet(name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as a Parquet file. Raises TooMany, InvalidInput as `ask`."""
    with _prepared({name: (columns, rows)}, {"parquet": name}) as folder:
        _run(folder)
        return (folder / "out.parquet").read_bytes()


def as_parquet(answer: Answer) -> bytes:
    """An answer as a Parquet file, its columns named as the statement named them. Raises TooMany, InvalidInput as `ask`."""
    # In the file's table the columns have names of our own: the asker's could be anything.
    columns = [(f"c{n}", kind if kind in PLAIN else "VARCHAR") for n, kind in enumerate(answer.types)]
    asked = {"parquet": "answer", "named": _once(answer.columns)}
    with _prepared({"answer": (columns, answer.rows)}, asked) as folder:
        _run(folder)
        return (folder / "out.parquet").read_bytes()


def _once(names: Sequence[str]) -> list[str]:
    """Without repetitions: n, n_2, n_3."""
    found: list[str] = []
    for name in names:
        fresh, n = name, 1
        while fresh.lower() in {one.lower() for one in found}:
            n += 1
            fresh = f"{name}_{n}"
        found.append(fresh)
    return found


@contextmanager
def _prepared(tables: Tables, asked: Mapping[str, object]) -> Iterator[Path]:
    if not _places.acquire(blocking=False):
        raise TooMany(_("已有 %(n)s 个查询在运行。") % {"n": AT_ONCE}, cure=_("请稍后再试。"))
    try:
        with TemporaryDirectory(prefix="huying-door-") as made:
            folder = Path(made)
            for name, (columns, rows) in tables.items():
                with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                    stream.write(",".join(column for column, _type in columns) + "\n")
                    for row in rows:
                        stream.write(_line(row))
            (folder / "tables.json").write_text(json.dumps({name: list(table[0]) for name, table in tables.items()}))
            (folder / "ask.json").write_text(json.dumps(asked))
            yield folder
    finally:
        _places.release()


def _line(row: Sequence[object]) -> str:
    """Unquoted where unknown: an empty text is quoted."""
    cells = []
    for cell in row:
        if cell is None:
            cells.append("\\N")
        elif isinstance(cell, bool):
            cells.append("true" if cell else "false")
        elif isinstance(cell, int | float):
            cells.append(repr(cell))
        else:
            cells.append('"' + str(cell).replace('"', '""') + '"')
    return ",".join(cells) + "\n"


def _run(folder: Path) -> str:
    """No environment (the place's keys and address stand there), no standard input, its own session; killed when late."""
    path = str(Path(huying.__file__).parents[1])
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-c", _START, path, str(folder)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={"LANG": "C.UTF-8"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise InvalidInput(
            _("语句没有执行。"), fields={"sql": _("超过 %(n)s 秒，已停下；请少查一些。") % {"n": SECONDS}}
        ) from None
    if done.returncode or not done.stdout:
        raise InvalidInput(_("语句没有执行。"), fields={"sql": _("用的时间或内存超过了限额；请少查一些。")})
    return done.stdout


# `-I` takes neither PYTHONPATH nor the folder it runs in; the program's own place is named.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
    "from huying.analytics.door.worker import main; raise SystemExit(main(Path(sys.argv[2])))"
)
