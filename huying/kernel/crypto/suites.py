"""The algorithms by name and by the one-byte code that stands in front of every value. A code is never reused."""

import hashlib
import hmac as stdlib_hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as openssl_hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12  # 96 random bits: safe for 2^32 values under one key (NIST SP 800-38D 8.3)
TAG_BYTES = 16

Encrypt = Callable[[bytes, bytes], bytes]
"""(plain, associated data) → nonce + ciphertext + tag."""
Decrypt = Callable[[bytes, bytes], bytes]
"""(nonce + ciphertext + tag, associated data) → plain; raises cryptography.exceptions.InvalidTag."""


@dataclass(frozen=True)
class SealAlgorithm:
    code: int
    name: str
    key_bytes: int
    prepare: Callable[[bytes], tuple[Encrypt, Decrypt]]


@dataclass(frozen=True)
class MacAlgorithm:
    code: int
    name: str
    mac: Callable[[bytes, bytes], bytes]
    key_bytes: int = 32


@dataclass(frozen=True)
class Suite:
    name: str
    seal: SealAlgorithm
    mac: MacAlgorithm
    digest: str


def _aes_gcm(key: bytes) -> tuple[Encrypt, Decrypt]:
    cipher = AESGCM(key)

    def encrypt(plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, bound)

    def decrypt(body: bytes, bound: bytes) -> bytes:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound)

    return encrypt, decrypt


def _sm4_gcm(key: bytes) -> tuple[Encrypt, Decrypt]:
    cipher = algorithms.SM4(key)

    def encrypt(plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        work = Cipher(cipher, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(bound)
        return nonce + work.update(plain) + work.finalize() + work.tag

    def decrypt(body: bytes, bound: bytes) -> bytes:
        work = Cipher(cipher, modes.GCM(body[:NONCE_BYTES], body[-TAG_BYTES:])).decryptor()
        work.authenticate_additional_data(bound)
        return work.update(body[NONCE_BYTES:-TAG_BYTES]) + work.finalize()

    return encrypt, decrypt


def _hmac_sha256(key: bytes, data: bytes) -> bytes:
    return stdlib_hmac.digest(key, data, "sha256")


@lru_cache(maxsize=256)
def _keyed_sm3(key: bytes) -> openssl_hmac.HMAC:
    return openssl_hmac.HMAC(key, hashes.SM3())


def _hmac_sm3(key: bytes, data: bytes) -> bytes:
    # through `cryptography`, whose OpenSSL always has SM3; the interpreter's own may be built without it
    work = _keyed_sm3(key).copy()
    work.update(data)
    return work.finalize()


AES_256_GCM = SealAlgorithm(1, "aes-256-gcm", 32, _aes_gcm)
SM4_GCM = SealAlgorithm(2, "sm4-gcm", 16, _sm4_gcm)
HMAC_SHA_256 = MacAlgorithm(17, "hmac-sha256", _hmac_sha256)
HMAC_SM3 = MacAlgorithm(18, "hmac-sm3", _hmac_sm3)

SEALS = {algorithm.code: algorithm for algorithm in (AES_256_GCM, SM4_GCM)}
MACS = {algorithm.code: algorithm for algorithm in (HMAC_SHA_256, HMAC_SM3)}
SUITES = {"aes": Suite("aes", AES_256_GCM, HMAC_SHA_256, "sha256"), "sm": Suite("sm", SM4_GCM, HMAC_SM3, "sm3")}


class Hasher:
    """A digest fed piece by piece, under either algorithm."""

    def __init__(self, algorithm: str) -> None:
        if algorithm not in {"sha256", "sm3"}:
            raise ValueError(f"unknown digest {algorithm!r}; known: sha256, sm3")
        self.algorithm = algorithm
        self._sha = hashlib.sha256() if algorithm == "sha256" else None
        self._sm3 = hashes.Hash(hashes.SM3()) if algorithm == "sm3" else None

    def update(self, piece: bytes) -> None:
        if self._sha is not None:
            self._sha.update(piece)
        elif self._sm3 is not None:
            self._sm3.update(piece)

    def text(self) -> str:
        raw = self._sha.digest() if self._sha is not None else self._sm3.finalize() if self._sm3 is not None else b""
        return f"{self.algorithm}:{raw.hex()}"
