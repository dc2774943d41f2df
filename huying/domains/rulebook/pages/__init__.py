"""Desk and public pages of the rulebook."""

from huying.domains.rulebook.pages.calendars import publish_year, year, years
from huying.domains.rulebook.pages.catalogues import (
    catalogue,
    check_catalogue,
    draft_catalogue,
    edit_route,
    publish_catalogue,
    what_if,
)
from huying.domains.rulebook.pages.limits import explain, limit, limits, publish_limit, withdraw_limit
from huying.domains.rulebook.pages.lists import add_line, lists, public_lists, publish_line, withdraw_line
from huying.domains.rulebook.pages.parameters import parameter, parameters, publish_parameter, withdraw_parameter

__all__ = [
    "add_line",
    "catalogue",
    "check_catalogue",
    "draft_catalogue",
    "edit_route",
    "explain",
    "limit",
    "limits",
    "lists",
    "parameter",
    "parameters",
    "public_lists",
    "publish_catalogue",
    "publish_limit",
    "publish_line",
    "publish_parameter",
    "publish_year",
    "what_if",
    "withdraw_limit",
    "withdraw_line",
    "withdraw_parameter",
    "year",
    "years",
]
