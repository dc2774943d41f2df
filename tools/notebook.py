"""Runs a notebook's cells in order and keeps what they print: `python -m tools.notebook docs/notebooks/index.ipynb`.

A notebook that stands in docs shows what its code says today: a test runs it with `printed` and holds it against what is kept.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any


def cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that hold code, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def printed(path: Path) -> list[str]:
    """What each code cell prints, run from top to bottom in one namespace, in the notebook's folder as Jupyter does."""
    found = []
    names: dict[str, Any] = {"__name__": "__main__"}
    with chdir(path.parent):
        for number, cell in enumerate(cells(json.loads(path.read_text(encoding="utf-8"))), 1):
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile("".join(cell["source"]), f"{path.name}[{number}]", "exec"), names)
            found.append(out.getvalue())
    return found


def kept(cell: dict[str, Any]) -> str:
    return "".join("".join(output["text"]) for output in cell["outputs"])


def keep(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, (cell, text) in enumerate(zip(cells(notebook), printed(path), strict=True), 1):
        cell["execution_count"] = number
        cell["outputs"] = (
            [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}] if text else []
        )
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        keep(Path(name).resolve())
