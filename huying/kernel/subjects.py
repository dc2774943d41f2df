"""Who can be named by kind and id: a task, a clock or a work item points at its subject without knowing its domain."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound
from huying.kernel.words import Words


@dataclass(frozen=True)
class Subject:
    """A kind of record and what its home domain answers for it.

    page_url: id → address on the desk. visible: (actor, ids) → the ids this actor may see, in one query.
    titles: ids → id → title, in one query. on_task_closed: (id, task outcome, actor), called in the closing transaction.
    numbered: (actor, the number people call it by) → the id, None when there is none in the actor's scope.
    """

    kind: str
    words: Words
    page_url: Callable[[int], str]
    visible: Callable[[Actor, Iterable[int]], set[int]]
    titles: Callable[[Iterable[int]], dict[int, str]]
    on_task_closed: Callable[[int, str, Actor], None] | None = None
    numbered: Callable[[Actor, str], int | None] | None = None


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Called from the home domain's AppConfig.ready; a second, different registration of a kind is a programming fault."""
    if subject.kind in _subjects and _subjects[subject.kind] != subject:
        raise ValueError(f"subject kind {subject.kind} registered twice")
    _subjects[subject.kind] = subject


def of(kind: str) -> Subject:
    """Raises NotFound for a kind nobody registered."""
    try:
        return _subjects[kind]
    except KeyError:
        raise NotFound(f"没有这类记录：{kind}") from None


def kinds() -> list[str]:
    return sorted(_subjects)


def require_visible(actor: Actor, kind: str, record_id: int) -> None:
    """Raises NotFound unless the actor may see the record."""
    if record_id not in of(kind).visible(actor, [record_id]):
        raise NotFound("没有这条记录，或不在您的职责范围内。")
