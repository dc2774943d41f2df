"""The verbs of tasks. Each takes many; a single task is a list of one."""

from huying.domains.tasks.services.acting import (
    accept_tasks,
    cancel_tasks,
    finish_tasks,
    lapse_tasks,
    reassign_tasks,
    return_tasks,
    supervise_tasks,
    urge_tasks,
)
from huying.domains.tasks.services.assigning import NewTask, create_task, create_tasks
from huying.domains.tasks.services.cards import follow_clocks, turn_cards

__all__ = [
    "NewTask",
    "accept_tasks",
    "cancel_tasks",
    "create_task",
    "create_tasks",
    "finish_tasks",
    "follow_clocks",
    "lapse_tasks",
    "reassign_tasks",
    "return_tasks",
    "supervise_tasks",
    "turn_cards",
    "urge_tasks",
]
