"""The index: put documents in, take them out, find them again, find ones like a text."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from huying.kernel import audit
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, Refused, Unscoped
from huying.kernel.search.engine import engine
from huying.kernel.search.masking import BLANK, mask, refuses
from huying.kernel.search.protocol import Row, Wanted
from huying.kernel.search.registry import kind as kind_of
from huying.kernel.search.registry import kinds
from huying.kernel.search.tokens import fold, pairs, phrases

MOST_FOUND = 500
TERMS_COMPARED = 12
# Of these, a term that one document in twenty has is looked up only where few are rarer: it costs most and tells least.
TERMS_AT_LEAST, COMMON = 6, math.log(20)
CANDIDATES = 60
SAMPLED = 1_000
SAMPLE_SECONDS = 600
NEAR_BONUS = 0.1
_TOKEN = re.compile(r"[a-z0-9]{1,40}\Z")


@dataclass(frozen=True)
class Document:
    """What is indexed of one record; `text` is masked here.

    known: its parties' names and numbers, masked wherever they stand.
    scope: tokens of a-z and 0-9 that say who may find it, e.g. "d331102000000" for its county, "u45" for a unit.
    """

    kind: str
    record_id: int
    text: str
    scope: Sequence[str] = ()
    known: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True)
class Likeness:
    """`score` 0 to 1: the weight of shared pairs over that of the shorter text; `shared`: the telling pairs, as grounds."""

    record_id: int
    score: float
    near: bool
    shared: tuple[str, ...]


def index(documents: Iterable[Document], using: str = "default") -> int:
    """Index or index anew, masked; in the caller's transaction. Returns how many."""
    rows = {}
    for document in documents:
        packed = kind_of(document.kind).pack(document.record_id)
        rows[packed] = Row(packed, fold(mask(document.text, document.known)), " ".join(_tokens(document.scope)))
    if rows:
        engine(using).put(list(rows.values()))
    return len(rows)


def rescope(kind: str, scopes: Mapping[int, Sequence[str]], using: str = "default") -> int:
    """Give already indexed records new scope tokens (a unit was brought in, a township merged). Unknown ids are passed over."""
    home = kind_of(kind)
    new = {home.pack(record_id): " ".join(_tokens(scope)) for record_id, scope in scopes.items()}
    database = engine(using)
    changed = [Row(row.id, row.text, new[row.id]) for row in database.rows(list(new)) if row.scope != new[row.id]]
    if changed:
        database.put(changed)
    return len(changed)


def remove(kind: str, ids: Iterable[int], using: str = "default") -> int:
    """Take records out of the index; returns how many were in it."""
    home = kind_of(kind)
    return engine(using).remove([home.pack(record_id) for record_id in ids])


def compact(using: str = "default") -> None:
    """After an erasure: rewrite the index so that what was removed leaves no trace in its live pages."""
    engine(using).compact()


def rebuild(using: str = "default") -> int:
    """Make the terms anew from the stored texts (after a change of `tokens.terms`); returns how many documents."""
    database = engine(using)
    database.forget_terms()
    done = 0
    for kind in kinds():
        last = kind.last
        while rows := database.newest(kind.first, last, 2_000):
            database.put_terms(rows)
            done += len(rows)
            last = rows[-1].id - 1
    return done


def find(
    kind: str,
    query: str,
    scope: Sequence[str] | Everything,
    *,
    actor: Actor,
    limit: int = 50,
    before: int | None = None,
    using: str = "default",
) -> list[int]:
    """Ids of the records of `kind` that hold every part of `query`, within any of the `scope` tokens, newest (largest) id first.

    before: only ids below this one (keyset paging). No scope token, no rows. Words parted by blanks must all occur; a
    part written together must occur so. The search is written to the access log. Raises Refused for a query shaped like a
    person's identifier, InvalidInput when nothing in it can be searched.
    """
    home = kind_of(kind)
    if reason := refuses(query):
        audit.access(actor, f"search: {BLANK}", kind, result="refused")  # a name alone has no shape to mask
        raise Refused(
            str(reason), cure=_("按人查找请使用来电人本人的未办结事项，或输入编号。"), fields={"query": str(reason)}
        )
    wanted = tuple((tuple(found), prefix) for found, prefix in phrases(fold(query)))
    if not wanted:
        raise InvalidInput(_("查询里没有可查找的字词。"), cure=_("输入两个字以上的词，例如“停水”。"))
    audit.access(actor, f"search: {query.strip()}", kind)
    last = home.last if before is None else home.pack(before) - 1
    bounds = _bounds(scope)
    if bounds == ():
        return []
    found = engine(using).find(Wanted(wanted, bounds, home.first, last, max(1, min(limit, MOST_FOUND))))
    return [home.unpack(packed) for packed in found]


