"""Where the work over all rows of facts is done: in this process (DuckDB, the default) or on an Apache Spark there is already.

An engine takes tables in and runs SQL over them that both understand in the same way: whole numbers, sums cast to BIGINT,
floating numbers only where every operation and its order is written out. All that comes after (sums up the tree in whole
numbers, expressions, comparisons, ranks) is the same code for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import duckdb
import numpy.typing as npt

from huying.kernel.errors import InvalidInput

Columns = dict[str, npt.NDArray[Any]]


class Engine(Protocol):
    """A context manager: leaving it frees what it holds.

    con: a DuckDB connection in which tables are laid out before they are handed over.
    """

    con: duckdb.DuckDBPyConnection

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def put(self, table: str) -> None:
        """Hand over the table or view `table` of `con` under the same name."""

    def make(self, table: str, sql: str) -> None:
        """Run `sql` over what was handed over or made, and keep the answer as `table`."""

    def read(self, sql: str) -> Columns:
        """The answer of `sql`, a numpy array a column; no column may hold NULL. The order of rows means nothing."""

    def quantile(self, value: str, part: float) -> str:
        """SQL of the continuous quantile (0 to 1) of the DOUBLE `value`: low * (1 - d) + high * d between neighbours."""


def chosen(url: str, exchange: str = "") -> Engine:
    """The engine that `HUYING_ANALYTICS_ENGINE` names. exchange: the folder through which tables reach a cluster.

    Raises InvalidInput for a name that is none, Unavailable where the cluster doesn't answer.
    """
    if url in ("", "duckdb"):
        from huying.analytics.engines.embedded import Embedded

        return Embedded()
    if url.startswith("spark://"):
        from huying.analytics.engines.cluster import Cluster

        return Cluster(url, exchange)
    raise InvalidInput(
        f"HUYING_ANALYTICS_ENGINE: {url!r} is no engine",
        cure="write duckdb, or spark://host:7077 of a standalone master",
    )


def from_environment(environment: Mapping[str, str]) -> Engine:
    return chosen(environment.get("HUYING_ANALYTICS_ENGINE", ""), environment.get("HUYING_ANALYTICS_EXCHANGE", ""))
