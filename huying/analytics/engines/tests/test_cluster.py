"""The same definitions on a real Apache Spark, a master with two workers, give what DuckDB gives: every level, column and bit."""

import csv
import json
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from huying.analytics.engines import chosen
from huying.analytics.indicators.tests.made import Town
from huying.kernel.errors import InvalidInput, Unavailable

ORDINARY_MEMORY = "512m"
# A Java that lives for seconds: no second compiler, no threads for rubbish.
QUICK_START = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def missing():
    if not shutil.which("java"):
        return "Java (apt install openjdk-17-jre-headless)"
    return "" if find_spec("pyspark") else "pyspark (requirements/dev.txt)"


class Daemon:
    """A process of the Spark that pyspark carries, whose words are read as they come."""

    def __init__(self, folder, *arguments):
        home = Path(find_spec("pyspark").submodule_search_locations[0])
        # Ports 0: any that is free. The Hadoop of Spark wants a name for the account, which a container may lack.
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "HADOOP_USER_NAME": "spark",
        }
        self.process = subprocess.Popen(
            [home / "bin" / "spark-class", "-Xmx256m", *QUICK_START.split(), *arguments],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said = []
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put(None)

    def says(self, shape):
        """Wait for a line of this shape."""
        while (line := self.lines.get(timeout=60)) is not None:
            self.said.append(line)
            if found := re.search(shape, line):
                return found
        raise AssertionError("".join(self.said[-20:]))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def master(tmp_path_factory):
    if lacks := missing():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {lacks}")
        pytest.skip(f"needs {lacks}")
    folder = tmp_path_factory.mktemp("spark")
    deploy = "org.apache.spark.deploy"
    running = [Daemon(folder, f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")]
    try:
        url = running[0].says(r"Starting Spark master at (spark://\S+)")[1]
        worker = [f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", ORDINARY_MEMORY]
        folders = [str(folder / name) for name in ("one", "two")]
        running += [Daemon(folder, *worker, "--webui-port", "0", "--work-dir", work, url) for work in folders]
        for _worker in running[1:]:
            running[0].says(r"Registering worker .* with 1 cores, 512.0 MiB RAM")
        yield url
    finally:
        for one in reversed(running):
            one.stop()


def conf(folder, **settings):
    """A spark-defaults.conf, as an administrator of a cluster keeps it."""
    folder.mkdir()
    settings |= {
        "driver_memory": "512m",
        "driver_extraJavaOptions": QUICK_START,
        "executor_extraJavaOptions": QUICK_START,
    }
    lines = [f"spark.{key.replace('_', '.')} {value}" for key, value in settings.items()]
    (folder / "spark-defaults.conf").write_text("\n".join([*lines, ""]))
    return str(folder)


# Every aggregation over time once, and every one over places.
PAIRS = {
    "sum": "median", "average": "sum", "count": "average", "min": "min", "max": "max", "median": "sum",
    "percentile": "percentile", "distinct": "distinct", "last": "count", "last-in-period": "average", "as-of-last": "sum",
}  # fmt: skip


def indicators():
    for i, (time, tree) in enumerate(PAIRS.items()):
        how = {"time": time, "tree": tree, **({"percentile": 30} if time == "percentile" else {})}
        code = f"{time}_{tree}".replace("-", "_")
        yield {"code": code, "expression": ("n", "yuan")[i % 2], "aggregation": how, "direction": "higher"}
    yield {
        "code": "rate", "numerator": "n", "denominator": "yuan", "direction": "lower", "annualised": True, "target": 1e-11,
        "goalposts": {"worst": 1e-9, "best": 0}, "peers": "hills",
        "thresholds": [{"valid_from": "2024-01-01", "levels": ["county"], "green": 1e-11, "yellow": 1e-10, "reference": "x"}],
    }  # fmt: skip
    yield {"code": "over_zero", "expression": "coalesce(n / (yuan - yuan), previous(n) / 3, last_year(n))"}


def written(folder):
    """A town that merges in the middle of a month, over a leap day; whole numbers beyond 2^53, fractions, blanks, doubles."""
    chance = random.Random(20241122)
    town = Town(chance, date(2024, 2, 20))
    town.write(folder)
    places = [span[0] for span in town.spans if span[2] == "village" and span[0] != "silent"]
    with (folder / "facts.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["node", "date", "n", "yuan"])
        for _row in range(3000):
            # Two springs, so that there is a year before.
            day = town.start + timedelta(chance.randrange(town.days) + chance.choice([0, 366]))
            n = chance.choice(["", chance.randrange(20), round(chance.uniform(-5, 50), 3)])
            yuan = chance.choice(["", "0", f"{chance.randrange(10**14)}.{chance.randrange(100):02}"])
            writer.writerow([chance.choice(places), day, n, yuan])
    rows = [{"name": {"zh": row["code"], "en": row["code"]}, **row} for row in indicators()]
    peers = [{"code": "hills", "places": ["v0", "v1", "v2"]}]
    (folder / "defs.yaml").write_text(json.dumps({"indicators": rows, "peers": peers}))


def rolled(folder, out, **environment):
    arguments = ["--tree=tree.csv", "--facts=facts.csv", "--definitions=defs.yaml", "--period=month", f"--out={out}"]
    command = [sys.executable, "-m", "huying", "analytics", "rollup", *arguments]
    home = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4]), "HUYING_HOME": str(folder / "home")}
    done = subprocess.run(command, cwd=folder, env=home | environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return list(csv.DictReader((folder / out).open()))


def test_two_workers_and_one_process_give_the_same_figures(master, tmp_path):
    written(tmp_path)
    here = rolled(tmp_path, "here.csv", HUYING_ANALYTICS_ENGINE="duckdb")
    settings = conf(tmp_path / "conf", executor_memory=ORDINARY_MEMORY)
    there = rolled(tmp_path, "there.csv", HUYING_ANALYTICS_ENGINE=master, SPARK_CONF_DIR=settings)
    assert {row["node"] for row in there} >= {"C", "X", "Y", "Z", "v0", "moved", "begun"}
    filled = {name for row in there for name, value in row.items() if value}
    assert filled == set(there[0]), "a column that is blank everywhere proves nothing"
    for one, other in zip(here, there, strict=True):
        assert one == other
    assert {row["indicator"] for row in there if row["value"]} == {row["code"] for row in indicators()}


def test_executors_greater_than_a_worker_are_named_and_not_waited_for(master, tmp_path):
    script = (
        "import sys\nfrom huying.analytics.engines.cluster import Cluster\nfrom huying.kernel.errors import Unavailable\n"
        "try:\n    Cluster(sys.argv[1], answers_within=2)\nexcept Unavailable as error:\n    print(error.one_line())\n"
    )
    environment = {**os.environ, "SPARK_CONF_DIR": conf(tmp_path / "conf", executor_memory="1g")}
    command = [sys.executable, "-c", script, master]
    root = Path(__file__).parents[4]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    assert "no executor within 2 s" in done.stdout, done.stderr[-2000:]
    assert "spark.executor.memory" in done.stdout


@pytest.mark.parametrize(
    ("engine", "exchange", "said"),
    [
        ("hive://somewhere", "", "'hive://somewhere' is no engine"),
        ("spark://somewhere", "", "'spark://somewhere' is no master"),
        ("spark://cluster.example:7077", "", "HUYING_ANALYTICS_EXCHANGE is not set"),
        ("spark://127.0.0.1:7077", "/no/such/folder", "there is no folder /no/such/folder"),
    ],
)
def test_an_engine_that_cannot_be_used_is_named(engine, exchange, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        chosen(engine, exchange)


def test_a_master_that_does_not_run_is_known_at_once():
    with pytest.raises(Unavailable, match="nobody answers"):
        chosen("spark://127.0.0.1:1")