def similar(
    kind: str,
    text: str,
    scope: Sequence[str] | Everything,
    *,
    limit: int = 5,
    near: Sequence[str] = (),
    known: Sequence[str] = (),
    since: int = 1,
    least: float = 0.25,
    using: str = "default",
) -> list[Likeness]:
    """Records of `kind` whose text is like `text`, the likest first, for duplicate hints.

    near: scope tokens of the place; such a record is preferred. since: the smallest record id looked at. least: the score
    below which nothing is said. The rarest pairs of `text` (by a sample of the newest documents) find candidates; their
    shared weight over that of the shorter text is the score. Masked like a document: a person is never the likeness.
    """
    home = kind_of(kind)
    bounds = _bounds(scope)
    mine = pairs(fold(mask(text, known)))
    if bounds == () or len(mine) < 2:
        return []
    rarity = _rarity(home.first, home.last, using)
    told = sorted(mine, key=lambda term: (-rarity(term), term))[:TERMS_COMPARED]
    told = [term for place, term in enumerate(told) if place < TERMS_AT_LEAST or rarity(term) > COMMON]
    database = engine(using)
    first = home.pack(max(1, since))
    weights = [(term, rarity(term)) for term in told]
    ids = database.candidates(weights, bounds, first, home.last, CANDIDATES)
    close = frozenset(_tokens(near))
    likes = []
    whole = sum(map(rarity, mine))
    for row in database.rows(ids):
        theirs = pairs(row.text)
        shared = mine & theirs
        shorter = min(whole, sum(map(rarity, theirs))) or 1.0
        score = sum(map(rarity, shared)) / shorter
        is_near = not close.isdisjoint(row.scope.split())
        if score >= least:
            grounds = tuple(sorted(shared, key=lambda term: (-rarity(term), term))[:6])
            likes.append(Likeness(home.unpack(row.id), round(min(score, 1.0), 4), is_near, grounds))
    likes.sort(key=lambda like: (-(like.score + NEAR_BONUS * like.near), -like.record_id))
    return likes[:limit]


class Everything:
    """Stands where scope tokens stand, for code that serves no one reader; says why, like `ScopedQuerySet.everything`."""

    def __init__(self, reason: str) -> None:
        if not reason:
            raise Unscoped("Everything() takes the reason why no scope applies")
        self.reason = reason


class _Rarity:
    """Inverse document frequency of a term in a sample of the newest documents; an unseen term is the rarest."""

    def __init__(self, texts: Sequence[str], newest: int) -> None:
        self.made, self.newest, self.size = time.monotonic(), newest, len(texts)
        counted: Counter[str] = Counter()
        for text in texts:
            counted.update(pairs(text))
        self._weights = {term: math.log((len(texts) + 1) / (n + 0.5)) for term, n in counted.items()}
        self._unseen = math.log((len(texts) + 1) / 0.5)

    def __call__(self, term: str) -> float:
        return max(0.05, self._weights.get(term, self._unseen))


_sampled: dict[tuple[str, int], _Rarity] = {}


def _rarity(first: int, last: int, using: str) -> _Rarity:
    """Kept for some minutes, until the newest document has moved by a tenth of the sample."""
    newest = engine(using).newest(first, last, 1)
    top = newest[0].id if newest else first
    held = _sampled.get((using, first))
    if (
        held is None
        or time.monotonic() - held.made > SAMPLE_SECONDS
        or not 0 <= top - held.newest <= max(1, held.size // 10)
    ):
        held = _Rarity([row.text for row in engine(using).newest(first, last, SAMPLED)], top)
        _sampled[using, first] = held
    return held


def _bounds(scope: Sequence[str] | Everything) -> tuple[str, ...] | None:
    return None if isinstance(scope, Everything) else tuple(_tokens(scope))


def _tokens(scope: Sequence[str]) -> list[str]:
    for token in scope:
        if not _TOKEN.match(token):
            raise ValueError(f"a scope token is 1 to 40 characters of a-z and 0-9, not {token!r}")
    return sorted(set(scope))
