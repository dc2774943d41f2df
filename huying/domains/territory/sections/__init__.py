"""The territory's sections of a pack: divisions, their later moves and successions, boundaries, grids, places."""

from __future__ import annotations

from huying.domains.territory.sections import checks, rows, standing
from huying.kernel import packs


def by_city(row: rows.DivisionRow) -> str:
    return row.code[:4]


def by_county(row: rows.BoundaryRow | rows.GridRow) -> str:
    return row.code[:6]


packs.section(
    "divisions",
    schema=rows.DivisionRow,
    key=("code", "valid_from"),
    check=checks.check_divisions,
    install=standing.install_divisions,
    export=standing.export_divisions,
    format="csv",
    part=by_city,
    required=True,
)
packs.section(
    "successions",
    schema=rows.SuccessionRow,
    key=("code", "successor", "on"),
    check=checks.check_successions,
    install=standing.install_successions,
    export=standing.export_successions,
    after=("divisions",),
    format="csv",
)
packs.section(
    "boundaries",
    schema=rows.BoundaryRow,
    key=("code", "valid_from"),
    check=checks.check_boundaries,
    install=standing.install_boundaries,
    export=standing.export_boundaries,
    after=("divisions", "grids"),
    format="geojsonl",
    part=by_county,
)
packs.section(
    "grids",
    schema=rows.GridRow,
    key=("code",),
    check=checks.check_grids,
    install=standing.install_grids,
    export=standing.export_grids,
    after=("divisions",),
    format="csv",
    part=by_county,
)
packs.section(
    "places",
    schema=rows.PlaceRow,
    key=("key",),
    check=checks.check_places,
    install=standing.install_places,
    export=standing.export_places,
    after=("divisions", "grids"),
    format="csv",
)
