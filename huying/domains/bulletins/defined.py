"""The lines of a report that a pack or a screen defines: from records, departments' datasets and surveys, with what they rest on.

Everything is read through `analytics.values`, so it is computed once more by `huying report verify` as the counted figures are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from huying.analytics import published, values
from huying.analytics.periods import Period
from huying.analytics.sources import Delivered
from huying.analytics.trees import Tree
from huying.analytics.values import Entry, Rank, Value
from huying.domains.bulletins import credibility
from huying.domains.bulletins.credibility import Finding
from huying.kernel.words import Words, words

RECORDS = words("诉求办理记录", "matters handled")
Found = Mapping[tuple[str, str, str], Value]


@dataclass(frozen=True)
class Defined:
    """lines: by code, as content's own, with what these have more. children: place → code → figure. trends: by code."""

    lines: dict[str, dict[str, Any]]
    children: dict[str, dict[str, dict[str, Any]]]
    trends: dict[str, list[dict[str, Any]]]
    findings: tuple[Finding | None, ...]


def defined(
    codes: Iterable[str],
    division: str,
    period: Period,
    *,
    siblings: Sequence[str],
    children: Sequence[str],
    below: Sequence[str],
    trends: Sequence[str],
    over: Sequence[Period],
) -> Defined:
    """codes: of these the ones that aren't counted from records by the program itself. below: those asked of the children too;
    trends: those asked over the periods `over`. Codes that nobody defines are left out."""
    entries = {
        entry.code: entry for entry in values.catalogue(period.last) if not entry.counted and entry.code in set(codes)
    }
    if not entries:
        return Defined({}, {}, {}, ())
    before, year = period.previous, period.year_before
    found = values.read(entries, [division], [p for p in (period, before, year) if p])
    # A rank is given among the siblings: what theirs rest on belongs to what it rests on.
    found |= values.read(entries, [*siblings, *children], [period])
    drawn = [code for code in trends if code in entries]
    points = values.read(drawn, [division], over) if drawn else {}
    with published.opened() as figures:
        tree = figures.tree()
    behind = _Behind(entries.values(), tree, division, period)
    lines = {code: _line(entry, found, division, period, behind) for code, entry in entries.items()}
    return Defined(
        lines,
        {
            child: {code: _figure(found[code, child, period.key]) for code in below if code in entries}
            for child in children
        },
        {
            code: [
                {
                    "period": p.key,
                    "value": points[code, division, p.key].value,
                    "year_before": points[code, division, p.key].last_year,
                }
                for p in over
            ]
            for code in drawn
        },
        (
            *_perfect(found, entries, [division, *children], period),
            *(_sudden(entries[code], [points[code, division, p.key] for p in over]) for code in drawn),
            *_silent(lines.values()),
        ),
    )


def withdrawn(said: Mapping[str, Any], period: Period) -> dict[str, dict[str, Any]]:
    """Of the indicators the set `said` names, those withdrawn by the period's end: what they are called, since when, why."""
    codes = {code for section in said["sections"] for code in section["indicators"]}
    return {
        code: {
            "name": {"zh": version.row.name.zh, "en": version.row.name.en},
            "from": str(version.valid_to),
            "why": version.withdrawn,
        }
        for code, version in sorted(values.withdrawn(codes, period.last).items())
    }


def _line(entry: Entry, found: Found, division: str, period: Period, behind: _Behind) -> dict[str, Any]:
    now, before = (found[entry.code, division, p.key] for p in (period, period.previous))
    year = found.get((entry.code, division, period.year_before.key)) if period.year_before else None
    said, missing = behind.of(entry)
    limit = entry.threshold(now.node.level, period.last)
    return {
        "name": _pair(entry.name),
        "meaning": _pair(entry.meaning),
        "unit": entry.unit,
        "defined": entry.version,
        "category": entry.category,
        "now": _figure(now),
        "before": _figure(before),
        "year_before": _figure(year) if year else _figure(before) | {"value": None, "absent": None},
        "change": _change(now, before),
        "year_change": _change(now, year),
        "growth": _growth(now, before),
        "year_growth": _growth(now, year),
        "rank": _rank(now.among_siblings),
        "peers": _rank(now.in_peers),
        "limits": {"green": limit.green, "yellow": limit.yellow, "reference": limit.reference} if limit else None,
        "better": entry.direction.value,
        "target": entry.row.target if entry.row else None,
        "met": now.met,
        "sources": said,
        # Where nobody delivered there is no value to say of how many.
        "reported": now.reported if now.expected is not None else 0,
        "expected": now.expected if now.expected is not None else len(missing),
        "missing": missing,
    }


