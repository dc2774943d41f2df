"""Small frameworks and data, made in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from huying.analytics.composite.framework import Framework, Node
from huying.analytics.composite.reading import Data
from huying.analytics.composite.spec import Spec
from huying.analytics.composite.tables import Table
from huying.kernel.errors import InvalidInput

NONE = float("nan")
# Nothing but a scale from 0 to 100 and weighted means: for tests of a single step.
PLAIN = {
    "screen": {"by": "none"},
    "impute": {"method": "none"},
    "treat": {"default": "none"},
}


def framework(
    pillars: Mapping[str, Sequence[str]] | Sequence[str],
    *,
    down: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    denominators: Mapping[str, str] | None = None,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    groups: Sequence[str] = (),
) -> Framework:
    """Pillars of indicators under "Index"; a plain list puts the indicators right below it. down: where less is better."""
    of = pillars if isinstance(pillars, Mapping) else {"Index": pillars}
    weight = weights or {}
    divided = denominators or {}
    nodes = [
        Node(
            code,
            code,
            1,
            pillar,
            -1 if code in down else 1,
            weight.get(code, 1.0),
            denominator=divided.get(code, ""),
            parameters=(parameters or {}).get(code),
        )
        for pillar, codes in of.items()
        for code in codes
    ]
    nodes += [Node(pillar, pillar, 2, "Index", weight=weight.get(pillar, 1.0)) for pillar in of if pillar != "Index"]
    nodes.append(Node("Index", "Index", 3 if "Index" not in of else 2, ""))
    return Framework(tuple(nodes), tuple(groups), tuple(sorted(set(divided.values()))))


def data(
    columns: Mapping[str, Sequence[float]],
    *,
    units: Sequence[str] | None = None,
    times: Sequence[str] | None = None,
    denominators: Mapping[str, Sequence[float]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Data:
    """Figures by column; units u1, u2 … unless named."""
    n = len(next(iter(columns.values())))
    named = tuple(units or (f"u{k + 1}" for k in range(n)))
    values = np.asfortranarray(np.column_stack([np.asarray(one, dtype=float) for one in columns.values()]))
    return Data(
        raw=Table(named, tuple(times or [""] * n), tuple(columns), values),
        names=named,
        denominators={code: np.asarray(one, dtype=float) for code, one in (denominators or {}).items()},
        groups={code: tuple(one) for code, one in (groups or {}).items()},
    )


def spec(**given: object) -> Spec:
    """PLAIN with other steps."""
    return Spec.model_validate({**PLAIN, **given})


def refused(fault: pytest.ExceptionInfo[InvalidInput]) -> str:
    """All an error says; each must name a cure."""
    assert fault.value.cure
    return fault.value.one_line()
