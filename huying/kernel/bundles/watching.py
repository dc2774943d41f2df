"""Where the gate stands: for `huying bundles status`, `huying doctor` and whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Min

from huying.kernel import clock
from huying.kernel.bundles import files, zones
from huying.kernel.bundles.exchange import RECEIPT, State
from huying.kernel.bundles.models import Bundle, OutgoingMessage
from huying.kernel.pages.numbers import whole_number


def status() -> dict[str, Any]:
    """Where things stand, zone by zone: waiting, packed and unacknowledged, the last number each way."""
    answer: dict[str, Any] = {"zone": zones.own_name(), "peers": {}}
    for zone, card in zones.trusted().items():
        out = Bundle.objects.filter(direction=Bundle.Direction.OUT, peer=zone).order_by("-seq").first()
        into = Bundle.objects.filter(direction=Bundle.Direction.IN, peer=zone).order_by("-seq").first()
        messages = OutgoingMessage.objects.filter(peer=zone)
        answer["peers"][zone] = {
            "fingerprint": card.fingerprint,
            "waiting": messages.filter(state=State.WAITING).count(),
            "unacknowledged": messages.filter(state=State.PACKED).exclude(topic=RECEIPT).count(),
            "refused": messages.filter(state=State.REFUSED).count(),
            "last_sent": out.seq if out else 0,
            "last_received": into.seq if into else 0,
        }
    answer["refused_files"] = _refused_files()
    return answer


@dataclass(frozen=True)
class Lag:
    """waiting: age of the oldest message not yet in a bundle. unanswered: age of the oldest that left and has no receipt.
    missing: numbers not here though later ones are, by zone. refused_files: bundles set aside."""

    peers: list[str]
    waiting: timedelta
    unanswered: timedelta
    missing: dict[str, list[int]]
    refused_files: int


def lag() -> Lag:
    """How far behind the gate is. Raises Unavailable where HUYING_ZONE is empty."""
    zones.own_name()
    now = clock.now()
    ages = {}
    for state in (State.WAITING, State.PACKED):
        rows = OutgoingMessage.objects.filter(state=state).exclude(topic=RECEIPT)
        oldest = rows.aggregate(oldest=Min("created_at"))["oldest"]
        ages[state] = now - oldest if oldest else timedelta()
    return Lag(list(zones.trusted()), ages[State.WAITING], ages[State.PACKED], _missing(), _refused_files())


def _missing() -> dict[str, list[int]]:
    """By the names of the files that lie in inbound; `huying bundles receive` verifies what is in them."""
    here: dict[str, set[int]] = {}
    for path in files.folder("inbound").glob("*.bundle"):
        sender, _receiver, number = [*path.stem.split("-"), "", ""][:3]
        if (seq := whole_number(number)) is not None:
            here.setdefault(sender, set()).add(seq)
    missing = {}
    for zone in zones.trusted():
        newest = Bundle.objects.filter(direction=Bundle.Direction.IN, peer=zone).order_by("-seq").first()
        numbers = here.get(zone, set())
        after = newest.seq if newest else 0
        gap = [n for n in range(after + 1, max(numbers, default=0)) if n not in numbers]
        if gap:
            missing[zone] = gap[:100]
    return missing


def _refused_files() -> int:
    return len(list((files.folder("inbound") / "refused").glob("*.bundle")))
