"""A zone's own two key pairs, and the cards of those it trusts.

Own keys: HUYING_HOME/secrets/zone.json (0600): Ed25519 to sign what leaves, X25519 to open what arrives. A card holds the two
public halves; it is carried to the other zone by hand once, and its fingerprint read over the telephone.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from huying.kernel import crypto
from huying.kernel.crypto import suites
from huying.kernel.crypto.keyring import chosen_suite
from huying.kernel.errors import InvalidInput, Unavailable


def _secrets() -> Path:
    return Path(settings.HUYING_HOME) / "secrets"


@dataclass(frozen=True)
class Card:
    """A zone as the others know it: its name and public keys (32 bytes each, hex)."""

    zone: str
    sign: str
    seal: str

    @property
    def fingerprint(self) -> str:
        digits = crypto.digest_of([f"{self.zone}|{self.sign}|{self.seal}".encode()], "sha256").partition(":")[2][:32]
        return " ".join(digits[at : at + 4] for at in range(0, 32, 4))

    def as_text(self) -> str:
        return json.dumps({"huying": "zone card 1", "zone": self.zone, "sign": self.sign, "seal": self.seal})

    @classmethod
    def from_text(cls, text: str) -> Card:
        try:
            row = json.loads(text)
            card = cls(str(row["zone"]), str(row["sign"]), str(row["seal"]))
            sound = row["huying"] == "zone card 1" and card.zone.isalnum() and len(card.zone) <= 32
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(card.sign))
            X25519PublicKey.from_public_bytes(bytes.fromhex(card.seal))
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            raise InvalidInput(
                _("这不是一张区域名片。"), cure=_("在对方机器上运行 huying bundles card > 文件，再带过来。")
            )
        return card

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.sign)).verify(signature, signed)
        except InvalidSignature:
            return False
        return True


def own_name() -> str:
    name = str(settings.HUYING_ZONE)
    if not name:
        raise Unavailable(
            _("这台机器没有分区运行，不收发数据包。"), cure=_("设置 HUYING_ZONE=inner 或 HUYING_ZONE=outer。")
        )
    return name


@dataclass(frozen=True)
class _Own:
    sign: Ed25519PrivateKey
    seal: X25519PrivateKey


def _own() -> _Own:
    file = _secrets() / "zone.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        row = {
            "sign": Ed25519PrivateKey.generate().private_bytes_raw().hex(),
            "seal": X25519PrivateKey.generate().private_bytes_raw().hex(),
        }
        temporary = file.with_name(f".zone.{os.getpid()}.new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(json.dumps(row))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, file)  # the first process wins; a later one takes what is there
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    row = json.loads(file.read_text())
    return _Own(
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(row["sign"])),
        X25519PrivateKey.from_private_bytes(bytes.fromhex(row["seal"])),
    )


def own_card() -> Card:
    own = _own()
    return Card(
        own_name(), own.sign.public_key().public_bytes_raw().hex(), own.seal.public_key().public_bytes_raw().hex()
    )


def trust(card: Card) -> None:
    """Take a zone's card. A different card under a known name is refused: remove the old one by hand first."""
    if card.zone == own_name():
        raise InvalidInput(_("这是本区自己的名片。"))
    file = _secrets() / "zones" / f"{card.zone}.json"
    if file.exists() and Card.from_text(file.read_text()) != card:
        raise InvalidInput(
            _("已有另一张“%(zone)s”区的名片，不替换。") % {"zone": card.zone},
            cure=_("电话核对指纹后，删除 %(file)s 再试。") % {"file": file},
        )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(card.as_text())


def trusted() -> dict[str, Card]:
    return {
        card.zone: card
        for file in sorted((_secrets() / "zones").glob("*.json"))
        for card in [Card.from_text(file.read_text())]
    }


def peer(name: str) -> Card:
    card = trusted().get(name)
    if card is None:
        raise Unavailable(
            _("不认识“%(name)s”区。") % {"name": name},
            cure=_("在对方机器上运行 huying bundles card，再在这里运行 huying bundles trust 文件。"),
        )
    return card


def sign(signed: bytes) -> bytes:
    return _own().sign.sign(signed)


def seal_to(card: Card, plain: bytes, context: bytes) -> bytes:
    """`plain` for the holder of `card` alone: not even the sender can open it afterwards (the ephemeral key is dropped).

    One byte of algorithm, 32 of ephemeral X25519 key, then the suite's cipher under an HKDF of the shared secret.
    """
    passing = X25519PrivateKey.generate()
    public = passing.public_key().public_bytes_raw()
    shared = passing.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(card.seal)))
    suite = suites.SUITES[chosen_suite()]
    encrypt, _decrypt = suite.seal.prepare(_derive(suite, shared, public, bytes.fromhex(card.seal)))
    return bytes([suite.seal.code]) + public + encrypt(plain, context)


def open_own(sealed: bytes, context: bytes) -> bytes:
    """Raises crypto.Damaged when it was not sealed to this zone, or changed."""
    own = _own()
    suite = next((s for s in suites.SUITES.values() if sealed[:1] == bytes([s.seal.code])), None)
    if suite is None or len(sealed) < 33 + suites.NONCE_BYTES + suites.TAG_BYTES:
        raise crypto.Damaged(_("不是本系统的格式"))
    public = sealed[1:33]
    try:
        shared = own.seal.exchange(X25519PublicKey.from_public_bytes(public))
        _encrypt, decrypt = suite.seal.prepare(_derive(suite, shared, public, own.seal.public_key().public_bytes_raw()))
        return decrypt(sealed[33:], context)
    except (InvalidTag, ValueError):
        raise crypto.Damaged(_("不是发给本区的，或被改动过")) from None


def _derive(suite: suites.Suite, shared: bytes, passing: bytes, receiver: bytes) -> bytes:
    hash_ = hashes.SM3() if suite.name == "sm" else hashes.SHA256()
    return HKDF(hash_, suite.seal.key_bytes, salt=None, info=b"huying bundle 1" + passing + receiver).derive(shared)
