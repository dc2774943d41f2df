"""What stands in a shell's navigation, composed from what each app registers, so that no lower layer knows a shell.

An app calls `register` in its AppConfig.ready(). A count comes from a named source: a function of the actor that returns every
count it knows at once; a page asks each source once, however many entries use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from huying.kernel.actors import Actor, Role
from huying.kernel.words import Words, words

CountSource = Callable[[Actor], Mapping[str, int]]

GROUPS: dict[str, Words] = {
    "work": words("工作", "Work"),
    "look": words("查看", "Look"),
    "manage": words("管理", "Manage"),
    "admin": words("系统", "System"),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a shell's navigation.

    shell: desk, portal, field or wall. url: a URL name that takes no arguments; query: what follows "?".
    roles: who sees it (None: everyone). count: (source, key). group: a key of GROUPS. icon: the name of a field-bar icon.
    """

    shell: str
    url: str
    words: Words
    query: str = ""
    roles: frozenset[Role] | None = None
    count: tuple[str, str] | None = None
    group: str = "work"
    order: int = 100
    icon: str = ""


@dataclass(frozen=True)
class Shown:
    """An entry as one actor sees it: its address and its count (None: it has none)."""

    entry: Entry
    href: str
    count: int | None = None
    current: bool = False


@dataclass
class _Registry:
    entries: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    sources: dict[str, CountSource] = field(default_factory=dict)


_registry = _Registry()


def register(*entries: Entry) -> None:
    """Add entries; the same (shell, url, query) again replaces the earlier one, so that reloading an app is harmless."""
    for entry in entries:
        if entry.group not in GROUPS:
            raise ValueError(f"navigation entry {entry.url}: no group {entry.group!r}; it takes {', '.join(GROUPS)}")
        _registry.entries[(entry.shell, entry.url, entry.query)] = entry


def source(name: str, counts: CountSource) -> None:
    """Name the function that gives an actor's counts."""
    _registry.sources[name] = counts


def shown(
    shell: str,
    actor: Actor | None,
    path: str = "",
    query: str = "",
    known: Mapping[str, Mapping[str, int]] | None = None,
) -> list[Shown]:
    """The entries `actor` sees in `shell`, in order, with counts; the one being looked at is marked.

    known: counts the page has asked for already, by source. An
    entry whose address does not exist in this zone (the portal's in the inner one) is left out.
    """
    from django.urls import NoReverseMatch, reverse

    chosen: list[tuple[Entry, str]] = []
    for entry in sorted(_registry.entries.values(), key=lambda e: (list(GROUPS).index(e.group), e.order, e.url)):
        if entry.shell != shell or not _may_see(entry, actor):
            continue
        try:
            href = reverse(entry.url)
        except NoReverseMatch:
            continue
        chosen.append((entry, href))
    counts: dict[str, Mapping[str, int]] = dict(known or {})
    if actor is not None:
        for name in {entry.count[0] for entry, _ in chosen if entry.count}:
            if name in _registry.sources and name not in counts:
                counts[name] = _registry.sources[name](actor)
    best = _current(chosen, path, query)
    return [
        Shown(
            entry,
            f"{href}?{entry.query}" if entry.query else href,
            counts.get(entry.count[0], {}).get(entry.count[1], 0) if entry.count and entry.count[0] in counts else None,
            (entry.url, entry.query) == best,
        )
        for entry, href in chosen
    ]


def _may_see(entry: Entry, actor: Actor | None) -> bool:
    if entry.roles is None:
        return True
    return actor is not None and actor.has(*entry.roles)


def _current(chosen: list[tuple[Entry, str]], path: str, query: str) -> tuple[str, str] | None:
    """The entry whose address is the longest beginning of `path`; among those of one path, the one whose query is in `query`."""
    parts = set(filter(None, query.split("&")))
    fitting = [
        (len(href), len(entry.query), entry)
        for entry, href in chosen
        if path.startswith(href) and set(filter(None, entry.query.split("&"))) <= parts
    ]
    if not fitting:
        return None
    winner = max(fitting, key=lambda row: row[:2])[2]
    return (winner.url, winner.query)
