"""Changes to the territory: each keeps what was, so that a past report is recomputed on the tree of its day."""

from huying.domains.territory.services.divisions import (
    NewDivision,
    create_divisions,
    merge_divisions,
    move_division,
    recode_division,
    rename_division,
    split_division,
    withdraw_division,
)
from huying.domains.territory.services.grids import Heirs, NewGrid, checked_polygon, on_redrawn, redraw_grids
from huying.domains.territory.services.loading import (
    put_boundaries,
    put_divisions,
    put_grids,
    put_places,
    put_successions,
)
from huying.domains.territory.services.touched import Touched, on_change_preview, touched

__all__ = [
    "Heirs",
    "NewDivision",
    "NewGrid",
    "Touched",
    "checked_polygon",
    "create_divisions",
    "merge_divisions",
    "move_division",
    "on_change_preview",
    "on_redrawn",
    "put_boundaries",
    "put_divisions",
    "put_grids",
    "put_places",
    "put_successions",
    "recode_division",
    "redraw_grids",
    "rename_division",
    "split_division",
    "touched",
    "withdraw_division",
]
