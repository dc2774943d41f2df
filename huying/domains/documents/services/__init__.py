"""The verbs of documents."""

from huying.domains.documents.services.attachments import NewFile, attach, checked, detach, within_size
from huying.domains.documents.services.printing import (
    FormContent,
    Notice,
    Receipt,
    Reply,
    TransferSlip,
    issue_form,
    issue_forms,
    render,
)
from huying.domains.documents.services.retention import (
    Foreseen,
    NewRule,
    RetentionReport,
    foresee,
    lift_hold,
    place_hold,
    put_retention_rules,
    register_retention,
    retention_kinds,
    run_retention,
)

__all__ = [
    "Foreseen",
    "FormContent",
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
    "foresee",
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
