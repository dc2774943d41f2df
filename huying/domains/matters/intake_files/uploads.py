"""A file that somebody uploaded to import, and how far its import has come: a folder of its own under HUYING_HOME/imports.

The folder's name is a random token; who opens it must be the account in the post that uploaded it. The file is deleted as
soon as its import is done; rows handed back and the figures, by a job, a day after the upload.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from huying.domains.matters.intake_files.importing import HINTS_TOLD, Outcome, default_division, import_sheet
from huying.domains.matters.intake_files.profile import Profile, guess, profile, profiles
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound
from huying.kernel.sheets import Limits, open_sheet, open_spooled, spool

KEPT = timedelta(hours=24)
STEP = 2_000
"""Rows of one request: two batches, a few seconds."""
TRIED = 20_000
"""Rows a trial run reads at most."""
TOKEN = re.compile(r"[0-9a-f]{32}")
MAPPING, RUNNING, STOPPED, FAILED, DONE = "mapping", "running", "stopped", "failed", "done"
SOURCE = re.compile(r"[\w.-]{1,32}")


@dataclass
class Upload:
    """What about.json holds. columns: field → column's name, as chosen by hand ("" takes a guessed one away); row: the last
    row dealt with, position: where the next one lies in `rows`; expected: rows in the file, before it was read through as
    far as a trial run saw."""

    token: str
    account_id: int
    post_id: int
    name: str
    created_at: str
    profile: str
    source: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    state: str = MAPPING
    row: int = 0
    position: int = 0
    expected: int = 0
    read: int = 0
    accepted: int = 0
    already_known: int = 0
    rejected: int = 0
    merge_hints: int = 0
    hints: list[tuple[int, str, str]] = field(default_factory=list)
    trouble: str = ""

    @property
    def folder(self) -> Path:
        return root() / self.token

    @property
    def file(self) -> Path:
        return self.folder / f"upload{Path(self.name).suffix.lower()}"

    @property
    def rows(self) -> Path:
        """The file read through, to go on with from step to step."""
        return self.folder / "rows"

    @property
    def chosen(self) -> Profile:
        """The profile, with the source's name as the person gave it: numbers are compared within one source."""
        found = profile(self.profile)
        return found.model_copy(update={"source": self.source}) if self.source else found

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.created_at)

    @property
    def until(self) -> datetime:
        return self.created + KEPT

    def save(self) -> None:
        """Whole or not at all: a crash leaves the figures as they were before."""
        part = self.folder / "about.json.part"
        part.write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")
        os.replace(part, self.folder / "about.json")


def root() -> Path:
    return Path(settings.HUYING_HOME) / "imports"


