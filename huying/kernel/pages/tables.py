"""A list as a file to take away: xlsx or csv, written by `kernel.sheets`, which lets no cell run as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

from huying.kernel import sheets

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def attachment(
    name: str, kind: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse | FileResponse:
    """`rows` under `header` as the file `name`.`kind` (xlsx or csv), to be saved by the reader."""
    with TemporaryDirectory(prefix="huying-table-") as folder:
        path = Path(folder) / f"table.{kind}"
        with sheets.SheetWriter(path, header) as sheet:
            for row in rows:
                sheet.write(list(row))
        # The name is gone with the folder, the open file lives until it is sent.
        response = FileResponse(path.open("rb"), content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or "attachment"
    return response
