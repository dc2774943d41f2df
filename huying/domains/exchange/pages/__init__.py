"""The desk's pages of departments' data: what my unit owes, a dataset's form, uploads, who must still report."""

from huying.domains.exchange.pages.datasets import dataset, deliver, template
from huying.domains.exchange.pages.keys import bind, keys, revoke, rotate
from huying.domains.exchange.pages.lists import listing, missing, reminder
from huying.domains.exchange.pages.reports import reopen, report
from huying.domains.exchange.pages.uploads import confirm, rejects, upload, uploaded

__all__ = [
    "bind",
    "confirm",
    "dataset",
    "deliver",
    "keys",
    "listing",
    "missing",
    "rejects",
    "reminder",
    "reopen",
    "report",
    "revoke",
    "rotate",
    "template",
    "upload",
    "uploaded",
]
