"""Two zones that exchange nothing but signed bundles, store and forward, through a one-way gate each way.

    bundles.send("intake", payload, to="inner")                # in the caller's transaction; sealed to the inner zone at once
    @bundles.handler("intake")
    def take_in(payload, meta) -> dict: ...                    # in the receiving zone; what it returns goes back as receipt

Modules called `bundle_handlers` in any app are found by themselves. Decision record: docs/decisions/two-zones.md.
"""

from huying.kernel.bundles.exchange import Fate, Received, fates, pack, receive, send, send_many, write_again
from huying.kernel.bundles.models import Bundle, IncomingMessage, OutgoingMessage
from huying.kernel.bundles.registry import Handler, Meta, before_packing, handler
from huying.kernel.bundles.watching import Lag, lag, status
from huying.kernel.bundles.zones import Card, own_card, trust

__all__ = [
    "Bundle",
    "Card",
    "Fate",
    "Handler",
    "IncomingMessage",
    "Lag",
    "Meta",
    "OutgoingMessage",
    "Received",
    "before_packing",
    "fates",
    "handler",
    "lag",
    "own_card",
    "pack",
    "receive",
    "send",
    "send_many",
    "status",
    "trust",
    "write_again",
]
