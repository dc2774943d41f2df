"""What others ask of notices."""

from huying.domains.notices.services.inbox import mark_all_read, mark_read
from huying.domains.notices.services.letters import Letter, send_letters
from huying.domains.notices.services.outgoing import retry_dead

__all__ = ["Letter", "mark_all_read", "mark_read", "retry_dead", "send_letters"]
