"""What the territory answers: its tree on a day, where a point lies, what a code is called, what is wrong with it."""

from huying.domains.territory.queries.hygiene import Finding, hygiene
from huying.domains.territory.queries.locating import Located, locate, locate_many
from huying.domains.territory.queries.maps import geojson, with_boundary
from huying.domains.territory.queries.register import PUBLIC_KINDS, Register, Registered, register
from huying.domains.territory.queries.searching import (
    FoundDivision,
    FoundPlace,
    grids_of,
    history,
    named_division,
    places_in,
    search_divisions,
    search_places,
    short_name,
    standing_villages,
)
from huying.domains.territory.queries.trees import Node, Tree, change_days, columns, names, tree, version

__all__ = [
    "PUBLIC_KINDS",
    "Finding",
    "FoundDivision",
    "FoundPlace",
    "Located",
    "Node",
    "Register",
    "Registered",
    "Tree",
    "change_days",
    "columns",
    "geojson",
    "grids_of",
    "history",
    "hygiene",
    "locate",
    "locate_many",
    "named_division",
    "names",
    "places_in",
    "register",
    "search_divisions",
    "search_places",
    "short_name",
    "standing_villages",
    "tree",
    "version",
    "with_boundary",
]
