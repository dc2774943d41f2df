"""Who looks after the territory. Divisions, grids, their phones and places are public: everyone may read them."""

from huying.kernel.actors import Role

KEEPERS = frozenset({Role.GRID_OFFICE, Role.SUPERVISOR, Role.SYSTEM_ADMIN})
