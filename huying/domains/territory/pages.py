"""Desk pages of the territory."""
