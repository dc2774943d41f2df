"""Stored clocks: one engine for every limit, with its cards, pauses, extensions and its own explanation."""
