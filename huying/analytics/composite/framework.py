"""The index's framework: indicators, the aggregates above them, directions, weights, denominators. COINr calls it iMeta."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from huying.analytics.composite.tables import MISSING, harmless, read_rows
from huying.kernel.errors import InvalidInput

TYPES = ("Indicator", "Aggregate", "Group", "Denominator", "Other")
NEEDED = ("iCode", "Type", "Level", "Direction", "Weight", "Parent")
# Columns that hold a number per indicator. Target and goalpost_* are COINr's names, the others ours.
PARAMETERS = ("Target", "ScaleFactor", "goalpost_lower", "goalpost_upper", "satisfactory", "intolerable")
RESERVED = ("uCode", "uName", "Time")
READ = (*NEEDED, "iName", "Unit", "Denominator", *PARAMETERS)


@dataclass(frozen=True)
class Node:
    """An indicator or an aggregate.

    level: 1 for indicators, the index has the highest. direction: 1 where more is better, −1 where less is. weight: among its
    siblings, on any scale. parent: the aggregate above, "" for the index. denominator: the column it is divided by, or "".
    parameters: columns of PARAMETERS that hold a number.
    """

    code: str
    name: str
    level: int
    parent: str
    direction: int = 1
    weight: float = 1.0
    unit: str = ""
    denominator: str = ""
    parameters: Mapping[str, float] | None = None

    def parameter(self, name: str) -> float | None:
        return (self.parameters or {}).get(name)


@dataclass(frozen=True)
class Framework:
    """Nodes as the file lists them; names of the columns that group, divide, or only accompany; metadata nothing reads."""

    nodes: tuple[Node, ...]
    groups: tuple[str, ...] = ()
    denominators: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def by_code(self) -> dict[str, Node]:
        return {node.code: node for node in self.nodes}

    @cached_property
    def indicators(self) -> tuple[str, ...]:
        return tuple(node.code for node in self.nodes if node.level == 1)

    @cached_property
    def top(self) -> Node:
        return max(self.nodes, key=lambda node: node.level)

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Aggregate → the codes directly below it, in the file's order."""
        below: dict[str, list[str]] = {node.code: [] for node in self.nodes if node.level > 1}
        for node in self.nodes:
            if node.parent:
                below[node.parent].append(node.code)
        return {code: tuple(found) for code, found in below.items()}

    @cached_property
    def upward(self) -> tuple[str, ...]:
        """Aggregates from the lowest level up, by code within a level: every child stands before its parent."""
        above = [node for node in self.nodes if node.level > 1]
        return tuple(node.code for node in sorted(above, key=lambda node: (node.level, _collated(node.code))))

    def of_level(self, level: int) -> tuple[str, ...]:
        return tuple(node.code for node in self.nodes if node.level == level)

    def lineage(self, code: str) -> tuple[str, ...]:
        """From the node itself to the index."""
        found = [code]
        while parent := self.by_code[found[-1]].parent:
            found.append(parent)
        return tuple(found)

    def beneath(self, code: str) -> tuple[str, ...]:
        """Indicators under an aggregate; the indicator itself for an indicator."""
        return tuple(one for one in self.indicators if code in self.lineage(one))

    def presented(self) -> tuple[str, ...]:
        """As a full table of results shows them: index first, level by level, then the indicators pillar by pillar."""
        aggregates = sorted(
            (n for n in self.nodes if n.level > 1),
            key=lambda n: (-n.level, _collated(n.parent)),
        )
        indicators = sorted(self.indicators, key=lambda code: [_collated(one) for one in self.lineage(code)[::-1]])
        return (*(node.code for node in aggregates), *indicators)

    def without(self, code: str) -> Framework:
        """The framework less one node, all below it, and each aggregate that this leaves empty.

        Raises InvalidInput when nothing would remain.
        """
        gone = {node.code for node in self.nodes if code in self.lineage(node.code)}
        parent = self.by_code[code].parent
        while parent and not [one for one in self.children[parent] if one not in gone]:
            gone.add(parent)
            parent = self.by_code[parent].parent
        if self.top.code in gone:
            raise InvalidInput(f"without {code} nothing of {self.top.code} remains", cure="remove a lower node")
        return replace(self, nodes=tuple(node for node in self.nodes if node.code not in gone))


