"""Reads of the rulebook: what other domains ask. Everything here answers from memory."""

from huying.domains.rulebook.queries.book import Catalogue, Item, Listed, Route, catalogues, forget
from huying.domains.rulebook.queries.limits import calendar, has_limits, limit_rule, limit_rules, parameter, rule_keys
from huying.domains.rulebook.queries.routing import (
    Routing,
    Verdict,
    admissions,
    catalogue_for,
    columns_of,
    duties,
    find_route,
    item,
    items,
    off_list,
    resolve,
    route,
    routes,
    routing_in,
)

__all__ = [
    "Catalogue",
    "Item",
    "Listed",
    "Route",
    "Routing",
    "Verdict",
    "admissions",
    "calendar",
    "catalogue_for",
    "catalogues",
    "columns_of",
    "duties",
    "find_route",
    "forget",
    "has_limits",
    "item",
    "items",
    "limit_rule",
    "limit_rules",
    "off_list",
    "parameter",
    "resolve",
    "route",
    "routes",
    "routing_in",
    "rule_keys",
]
