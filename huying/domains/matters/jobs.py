"""What happens to matters by themselves: cards turn, silence is recorded, ended matters are put away."""

from datetime import time, timedelta

from huying.domains.matters.intake_files import uploads
from huying.domains.matters.models import Assignment, Matter
from huying.domains.matters.services import NoAnswer, Order, archive, record_no_answer
from huying.domains.matters.vocabulary import ENDED_STATES, Part
from huying.domains.rulebook import queries as rulebook
from huying.kernel import audit, clock, clocks
from huying.kernel.actors import Actor
from huying.kernel.jobs import Run, job

AT_ONCE = 500
IN_ONE = 50


@job(name="clocks.cards", every=timedelta(minutes=1))
def turn_cards(run: Run) -> dict[str, int]:
    """Every card whose time has come, of every kind of record."""
    return {"turned": clocks.turn_due()}


@job(name="audit.checkpoint", daily_at=time(3, 0))
def sign_checkpoint(run: Run) -> dict[str, int]:
    """Sign what was logged since the last checkpoint; `huying audit checkpoint` prints it for keeping elsewhere."""
    point = audit.checkpoint()
    return {"events": point.events if point else 0}


@job(name="matters.silent_partners", daily_at=time(1, 30))
def record_silent_partners(run: Run) -> dict[str, int]:
    """A supporter whose limit passed without a word is recorded as not answered, so the lead can go on."""
    now = clock.now()
    silent = Assignment.objects.everything("a nightly job").filter(
        ended_at=None, part__in=[Part.SUPPORT, Part.WHISTLE], due_at__lt=now - timedelta(days=1)
    )
    told: set[int] = set()
    orders = []
    for matter_id, unit_id in silent.order_by("pk").values_list("matter_id", "unit_id")[:AT_ONCE]:
        if matter_id not in told:
            told.add(matter_id)
            orders.append(
                NoAnswer(
                    actor=Actor.system("partners"), matter_id=matter_id, unit=unit_id, reason="时限届满未反馈，系统记录"
                )
            )
    done = record_no_answer.many(orders, partial=True, trusted=True)
    return {"recorded": len(done.matters), "left": len(done.refused)}


@job(name="matters.archive", daily_at=time(2, 0))
def put_away(run: Run) -> dict[str, int]:
    """Ended matters whose window for reopening has passed go to the archive."""
    now = clock.now()
    days = int(rulebook.parameter("reopen.window_days", now.date()))
    ended = Matter.objects.everything("a nightly job").filter(
        state__in=sorted(ENDED_STATES), registered_at__lt=now - timedelta(days=days)
    )
    ended = ended.exclude(reopen_until__gte=now)
    ids = list(ended.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    orders = [Order(actor=Actor.system("archive"), matter_id=pk) for pk in ids]
    archived = 0
    # Few in one transaction: on the embedded database everybody who writes waits for it.
    for start in range(0, len(orders), IN_ONE):
        archived += len(archive.many(orders[start : start + IN_ONE], partial=True, trusted=True).matters)
    return {"archived": archived}


@job(name="matters.forget_uploads", every=timedelta(hours=1))
def forget_uploads(run: Run) -> dict[str, int]:
    """Files uploaded for an import, and rows handed back, are kept a day: they hold what people told us, unsealed."""
    return {"deleted": uploads.forget_old()}
