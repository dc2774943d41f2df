"""Published editions computed once more from what was kept of their data, and compared bit for bit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from huying.analytics import published, snapshots, trees
from huying.analytics.periods import Period
from huying.analytics.since import Since, since
from huying.domains.bulletins import content as contents
from huying.domains.bulletins.models import Bulletin, Edition, digest_of
from huying.domains.bulletins.vocabulary import KIND, Action
from huying.domains.matters import queries as matters
from huying.kernel import audit, clock
from huying.kernel.errors import HuyingError, InvalidInput, NotFound

OTHERWISE = "it was altered, or the program computes otherwise than the one that published it"
# What comes from the published figures alone; findings about records and what people said do not.
RECOMPUTED = (
    "figures", "index", "moved", "trends", "places", "headline", "division", "period", "provisional", "demo", "records",
    "rulebook_date", "tree_date", "watermark", "definitions",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """path: figures.closed_in_time.now.value. why: what it comes from, in words."""

    edition: str
    path: str
    published: object
    computed: object
    why: str


@dataclass
class Verified:
    """names: of the editions. figures: with a value, computed and compared. unkept: editions published before inputs were kept.
    since: by edition, how its counts and deliveries stand against today's; records: by reason, how many matters of its place and
    period the log tells of since; only when asked for."""

    editions: int = 0
    names: list[str] = field(default_factory=list)
    figures: int = 0
    unkept: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    since: dict[str, Since] = field(default_factory=dict)
    records: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return bool(self.differences)

    def said(self) -> dict[str, Any]:
        return {
            "editions": self.editions,
            "names": self.names,
            "figures": self.figures,
            "unkept": self.unkept,
            "differences": [vars(one) for one in self.differences],
            "since": {name: asdict(one) | {"records": self.records[name]} for name, one in self.since.items()},
        }

    def lines(self) -> Iterator[str]:
        for one in self.differences:
            yield f"{one.edition}: {one.path}: published {one.published!r}, computed {one.computed!r}: {one.why}"
        for name in self.unkept:
            yield f"{name}: published before its inputs were kept; it can't be computed again"
        for name, ground in self.since.items():
            yield from _ground(name, ground, self.records[name])
        yield f"{self.editions} editions, {self.figures} figures compared, {len(self.differences)} differ"


# So many of the counts that differ are said; --json has them all.
SAID = 10


def _ground(name: str, one: Since, records: dict[str, int]) -> Iterator[str]:
    """How an edition's counts and deliveries stand against today's, in sentences."""
    known = {reason: n for reason, n in records.items() if n}
    if not one.changed:
        yield f"{name}: its {one.cells} counted cells are what today's records give"
    else:
        why = [f"{n} {matters.REASON_WORDS[matters.Reason(reason)].en}" for reason, n in known.items()]
        why += [] if one.rules else ["what is counted was defined anew"]
        why += [] if one.tree else ["the tree of places was changed"]
        why = why or ["the log tells of nothing that explains it: see huying audit verify"]
        yield f"{name}: {one.changed} of {one.cells} counted cells differ from today's; the edition stands"
        yield f"  in the log since, of its place and period: {'; '.join(why)}"
        for row in one.listed[:SAID]:
            yield f"  {row.node} {row.period} {row.measure}: {row.then} then, {row.now} today"
        if len(one.listed) > SAID:
            yield f"  and {len(one.listed) - SAID} more counts; --json lists those of the county and above"
    if one.asked_not:
        yield f"{name}: {one.asked_not} cells can't be asked for: single days below the township aren't kept so long"
    if one.deliveries:
        stands = (
            f"{one.corrected} were corrected since, {len(one.lost)} are not there as they were; {one.late} came late"
        )
        yield f"{name}: of {one.deliveries} deliveries {stands}"


def verify(named: str | None = None, *, from_records: bool = False) -> Verified:
    """One edition ("SET/DIVISION/PERIOD/NUMBER") or all. from_records: also hold what was kept against today's records and the
    versions of deliveries; a delivery that isn't there as it was counts as a difference, a changed record doesn't.

    Raises InvalidInput for no such name, NotFound for no such edition.
    """
    done = Verified()
    logged = _logged()
    for edition in _editions(named):
        name = _name(edition)
        done.editions += 1
        done.names.append(name)
        whole = edition.content
        done.differences.extend(_as_published(name, edition, logged.pop((edition.bulletin_id, edition.number), "")))
        if "inputs" not in whole:
            done.unkept.append(name)
            continue
        if whole.get("index") and "index" not in whole["inputs"]:
            done.unkept.append(f"{name} index")
        found = list(_compared(name, whole))
        done.differences.extend(found)
        done.figures += contents.count(whole)
        if from_records and not any(one.path.startswith("inputs") for one in found):
            period = Period.parse(whole["period"]["key"])
            stands = done.since[name] = since(whole["inputs"], period)
            done.records[name] = _records(whole, period)
            why = "deliveries are never changed: restore the database from a backup"
            done.differences.extend(Difference(name, f"delivery {lost}", "kept", "gone", why) for lost in stands.lost)
    if named is None:
        done.differences.extend(_gone(logged))
    return done


def _logged() -> dict[tuple[int, int], str]:
    """By report and number, the digest of each edition that the log says was published."""
    said = audit.payloads_since(KIND, Action.PUBLISH, datetime(1970, 1, 1, tzinfo=clock.ZONE))
    return {(report, payload["edition"]): payload["content"] for report, payload in said if "content" in payload}


def _as_published(name: str, edition: Edition, logged: str) -> Iterator[Difference]:
    """Whether the edition is what was published: by its own digest, by the log's, and in the columns that repeat its dates."""
    now = digest_of(edition.content)
    if now != edition.digest:
        yield Difference(
            name, "digest", edition.digest, now, "the edition isn't what was published: restore it from a backup"
        )
    if logged and edition.digest != logged:
        why = "the log tells of another edition than this one: restore it from a backup"
        yield Difference(name, "digest", logged, edition.digest, why)
    elif not logged:
        why = "the log doesn't tell of its publication: see huying audit verify"
        yield Difference(name, "digest", None, edition.digest, why)
    for column in ("rulebook_date", "tree_date", "watermark"):
        said, stands = edition.content.get(column), getattr(edition, column)
        if said is not None and stands != type(stands).fromisoformat(said):
            yield Difference(name, column, said, stands.isoformat(), "the edition's own date was changed")


