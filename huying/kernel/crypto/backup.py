"""The keys in one file under a passphrase, to be kept apart from the data: either alone is of no use to a thief."""

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings
from django.utils.translation import gettext as _

from huying.kernel.crypto.keyring import Key, keyring
from huying.kernel.errors import InvalidInput, Refused

MAGIC = b"huying keys 1\n"
SHORTEST_PASSPHRASE = 12


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())


def export_keys(file: Path, passphrase: str) -> int:
    """All keys into `file` (mode 0600, never over an existing one); how many. Refused inside the data folder."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InvalidInput(
            _("口令太短：%(n)d 个字符，至少 %(least)d 个。") % {"n": len(passphrase), "least": SHORTEST_PASSPHRASE}
        )
    if file.resolve().is_relative_to(Path(settings.HUYING_HOME).resolve()):
        raise Refused(
            _("密钥备份不能放在数据目录 %(home)s 里：数据丢了它也丢了，数据被偷它也被偷。")
            % {"home": settings.HUYING_HOME},
            cure=_("写到另一块盘或移动介质上，与数据备份分开保管。"),
        )
    keys = keyring().all()
    if not keys:
        raise InvalidInput(_("还没有任何密钥，没有可备份的。"))
    salt, nonce = os.urandom(16), os.urandom(12)
    plain = json.dumps([key.as_text() for key in keys]).encode()
    body = MAGIC + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, MAGIC)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(_("文件 %(file)s 已存在，不覆盖。") % {"file": file}, cure=_("换一个文件名。")) from None
    with os.fdopen(handle, "wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    return len(keys)


def import_keys(file: Path, passphrase: str) -> list[Key]:
    """The keys of `file` that were not here, now here. Nothing present is replaced."""
    body = file.read_bytes()
    if not body.startswith(MAGIC) or len(body) < len(MAGIC) + 44:
        raise InvalidInput(_("%(file)s 不是密钥备份文件，或不完整。") % {"file": file})
    salt, nonce, rest = body[len(MAGIC) :][:16], body[len(MAGIC) + 16 :][:12], body[len(MAGIC) + 28 :]
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, rest, MAGIC)
    except InvalidTag:
        raise InvalidInput(_("口令不对，或文件被改动过。")) from None
    return keyring().add([Key.from_text(text, str(file)) for text in json.loads(plain)])
