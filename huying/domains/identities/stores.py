"""Tells kernel.crypto what the vault holds under which key, and how to seal it anew."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction
from django.db.models import Count

from huying.domains.identities.identity import plain_phone
from huying.domains.identities.models import Party, QueryCode
from huying.domains.identities.services.parties import fill, opened, phone_key
from huying.kernel import crypto
from huying.kernel.words import words

REASON = "keys are counted and replaced, nobody is shown"


def _counts_of(model: type[Party] | type[QueryCode]) -> Mapping[str, int]:
    if model._meta.db_table not in connection.introspection.table_names():
        return {}
    rows = model.objects.everything(REASON).exclude(key_id="")
    return dict(rows.order_by().values_list("key_id").annotate(Count("pk")))


def reseal_parties(outdated: list[str], limit: int) -> int:
    """Up to `limit` parties under an outdated key, sealed anew; their number keys, where still kept, with them."""
    with transaction.atomic():
        rows = list(
            Party.objects.everything(REASON).select_for_update().filter(key_id__in=outdated).order_by("pk")[:limit]
        )
        for row in rows:
            kept = row.phone_key is not None
            identity = opened(row)
            fill(row, identity)
            row.phone_key = phone_key(plain_phone(identity.phone)) if kept else None
        Party.objects.everything(REASON).bulk_update(rows, ["sealed", "key_id", "phone_key"], batch_size=100)
    return len(rows)


def register() -> None:
    crypto.register(
        crypto.SealedStore(
            "identities.party",
            words("当事人的姓名、电话、地址", "parties' names, numbers and addresses"),
            "seal",
            lambda: _counts_of(Party),
            reseal_parties,
        )
    )
    crypto.register(
        crypto.SealedStore(
            "identities.query_code",
            words("反映人的查询码（可换发）", "reporters' query codes (new ones can be issued)"),
            "mac",
            lambda: _counts_of(QueryCode),
        )
    )
