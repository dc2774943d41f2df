"""Two zones that exchange nothing but signed bundles, store and forward, through a one-way gate each way.

    bundles.send("intake", payload, to="inner")                # in the caller's transaction; sealed to the inner zone at once
    @bundles.handler("intake")
    def take_in(payload, meta) -> dict: ...                    # in the receiving zone; what it returns goes back as receipt

Modules called `bundle_handlers` in any app are found by themselves. Decision record: docs/decisions/two-zones.md.
"""

from huying.kernel.bundles.exchange import Received, pack, receive, send, status, write_again
from huying.kernel.bundles.models import Bundle, IncomingMessage, OutgoingMessage
from huying.kernel.bundles.registry import Handler, Meta, handler
from huying.kernel.bundles.zones import Card, own_card, trust

__all__ = [
    "Bundle",
    "Card",
    "Handler",
    "IncomingMessage",
    "Meta",
    "OutgoingMessage",
    "Received",
    "handler",
    "own_card",
    "pack",
    "receive",
    "send",
    "status",
    "trust",
    "write_again",
]