def _gone(logged: dict[tuple[int, int], str]) -> Iterator[Difference]:
    """Editions that the log tells of and that aren't there."""
    reports = Bulletin.objects.everything("every edition is verified").in_bulk({report for report, _number in logged})
    for (report, number), digest in sorted(logged.items()):
        name = _named(reports[report], number) if report in reports else f"report {report}, edition {number}"
        yield Difference(name, "edition", digest, None, "gone: restore it from a backup")


def _records(whole: dict[str, Any], period: Period) -> dict[str, int]:
    """By reason, the matters of an edition's place and period that were acted upon after its watermark."""
    with published.opened() as figures:
        tree = figures.tree()
    node = trees.named(tree, whole["division"]["code"], period.last)
    found = matters.touched(tree, node, period, clock.local(datetime.fromisoformat(whole["watermark"])))
    return {reason.value: len(ids) for reason, ids in found.items()}


def _compared(name: str, whole: dict[str, Any]) -> Iterator[Difference]:
    body = whole["set"] | {"period": whole["period"]["kind"], "levels": [whole["division"]["level"]]}
    torn: list[str] = []
    again = None
    try:
        with snapshots.replaying(whole["inputs"], torn):
            again = contents.figured(body, whole["division"]["code"], Period.parse(whole["period"]["key"]))
    except HuyingError as error:
        if not torn:
            yield Difference(name, "inputs", whole["inputs"], None, error.message)
    parts = {digest: part for part, digest in whole["inputs"].items()}
    for digest in torn:
        why = f"the kept {parts.get(digest, 'values')} are not what was kept: restore them from a backup"
        yield Difference(name, f"inputs.{parts.get(digest, 'values')}", digest, None, why)
    if again is None:
        return
    again = json.loads(json.dumps(again))
    why = "what it was computed from was altered" if torn else OTHERWISE
    if not torn and whole["definitions"] != again["definitions"]:
        why = "the kept definitions aren't those it says it was computed by"
    # The index of an edition from before its weights were kept isn't compared; `unkept` says so.
    keys = [key for key in RECOMPUTED if key != "index" or "index" in whole["inputs"] or not whole.get("index")]
    for path, then, now in _different({key: whole.get(key) for key in keys}, {key: again.get(key) for key in keys}):
        yield Difference(name, path, then, now, why)


def _different(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf that differs, to the last bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _different(one.get(key), other.get(key), f"{path}.{key}" if path else key)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _different(left, right, f"{path}[{i}]")
    elif type(one) is not type(other) or one != other:
        yield path, one, other


def _editions(named: str | None) -> list[Edition]:
    rows = Edition.objects.select_related("bulletin").order_by("bulletin_id", "number")
    if named is None:
        return list(rows)
    parts = named.split("/")
    if len(parts) != 4 or not parts[3].isdigit():
        raise InvalidInput(f"--edition {named!r} names none", cure="write monthly/331100000000/2026-10/1")
    code, division, period, number = parts
    found = list(
        rows.filter(
            bulletin__set_code=code,
            bulletin__division=trees.full_code(division),
            bulletin__period=Period.parse(period).key,
            number=int(number),
        )
    )
    if not found:
        raise NotFound(f"there is no edition {named}", cure="huying report verify --json lists what there is")
    return found


def _name(edition: Edition) -> str:
    return _named(edition.bulletin, edition.number)


def _named(report: Bulletin, number: int) -> str:
    return f"{report.set_code}/{report.division}/{report.period}/{number}"
