"""A process as one table: action, from, to, who, which clock. Pure; reads as the office's own flow chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from huying.kernel.actors import Role
from huying.kernel.words import Words, words


class ClockEffect(StrEnum):
    NONE = "none"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    STOP = "stop"


@dataclass(frozen=True)
class Transition:
    """One row of the table. `target` None keeps the state; `needs` are the fields the act takes; `basis` the law or rule."""

    action: str
    words: Words
    sources: frozenset[str]
    target: str | None
    roles: frozenset[Role]
    clock: ClockEffect = ClockEffect.NONE
    needs: tuple[str, ...] = ()
    basis: str = ""
    system: bool = False
    public: bool = False


@dataclass(frozen=True)
class Workflow:
    """A table of transitions; (action, source) is unique.

    Raises ValueError when two rows answer the same action from the same state.
    """

    name: str
    initial: str
    transitions: tuple[Transition, ...]
    _index: dict[tuple[str, str], Transition] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for row in self.transitions:
            for source in row.sources:
                if (row.action, source) in self._index:
                    raise ValueError(f"{self.name}: {row.action} from {source} stands twice")
                self._index[(row.action, source)] = row

    @property
    def states(self) -> frozenset[str]:
        return frozenset(
            {self.initial}
            | {source for row in self.transitions for source in row.sources}
            | {row.target for row in self.transitions if row.target}
        )

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(row.action for row in self.transitions)

    def find(self, action: str, state: str) -> Transition | None:
        return self._index.get((action, state))

    def allowed(self, state: str, roles: Iterable[Role]) -> list[Transition]:
        """The rows an actor with `roles` may use from `state`, in the table's order."""
        held = frozenset(roles)
        return [row for row in self.transitions if state in row.sources and not row.roles.isdisjoint(held)]

    def why_not(self, action: str, state: str, roles: Iterable[Role]) -> Words | None:
        """None when allowed, else the rule that stands against it, for "why can't I…"."""
        row = self.find(action, state)
        if row is None:
            froms = sorted({s for r in self.transitions if r.action == action for s in r.sources})
            if not froms:
                return words("没有这个动作。", "There is no such act.")
            return words(
                f"当前状态不能这样做；此动作只在这些状态可用：{'、'.join(froms)}。",
                f"Not from this state; this act is possible from: {', '.join(froms)}.",
            )
        if row.roles.isdisjoint(frozenset(roles)):
            who = sorted(role.value for role in row.roles)
            return words(f"这一步由{'、'.join(who)}办理。", f"This step belongs to: {', '.join(who)}.")
        return None
