"""Measures brought up the tree by the code of the roll-up, loaded once for all kinds of period."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from huying.analytics.engines.embedded import Embedded
from huying.analytics.lake.rollup import Rollup

if TYPE_CHECKING:
    from huying.analytics.values.inputs import Axis


class Rolling(ABC):
    """A source of measures with an engine of its own from the first question until `close`."""

    @abstractmethod
    def loaded(self, engine: Embedded) -> Rollup:
        """A roll-up of the source's facts."""

    @cached_property
    def _work(self) -> Rollup:
        self._engine = Embedded()
        return self.loaded(self._engine)

    def over(self, axis: Axis) -> Rollup:
        work = self._work
        if (work.kind, work.periods) != (axis.kind, axis.periods):
            work.over(axis.kind, axis.periods)
        return work

    def close(self) -> None:
        if "_work" in self.__dict__:
            self._engine.__exit__(None, None, None)
