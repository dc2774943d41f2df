# %% [markdown]
# # An index, step by step
#
# Fourteen made-up towns, eight indicators, two months. Open this file in Jupyter (with jupytext), VS Code or Spyder and run it
# cell by cell; `huying/analytics/composite/tests/test_notebook.py` runs it whole.
#
# 逐格运行即可；各步设置见 docs/zh/howto/compute-an-index.md。

# %% What goes in: the metadata say what the data mean
from pathlib import Path

from huying.analytics.composite import (
    analysing,
    explaining,
    framework,
    places,
    provenance,
    reading,
    results,
    robustness,
)
from huying.analytics.composite import statistics as figures
from huying.analytics.composite.run import compute
from huying.analytics.composite.spec import Uncertainty

here = Path(__file__).resolve().parents[2] / "huying/analytics/composite/tests/cases/towns"
meta = framework.read(here / "iMeta.csv")
data = reading.read_data(here / "iData.csv", meta, places.read_tree(here / "tree.csv"))
print(len(set(data.raw.units)), "towns,", len(meta.indicators), "indicators,", *data.raw.periods)

# %% Look before reckoning: what would make the index say something it doesn't know?
for finding in figures.check(data.raw, meta):
    print(finding.kind, finding.code, finding.said)

# %% The standard index: no settings at all
standard = compute(data, meta)
ranks = results.ranked(standard)
for row in results.in_order(standard, ranks)[:5]:
    print(standard.data.names[row], standard.data.raw.times[row], round(float(standard.index[row]), 1))

# %% What was done to the data on the way: every touched cell is on record
print(provenance.counted(standard.origins))
for record in standard.treated.log:
    print(record.time, record.code, record.steps, "points:", record.points)

# %% One figure from the index down to what was delivered
for step, value, said in [*standard.trace("T10", "Calls", "2026-08"), *standard.trace("T10", "Answer", "2026-08")]:
    print(f"{step:<12} {value:>9.3f}  {said}")

# %% Settings of our own. A misspelt one is an error that names its place, never ignored.
spec = reading.read_spec(here / "spec.yaml")
run = compute(data, meta, spec)
print("AHP's consistency ratio:", round(run.aggregated.weighings[0].ratio, 4))

# %% What a unit is best and worst at
for one in results.highlights(run, results.ranked(run), 2):
    if run.data.names[one.row] == "Anqiao" and run.data.raw.times[one.row] == "2026-09":
        print(one.kind, meta.by_code[one.code].name, f"{one.rank} of {one.of}")

# %% Why did a town move? The shares sum to the change.
change = explaining.explain(run, "2026-08", "2026-09")
k = change.units.index("T01")
moved = sorted(((float(share[k]), key) for key, share in change.shares.items()), key=lambda pair: -abs(pair[0]))
print("Anqiao", round(float(change.before[k]), 2), "→", round(float(change.after[k]), 2))
for share, (code, kind) in moved[:4]:
    print(f"  {share:+.2f} {code} ({kind})")
assert abs(sum(share for share, _ in moved) - float(change.after[k] - change.before[k])) < 1e-9

# %% Do the indicators belong together?
for reliability in analysing.cronbach(run.scores, meta):
    print(reliability.code, "alpha", round(reliability.alpha, 2))
strong = [one for one in analysing.correlations(run.scores, meta) if one.p < 0.01 and abs(one.r) > 0.7]
print(len(strong), "strong correlations, such as", strong[0].first, "with", strong[0].second, round(strong[0].r, 2))

# %% How much hangs on our choices? The seed is kept: the same draws come again.
vary = [
    {"setting": "aggregate.nodes.Index.method", "values": ["geometric", "arithmetic"]},
    {"weights": 0.25, "levels": [1, 2]},
]
settings = Uncertainty.model_validate({"runs": 60, "seed": 7, "vary": vary, "sobol": True})
spread, shares = robustness.uncertainty(run, settings)
for sensitivity in shares:
    print(sensitivity.name, "first", round(sensitivity.first, 2), "total", round(sensitivity.total, 2))
names, table = spread.statistics()
print(names, table[0].round(1))

# %% Two versions beside each other
versions = robustness.compare(standard, run)
print("Spearman", round(versions.spearman, 3), "mean shift of rank", round(versions.mean_shift, 2))
print(len(versions.settings), "settings differ")

# %% A figure is corrected: only what it touches is reckoned anew, and the result is that of reckoning all
corrected = data.raw.values.copy()
corrected[data.raw.row("T10", "2026-08"), data.raw.place["Answer"]] = 7.5
late = reading.replaced(data, corrected)
again = compute(late, meta, spec, previous=run)
print("taken over:", dict(again.reused))
assert again.index.tobytes() == compute(late, meta, spec).index.tobytes()
