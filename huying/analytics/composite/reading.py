"""Files → data, framework and settings that fit each other; what does not fit is said with its place and its cure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from pydantic import ValidationError

from huying.analytics.composite.documents import line_of, read_document
from huying.analytics.composite.framework import Framework
from huying.analytics.composite.places import Tree
from huying.analytics.composite.spec import ImputeGroup, ImputeNone, Part, Spec
from huying.analytics.composite.tables import MISSING, Floats, Table, harmless, numbers, read_rows
from huying.analytics.periods import Period
from huying.kernel.errors import InvalidInput

SPECIAL = ("uCode", "uName", "Time")


@dataclass(frozen=True, eq=False)
class Data:
    """What was delivered. raw: the indicators. Every other member has one entry for each row of it.

    denominators: column → figures. groups: column → labels, "" unknown; with a tree also tree.parent and tree.level.
    """

    raw: Table
    names: tuple[str, ...]
    denominators: Mapping[str, Floats]
    groups: Mapping[str, tuple[str, ...]]

    def keep(self, rows: np.ndarray[Any, np.dtype[np.bool_]]) -> Data:
        if rows.all():
            return self
        kept = np.flatnonzero(rows)
        return Data(
            raw=self.raw.keep(rows),
            names=tuple(self.names[n] for n in kept),
            denominators={code: figures[kept] for code, figures in self.denominators.items()},
            groups={code: tuple(labels[n] for n in kept) for code, labels in self.groups.items()},
        )


def read_data(path: Path, framework: Framework, tree: Tree | None = None) -> Data:
    """The data of an iData csv: uCode, optional uName and Time, then a column for each indicator, group and denominator.

    Raises InvalidInput for a column that the metadata does not know or that is missing, a unit that stands twice at one time, a
    time that is no period, a text where a number belongs, a unit that is not in the tree at its time.
    """
    header, rows = read_rows(path)
    wanted = (*framework.indicators, *framework.groups, *framework.denominators)
    known = {*SPECIAL, *wanted, *framework.others}
    lacking = [code for code in ("uCode", *wanted) if code not in header]
    if lacking:
        raise InvalidInput(
            f"{path.name} lacks the column {', '.join(lacking[:8])}", cure="add it, or take its row out of the metadata"
        )
    strange = [name for name in header if name not in known]
    if strange:
        raise InvalidInput(
            f"{path.name} has columns that the metadata does not know: {', '.join(strange[:8])}",
            cure="give each a row in the metadata (Type Other when it only accompanies), or take it out",
        )
    lines = [line for line, _ in rows]
    columns = {name: [cells[place] for _, cells in rows] for place, name in enumerate(header)}
    units = columns["uCode"]
    times = _times(path, lines, columns["Time"]) if "Time" in columns else [""] * len(rows)
    seen: dict[tuple[str, str], int] = {}
    for line, unit, time in zip(lines, units, times, strict=True):
        harmless(f"{path.name}:{line}", "uCode", unit)
        if not unit:
            raise InvalidInput(f"{path.name}:{line}: a row without uCode", cure="give each row its unit")
        if (first := seen.setdefault((unit, time), line)) != line:
            at = f" at {time}" if time else ""
            raise InvalidInput(
                f"{path.name}:{line}: {unit}{at} stands already on line {first}",
                cure="keep one row for each unit and time",
            )
    moments = {time: Period.parse(time).start.toordinal() if time else 0 for time in set(times)}
    order = sorted(range(len(rows)), key=lambda n: (moments[times[n]], units[n]))
    for code in framework.groups:
        for line, label in zip(lines, columns[code], strict=True):
            harmless(f"{path.name}:{line}", code, label)
    figures = {
        code: numbers(path, code, zip(lines, columns[code], strict=True))
        for code in (*framework.indicators, *framework.denominators)
    }
    groups = {
        code: tuple("" if columns[code][n] in MISSING else columns[code][n] for n in order) for code in framework.groups
    }
    unit_order, time_order = tuple(units[n] for n in order), tuple(times[n] for n in order)
    if tree is not None:
        groups |= tree.groups(unit_order, time_order)
    values = np.empty((len(rows), len(framework.indicators)), order="F")
    for place, code in enumerate(framework.indicators):
        values[:, place] = figures[code][order]
    return Data(
        raw=Table(unit_order, time_order, framework.indicators, values),
        names=tuple(columns.get("uName", units)[n] for n in order),
        denominators={code: figures[code][order] for code in framework.denominators},
        groups=groups,
    )


def _times(path: Path, lines: list[int], cells: list[str]) -> list[str]:
    found: dict[str, Period] = {}
    for line, text in zip(lines, cells, strict=True):
        if text in found:
            continue
        try:
            found[text] = Period.parse(text)
        except InvalidInput as fault:
            raise InvalidInput(f"{path.name}:{line}: Time: {fault.message}", cure=fault.cure) from None
    kinds = {period.kind: text for text, period in found.items()}
    if len(kinds) > 1:
        raise InvalidInput(
            f"{path.name}: Time mixes {' and '.join(f'{kind} ({text})' for kind, text in kinds.items())}",
            cure="give all rows periods of one kind",
        )
    return [found[text].key for text in cells]


def read_spec(path: Path) -> Spec:
    """Settings from YAML. Raises InvalidInput naming every faulty place with its line."""
    given, tree = read_document(path)
    if given is None:
        return Spec()
    if not isinstance(given, dict):
        raise InvalidInput(
            f"{path.name}: there is no mapping at the top", cure="begin with a step, such as `normalise:`"
        )
    return spec_of(given, file=path.name, tree=tree)


def spec_of(given: Mapping[str, Any], *, file: str = "", tree: Any = None) -> Spec:
    """Settings from a mapping. Raises InvalidInput whose fields are the faulty places, each with its cure."""
    try:
        return Spec.model_validate(given)
    except ValidationError as fault:
        faults = {}
        problems = [(_path(problem["loc"], given), problem) for problem in fault.errors()]
        for path, problem in problems:
            if problem["type"] == "too_short" and any(inner[:-1] == path for inner, _ in problems):
                continue  # pydantic counts a faulty item as missing; the item's own fault is said
            place, line = ".".join(map(str, path)), line_of(tree, path)
            faults[f"{file}:{line} {place}" if line else place or file] = _said(problem, path, given)
        raise InvalidInput(
            f"{len(faults)} setting{'s' if len(faults) > 1 else ''} cannot be used",
            fields=faults,
            cure="docs/howto/compute-an-index.md lists every step with its settings",
        ) from None


def _path(loc: Iterable[int | str], given: Any) -> list[int | str]:
    """Where in what was given a fault lies: less the marks of its own that pydantic puts between."""
    path: list[int | str] = []
    for part in loc:
        of_pydantic = str(part).startswith("function-")
        if isinstance(given, Mapping):
            of_pydantic |= part not in given and part in (given.get("method"), given.get("kind"))
            given = given.get(part, given)
        elif isinstance(given, list | tuple) and isinstance(part, int) and part < len(given):
            given = given[part]
        if of_pydantic:
            continue
        path.append(part)
    return path


def _said(problem: Any, path: list[int | str], given: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"there is no setting {path[-1]!r} here" + _near(str(path[-1]), _siblings(path[:-1], given))
    if kind == "union_tag_not_found":
        return f"lacks {context['discriminator']}".replace("'", "`")
    if kind == "union_tag_invalid":
        known = context["expected_tags"].replace("'", "").split(", ")
        return f"{context['discriminator']} {context['tag']!r} does not exist".replace("'", "`", 2) + _near(
            context["tag"], known
        )
    message = str(problem["msg"]).removeprefix("Value error, ")
    shown = repr(problem["input"])
    return message + (f", not {shown}" if kind != "value_error" and len(shown) < 60 else "")


def _siblings(path: Iterable[int | str], given: Any) -> list[str]:
    """The settings that may stand beside a place, by the models and the method chosen there."""
    found: list[Any] = [Spec]
    for part in path:
        given = given[part]
        models = [one for one in found if isinstance(one, type) and issubclass(one, Part)]
        found = [
            inner
            for model in models
            if part in model.model_fields
            for inner in _inner(model.model_fields[str(part)].annotation)
        ] or found  # the key of a mapping or the number of an item: its models were already found with the mapping
        chosen = (given.get("method") or given.get("kind")) if isinstance(given, Mapping) else None
        found = [one for one in found if chosen is None or not isinstance(one, type) or chosen in _tags(one)] or found
    return sorted({name for one in found if isinstance(one, type) for name in getattr(one, "model_fields", {})})


def _inner(annotation: Any) -> list[Any]:
    """The models within an annotation: members of unions, values of mappings, items of tuples."""
    if isinstance(annotation, type):
        return [annotation]
    return [one for inner in get_args(annotation) for one in _inner(inner)]


def _tags(model: type) -> tuple[str, ...]:
    fields = getattr(model, "model_fields", {})
    return tuple(tag for name in ("method", "kind") if name in fields for tag in get_args(fields[name].annotation))


def _near(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(known)}" if known else ""


def resolved(spec: Spec, framework: Framework) -> Spec:
    """The settings with what they leave to the metadata written out: with these the same result comes again."""
    written: dict[str, Any] = {}
    if spec.impute is None:
        written["impute"] = (
            ImputeGroup(method="group_mean", group=framework.groups[-1])
            if framework.groups
            else ImputeNone(method="none")
        )
    if spec.analysis.remove is None:
        removed = (2,) if framework.top.level > 2 else ()
        written["analysis"] = spec.analysis.model_copy(update={"remove": removed})
    return spec.model_copy(update=written)


def replaced(data: Data, values: Floats) -> Data:
    """The same units with other raw figures."""
    return replace(data, raw=data.raw.with_values(np.asfortranarray(values)))
