"""The budgets of index mathematics, on one core: all steps of 20,000 units, 100 uncertainty runs, three years of 120,000 places.

`python -m bench.index [PLACES]` prints one line a step with its budget. The uncertainty runs are on the ASEM set where ../shared
(or HUYING_SHARED) holds it, else on made-up figures of its shape.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figures, Sizes

LINE = re.compile(r"index · ([^:]+): ([\d.]+) \(budget")
PLACES, UNITS, INDICATORS, MONTHS = 120_000, 20_000, 133, 36
BUDGETS = {
    "20,000 × 133, treat to aggregate, seconds": 2.0,
    "the same again after one column changed, seconds": 2.0,
    "100 uncertainty runs of 51 × 49, seconds": 1.0,
    "120,000 × 133 × 36 scores reckoned, seconds": 20.0,
    "the same reckoned and written, seconds": 60.0,
    "peak memory of these, MB": 1024.0,
}
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _say(step: str, value: float) -> bool:
    budget = BUDGETS[step]
    print(f"index · {step}: {value:.3f} (budget {budget:g}) {'ok' if value <= budget else 'OVER'}", flush=True)
    return value <= budget


def _framework(indicators: int) -> Any:
    from huying.analytics.composite.framework import Framework, Node

    nodes = [Node(f"i{k}", f"i{k}", 1, f"p{k % 19}", 1 if k % 3 else -1) for k in range(indicators)]
    nodes += [Node(f"p{k}", f"p{k}", 2, f"c{k % 9}") for k in range(min(19, indicators))]
    nodes += [Node(f"c{k}", f"c{k}", 3, "Index") for k in range(min(9, indicators))]
    return Framework((*nodes, Node("Index", "Index", 4, "")))


def _figures(units: int, indicators: int, seed: int) -> Any:
    """Skewed, so that every column is treated; a twentieth unknown."""
    import numpy as np

    rng = np.random.default_rng(seed)
    made = np.asfortranarray(rng.lognormal(0.0, 1.2, (units, indicators)))
    made[rng.random((units, indicators)) < 0.05] = np.nan
    return made


def _data(framework: Any, figures: Any) -> Any:
    from huying.analytics.composite.reading import Data
    from huying.analytics.composite.tables import Table

    units = tuple(f"u{k}" for k in range(len(figures)))
    return Data(Table(units, ("",) * len(units), framework.indicators, figures), units, {}, {})


def _steps(units: int) -> bool:
    from huying.analytics.composite.reading import replaced
    from huying.analytics.composite.run import compute
    from huying.analytics.composite.spec import Spec

    framework = _framework(INDICATORS)
    data = _data(framework, _figures(units, INDICATORS, 1))
    spec = Spec.model_validate({"screen": {"by": "none"}, "impute": {"method": "none"}})
    began = time.perf_counter()
    run = compute(data, framework, spec)
    kept = _say("20,000 × 133, treat to aggregate, seconds", time.perf_counter() - began)
    changed = data.raw.values.copy(order="F")
    changed[: units // 2, 7] *= 2
    began = time.perf_counter()
    compute(replaced(data, changed), framework, spec, previous=run)
    return kept & _say("the same again after one column changed, seconds", time.perf_counter() - began)


def _asem() -> tuple[Any, Any]:
    from huying.analytics.composite import framework, reading

    shared = Path(os.environ.get("HUYING_SHARED") or Path(__file__).resolve().parents[2] / "shared") / "data" / "index"
    if (shared / "00_asem_idata.csv").is_file():
        of = framework.read(shared / "00_asem_imeta.csv")
        return reading.read_data(shared / "00_asem_idata.csv", of), of
    of = _framework(49)
    return _data(of, _figures(51, 49, 2)), of


def _uncertainty(runs: int) -> bool:
    from huying.analytics.composite.robustness import uncertainty
    from huying.analytics.composite.run import compute
    from huying.analytics.composite.spec import Uncertainty

    run = compute(*_asem())
    settings = Uncertainty.model_validate(
        {
            "runs": runs,
            "vary": [
                {"setting": "treat.default.first.max_points", "values": [1, 2, 3, 4, 5]},
                {"setting": "normalise.default", "values": [{"method": "min_max"}, {"method": "z_score"}]},
                {"setting": "impute", "values": [{"method": "mean"}, {"method": "median"}]},
                {"weights": 0.25, "levels": [2, 3]},
            ],
        }
    )
    began = time.perf_counter()
    uncertainty(run, settings)
    return _say("100 uncertainty runs of 51 × 49, seconds", time.perf_counter() - began)


def _scores(places: int) -> bool:
    import numpy as np

    from huying.analytics import scores
    from huying.analytics.composite.run import compute
    from huying.analytics.composite.scoring import Scorer
    from huying.analytics.composite.spec import Spec

    framework = _framework(INDICATORS)
    figures = _figures(places, INDICATORS, 3)
    spec = Spec.model_validate({"screen": {"by": "none"}, "impute": {"method": "none"}, "treat": {"default": "none"}})
    scorer = Scorer.of(compute(_data(framework, np.asfortranarray(figures[:2000])), framework, spec))
    units = [f"{k:012}" for k in range(places)]

    def months() -> Iterator[tuple[str, Any]]:
        for month in range(MONTHS):
            yield f"{2024 + month // 12}-{month % 12 + 1:02}", figures

    out = np.empty((places, len(scorer.columns)), order="F")
    began = time.perf_counter()
    for _, given in months():
        scorer.score(given, out)
    kept = _say("120,000 × 133 × 36 scores reckoned, seconds", time.perf_counter() - began)
    del out
    with tempfile.TemporaryDirectory(prefix="huying-bench-") as folder:
        began = time.perf_counter()
        scores.write(Path(folder), scorer, units, months())
        kept &= _say("the same reckoned and written, seconds", time.perf_counter() - began)
    return kept & _say("peak memory of these, MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(places: int = PLACES) -> bool:
    kept = _steps(UNITS * places // PLACES)
    kept &= _uncertainty(100 if places == PLACES else 5)
    return _scores(places) & kept


def run(figures: Figures, sizes: Sizes) -> None:
    """As a part of `python -m bench`: in a process of its own on one core, its memory that of the index alone."""
    places = PLACES if sizes.rows >= 100_000 else 2_400
    done = subprocess.run(
        [sys.executable, "-m", "bench.index", str(places)],
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_CORE},
    )
    found = dict(LINE.findall(done.stdout))
    if set(found) != set(BUDGETS):
        raise RuntimeError(f"the index's steps did not all run:\n{done.stderr[-2000:]}")
    for step, value in found.items():
        figures.add("", step, float(value), at_most=BUDGETS[step])


if __name__ == "__main__":
    sys.exit(0 if main(*(int(text) for text in sys.argv[1:2])) else 1)
