"""Scheduled work: what ended or went away overnight is handed over before anybody comes in; sign-ins long past go."""

from datetime import time, timedelta
from importlib import import_module

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q

from huying.domains.organizations import services
from huying.domains.organizations.models import StaffSession
from huying.kernel import clock, jobs
from huying.kernel.actors import Actor

SIGN_INS_KEPT = timedelta(days=183)
"""网络安全法 Art 21: six months at least; and not longer, as they hold addresses. That somebody signed in stays in the log."""


@jobs.job(name="organizations.hand_over", daily_at=time(0, 1))
def hand_over(run: jobs.Run) -> dict[str, int]:
    return {"items": services.hand_over(actor=Actor.system("organizations.hand_over"))}


@jobs.job(name="organizations.sign_ins", daily_at=time(3, 40))
def forget_sign_ins(run: jobs.Run) -> dict[str, int]:
    before = clock.now() - SIGN_INS_KEPT
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    old = StaffSession.objects.filter(Q(ended_at__lt=before) | Q(ended_at=None, seen_at__lt=before))
    failed = AccessAttempt.objects.filter(attempt_time__lt=before)
    return {"sessions": old.delete()[0], "failed_attempts": failed.delete()[0]}
