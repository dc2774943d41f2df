"""Scores as Parquet: a file a period, what was reckoned to the last bit, unknown as null."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from huying.analytics import scores
from huying.analytics.composite.run import compute
from huying.analytics.composite.scoring import Scorer
from huying.analytics.composite.tests.made import NONE, data, framework, spec
from huying.kernel.errors import InvalidInput

TREE = framework({"P": ["a", "b"], "Q": ["c"]})
FIRST = np.array([[1, 2, 3], [4, NONE, 6], [7, 1, NONE]], order="F")
SCORER = Scorer.of(compute(data({code: FIRST[:, k] for k, code in enumerate("abc")}), TREE, spec()))


def test_a_period_is_one_file_that_an_engine_reads_back(tmp_path: Path) -> None:
    second = FIRST + 1
    made = scores.write(tmp_path, SCORER, ["u1", "u2", "u3"], [("2026-01", FIRST), ("2026-02", second)])
    assert [file.name for file in made] == ["scores-2026-01.parquet", "scores-2026-02.parquet"]
    for file, figures in zip(made, (FIRST, second), strict=True):
        found = duckdb.sql(f"SELECT * FROM read_parquet('{file}') ORDER BY unit")
        assert found.columns == ["unit", *SCORER.columns]
        rows = found.fetchall()
        assert [row[0] for row in rows] == ["u1", "u2", "u3"]
        read = np.array([[np.nan if cell is None else cell for cell in row[1:]] for row in rows])
        np.testing.assert_array_equal(read, SCORER.score(figures))
    assert list(tmp_path.glob("*.part")) == []


def test_figures_of_another_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"2026-01: figures of shape \(3, 3\) for 2 units and 3 indicators"):
        scores.write(tmp_path, SCORER, ["u1", "u2"], [("2026-01", FIRST)])
