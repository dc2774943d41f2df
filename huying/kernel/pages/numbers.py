"""A number as a page sends it: an id, a version, a place in a list."""

LONGEST = 18  # digits that every database's bigint holds


def whole_number(text: str) -> int | None:
    """`text` as a whole number ≥ 0; None for anything else, digits that are not 0-9 (²) and more than 18 of them too."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None
