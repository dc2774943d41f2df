"""The reference set (ASEM, as the R package COINr reckons it) comes out again: figures to 1e-9, ranks exactly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from huying.analytics.composite.commands import group

FILES = (
    *("01_denominated", "01_imputed", "01_treated", "01_normalised", "01_aggregated"),
    *("01_weights_original", "01_weights_effective", "02_stats_raw", "05_goalposts", "05_norm_goalposts_q05_q95"),
    *("05_norm_minmax_0_100", "05_norm_zscore_10_2", "06_agg_amean_equal", "06_agg_gmean_equal"),
    *("07_results_full_scores", "07_results_full_ranks", "09_remove_level2_summary"),
)

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def reckoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.needs import shared_folder

    index = shared_folder() / "data" / "index"
    out = tmp_path_factory.mktemp("asem")
    files = ["--data", str(index / "00_asem_idata.csv"), "--meta", str(index / "00_asem_imeta.csv"), "--out", str(out)]
    done = CliRunner().invoke(group, ["compute", *files], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


@pytest.mark.parametrize("name", FILES)
def test_a_step_is_that_of_the_reference(name: str, reckoned: Path, shared: Path) -> None:
    wanted, found = rows_of(shared / "data" / "index" / f"{name}.csv"), rows_of(reckoned / f"{name}.csv")
    assert found[0] == wanted[0]
    assert [row[0] for row in found] == [row[0] for row in wanted]
    exactly = name == "07_results_full_ranks"
    for want, have in zip(wanted[1:], found[1:], strict=True):
        for column, a, b in zip(wanted[0], want, have, strict=True):
            where = f"{name} {want[0]} {column}"
            if exactly or not a or a[0].isalpha():
                assert b == a, where
            else:
                assert float(b) == pytest.approx(float(a), rel=1e-9, abs=1e-9), where


def test_every_file_of_the_reference_is_compared(shared: Path) -> None:
    there = {file.stem for file in (shared / "data" / "index").glob("*.csv")}
    assert there - set(FILES) == {"00_asem_idata", "00_asem_imeta"}
