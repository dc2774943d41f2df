"""Files by digest under MEDIA_ROOT: `sha256/ab/cd/<hex>`. Written whole or not at all; never changed afterwards."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from huying.kernel import crypto
from huying.kernel.errors import Unavailable


def path_of(digest: str) -> Path:
    algorithm, _colon, value = digest.partition(":")
    if not (algorithm.isalnum() and value.isalnum() and len(value) == 64):
        raise ValueError(f"not a digest: {digest!r}")
    return Path(settings.MEDIA_ROOT) / algorithm / value[:2] / value[2:4] / value


def put(content: bytes) -> str:
    """Keep `content`; answers its digest. On the disk before it answers."""
    digest = crypto.digest(content)
    target = path_of(digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Unavailable(
            _("文件没有存下：%(why)s。") % {"why": error.strerror}, cure=_("清理磁盘空间后重传；已填写的内容不受影响。")
        ) from error
    return digest


def open_file(digest: str) -> BinaryIO:
    """Raises Unavailable when the file is missing (a restore without the files folder)."""
    try:
        return path_of(digest).open("rb")
    except FileNotFoundError:
        raise Unavailable(
            _("附件文件不在存储里。"), cure=_("从备份恢复 files 目录；huying doctor 可列出缺失的文件。")
        ) from None


def remove(digest: str) -> None:
    path_of(digest).unlink(missing_ok=True)


def stored() -> Iterator[tuple[str, Path]]:
    """Every (digest, path) there is."""
    root = Path(settings.MEDIA_ROOT)
    for file in root.glob("*/??/??/*"):
        if not file.name.startswith("."):
            yield f"{file.relative_to(root).parts[0]}:{file.name}", file
