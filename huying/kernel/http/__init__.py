"""The edge of the program: request ids, access log, guards, idempotency, errors, shedding, health.

Middlewares are named in settings; views use the decorators `reads` and `writes`.
"""

from huying.kernel.http.guards import WriteInRead, reads, writes

__all__ = ["WriteInRead", "reads", "writes"]
