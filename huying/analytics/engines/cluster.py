"""An Apache Spark that stands already: a standalone master and its workers.

Tables go there and answers come back as Parquet through a folder that every machine sees under the same path; nothing else of the
cluster is used, no Python runs on it, and pyspark needs neither pandas nor pyarrow for it. pyspark isn't among what a serving
installation has: it must be of the cluster's own version.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self
from urllib.parse import urlsplit

from huying.analytics.connection import connect
from huying.analytics.engines.embedded import arrays, too_great
from huying.analytics.engines.protocol import Columns
from huying.kernel.errors import InvalidInput, Unavailable

# Executors that ask for more memory than a worker has are never started, and Spark waits for them without a word.
ANSWERS_WITHIN = 120.0


class Cluster:
    """A session on the master at `url` (spark://host:port)."""

    def __init__(self, url: str, exchange: str = "", answers_within: float = ANSWERS_WITHIN) -> None:
        try:
            host, port = urlsplit(url).hostname, urlsplit(url).port
        except ValueError:
            host = port = None
        if not host or not port:
            raise InvalidInput(f"HUYING_ANALYTICS_ENGINE: {url!r} is no master", cure="write spark://host:7077")
        here = host in ("127.0.0.1", "localhost")
        if not exchange and not here:
            raise InvalidInput(
                f"tables can't reach the workers of {url}: HUYING_ANALYTICS_EXCHANGE is not set",
                cure="name a folder that this machine and every worker see under the same path",
            )
        if exchange and not Path(exchange).is_dir():
            raise InvalidInput(f"HUYING_ANALYTICS_EXCHANGE: there is no folder {exchange}", cure="make or mount it")
        try:
            # Spark itself would try for a minute.
            socket.create_connection((host, port), timeout=5).close()
        except OSError as error:
            raise _silent(url, f"nobody answers ({error})") from None
        self.con = connect(threads="2")
        self._folder = Path(tempfile.mkdtemp(prefix="huying-", dir=exchange or None))
        self._folder.chmod(0o777 if exchange else 0o700)  # the workers may run under another account
        self._made = 0
        try:
            self._spark = _session(url, here)
            _try_out(self._spark, url, answers_within)
        except BaseException:
            self.__exit__()
            raise
        if self._spark.conf.get("spark.sql.shuffle.partitions", "200") == "200":
            self._spark.conf.set("spark.sql.shuffle.partitions", str(2 * self._spark.sparkContext.defaultParallelism))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if spark := getattr(self, "_spark", None):
            spark.stop()
        self.con.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, table: str) -> None:
        path = self._next(table)
        path.mkdir()
        # Several files, so that several workers can read at once.
        self.con.execute(f"COPY {table} TO '{path}' (FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE_OR_IGNORE)")
        self._view(table, path)

    def make(self, table: str, sql: str) -> None:
        self._view(table, self._ran(table, sql))

    def read(self, sql: str) -> Columns:
        path = self._ran("answer", sql)
        try:
            return arrays(self.con.execute(f"SELECT * FROM read_parquet('{path}/*.parquet')"))
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def quantile(self, value: str, part: float) -> str:
        """Spark's own percentile takes a short cut between equal neighbours and then differs in the last bit."""
        at = f"CAST(size(xs) - 1 AS DOUBLE) * {part!r}D"
        low, high = (f"element_at(xs, CAST({end}({at}) AS INT) + 1)" for end in ("floor", "ceil"))
        far = f"({at} - floor({at}))"
        between = f"IF(floor({at}) = ceil({at}), {low}, {low} * (1D - {far}) + {high} * {far})"
        return (
            f"element_at(transform(array(sort_array(collect_list({value}))), "
            f"xs -> IF(size(xs) = 0, CAST(NULL AS DOUBLE), {between})), 1)"
        )

    def _next(self, name: str) -> Path:
        self._made += 1
        return self._folder / f"{self._made:04}-{name}"

    def _view(self, table: str, path: Path) -> None:
        self._spark.read.parquet(path.as_uri()).createOrReplaceTempView(table)

    def _ran(self, name: str, sql: str) -> Path:
        path = self._next(name)
        try:
            self._spark.sql(sql).write.parquet(path.as_uri())
        except Exception as error:
            if "OVERFLOW" in str(error) or "overflow" in str(error):
                raise too_great(str(error)) from None
            raise
        return path


def _session(url: str, here: bool) -> Any:
    """What the cluster's own spark-defaults.conf (SPARK_CONF_DIR) says about memory and cores stands."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise InvalidInput(
            "HUYING_ANALYTICS_ENGINE names a Spark, but pyspark isn't installed",
            cure="pip install pyspark, of the cluster's version, and a Java runtime",
        ) from None
    # The builder's configuration differs with what pyspark was built for; what is set here holds for every one of them.
    builder: Any = SparkSession.builder
    builder = (
        builder.master(url)
        .appName("huying analytics")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
    )
    if here:
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise _silent(url, str(error)) from None
    except Exception as error:
        # py4j wraps what the JVM throws, and names no class of its own for a master that isn't there.
        if type(error).__module__.startswith("py4j"):
            raise _silent(url, str(error)) from None
        raise


def _try_out(spark: Any, url: str, seconds: float) -> None:
    """Have the workers count to one; raises Unavailable where they don't in time."""
    answered: Queue[str] = Queue()

    def count() -> None:
        try:
            spark.range(1).count()
            answered.put("")
        except Exception as error:  # whatever the cluster throws is the reason why it can't be used
            answered.put(str(error) or repr(error))

    # A job that waits for executors can't be cancelled from here; it ends with the session.
    threading.Thread(target=count, daemon=True).start()
    try:
        why = answered.get(timeout=seconds)
    except Empty:
        why = f"no executor within {seconds:g} s"
    if why:
        raise _silent(url, why)


def _silent(url: str, said: str) -> Unavailable:
    return Unavailable(
        f"the Spark at {url} doesn't compute: {(said.splitlines() or [''])[0]}",
        cure="see that master and workers run, and that a worker has the memory an executor asks for (spark.executor.memory)",
    )
