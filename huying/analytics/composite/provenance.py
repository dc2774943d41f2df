"""Where each cell's value comes from: as reported, or what was done to it on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from huying.analytics.composite.tables import Floats, Table

Origins = NDArray[np.uint16]


class Origin(IntFlag):
    """What happened to a cell; several may have."""

    UNKNOWN = 1
    FEW = 2
    SHRUNK = 4
    IMPUTED = 8
    WINSORISED_HIGH = 16
    WINSORISED_LOW = 32
    TRANSFORMED = 64
    CLIPPED = 128
    CONSTANT = 256
    REWEIGHTED = 512
    THIN = 1024
    ADJUSTED = 2048


def spelled(code: int) -> str:
    """reported; or the names of what was done, joined by +."""
    return "+".join(str(one.name).lower() for one in Origin if one and one & code) or "reported"


def rows(table: Table, origins: Origins) -> Iterator[list[str]]:
    """The table's cells as words, row by row."""
    words = {int(code): spelled(int(code)) for code in np.unique(origins)}
    for row in origins.tolist():
        yield [words[code] for code in row]


def counted(origins: Origins) -> Mapping[str, int]:
    """How many cells each origin touched."""
    return {
        str(one.name).lower(): int(np.count_nonzero(origins & one)) for one in Origin if one and (origins & one).any()
    }


def filled(before: Floats, after: Floats) -> NDArray[np.bool_]:
    return np.isnan(before) & ~np.isnan(after)
