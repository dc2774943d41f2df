"""Scheduled work: what ended or went away overnight is handed over before anybody comes in."""

from datetime import time

from huying.domains.organizations import services
from huying.kernel import jobs
from huying.kernel.actors import Actor


@jobs.job(name="organizations.hand_over", daily_at=time(0, 1))
def hand_over(run: jobs.Run) -> dict[str, int]:
    return {"items": services.hand_over(actor=Actor.system("organizations.hand_over"))}
