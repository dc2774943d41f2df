"""Composite indices as pure array code: no database, no Django, nothing but numpy until an analysis asks for scipy.

    from pathlib import Path
    from huying.analytics.composite import framework, reading
    from huying.analytics.composite.run import compute

    meta = framework.read(Path("iMeta.csv"))
    run = compute(reading.read_data(Path("iData.csv"), meta), meta)

The steps are those of the OECD/JRC Handbook on Constructing Composite Indicators; file formats and column names are those of the
R package COINr, whose results are reproduced to 1e-9. docs/howto/compute-an-index.md is the reference of the settings.
"""
