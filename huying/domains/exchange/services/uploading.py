"""A file on its way: read, shown for confirmation, delivered; what was handed back can be mended and sent again."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from huying.domains.exchange import queries
from huying.domains.exchange.judging import Given
from huying.domains.exchange.models import Upload
from huying.domains.exchange.services.delivering import MOST_ROWS, Outcome, Trial, deliver, require_deliverer, try_out
from huying.domains.exchange.tables import columns_of, given
from huying.domains.exchange.vocabulary import Way
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound
from huying.kernel.sheets import Limits, RejectFile, open_sheet
from huying.kernel.words import Words

KEPT = timedelta(days=1)
LIMITS = Limits(bytes=8 << 20, unpacked=64 << 20, rows=MOST_ROWS, field=2000)


@dataclass(frozen=True)
class Seen:
    """What a file would do."""

    upload: Upload
    trials: list[Trial]

    @property
    def good(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.good]

    @property
    def refused(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.judged.faults]

    @property
    def unchanged(self) -> int:
        return sum(trial.unchanged for trial in self.trials)


def receive(*, actor: Actor, code: str, name: str, chunks: Iterable[bytes]) -> Upload:
    """Read a file and keep its rows until they are confirmed.

    Raises InvalidInput for a file that can't be read, Refused for a column that may not be stored; then nothing is kept.
    """
    require_deliverer(actor)
    assert actor.unit_id is not None
    assert actor.post_id is not None
    row = queries.dataset(code).row
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                if stream.tell() > LIMITS.bytes:
                    raise InvalidInput(_("文件超过 8 MB。"), cure=_("请分成几个文件。"))
        with open_sheet(path, name=name, limits=LIMITS) as sheet:
            header = list(sheet.header)
            columns = columns_of(row, header)
            kept = set(columns.fields)
            lines = []
            for line in sheet.lines:
                if line.fault is not None:
                    raise InvalidInput(f"{line.number}: {line.fault}", cure=str(line.cure))
                # What isn't the dataset's is dropped before anything is stored.
                lines.append([line.number, [_plain(c) if at in kept else None for at, c in enumerate(line.cells)]])
    if not lines:
        raise InvalidInput(_("表里没有数据行。"), cure=_("请在模板里填好数再上传。"))
    return Upload.objects.create(
        token=secrets.token_urlsafe(18),
        code=code,
        unit_id=actor.unit_id,
        post_id=actor.post_id,
        name=Path(name).name[:120],
        header=[title if at in kept else "#" for at, title in enumerate(header)],
        lines=lines,
        passed_over=columns.passed_over[:20],
        created_at=clock.now(),
    )


def upload(actor: Actor, token: str) -> Upload:
    """Raises NotFound for another post's, or one forgotten."""
    found = Upload.objects.filter(token=token, post=actor.post_id).first()
    if found is None:
        raise NotFound(_("没有这次上传，或已过期。"), cure=_("上传的文件保留一天，请重新上传。"))
    return found


def seen(actor: Actor, one: Upload) -> Seen:
    """The file held against the rules as things stand now; nothing is written."""
    return Seen(one, try_out(actor=actor, code=one.code, rows=_rows(one)))


def confirm(*, actor: Actor, token: str) -> Upload:
    """Deliver the good rows and keep what is handed back. Raises NotAllowedNow the second time."""
    with transaction.atomic():
        one = Upload.objects.select_for_update().filter(token=token, post=actor.post_id).first()
        if one is None:
            raise NotFound(_("没有这次上传，或已过期。"), cure=_("上传的文件保留一天，请重新上传。"))
        if one.result is not None:
            raise NotAllowedNow(_("这个文件已经报送过了。"), cure=_("请看它的结果；改过的请重新上传。"))
        rows = _rows(one)
        said = {}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                said[language] = {
                    t.judged.given.at: _reasons(t) for t in try_out(actor=actor, code=one.code, rows=rows)
                }
        outcome = deliver(actor=actor, code=one.code, rows=rows, way=Way.FILE)
        one.result = _result(outcome, said)
        one.lines = [line for line in one.lines if str(line[0]) in one.result["refused"]]
        one.save(update_fields=["result", "lines"])
    return one


def _result(outcome: Outcome, said: dict[str, dict[int, tuple[str, str]]]) -> dict[str, Any]:
    return {
        "accepted": len(outcome.accepted),
        "unchanged": outcome.unchanged,
        "refused": {
            str(trial.judged.given.at): {
                "zh": said["zh-hans"][trial.judged.given.at],
                "en": said["en"][trial.judged.given.at],
            }
            for trial in outcome.refused
        },
    }


def _reasons(trial: Trial) -> tuple[str, str]:
    """What is wrong, and what to do; each fault names its column."""
    faults = trial.judged.faults
    mark, end = ("; ", ".") if (translation.get_language() or "").startswith("en") else ("；", "。")
    said = [f"[{fault.field}] {fault.message}" if fault.field else fault.message for fault in faults]
    told = mark.join(one.rstrip("。.") for one in said) + end
    return told, " ".join(dict.fromkeys(fault.cure for fault in faults if fault.cure))


def rejects(one: Upload) -> bytes:
    """The rows handed back as .xlsx: as they came, why, and what to do. Mended, the same file is uploaded again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rejects.xlsx"
        with RejectFile(path, one.header) as file:
            for number, cells in one.lines:
                why = (one.result or {"refused": {}})["refused"].get(str(number))
                if why is not None:
                    reason = Words(why["zh"][0], why["en"][0])
                    file.write(number, cells, reason, Words(why["zh"][1], why["en"][1]))
        return path.read_bytes() if path.exists() else b""


def forget_uploads() -> int:
    """Those of more than a day ago; returns how many. What they delivered stays."""
    gone, _each = Upload.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    return gone


def _rows(one: Upload) -> list[Given]:
    row = queries.dataset(one.code).row
    columns = columns_of(row, one.header)
    return [given(row, columns, number, cells) for number, cells in one.lines]


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if cell is None or (isinstance(cell, str | int | float) and not isinstance(cell, bool)) else str(cell)
