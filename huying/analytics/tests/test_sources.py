"""A layer above says what it delivers; analytics knows no domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

import pytest

from huying.analytics import sources
from huying.analytics.sources import Delivered, Kind, Title
from huying.kernel.words import Words, words


class Fires:
    kind: Kind = "dataset"

    def names(self) -> Mapping[str, frozenset[str]]:
        return {"fires": frozenset({"fires"})}

    def titles(self) -> Mapping[str, Title]:
        return {"fires": Title("火灾", "fires")}

    def measures(self) -> Mapping[str, Mapping[str, Words]]:
        return {"fires": {"fires": words("火灾起数", "number of fires")}}

    def rows(self, name: str, since: datetime | None, upto: datetime | None) -> Iterator[Delivered]:
        yield Delivered("331100000000", date(2026, 10, 31), {"fires": 3.0}, None, datetime(2026, 11, 5, tzinfo=UTC))


class Others(Fires):
    pass


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_providers", {})


def test_what_is_registered_is_found_by_its_kind_and_a_kind_nobody_keeps_is_none() -> None:
    keeper = Fires()
    sources.register(keeper)
    assert sources.provider("dataset") is keeper
    assert sources.provider("survey") is None


def test_two_keepers_of_one_kind_are_refused() -> None:
    sources.register(Fires())
    sources.register(Fires())  # starting up twice in one process is harmless
    with pytest.raises(ValueError, match="twice"):
        sources.register(Others())
