"""What serves one call goes with it: a number left on the line, and stand-ins for numbers."""

from datetime import timedelta

from huying.domains.identities.models import CallbackToken, CallSession
from huying.kernel import clock
from huying.kernel.jobs import Run, job

KEPT = timedelta(days=1)
"""That there was a call, for the talk about it; the number itself goes at the call's end."""


@job(name="identities.calls", every=timedelta(minutes=10))
def end_calls(run: Run) -> dict[str, int]:
    """Nobody hung up: the number goes when the call's time is over, the rest a day later (个人信息保护法 Art 19)."""
    why, now = "a call's end needs no scope", clock.now()
    numbers = CallSession.objects.everything(why).filter(ends_at__lte=now, sealed__isnull=False).update(sealed=None)
    calls = CallSession.objects.everything(why).filter(ends_at__lte=now - KEPT).delete()[0]
    tokens = CallbackToken.objects.everything(why).filter(expires_at__lte=now - KEPT).delete()[0]
    return {"numbers": numbers, "calls": calls, "tokens": tokens}
