"""The verbs of warnings."""

from huying.domains.warnings.services.closing import close_warning, task_closed
from huying.domains.warnings.services.evaluating import Evaluated, evaluate
from huying.domains.warnings.services.telling import send_digests

__all__ = ["Evaluated", "close_warning", "evaluate", "send_digests", "task_closed"]
