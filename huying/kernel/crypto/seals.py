"""Seal, open, authenticate, digest. A value is: format (1 byte), algorithm (1), key id (4), then what the algorithm made."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from django.utils.translation import gettext as _

from huying.kernel.crypto import suites
from huying.kernel.crypto.keyring import Key, chosen_suite, keyring
from huying.kernel.errors import HuyingError

FORMAT = 1
HEAD_BYTES = 6


class Damaged(HuyingError):
    """A sealed value that does not open: altered, cut, or put where it does not belong."""

    status, code = 500, "sealed_value_damaged"

    def __init__(self, why: str) -> None:
        super().__init__(
            _("加密的内容打不开：%(why)s。") % {"why": why},
            cure=_("内容可能被改动过；运行 huying audit verify，并从备份核对。"),
        )


@dataclass(frozen=True)
class Made:
    """By which algorithm and key a value was made."""

    algorithm: str
    key_id: str


def made_by(value: bytes | memoryview) -> Made:
    """How `value` (sealed, or a MAC) was made. Raises Damaged when it is none of ours."""
    value = bytes(value)
    known = suites.SEALS | suites.MACS
    if len(value) <= HEAD_BYTES or value[0] != FORMAT or value[1] not in known:
        raise Damaged(_("不是本系统的格式"))
    return Made(known[value[1]].name, value[2:HEAD_BYTES].hex())


@lru_cache(maxsize=256)
def _cipher(key: Key) -> tuple[bytes, suites.Encrypt, suites.Decrypt]:
    algorithm = suites.SUITES[key.suite].seal
    encrypt, decrypt = algorithm.prepare(key.secret)
    return bytes((FORMAT, algorithm.code)) + bytes.fromhex(key.id), encrypt, decrypt


def seal(plain: bytes, context: bytes) -> bytes:
    """`plain` encrypted and bound to `context`: it opens only with the same context, so it can't be moved to another row.

    34 bytes longer than `plain`. Never twice the same.
    """
    head, encrypt, _decrypt = _cipher(keyring().current("seal"))
    return head + encrypt(plain, head + context)


def open_(sealed: bytes | memoryview, context: bytes) -> bytes:
    """What was sealed. Raises KeyLost when its key is not here, Damaged when it or its context was changed."""
    sealed = bytes(sealed)  # PostgreSQL hands out memoryviews
    made = made_by(sealed)
    key = keyring().get(made.key_id)
    if key.use != "seal" or len(sealed) < HEAD_BYTES + suites.NONCE_BYTES + suites.TAG_BYTES:
        raise Damaged(_("长度或密钥用途不对"))
    head, _encrypt, decrypt = _cipher(key)
    if sealed[:HEAD_BYTES] != head:
        raise Damaged(_("算法与密钥不符"))
    try:
        return decrypt(sealed[HEAD_BYTES:], head + context)
    except InvalidTag:
        raise Damaged(_("校验不符")) from None


@lru_cache(maxsize=1024)
def _mac_key(key: Key, purpose: str) -> tuple[bytes, suites.MacAlgorithm, bytes]:
    """Head, algorithm and the key derived for `purpose`: a MAC made for one purpose says nothing under another."""
    algorithm = suites.SUITES[key.suite].mac
    hash_ = hashes.SM3() if key.suite == "sm" else hashes.SHA256()
    derived = HKDFExpand(hash_, 32, b"huying mac " + purpose.encode()).derive(key.secret)
    return bytes((FORMAT, algorithm.code)) + bytes.fromhex(key.id), algorithm, derived


def mac(purpose: str, data: bytes, *, key: Key | None = None) -> bytes:
    """38 bytes that only a holder of the key can make for `data` and `purpose`; the same for the same key and data."""
    head, algorithm, secret = _mac_key(key or keyring().current("mac"), purpose)
    return head + algorithm.mac(secret, data)


def mac_verify(purpose: str, data: bytes, tag: bytes | memoryview) -> bool:
    """Whether `tag` was made for `data` and `purpose`, in constant time. Raises KeyLost when its key is not here."""
    tag = bytes(tag)
    try:
        made = made_by(tag)
    except Damaged:
        return False
    key = keyring().get(made.key_id)
    return key.use == "mac" and hmac.compare_digest(mac(purpose, data, key=key), tag)


def mac_candidates(purpose: str, data: bytes) -> list[bytes]:
    """What `mac` may have answered for `data` under each key there is: for a look-up that must survive a rotation."""
    current = keyring().current("mac")
    older = [key for key in keyring().all("mac") if key != current]
    return [mac(purpose, data, key=key) for key in (current, *reversed(older))]


def digest(data: bytes) -> str:
    """`sha256:<hex>` (or `sm3:<hex>`), by the chosen suite."""
    return digest_of([data])


def digest_of(pieces: Iterable[bytes], algorithm: str = "") -> str:
    """The digest of all `pieces` one after another, never all in memory."""
    hasher = suites.Hasher(algorithm or suites.SUITES[chosen_suite()].digest)
    for piece in pieces:
        hasher.update(piece)
    return hasher.text()


def digest_verify(data: bytes, text: str) -> bool:
    """Whether `text` is the digest of `data`, by the algorithm `text` names; False for one we don't know."""
    algorithm = text.partition(":")[0]
    if algorithm not in {suite.digest for suite in suites.SUITES.values()}:
        return False
    return hmac.compare_digest(digest_of([data], algorithm), text)
