"""What the two zones say to each other about matters (kernel.bundles finds this module by its name)."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from huying.domains.matters.services import gate, outside
from huying.kernel import bundles
from huying.kernel.errors import InvalidInput


def _only_in(zone: str) -> None:
    if zone != settings.HUYING_ZONE:
        raise InvalidInput(_("这类消息只由“%(zone)s”区处理。") % {"zone": zone})


@bundles.handler("intake")
def intake(payload: dict[str, Any], meta: bundles.Meta) -> dict[str, Any]:
    """Outer → inner: a report, with its reporter and files."""
    _only_in("inner")
    return gate.take_in(payload, meta)


@bundles.handler("reporter_act")
def reporter_act(payload: dict[str, Any], meta: bundles.Meta) -> dict[str, Any]:
    """Outer → inner: what a reporter does with the own matter."""
    _only_in("inner")
    return gate.act_in(payload)


@bundles.handler("story")
def story(payload: dict[str, Any], meta: bundles.Meta) -> dict[str, Any]:
    """Inner → outer: what the reporter may know by now."""
    _only_in("outer")
    outside.keep_story(payload)
    return {}


@bundles.before_packing
def tell_outside() -> bool:
    return settings.HUYING_ZONE == "inner" and gate.tell_outside()
