"""Telling the reporter: by the vault's sealed handle, never by an address in clear."""

from collections.abc import Mapping, Sequence
from typing import Any

from huying.domains.matters.services.batch import Act, Batch
from huying.kernel import outbox


def tell_reporters(batch: Batch, acts: Sequence[Act[Any]], topic: str, why: Mapping[int, str] | None = None) -> None:
    """Queue a message to each matter's reporter who wants an answer. It goes out after commit, once."""
    for act in acts:
        matter = act.matter
        if not matter.wants_reply or matter.is_demo or matter.source:
            continue
        batch.messages.append(
            outbox.Message(
                topic=f"matters.{topic}",
                driver="reporter",
                recipient=f"matter:{matter.pk}:reporter",
                subject=matter.number,
                body=(why or {}).get(matter.pk, ""),
                dedupe_key=f"{topic}:{matter.pk}:{matter.version}",
                kind="matter",
                record_id=matter.pk,
            )
        )
