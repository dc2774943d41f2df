"""What people type into pages, read with faults in their language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from huying.analytics.periods import Period
from huying.kernel.errors import InvalidInput


def asked_period(text: str) -> Period:
    """`Period.parse`, whose own words are those of files and commands. Raises InvalidInput."""
    try:
        return Period.parse(text)
    except InvalidInput:
        raise InvalidInput(
            _("“%(text)s”不是期间。") % {"text": text},
            cure=_("日、周、月、季、年写作 2026-10-05、2026-W43、2026-10、2026-Q3、2026。"),
        ) from None
