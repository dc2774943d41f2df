"""What an engine does."""

from __future__ import annotations

from typing import Any, Protocol, Self

import duckdb
import numpy.typing as npt

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
