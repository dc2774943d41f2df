"""Nightly: what is past its period goes; bytes that no record names go."""

from datetime import time, timedelta
from typing import Any

from huying.domains.documents import storage
from huying.domains.documents.models import Document
from huying.domains.documents.services import run_retention
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.jobs import Run, job

ORPHANED_FOR = timedelta(days=1)


@job(name="documents.retention", daily_at=time(2, 30))
def retention(run: Run) -> list[dict[str, Any]]:
    return run_retention(actor=Actor.system("documents.retention"))


@job(name="documents.sweep", daily_at=time(3, 30))
def sweep(run: Run) -> dict[str, int]:
    """Bytes stored for a request that then failed. Only those a day old: a younger one may be about to be named."""
    oldest = (clock.now() - ORPHANED_FOR).timestamp()
    removed = 0
    for digest, path in storage.stored():
        if path.stat().st_mtime < oldest:
            named = Document.objects.everything("does a record name it").filter(digest=digest).exists()
            if not named:
                path.unlink()
                removed += 1
    return {"removed": removed}
