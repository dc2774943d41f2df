"""A matter and everything that is said and done about it."""

from huying.domains.matters.models.dealings import (
    Contact,
    Extension,
    FollowUp,
    Note,
    Objection,
    Reply,
    Supervision,
    Suspension,
    UnreasonableReview,
)
from huying.domains.matters.models.matter import Assignment, AssignmentQuerySet, Matter, MatterQuerySet
from huying.domains.matters.models.outside import OutsideAct, OutsideMatter, OutsideReport

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "Contact",
    "Extension",
    "FollowUp",
    "Matter",
    "MatterQuerySet",
    "Note",
    "Objection",
    "OutsideAct",
    "OutsideMatter",
    "OutsideReport",
    "Reply",
    "Supervision",
    "Suspension",
    "UnreasonableReview",
]
