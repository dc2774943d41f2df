"""The inner zone's side of the gate: what residents sent in becomes matters and acts; what they may know goes out again.

The sender is the zone that stands on the internet, so nothing it says is trusted beyond its signature: every field is checked
as a form's would be, an act carries the reporter's code, and only matters that came from there can be reached from there.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.documents.services import NewFile
from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.matters import queries
from huying.domains.matters.models import Matter, OutsideMatter
from huying.domains.matters.services.residents import ERASE, Report, ReporterAct, act, erase_own, register_with_files
from huying.domains.matters.vocabulary import Confidentiality, Kind
from huying.kernel import bundles, clock, ids
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.words import Words

AT_ONCE = 200
AHEAD = timedelta(minutes=10)  # the two zones' clocks may differ by so much


def take_in(payload: Mapping[str, Any], meta: bundles.Meta) -> dict[str, Any]:
    """A report from outside → services.register, under the number and code given there. The same number again is known.

    Raises InvalidInput, NotFound or Refused; the resident reads the reason by the code.
    """
    report, number, code, at = _read_report(payload)
    if meta.key != f"intake-{number}":
        raise InvalidInput(_("编号 %(number)s 与信封不符。") % {"number": number})
    if Matter.objects.everything("a number is known or not").filter(number=number).exists():
        return {"number": number}
    with transaction.atomic():
        done = register_with_files(report, number=number, query_code=code, at=at)
        OutsideMatter.objects.create(matter=done.matter, zone=meta.sender)
    return {"number": done.matter.number}


def _read_report(payload: Mapping[str, Any]) -> tuple[Report, str, str, datetime]:
    try:
        number = str(ids.parse_matter_number(str(payload["number"])))
        code = str(payload["code"])
        at = clock.local(datetime.fromisoformat(str(payload["at"])))
        given = dict(payload["reporter"])
        report = Report(
            kind=Kind(payload["kind"]),
            content=_text(payload["content"]),
            division=_text(payload["division"]),
            place=_text(payload["place"]),
            confidentiality=Confidentiality(payload["confidentiality"]),
            reporter=vault.Identity(**{f.name: _text(given.get(f.name, "")) for f in fields(vault.Identity)}),
            files=tuple(
                NewFile(name=_text(file["name"]), content=base64.b64decode(file["content"], validate=True))
                for file in payload["files"]
            ),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise _unreadable(fault) from None
    if not ids.plain_query_code(code):
        raise InvalidInput(_("外网区送来的查询码不合格式。"))
    if at > clock.now() + AHEAD:
        raise InvalidInput(_("外网区送来的登记时间在将来，请核对两边的时钟。"))
    return report, number, code, at


def _text(value: Any) -> str:
    """Raises ValueError for what a database would choke on: it would stop the whole bundle, not this message."""
    text = str(value)
    text.encode()
    if "\x00" in text:
        raise ValueError("a NUL character")
    return text


def _unreadable(fault: Exception) -> InvalidInput:
    return InvalidInput(_("外网区送来的内容读不懂（%(fault)s）。") % {"fault": type(fault).__name__})


def act_in(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A reporter's act from outside, under Actor.public. Raises NotFound for a matter that is not from there or a wrong code."""
    try:
        number, code = str(ids.parse_matter_number(str(payload["number"]))), str(payload["code"])
        names = ("action", "text", "solved", "satisfied")
        done = ReporterAct(**{name: _text(payload[name])[:4000] for name in names})
    except (KeyError, ValueError) as fault:
        raise _unreadable(fault) from None
    row = OutsideMatter.objects.filter(matter__number=number).first()
    if row is None or not vault.check_query_code(kind="matter", record_id=row.matter_id, code=code):
        raise NotFound(_("编号或查询码不对。"))
    if done.action == ERASE:
        erase_own(row.matter_id, code)
    else:
        act(row.matter_id, done)
    return {"number": number, "action": done.action}


def tell_outside() -> bool:
    """Up to 200 stories that changed, as messages to the zone their matters came from. Answers whether there were any.

    The story is the public one: no post, no name of staff, no entry text; of each sight of the identity, when and on what ground.
    """
    with transaction.atomic():
        rows = list(
            OutsideMatter.objects.select_for_update(of=("self",)).filter(stale=True).order_by("matter")[:AT_ONCE]
        )
        if not rows:
            return False
        matters = Matter.objects.everything("told to their own reporters").in_bulk([row.matter_id for row in rows])
        seen = vault_read.looks_of("matter", matters)
        stories = {story.number: story for story in queries.public_stories(matters.values())}
        opened = vault_read.with_query_codes("matter", matters)
        outgoing: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows:
            matter = matters[row.matter_id]
            payload = (
                {"number": matter.number, "gone": True}
                if matter.let_go_at or matter.pk not in opened
                else {
                    "number": matter.number,
                    "story": stories[matter.number].as_row(),
                    "looks": [[look.at.isoformat(), *_both(look.basis)] for look in seen.get(matter.pk, [])],
                }
            )
            outgoing.setdefault(row.zone, {})[f"story-{uuid.uuid4().hex}"] = payload
        for zone, payloads in outgoing.items():
            bundles.send_many("story", payloads, to=zone)
        OutsideMatter.objects.filter(pk__in=[row.pk for row in rows]).update(stale=False)
    return True


def _both(said: Words) -> tuple[str, str]:
    return said.zh, said.en
