"""A periodic report as data, for tests that ask who may see it rather than what it says."""

from __future__ import annotations

from datetime import date

from huying.domains.bulletins.models import Bulletin, Edition, digest_of
from huying.kernel import clock


def a_bulletin(division: str) -> int:
    """A county's report in draft, published once before."""
    content = {
        "version": 1,
        "set": {
            "code": "monthly",
            "name": {"zh": "平安月体检", "en": "Monthly check-up"},
            "redhead": None,
            "approval": ["own"],
            "sections": [{"kind": "commentary", "title": None, "indicators": []}],
        },
        "division": {"code": division, "name": division, "level": "county", "parent": "331100000000", "above": ""},
        "period": {"key": "2026-10", "kind": "month", "first": "2026-10-01", "last": "2026-10-31"},
        "headline": {"zh": "", "en": ""},
        "watermark": "2026-11-20T10:00:00+08:00",
        "rulebook_date": "2026-10-31",
        "tree_date": "2026-10-31",
        "records": 0,
        "provisional": False,
        "demo": False,
        "figures": {},
        "moved": [],
        "trends": {},
        "places": [],
        "findings": [],
        "comments": [],
        "problems": [],
        "followed": [],
        "approvals": [],
    }
    at = clock.now()
    report = Bulletin(set_code="monthly", division=division, place=division, period="2026-10", content=content)
    report.starts, report.edition, report.changed_at = date(2026, 10, 1), 1, at
    report.save()
    edition = Edition(bulletin=report, number=1, content=content, digest=digest_of(content), signed="分管领导")
    edition.rulebook_date = edition.tree_date = date(2026, 10, 31)
    edition.watermark = edition.published_at = at
    edition.save()
    return int(report.pk)
