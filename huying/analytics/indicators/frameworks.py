"""A pack's composite index: which indicators, under which aggregates, with what weights. What an indicator is stands in its
definition alone: direction, unit, target and goalposts are taken from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from huying.analytics.composite.framework import Framework, Node
from huying.analytics.composite.reading import spec_of
from huying.analytics.composite.spec import Spec
from huying.analytics.composite.tables import write_rows
from huying.analytics.indicators.schema import IndicatorRow
from huying.analytics.vocabulary import CODE
from huying.kernel.errors import InvalidInput
from huying.kernel.packs import Names, PackRow

COLUMNS = (
    "iCode",
    "iName",
    "Type",
    "Level",
    "Parent",
    "Direction",
    "Weight",
    "Unit",
    "Target",
    "goalpost_lower",
    "goalpost_upper",
)


class IndexRow(PackRow):
    """A node of `index.yaml`: the index (without `parent`), an aggregate, or an indicator by its code.

    weight: among its siblings, on any scale. settings: of the index alone, as docs/howto/compute-an-index.md has them.
    """

    code: str = Field(pattern=CODE)
    name: Names | None = None
    parent: str = ""
    weight: float = Field(default=1, ge=0)
    settings: dict[str, Any] = {}


def framework_of(rows: Sequence[IndexRow], indicators: Mapping[str, IndicatorRow], level_name: str = "") -> Framework:
    """The framework for `huying.analytics.composite`. level_name: of whose places the goalposts are taken, where an indicator has
    some by level; "" for those that hold for the rest.

    Raises InvalidInput with the faulty codes in `fields`: what has children and is an indicator, what has none and isn't one or
    has neither direction nor goalposts, what hangs in the air.
    """
    children: dict[str, list[str]] = {}
    for row in rows:
        if row.parent:
            children.setdefault(row.parent, []).append(row.code)
    faults = {row.code: said for row in rows if (said := _fault(row, row.code in children, indicators))}
    levels: dict[str, int] = {}

    def level(code: str, path: tuple[str, ...] = ()) -> int:
        if code in path:
            raise InvalidInput(
                f"{code} stands below itself", cure="mend its parent", fields={code: "is its own ancestor"}
            )
        if code not in levels:
            levels[code] = 1 + max((level(child, (*path, code)) for child in children.get(code, ())), default=0)
        return levels[code]

    if faults:
        raise InvalidInput("the index does not hold together", fields=faults, cure="mend these rows of the index")
    return Framework(nodes=tuple(_node(row, level(row.code), indicators.get(row.code), level_name) for row in rows))


def _fault(row: IndexRow, has_children: bool, indicators: Mapping[str, IndicatorRow]) -> str:
    definition = indicators.get(row.code)
    if row.settings and row.parent:
        return "has settings; only the index at the top has"
    if has_children:
        return "is an indicator and has others below it" if definition else "" if row.name else "lacks a name"
    if definition is None:
        return "is no indicator of this pack"
    if definition.direction == "none":
        return "has no direction, so that more of it is neither good nor bad"
    if definition.goalposts is None or definition.goalposts.worst is None:
        return "has no fixed goalposts, so that its score would change with the company it is in"
    return ""


def _node(row: IndexRow, level: int, definition: IndicatorRow | None, level_name: str) -> Node:
    if definition is None:
        name = row.name.zh if row.name else row.code
        return Node(row.code, name, level, row.parent, weight=row.weight, parameters={})
    assert definition.goalposts is not None
    posts = definition.goalposts.ends(level_name)
    parameters = {"goalpost_lower": min(posts.worst, posts.best), "goalpost_upper": max(posts.worst, posts.best)}
    if definition.target is not None:
        parameters["Target"] = definition.target
    return Node(
        code=row.code,
        name=definition.name.zh,
        level=level,
        parent=row.parent,
        direction=1 if definition.direction == "higher" else -1,
        weight=row.weight,
        unit=definition.unit,
        parameters=parameters,
    )


def settings_of(rows: Sequence[IndexRow]) -> Spec:
    """Those of the index. Raises InvalidInput naming each faulty setting."""
    return spec_of(next((row.settings for row in rows if row.settings), {}))


def with_weights(settings: Spec, name: str) -> Spec:
    """The same settings with another of their sets of weights in use. Raises InvalidInput for one that isn't there."""
    if name not in settings.weights.sets:
        raise InvalidInput(
            f"the index has no set of weights {name!r}", cure=f"it has: {', '.join(settings.weights.sets) or 'none'}"
        )
    return settings.model_copy(update={"weights": settings.weights.model_copy(update={"use": name})})


def write_meta(framework: Framework, path: Path) -> None:
    """As iMeta csv, for `huying index compute --meta`."""
    write_rows(
        path,
        COLUMNS,
        [
            [
                node.code,
                node.name,
                "Indicator" if node.level == 1 else "Aggregate",
                node.level,
                node.parent,
                node.direction,
                float(node.weight),
                node.unit,
                *(node.parameter(name) for name in ("Target", "goalpost_lower", "goalpost_upper")),
            ]
            for node in framework.nodes
        ],
    )


def write_spec(settings: Spec, path: Path) -> None:
    """What differs from the standard settings as YAML, for `huying index compute --spec`."""
    said = settings.model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")
