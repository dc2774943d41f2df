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

__all__ = [
    "browse",
    "change",
    "check",
    "division",
    "geojson",
    "grid",
    "grid_list",
    "picker",
    "picker_found",
]
