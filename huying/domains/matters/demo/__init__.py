"""The demo: a living Lishui, invented and marked so: a year led through the real services, and people to sign in as."""

from huying.domains.matters.demo.building import build

__all__ = ["build"]
