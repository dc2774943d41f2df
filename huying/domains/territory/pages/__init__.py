"""Pages of the territory."""

from huying.domains.territory.pages.browsing import (
    browse,
    check,
    division,
    geojson,
    grid,
    grid_list,
    picker,
    picker_found,
)
from huying.domains.territory.pages.changing import change
from huying.domains.territory.pages.regridding import change_grid

__all__ = [
    "browse",
    "change",
    "change_grid",
    "check",
    "division",
    "geojson",
    "grid",
    "grid_list",
    "picker",
    "picker_found",
]
