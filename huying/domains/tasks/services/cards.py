"""What follows when a card turns, or a published year moves a due moment."""

from __future__ import annotations

from collections.abc import Sequence

from huying.domains.notices.services import Letter, send_letters
from huying.domains.tasks.models import Task
from huying.domains.tasks.services.acting import supervise_tasks
from huying.domains.tasks.services.assigning import posts_told
from huying.domains.tasks.vocabulary import KIND
from huying.kernel import audit, clock, clocks, worklist
from huying.kernel.actors import Actor
from huying.kernel.bulk import save_many
from huying.kernel.words import Words, words

CARDS: dict[str, Words] = {"yellow": words("黄牌", "yellow card"), "red": words("红牌", "red card")}


def turn_cards(turns: Sequence[clocks.Turn]) -> None:
    """Each turn is logged and told once; a red one is told to the assigner too and begins supervision."""
    actor = Actor.system("cards")
    known = {turn.clock.record_id: turn for turn in turns}
    tasks = list(Task.objects.everything("cards turn").filter(pk__in=list(known)))
    audit.record(
        [
            audit.NewEvent(
                kind=KIND,
                record_id=task.pk,
                action=f"card_{known[task.pk].after}",
                actor=actor,
                from_state=task.state,
                to_state=task.state,
                basis=known[task.pk].clock.rule_key,
                payload={"from": known[task.pk].before, "due": task.due_at.isoformat()},
            )
            for task in tasks
        ]
    )
    letters = []
    for task in tasks:
        card = known[task.pk].after
        if card not in CARDS:
            continue
        posts = posts_told(task)
        if card == "red" and task.assigner_post_id is not None:
            posts = (*posts, task.assigner_post_id)
        letters.append(
            Letter(
                topic="clocks.card",
                values={
                    "card": CARDS[card].zh,
                    "title": task.title,
                    "due": clock.local(task.due_at).strftime("%Y-%m-%d %H:%M"),
                },
                posts=posts,
                kind=KIND,
                record_id=task.pk,
                dedupe_key=f"task:{task.pk}:card:{card}:{task.due_at.isoformat()}",
            )
        )
    send_letters(letters)
    red = [task.pk for task in tasks if known[task.pk].after == "red" and task.supervision_level == 0]
    if red:
        supervise_tasks(actor=actor, ids=red, reason="超过期限，系统转督办")


def follow_clocks(rows: Sequence[clocks.ClockRecord]) -> None:
    """A published calendar year moved provisional clocks: tasks and their work items say the new moment."""
    due = {row.record_id: row.due_at for row in rows if row.kind == KIND}
    if not due:
        return
    tasks = list(Task.objects.everything("clocks moved").filter(pk__in=list(due)))
    for task in tasks:
        task.due_at = due[task.pk]
    save_many(tasks, ["due_at"])
    worklist.retime(KIND, due)
