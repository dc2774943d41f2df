"""The verbs of warnings."""

from huying.domains.warnings.services.closing import close_warning, task_closed
from huying.domains.warnings.services.evaluating import Evaluated, evaluate
from huying.domains.warnings.services.keeping import draft_rung, publish_rung, withdraw_rung
from huying.domains.warnings.services.telling import send_digests

__all__ = [
    "Evaluated",
    "close_warning",
    "draft_rung",
    "evaluate",
    "publish_rung",
    "send_digests",
    "task_closed",
    "withdraw_rung",
]
