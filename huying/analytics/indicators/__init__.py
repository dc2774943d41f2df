"""Indicator definitions as data: what they say, the language they are written in, and their values over places and periods."""
