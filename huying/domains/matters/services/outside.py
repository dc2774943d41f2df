"""The resident's verbs in the outer zone: everything said goes in sealed, at once; what comes back is the public story.

Nothing here can be read back outside: not the report, not the reporter, not what they add later. Number and code are given
here, so that the resident has them before the gate has moved (docs/decisions/two-zones.md).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from huying.domains.documents import services as documents
from huying.domains.identities import services as vault
from huying.domains.matters.models import OutsideAct, OutsideReport
from huying.domains.matters.queries.story import PublicLook, PublicStory
from huying.domains.matters.services.intake import checked
from huying.domains.matters.services.numbering import area_of, next_outside
from huying.domains.matters.services.residents import (
    ERASE,
    WEB,
    Followed,
    Receipt,
    Report,
    ReporterAct,
    SentAct,
    known_act,
)
from huying.domains.territory import queries as territory
from huying.kernel import bundles, clock, crypto, ids
from huying.kernel.errors import InvalidInput, NotFound
from huying.kernel.words import words

KIND = "outside"  # what a query code is bound to in this zone


def take(report: Report) -> Receipt:
    """A number and a code at once; the whole report sealed to the inner zone in the same transaction.

    The same checks as inside, so that little is refused there later. Raises InvalidInput or Refused with every fault.
    """
    intake = report.intake()
    columns = checked(0, intake, territory.tree())
    reporter = intake.reporter.cleaned() if intake.reporter else None
    files = documents.checked(report.files)
    now = clock.now()
    with transaction.atomic():
        number = next_outside(area_of(columns), clock.local(now).date())
        row = OutsideReport.objects.create(number=number, key=f"intake-{number}", made_at=now)
        code = vault.issue_query_codes(actor=WEB, kind=KIND, record_ids=[row.pk])[row.pk]
        payload = {
            "number": number,
            "code": code,
            "at": clock.local(now).isoformat(),
            "kind": report.kind.value,
            "content": report.content,
            "division": report.division,
            "place": report.place,
            "confidentiality": report.confidentiality.value,
            "reporter": asdict(reporter) if reporter else {},
            "files": [{"name": file.name, "content": base64.b64encode(file.content).decode()} for file in files],
        }
        bundles.send("intake", payload, to="inner", key=row.key)
    return Receipt(number, code)


def open_by_code(number: str, code: str) -> int:
    """Raises NotFound for a wrong pair, TooMany when locked."""
    try:
        wanted = str(ids.parse_matter_number(number))
    except InvalidInput:
        wanted = ""
    row = OutsideReport.objects.filter(number=wanted).first()
    right = vault.check_query_code(kind=KIND, record_id=row.pk if row else None, code=code)
    if row is None or not right:
        raise NotFound(_("编号或查询码不对。"), cure=_("请核对受理回执上的编号和查询码。"))
    return row.pk


def followed(record_id: int) -> Followed:
    """What the inner zone last told, and what is still on its way. Raises NotFound."""
    row = OutsideReport.objects.filter(pk=record_id).first()
    if row is None:
        raise NotFound(_("没有这个事项。"))
    acts = list(row.acts.order_by("-at"))
    fates = bundles.fates([row.key, *(act.key for act in acts)])
    own = fates.get(row.key)
    told = json.loads(crypto.open_(row.story, _context(row.number))) if row.story is not None else None
    return Followed(
        number=row.number,
        title="",
        story=PublicStory.from_row(told["story"]) if told else None,
        looks=[PublicLook(datetime.fromisoformat(at), str(words(zh, en))) for at, zh, en in told["looks"]]
        if told
        else [],
        refused=_reason(own) if told is None else "",
        acts=tuple(
            SentAct(act.action, act.at, _reason(fates.get(act.key)))
            for act in acts
            if act.key not in fates or fates[act.key].accepted is not True
        ),
        told_at=row.told_at,
    )


def _reason(fate: bundles.Fate | None) -> str:
    if fate is None or fate.accepted is not False:
        return ""
    return str(fate.outcome.get("reason") or _("没有说明原因"))


def act(record_id: int, done: ReporterAct, code: str = "") -> None:
    """Send it in, with the code, which is checked again inside: this zone alone can't act for anybody."""
    known_act(done)
    if done.action != "evaluate" and not done.text.strip():
        raise InvalidInput(_("请写明内容。"), fields={"text": _("必填")})
    _send(record_id, done, code)


def _send(record_id: int, done: ReporterAct, code: str) -> None:
    row = OutsideReport.objects.filter(pk=record_id).first()
    if row is None:
        raise NotFound(_("没有这个事项。"))
    with transaction.atomic():
        sent = OutsideAct.objects.create(report=row, key=f"act-{uuid.uuid4().hex}", action=done.action, at=clock.now())
        payload = {"number": row.number, "code": code, **asdict(done)}
        bundles.send("reporter_act", payload, to="inner", key=sent.key)


def holds_identity(record_id: int) -> bool:
    """Never here: it went in sealed and this zone can't read it."""
    return False


def erase_own(record_id: int, code: str) -> None:
    """The wish goes in with the code; once it is done there, what is here goes too. Raises NotFound, TooMany."""
    vault.require_code(KIND, record_id, code)
    _send(record_id, ReporterAct(action=ERASE), code)


def keep_story(payload: Mapping[str, Any]) -> None:
    """The inner zone told a story: keep it if it is newer. `gone`: the matter was let go of, and what is here goes too."""
    row = OutsideReport.objects.select_for_update().filter(number=str(payload["number"])).first()
    if row is None:
        return
    if payload.get("gone"):
        vault.forget(actor=WEB, kind=KIND, record_ids=[row.pk], why="retention")
        row.delete()
        return
    story = PublicStory.from_row(payload["story"])
    if story.version < row.version:
        return
    looks = [[datetime.fromisoformat(at).isoformat(), str(zh), str(en)] for at, zh, en in payload["looks"]]
    plain = json.dumps({"story": story.as_row(), "looks": looks}, ensure_ascii=False).encode()
    row.version, row.told_at = story.version, clock.now()
    row.story = crypto.seal(plain, _context(row.number))
    row.key_id = crypto.made_by(row.story).key_id
    row.save(update_fields=["version", "told_at", "story", "key_id"])


def _context(number: str) -> bytes:
    return f"matters.outside:{number}".encode()


def reseal(outdated: list[str], limit: int) -> int:
    """Up to `limit` stories under an outdated key, sealed anew (kernel.crypto)."""
    with transaction.atomic():
        rows = list(OutsideReport.objects.select_for_update().filter(key_id__in=outdated).order_by("pk")[:limit])
        for row in rows:
            row.story = crypto.seal(crypto.open_(row.story or b"", _context(row.number)), _context(row.number))
            row.key_id = crypto.made_by(row.story).key_id
        OutsideReport.objects.bulk_update(rows, ["story", "key_id"], batch_size=100)
    return len(rows)


def keys_used() -> dict[str, int]:
    """Key id → stories sealed with it; nothing before the tables are there."""
    if OutsideReport._meta.db_table not in connection.introspection.table_names():
        return {}
    rows = OutsideReport.objects.exclude(key_id="").order_by()
    return dict(rows.values_list("key_id").annotate(Count("pk")))
