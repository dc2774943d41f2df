"""Two zones in processes of their own, with nothing between them but files that are carried."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.place import empty_database

PROGRAM = """
import json, sys
from huying.entry.cli import program
def run(*words): program.main(list(words), standalone_mode=False)
"""
SENDING = """
run("bundles", "trust", "inner.card")
from huying.kernel import bundles
from django.db import transaction
with transaction.atomic():
    bundles.send("letter", {"text": "路灯不亮", "name": "王秀英"}, key="portal-1")
run("bundles", "send")
"""
RECEIVING = """
run("bundles", "trust", "outer.card")
from huying.kernel import bundles
@bundles.handler("letter")
def take(payload, meta):
    with open("taken.json", "a") as out: out.write(json.dumps([payload, meta.key]) + "\\n")
    return {"number": "331102-20261122-00001-5"}
run("bundles", "receive")
run("bundles", "send")
"""


def test_two_installations_that_share_nothing_but_the_gate(tmp_path):
    """Each zone its own folder, database and processes, driven by the program."""
    homes = {name: tmp_path / name for name in ("outer", "inner")}
    checkout = Path(__file__).resolve().parents[4]

    def run(zone, script):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HUYING_")}
        environment |= {
            "HUYING_HOME": str(homes[zone]),
            "HUYING_ZONE": zone,
            "DJANGO_SETTINGS_MODULE": "huying.entry.settings",
            "PYTHONPATH": str(checkout),
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM + script],
            env=environment,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def carry(source, target):
        (homes[target] / "inbound").mkdir(exist_ok=True)
        (path,) = (homes[source] / "outbound").glob("*.bundle")
        return shutil.move(path, homes[target] / "inbound" / path.name)

    for home in homes.values():
        home.mkdir()
        empty_database(home / "huying.sqlite3")
    (tmp_path / "outer.card").write_text(run("outer", 'run("bundles", "card")'))
    (tmp_path / "inner.card").write_text(run("inner", 'run("bundles", "card")'))
    run("outer", SENDING)
    for folder, _folders, names in os.walk(homes["outer"]):
        for file in names:
            content = Path(folder, file).read_bytes()
            assert "王秀英".encode() not in content
            assert b"\\u738b\\u79c0" not in content
    carry("outer", "inner")
    assert "1 bundles taken (1 messages accepted, 0 refused)" in run("inner", RECEIVING)
    assert json.loads((tmp_path / "taken.json").read_text()) == [{"text": "路灯不亮", "name": "王秀英"}, "portal-1"]
    carry("inner", "outer")
    told = run("outer", 'run("bundles", "receive", "--json"); run("bundles", "status", "--json")').splitlines()
    assert json.loads(told[0])["taken"] == ["inner-outer-0000000001.bundle"]
    inner = json.loads(told[1])["peers"]["inner"]
    assert (inner["unacknowledged"], inner["last_sent"], inner["last_received"]) == (0, 1, 1)
