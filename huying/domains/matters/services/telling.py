"""Telling the reporter: through the vault's relay, never by an address in clear."""

from collections.abc import Mapping, Sequence
from typing import Any

from huying.domains.identities import queries as vault
from huying.domains.matters.services.batch import Act, Batch
from huying.domains.notices.services import Letter
from huying.kernel import clock


def tell_reporters(batch: Batch, acts: Sequence[Act[Any]], topic: str, why: Mapping[int, str] | None = None) -> None:
    """Queue a letter to each reporter who wants an answer and left a way to be reached. It goes out after commit, once."""
    told = [act.matter for act in acts if act.matter.wants_reply and not act.matter.is_demo and not act.matter.source]
    parties = vault.reachable_reporters("matter", [matter.pk for matter in told]) if told else {}
    for matter in told:
        if matter.pk not in parties:
            continue
        batch.letters.append(
            Letter(
                topic=f"matters.{topic}",
                values={
                    "number": matter.number,
                    "due": f"{clock.local(matter.due_at):%Y-%m-%d %H:%M}" if matter.due_at else "",
                    "why": (why or {}).get(matter.pk, ""),
                },
                party=parties[matter.pk],
                kind="matter",
                record_id=matter.pk,
                dedupe_key=f"{topic}:{matter.pk}:{matter.version}",
            )
        )
