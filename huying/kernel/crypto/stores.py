"""Where sealed values are kept: each table says so, that keys can be checked, counted and replaced without knowing the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from huying.kernel.crypto.keyring import keyring
from huying.kernel.words import Words

BATCH = 500


@dataclass(frozen=True)
class SealedStore:
    """A table with sealed values or MACs.

    words: what is lost with the key, in a clerk's words. use: "seal" or "mac".
    counts: key id → how many rows it made. reseal: given the ids of outdated keys and a limit, makes up to that many rows
    anew with the current key, in one transaction, and answers how many; None where a value can't be made again (a digest of
    a secret that is not stored).
    """

    name: str
    words: Words
    use: str
    counts: Callable[[], Mapping[str, int]]
    reseal: Callable[[list[str], int], int] | None = None


@dataclass(frozen=True)
class Lost:
    """`rows` values of `store` can't be read: key `key_id` is not in the keyring."""

    store: SealedStore
    key_id: str
    rows: int


_stores: dict[str, SealedStore] = {}


def register(store: SealedStore) -> None:
    _stores[store.name] = store


def registered() -> list[SealedStore]:
    return [_stores[name] for name in sorted(_stores)]


def lost() -> list[Lost]:
    """What the data folder holds that the keyring cannot open; empty when all is well. One count per store."""
    here = {key.id for key in keyring().all()}
    return [
        Lost(store, key_id, rows)
        for store in registered()
        for key_id, rows in sorted(store.counts().items())
        if key_id not in here and rows
    ]


def rekey(progress: Callable[[str, int], None] = lambda name, done: None, only: Iterable[str] = ()) -> dict[str, int]:
    """Make every value of an outdated but present key anew with the current one, in batches; store → rows done.

    May be stopped at any time and run again: each batch is its own transaction and what is done is done.
    """
    done: dict[str, int] = {}
    wanted = set(only)
    for store in registered():
        if store.reseal is None or (wanted and store.name not in wanted):
            continue
        current = keyring().current(store.use)
        outdated = [key.id for key in keyring().all(store.use) if key != current]
        done[store.name] = 0
        while outdated and (rows := store.reseal(outdated, BATCH)):
            done[store.name] += rows
            progress(store.name, done[store.name])
    return done
