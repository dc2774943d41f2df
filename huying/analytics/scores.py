"""Scores of many places as Parquet, one file a period: what the lake's engine, a dataframe or a spreadsheet program reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from huying.analytics.composite.scoring import Scorer
from huying.analytics.periods import Period
from huying.kernel.errors import InvalidInput

# Scores hardly ever repeat: looking for repetitions to compress takes longer than writing them.
FORMAT = "FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1"


def write(
    folder: Path, scorer: Scorer, units: Sequence[str], months: Iterable[tuple[str, NDArray[np.float64]]]
) -> list[Path]:
    """`scores-2026-10.parquet` for each period: unit, then float64 columns as in `scorer.columns`, null unknown.

    months: period and (units, indicators) treated figures, taken one at a time, so that only one is ever held. A file is written
    beside and moved into place. Raises InvalidInput for a period that cannot be read or figures of another shape.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = np.array(units, dtype=object)
    scores = np.empty((len(units), len(scorer.columns)), order="F")
    written = []
    with duckdb.connect() as engine:
        engine.execute("SET threads = 1")
        for time, figures in months:
            if figures.shape != (len(units), len(scorer.framework.indicators)):
                raise InvalidInput(
                    f"{time}: figures of shape {figures.shape} for {len(units)} units and {len(scorer.framework.indicators)} "
                    "indicators",
                    cure="give one row for each unit and one column for each indicator of the framework",
                )
            scorer.score(figures, scores)
            named: dict[str, object] = {"unit": names}
            named |= {code: scores[:, place] for place, code in enumerate(scorer.columns)}
            target = folder / f"scores-{Period.parse(time).key}.parquet"
            beside = target.with_suffix(".part")
            engine.register("named", named)
            engine.execute(f"COPY (SELECT * FROM named) TO '{_text(beside)}' ({FORMAT})")  # noqa: S608
            engine.unregister("named")
            beside.replace(target)
            written.append(target)
    return written


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
