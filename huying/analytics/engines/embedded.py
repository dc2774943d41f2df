"""DuckDB in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import duckdb
import numpy as np

from huying.analytics.connection import connect
from huying.analytics.engines.protocol import Columns
from huying.kernel.errors import InvalidInput, Unavailable

# Few of our columns of numbers repeat themselves, and whoever reads a file wants most of it: to hash every value for
# a dictionary or a filter costs a fifth of the writing.
AS_PARQUET = "FORMAT parquet, COMPRESSION lz4_raw, WRITE_BLOOM_FILTER false, DICTIONARY_SIZE_LIMIT 4000"
CORES = 2


class Embedded:
    """Works in memory and, where that doesn't do, in a folder for the time being."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="huying-analytics-")
        self.con = connect(
            threads=str(CORES), temp_directory=str(Path(self._folder.name)), preserve_insertion_order="false"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self._folder.cleanup()

    def put(self, table: str) -> None:
        """It stands there already."""

    def make(self, table: str, sql: str) -> None:
        with_words(self.con, f"CREATE OR REPLACE TABLE {table} AS {sql}")

    def read(self, sql: str) -> Columns:
        return arrays(with_words(self.con, sql))

    def quantile(self, value: str, part: float) -> str:
        return f"quantile_cont({value}, {part!r})"


@contextmanager
def side_by_side(con: duckdb.DuckDBPyConnection) -> Iterator[ThreadPoolExecutor]:
    """Threads that each ask `con`'s database on a cursor of their own.

    DuckDB works in those alone meanwhile: whoever waits for threads of its own asks again and again whether they have done.
    """
    con.execute("SET threads = 1")
    try:
        with ThreadPoolExecutor(CORES) as pool:
            yield pool
    finally:
        con.execute(f"SET threads = {CORES}")


def with_words(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    try:
        return con.execute(sql)
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise too_great(str(error)) from None


def too_great(said: str) -> InvalidInput:
    return InvalidInput(
        f"a sum is too great to be held exactly: {said.splitlines()[0]}", cure="deliver the measure in a greater unit"
    )


def copied(con: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    """Write the answer of `sql` as the Parquet file `file`. Raises Unavailable where there is no room or no right to."""
    quoted = str(file).replace("'", "''")
    try:
        with_words(con, f"COPY ({sql}) TO '{quoted}' ({AS_PARQUET})")
    except duckdb.IOException as error:
        raise Unavailable(
            f"{file.parent} can't be written: {str(error).splitlines()[0]}",
            cure="make room; the figures that stood there stay, and the next run takes up what this one left",
        ) from None


def arrays(answer: duckdb.DuckDBPyConnection) -> Columns:
    return {name: np.asarray(column) for name, column in answer.fetchnumpy().items()}
