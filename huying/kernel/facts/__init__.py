"""Facts: what a domain offers to analytics, row by row, without knowing analytics.

A domain registers a `FactTable` in its `facts.py` (found by autodiscovery) and calls `touch` in the transaction that changes a
record. Analytics later takes the touched keys and reads those rows again; it never asks "changed since when", because a clock
or a sequence loses the rows of a transaction that commits late.
"""

from huying.kernel.facts.dirty import DirtyKeys, dirty, settle, touch
from huying.kernel.facts.tables import Column, FactTable, Kind, discover, register, table, tables

__all__ = [
    "Column",
    "DirtyKeys",
    "FactTable",
    "Kind",
    "dirty",
    "discover",
    "register",
    "settle",
    "table",
    "tables",
    "touch",
]
