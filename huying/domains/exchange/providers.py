"""What analytics reads: the seam `huying.analytics.sources`, kept by this domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from huying.analytics.sources import Delivered, Kind, Title
from huying.domains.exchange.models import Delivery
from huying.domains.exchange.queries import dataset, newest_definitions
from huying.domains.exchange.schema import DatasetRow
from huying.domains.exchange.vocabulary import Feed, Way
from huying.domains.exchange.vocabulary import Kind as Feeds
from huying.kernel.errors import NotFound
from huying.kernel.words import Words

CHUNK = 2000


class Deliveries:
    """The datasets, or the surveys, of this place."""

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind

    def names(self) -> Mapping[str, frozenset[str]]:
        return {code: frozenset(row.delivered) for code, row in self._rows().items()}

    def titles(self) -> Mapping[str, Title]:
        return {code: Title(row.name.zh, row.name.en, row.feed is Feed.GENERATED) for code, row in self._rows().items()}

    def measures(self) -> Mapping[str, Mapping[str, Words]]:
        return {
            code: {one.code: Words(one.name.zh, one.name.en) for one in row.measures}
            for code, row in self._rows().items()
        }

    def _rows(self) -> dict[str, DatasetRow]:
        return {code: held.row for code, held in newest_definitions().items() if held.row.kind.value == self.kind}

    def rows(self, name: str, since: datetime | None, upto: datetime | None) -> Iterator[Delivered]:
        if dataset(name).row.kind is not Feeds(self.kind):
            raise NotFound(f"{name!r} is no {self.kind}")
        found = Delivery.objects.filter(report__code=name)
        if upto is not None:
            found = found.filter(at__lte=upto)
        columns = ("report__division", "report__last_day", "values", "n", "at", "way")
        held: Delivered | None = None
        for node, day, values, n, at, way in (
            found.order_by("report__division", "report__last_day", "version").values_list(*columns).iterator(CHUNK)
        ):
            if held is not None and (held.node, held.day) != (node, day) and (since is None or held.at > since):
                yield held
            held = Delivered(node, day, values, n, at, way == Way.GENERATED)
        if held is not None and (since is None or held.at > since):
            yield held