def receive(actor: Actor, name: str, chunks: Iterable[bytes], size: int) -> Upload:
    """Keep an uploaded file. Raises InvalidInput, and keeps nothing, when it isn't a table that can be read."""
    called = Path(name.replace("\\", "/")).name[-120:]
    most = Limits().bytes
    if size > most:
        raise InvalidInput(
            _("文件“%(name)s”有 %(size)d MB，超过上限 %(most)d MB。")
            % {"name": called, "size": size >> 20, "most": most >> 20},
            cure=_("请分成几个文件导入。"),
        )
    upload = Upload(
        token=secrets.token_hex(16),
        account_id=actor.account_id or 0,
        post_id=actor.post_id or 0,
        name=called,
        created_at=clock.now().isoformat(),
        profile="general",
    )
    root().mkdir(mode=0o700, parents=True, exist_ok=True)
    upload.folder.mkdir(mode=0o700)
    try:
        with open(os.open(upload.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in chunks:
                target.write(chunk)
        with open_sheet(upload.file, name=called) as sheet:
            fitting = guess(sheet.header)
        if fitting:
            upload.profile = fitting[0][0].name
        upload.save()
    except BaseException:
        shutil.rmtree(upload.folder, ignore_errors=True)
        raise
    return upload


def opened(actor: Actor, token: str) -> Upload:
    """The upload of that token. Raises NotFound when it is another's, of another post, or gone."""
    found = _read(root() / token) if TOKEN.fullmatch(token) else None
    if found is None or (found.account_id, found.post_id) != (actor.account_id, actor.post_id):
        raise NotFound(
            _("没有这次导入，或它已过 24 小时被清除。"), cure=_("请重新上传文件；已导入的行会被认出，不会重复。")
        )
    return found


def mine(actor: Actor) -> list[Upload]:
    """The actor's uploads that are still kept, the newest first."""
    if not root().is_dir():
        return []
    found = [upload for folder in root().iterdir() if (upload := _read(folder)) is not None]
    own = [each for each in found if (each.account_id, each.post_id) == (actor.account_id, actor.post_id)]
    return sorted(own, key=lambda each: each.created_at, reverse=True)


def _read(folder: Path) -> Upload | None:
    try:
        return Upload(**json.loads((folder / "about.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def choose(upload: Upload, chosen: str, columns: dict[str, str], source: str = "") -> None:
    """Take another profile, or map the columns by hand. Raises InvalidInput; NotAllowedNow once rows were taken in."""
    if upload.state != MAPPING:
        raise NotAllowedNow(_("已经开始导入，列的对应不能再改。"), cure=_("请重新上传文件。"))
    if chosen not in profiles():
        raise InvalidInput(_("没有名为“%(name)s”的导入方案。") % {"name": chosen[:40]})
    if source and not SOURCE.fullmatch(source):
        raise InvalidInput(
            _("来源名称有误：%(name)s") % {"name": source[:40]},
            cure=_("最多 32 个字，用字母、汉字、数字、点和连字符。"),
        )
    upload.profile, upload.columns, upload.source = chosen, columns, source
    upload.save()


def place_of(actor: Actor) -> str:
    """The division of rows that name none: the post's own."""
    return actor.division or default_division()


def begin(upload: Upload, expected: int) -> None:
    """Start it, or go on after a stop."""
    if upload.state == DONE:
        raise NotAllowedNow(_("这次导入已经完成。"), cure=_("请重新上传文件。"))
    upload.state, upload.trouble = RUNNING, ""
    upload.expected = expected or upload.expected
    (upload.folder / "stop").unlink(missing_ok=True)
    upload.save()


def ask_to_stop(upload: Upload) -> None:
    """The step under way finishes its rows; none follows. A file of its own, so that the step's figures aren't overwritten."""
    (upload.folder / "stop").touch()


def step(upload: Upload, actor: Actor, at_most: int = STEP) -> Upload:
    """Take the next rows in, at most `at_most`; the figures as they are then. While another request is at it: as they are now.

    The first step reads the file through, once, however many follow. Broken off, a step is repeated by the next one: its
    rows are known again then, and its rows handed back written anew.
    """
    with _alone(upload) as mine_to_do:
        now = _read(upload.folder)
        if now is None or not mine_to_do or now.state != RUNNING:
            return now or upload
        try:
            if not now.rows.exists():
                with open_sheet(now.file, name=now.name) as sheet:
                    now.expected = spool(sheet, now.rows)
            if not (now.folder / "stop").exists():
                with open_spooled(now.rows, now.position) as rest:
                    outcome = import_sheet(
                        rest, now.chosen, actor=actor, division=place_of(actor), within=actor.division,
                        columns=now.columns, rejects=now.folder / f"rejects-{now.row:08}.csv", at_most=at_most,
                    )  # fmt: skip
                now.position = rest.position
                _add(now, outcome)
                if not outcome.more:
                    now.state = DONE
        except InvalidInput as error:
            now.state, now.trouble = FAILED, error.one_line()
        if now.state == RUNNING and (now.folder / "stop").exists():
            now.state = STOPPED
        now.save()
        if now.state == DONE:
            for each in (now.file, now.rows):
                each.unlink(missing_ok=True)
        return now


def _add(upload: Upload, outcome: Outcome) -> None:
    for name in ("read", "accepted", "already_known", "rejected", "merge_hints"):
        setattr(upload, name, getattr(upload, name) + getattr(outcome, name))
    upload.hints += outcome.hints[: max(0, HINTS_TOLD - len(upload.hints))]
    upload.row = max(upload.row, outcome.last_row)


@contextmanager
def _alone(upload: Upload) -> Iterator[bool]:
    """Whether this request alone is at the upload's steps; a lock that a killed process gives back."""
    with (upload.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def rejects(upload: Upload) -> Iterator[bytes]:
    """The rows handed back, of all steps as one .csv: the header once."""
    for n, part in enumerate(sorted(upload.folder.glob("rejects-*.csv"))):
        with part.open("rb") as stream:
            if n:
                stream.readline()
            yield from iter(lambda: stream.read(1 << 16), b"")


def forget(upload: Upload) -> None:
    """Delete the file and all about it; matters that were taken in stay."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def forget_old() -> int:
    """Delete what was uploaded more than a day ago; returns how many."""
    if not root().is_dir():
        return 0
    gone = 0
    for folder in root().iterdir():
        upload = _read(folder)
        with suppress(OSError):
            since = upload.created.timestamp() if upload else folder.stat().st_mtime
            if clock.now().timestamp() - since > KEPT.total_seconds():
                shutil.rmtree(folder)
                gone += 1
    return gone
