"""The kernel sweeps its own books."""

from datetime import time, timedelta

from django.conf import settings

from huying.kernel import bundles, clock
from huying.kernel.audit.models import AccessEntry
from huying.kernel.embedded import planning
from huying.kernel.http import idempotency
from huying.kernel.jobs import Run, job
from huying.kernel.jobs.models import JobRun

RUNS_KEPT = timedelta(days=90)
# 网络安全法 Art 21(3) asks for six months at least; three years (个人信息保护法 Art 56) is as long as its purpose lasts (Art 19).
LOOKS_KEPT = timedelta(days=3 * 365)
AT_ONCE = 5_000


@job(name="kernel.housekeeping", daily_at=time(3, 10))
def sweep(run: Run) -> dict[str, int]:
    """Forget idempotency keys past their day, records of runs past their 90 days, who looked at what past three years; let an
    embedded database see how large its tables have grown."""
    old = JobRun.objects.filter(started_at__lt=clock.now() - RUNS_KEPT).exclude(outcome=JobRun.Outcome.RUNNING)
    return {
        "idempotency_keys": idempotency.purge(),
        "job_runs": old.delete()[0],
        "looks": _let_go_of_looks(run),
        "looked_over": planning.look_over(),
    }


def _let_go_of_looks(run: Run) -> int:
    past, gone = AccessEntry.objects.filter(at__lt=clock.now() - LOOKS_KEPT).order_by("at"), 0
    while ids := list(past.values_list("pk", flat=True)[:AT_ONCE]):
        gone += AccessEntry.objects.filter(pk__in=ids).delete()[0]
        run.heartbeat()
    return gone


def exchange(run: Run) -> dict[str, int]:
    """Take in what the gate brought, and lay out what is to leave. What needs a person (a gap, a refused file) `huying doctor`
    tells; this goes on with the rest."""
    done = bundles.receive()
    run.heartbeat()
    written = bundles.pack()
    return {
        "taken": len(done.taken),
        "refused": len(done.refused),
        "failed": len(done.failed),
        "missing": sum(len(numbers) for numbers in done.missing.values()),
        "written": len(written),
    }


if settings.HUYING_ZONE:
    job(name="kernel.bundles", every=timedelta(minutes=1), lease=timedelta(minutes=10))(exchange)
