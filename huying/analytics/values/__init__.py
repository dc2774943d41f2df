"""The values of every indicator, those counted from records and those a pack or a screen defines, read alike.

    for entry in values.catalogue(on): ...
    found = values.read(["closed_in_time", "ps_solved"], ["331102000000"], [Period.parse("2026-10")])
    found["ps_solved", "331102000000", "2026-10"].shown

Reading loads no engine. `building` computes what `store` holds, in the process that refreshes the figures.
"""

from huying.analytics.values.behind import deliveries_of, delivery_of, records_of
from huying.analytics.values.listing import (
    Entry,
    Version,
    catalogue,
    counted,
    decimals,
    marked,
    spoken,
    titles,
    versions,
    withdrawn,
    written,
)  # fmt: skip
from huying.analytics.values.reading import read, state
from huying.analytics.values.value import Rank, Value

__all__ = [
    "Entry", "Rank", "Value", "Version", "catalogue", "counted", "decimals", "deliveries_of", "delivery_of", "marked", "read",
    "records_of", "spoken", "state", "titles", "versions", "withdrawn", "written",
]  # fmt: skip
