"""Rebuilds the packs' territory data from the public code list and boundaries in ../shared/data.

    python -m tools.territory [PACK …] [--source ../shared/data] [--out huying/packs]

Same input, same bytes: every choice is by code, every random number seeded by it.
"""
