"""One statement asked by one post: the tables it may ask, the answer, and both looks and refusals logged. Page, API and program
share it."""

from __future__ import annotations

import hashlib
import logging
import re

from huying.analytics import door, trees
from huying.analytics.bench import leaving, records
from huying.analytics.bench.selection import Selection, pick
from huying.kernel import audit
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError

ASKERS = (Role.ANALYST, Role.SUPERVISOR, Role.LEADER)
NAMED = re.compile(r"\bmatters\b", re.IGNORECASE)
log = logging.getLogger("huying.analytics.sql")


def answered(actor: Actor, selection: Selection, statement: str) -> door.Answer:
    """Table `figures` is what the selection would be as a file; `matters`, for posts that may open them, the records' rows.

    Raises as `door.ask`, `pick` and `records.rows`; whatever came of it is in the access log with the statement's digest.
    """
    digest = hashlib.sha256(statement.encode()).hexdigest()[:8]
    log.info("sql", extra={"digest": digest, "statement": statement, "account": actor.account_id})
    said = f"sql {digest}: {' '.join(statement.split())}"
    try:
        picked = pick(actor, selection)
        tables: dict[str, tuple[tuple[tuple[str, str], ...], list[list[object]]]] = {
            "figures": (leaving.COLUMNS, list(leaving.rows(leaving.leave(picked).picked)))
        }
        opened = 0
        # Read only where it is named: a statement that doesn't can't reach it.
        if NAMED.search(statement) and records.may_read(actor):
            place = trees.named(trees.load(), selection.place, picked.periods[-1].last)
            lines = records.rows(actor, selection, place)
            tables["matters"], opened = (records.COLUMNS, lines), len(lines)
        answer = door.ask(tables, statement)
    except HuyingError:
        audit.access(actor, said, result="refused")
        raise
    audit.access(actor, f"sql.rows {opened}: {digest}" if opened else said)
    return answer
