"""Writes of the rulebook. Every verb takes an explicit actor, runs in one transaction and leaves an event."""

from huying.domains.rulebook.services.calendars import (
    YearPreview,
    draft_calendar_year,
    preview_calendar_year,
    publish_calendar_year,
)
from huying.domains.rulebook.services.catalogues import (
    Finding,
    Move,
    WhatIf,
    conflicts,
    draft_catalogue,
    edit_catalogue,
    gaps,
    past_matters,
    publish_catalogue,
    set_past_matters,
    siblings,
    what_if,
    whole,
)
from huying.domains.rulebook.services.lifecycle import add_drafts, edit, publish, withdraw
from huying.domains.rulebook.services.limits import body_of, draft_limit, draft_parameter

__all__ = [
    "Finding",
    "Move",
    "WhatIf",
    "YearPreview",
    "add_drafts",
    "body_of",
    "conflicts",
    "draft_calendar_year",
    "draft_catalogue",
    "draft_limit",
    "draft_parameter",
    "edit",
    "edit_catalogue",
    "gaps",
    "past_matters",
    "preview_calendar_year",
    "publish",
    "publish_calendar_year",
    "publish_catalogue",
    "set_past_matters",
    "siblings",
    "what_if",
    "whole",
    "withdraw",
]
