"""Full-text search and duplicate hints over masked texts, on both databases.

Not a search of persons: see `masking`. Speed measured at a million documents: README.md.
"""

from huying.kernel.search.documents import (
    Document,
    Everything,
    Likeness,
    compact,
    find,
    index,
    rebuild,
    remove,
    rescope,
    similar,
)
from huying.kernel.search.masking import mask, refuses
from huying.kernel.search.registry import Kind, kinds, register

__all__ = [
    "Document",
    "Everything",
    "Kind",
    "Likeness",
    "compact",
    "find",
    "index",
    "kinds",
    "mask",
    "rebuild",
    "refuses",
    "register",
    "remove",
    "rescope",
    "similar",
]