def _figure(value: Value) -> dict[str, Any]:
    return {
        "value": value.value,
        "numerator": _plain(value.numerator),
        "denominator": _plain(value.denominator),
        "n": _plain(value.n),
        "absent": _pair(value.why_absent) if value.why_absent else None,
        "grade": value.grade.value if value.grade else "",
        "age": value.age,
        "unchecked": value.unchecked,
    }


def _change(now: Value, then: Value | None) -> float | None:
    """The difference in the indicator's unit; of a sum none while the period runs on, as it is compared with a whole one."""
    if now.value is None or then is None or then.value is None or now.age or then.age:
        return None
    return None if now.provisional and now.denominator is None else now.value - then.value


def _growth(now: Value, then: Value | None) -> float | None:
    """Relative: -0.2882 is a fall of 28.82 %."""
    change = _change(now, then)
    return None if change is None or then is None or not then.value or then.value < 0 else change / then.value


def _rank(rank: Rank | None) -> dict[str, int] | None:
    return {"place": rank.place, "of": rank.of} if rank else None


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _pair(said: Words) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}


def _perfect(found: Found, entries: Mapping[str, Entry], places: Sequence[str], period: Period) -> Iterable[Finding]:
    for code, entry in entries.items():
        # One that is neither good nor bad is asked about too: all disputes settled, none failed, is what nobody reports truly.
        if entry.unit != "%":
            continue
        for place in places:
            value = found[code, place, period.key]
            # More than all is a target outdone, not a share.
            if value.value is None or value.denominator is None or value.value > 100:
                continue
            # In the place itself what was before is usual, in a part of it what holds for the whole.
            usual = found[code, places[0], (period.previous if place == places[0] else period).key].value
            asked = credibility.too_perfect(
                entry.name,
                value.value / 100,
                int(value.denominator),
                lower=entry.direction.value == "lower",
                place=value.node.name,
                code=code,
                usual=None if usual is None else usual / 100,
            )
            if asked:
                yield asked
                if place == places[0]:
                    break  # what is said of the whole isn't said again of each part


def _sudden(entry: Entry, over: Sequence[Value]) -> Finding | None:
    """over: its values in the periods of its chart, the newest last; one whose period runs on is asked nothing."""
    *history, now = over
    if now.provisional:
        return None
    share = entry.unit == "%"
    scale = 100 if share else 1
    known = [None if value.value is None or value.age else value.value / scale for value in (*history, now)]
    return credibility.sudden_change(entry.name, known[-1], known[:-1], share, now.node.name, entry.code)


def _silent(lines: Iterable[Mapping[str, Any]]) -> Iterable[Finding]:
    """One note for each source that places owe something of."""
    owed: dict[tuple[str, str], dict[str, None]] = {}
    for line in lines:
        for source in line["sources"]:
            if source["kind"] != "facts" and line["missing"]:
                owed.setdefault((source["zh"], source["en"]), {}).update(dict.fromkeys(line["missing"]))
    for (zh, en), places in owed.items():
        yield credibility.missing_deliveries(words(zh, en), list(places))


class _Behind:
    """What the lines rest on in a place and period."""

    def __init__(self, entries: Iterable[Entry], tree: Tree, division: str, period: Period) -> None:
        self.tree, self.period, self.titles = tree, period, values.titles()
        self.rows: dict[tuple[str, str], list[Delivered]] = {}
        inside: dict[str, bool] = {}
        for source, rows in values.deliveries_of(entries).items():
            for row in rows:
                if row.node not in inside:
                    inside[row.node] = any(step.code == division for step in tree.path(row.node, period.last))
            self.rows[source] = [row for row in rows if inside[row.node]]

    def of(self, entry: Entry) -> tuple[list[dict[str, Any]], list[str]]:
        """The sources in words, marked where a demo's generator filled one; names of the places that have delivered before and
        delivered nothing of the indicator for this period."""
        assert entry.row is not None
        said: list[dict[str, Any]] = []
        wanted, missing = set(entry.row.measures), set[str]()
        for source in entry.row.sources:
            if source.facts:
                said.append({"kind": "facts", **_pair(RECORDS), "generated": False})
                continue
            key = ("dataset", source.dataset) if source.dataset else ("survey", source.survey)
            own = self.rows[key]
            there = [row for row in own if self.period.start <= row.day < self.period.end]
            told = {row.node for row in there if any(row.values.get(measure) is not None for measure in wanted)}
            missing |= {row.node for row in own} - told
            title = self.titles.get(":".join(key)) or words(key[1], key[1])
            said.append({"kind": key[0], **_pair(title), "generated": any(row.generated for row in there)})
        return said, [self.tree.spans[code][-1].name for code in sorted(missing)]
