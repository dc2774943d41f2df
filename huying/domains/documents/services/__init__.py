"""The verbs of documents."""

from huying.domains.documents.services.attachments import NewFile, attach, checked, detach, within_size
from huying.domains.documents.services.printing import (
    Notice,
    Receipt,
    Reply,
    TransferSlip,
    issue_form,
    issue_forms,
    render,
)
from huying.domains.documents.services.retention import (
    NewRule,
    RetentionReport,
    lift_hold,
    place_hold,
    put_retention_rules,
    register_retention,
    retention_kinds,
    run_retention,
)

__all__ = [
    "NewFile",
    "NewRule",
    "Notice",
    "Receipt",
    "Reply",
    "RetentionReport",
    "TransferSlip",
    "attach",
    "checked",
    "detach",
    "issue_form",
    "issue_forms",
    "lift_hold",
    "place_hold",
    "put_retention_rules",
    "register_retention",
    "render",
    "retention_kinds",
    "run_retention",
    "within_size",
]
