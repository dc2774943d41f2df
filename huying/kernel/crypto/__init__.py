"""Sealing, message authentication and digests that can change algorithm and key without losing what is stored.

Every value says by which algorithm and key it was made, so old values are read while new ones are made by newer means
(密码法; GB/T 39786 asks for SM algorithms in government systems). Two suites: `aes` (AES-256-GCM, HMAC-SHA-256, SHA-256)
and `sm` (SM4-GCM, HMAC-SM3, SM3), chosen by HUYING_CRYPTO for what is made from then on.

    sealed = crypto.seal(plain, b"identities.party:matter:17:reporter")    # bound to its context
    plain = crypto.open_(sealed, b"identities.party:matter:17:reporter")
    tag = crypto.mac("chain", data); crypto.mac_verify("chain", data, tag)
    crypto.digest(data)                                                    # "sha256:…"
"""

from huying.kernel.crypto.keyring import Key, KeyLost, Keyring, keyring, use_directory
from huying.kernel.crypto.seals import (
    Damaged,
    Made,
    digest,
    digest_of,
    digest_verify,
    mac,
    mac_candidates,
    mac_verify,
    made_by,
    open_,
    seal,
)
from huying.kernel.crypto.stores import Lost, SealedStore, lost, register, registered, rekey

__all__ = [
    "Damaged",
    "Key",
    "KeyLost",
    "Keyring",
    "Lost",
    "Made",
    "SealedStore",
    "digest",
    "digest_of",
    "digest_verify",
    "keyring",
    "lost",
    "mac",
    "mac_candidates",
    "mac_verify",
    "made_by",
    "open_",
    "register",
    "registered",
    "rekey",
    "rotate",
    "seal",
    "use_directory",
]


def rotate(use: str = "seal") -> Key:
    """A new key for `use` ("seal" or "mac") from now on; older ones stay, to open and verify what they made."""
    return keyring().create(use)
