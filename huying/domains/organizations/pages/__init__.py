"""Desk pages of the organisation."""

from huying.domains.organizations.pages.absences import absences, mine
from huying.domains.organizations.pages.directory import log, people, person, posts, security, sessions, unit, units
from huying.domains.organizations.pages.moving import move
from huying.domains.organizations.pages.terms import term, terms

__all__ = [
    "absences",
    "log",
    "mine",
    "move",
    "people",
    "person",
    "posts",
    "security",
    "sessions",
    "term",
    "terms",
    "unit",
    "units",
]
