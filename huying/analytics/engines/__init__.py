"""Where the work over all rows of facts is done: in this process (DuckDB, the default) or on an Apache Spark there is already.

An engine takes tables in and runs SQL over them that both understand in the same way: whole numbers, sums cast to BIGINT,
floating numbers only where every operation and its order is written out. All that comes after (sums up the tree in whole
numbers, expressions, comparisons, ranks) is the same code for both.
"""

from __future__ import annotations

from collections.abc import Mapping

from huying.analytics.engines.cluster import Cluster
from huying.analytics.engines.embedded import Embedded
from huying.analytics.engines.protocol import Columns, Engine
from huying.kernel.errors import InvalidInput

__all__ = ["Columns", "Engine", "chosen", "from_environment"]


def chosen(url: str, exchange: str = "") -> Engine:
    """The engine that `HUYING_ANALYTICS_ENGINE` names. exchange: the folder through which tables reach a cluster.

    Raises InvalidInput for a name that is none, Unavailable where the cluster doesn't answer.
    """
    if url in ("", "duckdb"):
        return Embedded()
    if url.startswith("spark://"):
        return Cluster(url, exchange)
    raise InvalidInput(
        f"HUYING_ANALYTICS_ENGINE: {url!r} is no engine",
        cure="write duckdb, or spark://host:7077 of a standalone master",
    )


def from_environment(environment: Mapping[str, str]) -> Engine:
    return chosen(environment.get("HUYING_ANALYTICS_ENGINE", ""), environment.get("HUYING_ANALYTICS_EXCHANGE", ""))
