"""From which address a request comes, through the proxies a place says it trusts, and whether that is in a list."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(request: HttpRequest) -> str:
    """The nearest address that isn't one of HUYING_PROXIES; "" where it can't be told.

    What a caller writes into X-Forwarded-For itself counts for nothing: only what a trusted proxy added is read, from the right.
    """
    proxies = networks(settings.HUYING_PROXIES)
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    for text in [request.META.get("REMOTE_ADDR", ""), *reversed(told)]:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in proxies):
            return str(address)
    return ""


def networks(texts: Iterable[str]) -> list[Network]:
    """Addresses and ranges as people write them: 10.1.2.3, 10.1.0.0/16, 2001:db8::/32. Raises InvalidInput naming a wrong one.

    Host bits that are set are no fault, an address family that differs never matches.
    """
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise InvalidInput(
                _("看不懂的地址：%(text)s") % {"text": text[:40]}, cure=_("写成 10.1.2.3 或 10.1.0.0/16。")
            ) from None
    return found


def within(address: str, texts: Iterable[str]) -> bool:
    """Whether an address lies in one of the ranges; an unknown one doesn't."""
    if not address:
        return False
    asked = ipaddress.ip_address(address)
    return any(asked in network for network in networks(texts))