def _collated(code: str) -> tuple[str, str]:
    """Letters before case, as a reader sorts, and the same everywhere: no locale."""
    return code.casefold(), code


def read(path: Path) -> Framework:
    """The framework of an iMeta csv. Raises InvalidInput with line and cure for what cannot be."""
    header, rows = read_rows(path)
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        raise InvalidInput(
            f"{path.name} lacks the column {', '.join(lacking)}",
            cure=f"give {', '.join(NEEDED)}; optional are iName, Unit, Denominator, {', '.join(PARAMETERS)}",
        )
    nodes: list[Node] = []
    columns: dict[str, list[str]] = {kind: [] for kind in TYPES}
    stands: dict[str, str] = {}
    for line, cells in rows:
        row, where = dict(zip(header, cells, strict=True)), f"{path.name}:{line}"
        code, kind = row["iCode"], row["Type"]
        if kind not in TYPES:
            raise InvalidInput(f"{where}: Type {kind!r} of {code} is unknown", cure=f"write one of {', '.join(TYPES)}")
        if not code:
            raise InvalidInput(f"{where}: a row without iCode", cure="give each row a code")
        columns[kind].append(harmless(where, "iCode", code, part_of_a_file_name=True))
        if code in RESERVED:
            raise InvalidInput(f"{where}: iCode {code} is a column of the data's own", cure="choose another code")
        if (first := stands.setdefault(code, where)) != where:
            raise InvalidInput(f"{where}: iCode {code} stands already in {first}", cure="give each row its own code")
        if kind not in ("Indicator", "Aggregate"):
            continue
        read_parameters = {
            name: _number(where, code, name, row[name])
            for name in PARAMETERS
            if name in header and row[name] not in MISSING
        }
        level = _number(where, code, "Level", row["Level"])
        parent, denominator = _blank(row["Parent"]), _blank(row.get("Denominator", ""))
        # What nothing reads may be left out: an aggregate's scores already run upward, the index has no siblings.
        direction = _number(where, code, "Direction", row["Direction"], None if kind == "Indicator" else 1.0)
        weight = _number(where, code, "Weight", row["Weight"], None if parent else 1.0)
        if direction not in (1, -1):
            raise InvalidInput(
                f"{where}: Direction of {code} is {row['Direction']}", cure="write 1 (more is better) or -1"
            )
        if kind == "Aggregate":
            idle = {"Direction": direction == -1, "Denominator": bool(denominator)} | dict.fromkeys(
                read_parameters, True
            )
            if named := [name for name, given in idle.items() if given]:
                raise InvalidInput(
                    f"{where}: {named[0]} of the aggregate {code} is {row[named[0]]}, but only indicators have one",
                    cure="leave it blank here; turn or scale the indicators below it",
                )
        nodes.append(
            Node(
                code=code,
                name=row.get("iName", "") or code,
                level=int(level),
                parent=parent,
                direction=int(direction),
                weight=weight,
                unit=_blank(row.get("Unit", "")),
                denominator=denominator,
                parameters=read_parameters,
            )
        )
        if level != int(level) or (level == 1) != (kind == "Indicator"):
            raise InvalidInput(
                f"{where}: {code} is an {kind} of Level {row['Level']}", cure="indicators are of Level 1, others above"
            )
    try:
        return Framework(
            nodes=tuple(nodes),
            groups=tuple(columns["Group"]),
            denominators=tuple(columns["Denominator"]),
            others=tuple(columns["Other"]),
            unread=tuple(name for name in header if name not in READ),
        )
    except InvalidInput as fault:
        placed = {f"{stands.get(code, path.name)} {code}": said for code, said in fault.fields.items()}
        raise InvalidInput(
            fault.message if placed else f"{path.name}: {fault.message}", fields=placed, cure=fault.cure
        ) from None


