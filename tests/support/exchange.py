"""Departments' data of the world that every address is asked in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from huying.domains.exchange import services
from huying.domains.exchange.models import Reminder, Report, Upload
from huying.domains.exchange.tests.made import a_dataset_of
from huying.domains.exchange.workflow import DELIVERERS
from huying.kernel import clock
from huying.kernel.actors import Actor
from tests.support.cast import Cast


def reported(cast: Cast, unit: str, division: str, handler: str) -> dict[str, Any]:
    """A locked report that the unit owes, its reminder, and a key of its machine; `handler` is who uploads for the unit."""
    code = a_dataset_of(unit, division)
    report = Report.objects.everything("test").get(code=code)
    reminder = Reminder.objects.create(unit_id=cast.unit(unit), key=report.key)
    key = services.make_key(
        actor=Actor.system("test"),
        unit_id=cast.unit(unit),
        name="部门平台",
        datasets=[code],
        until=clock.today() + timedelta(days=90),
    )
    return {
        "code": code,
        "report": report.pk,
        "reminder": reminder.pk,
        "handler": handler,
        "key": key.key.pk,
        "key_text": key.text,
    }


def values_at(cast: Cast, kept: dict[str, Any], page: str, who: str) -> dict[str, Any]:
    """The values of an address of that page; a file is the asker's own where `who` may upload, else the handler's."""
    uploader = who if who and cast[who].has(*DELIVERERS) else kept["handler"]
    return {
        "code": kept["code"],
        "pk": kept[
            "reminder" if page == "exchange_reminder" else "key" if page.startswith("exchange_key_") else "report"
        ],
        "token": _upload_of(cast, uploader, kept["code"]),
    }


def _upload_of(cast: Cast, who: str, code: str) -> str:
    actor = cast[who]
    values = {"unit_id": actor.unit_id, "post_id": actor.post_id, "name": "t.csv", "created_at": clock.now()}
    token = f"{code}-{who}"
    Upload.objects.get_or_create(
        token=token, defaults={"code": code, "header": ["division", "period"], "lines": [], **values}
    )
    return token