def _blank(text: str) -> str:
    return "" if text in MISSING else text


def _number(where: str, code: str, name: str, text: str, left_out: float | None = None) -> float:
    if text in MISSING:
        if left_out is not None:
            return left_out
        raise InvalidInput(f"{where}: {name} of {code} is left out", cure=f"write {name} as a number")
    try:
        found = float(text) if "_" not in text else float("_")
    except ValueError:
        raise InvalidInput(
            f"{where}: {name} of {code} is {text!r}, not a number", cure=f"write {name} as a number"
        ) from None
    if found in (float("inf"), float("-inf")) or found != found:
        raise InvalidInput(f"{where}: {name} of {code} is {text!r}, not finite", cure=f"write {name} as a number")
    return found


def _check(framework: Framework) -> None:
    """One tree: a single top, every parent an aggregate one level higher, no aggregate without children, weights not negative."""
    by_code = {node.code: node for node in framework.nodes}
    faults: dict[str, str] = {}
    tops = [node.code for node in framework.nodes if not node.parent]
    if not tops:
        highest = max(framework.nodes, key=lambda node: node.level, default=None)
        raise InvalidInput(
            "no node stands at the top: each has a Parent",
            cure="leave the Parent of the index blank",
            fields={highest.code: f"has the Parent {highest.parent!r}"} if highest else None,
        )
    if len(tops) > 1:
        raise InvalidInput(
            f"{len(tops)} nodes have no Parent",
            cure="exactly one, the index, stands at the top",
            fields=dict.fromkeys(tops[:8], "has no Parent"),
        )
    parents = {node.parent for node in framework.nodes}
    parents_there = [node.code for node in framework.nodes if node.level > 1]
    for node in framework.nodes:
        above = by_code.get(node.parent)
        if node.parent and above is None:
            faults[node.code] = f"its Parent {node.parent!r} is no Aggregate" + _near(node.parent, parents_there)
        elif above is not None and above.level != node.level + 1:
            faults[node.code] = (
                f"is of Level {node.level}, its Parent {above.code} of Level {above.level}, not one higher"
            )
        elif node.level > 1 and node.code not in parents:
            faults[node.code] = "is an Aggregate with nothing below it"
        elif node.weight < 0:
            faults[node.code] = f"has the negative Weight {node.weight:g}"
        elif node.denominator and node.denominator not in framework.denominators:
            faults[node.code] = f"its Denominator {node.denominator!r} is no row of Type Denominator"
    if faults:
        raise InvalidInput(
            "the framework does not hold together", fields=faults, cure="mend these rows of the metadata"
        )


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def weights_of(framework: Framework) -> dict[str, float]:
    """The weights that stand in the metadata."""
    return {node.code: node.weight for node in framework.nodes}


def effective(framework: Framework, weights: Mapping[str, float]) -> dict[str, float]:
    """Each node's share of the index where nothing is missing and every mean is arithmetic: 1 for the index, siblings sum to it.

    Raises InvalidInput for children of one parent that all weigh nothing.
    """
    shares = {framework.top.code: 1.0}
    for parent in framework.upward[::-1]:
        for code, share in shares_of(parent, framework.children[parent], weights).items():
            shares[code] = shares[parent] * share
    return {node.code: shares[node.code] for node in framework.nodes}


def shares_of(parent: str, children: Sequence[str], weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of one parent's children, brought to the sum of one."""
    total = sum(weights[code] for code in children)
    if not total > 0:
        raise InvalidInput(
            f"everything under {parent} ({_few(children)}) weighs nothing",
            cure="give at least one of them a weight above 0, or take them out of the framework",
        )
    return {code: weights[code] / total for code in children}


def _few(codes: Iterable[str]) -> str:
    found = list(codes)
    return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
