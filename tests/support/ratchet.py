"""Query counts only go down: each named act's count is committed in tests/query_counts.json."""

import fcntl
import json
import os
from pathlib import Path

COUNTS = Path(__file__).resolve().parents[1] / "query_counts.json"
REWRITE = "HUYING_RATCHET"


def read() -> dict[str, dict[str, int]]:
    return json.loads(COUNTS.read_text()) if COUNTS.exists() else {}


def verdict(name: str, vendor: str, counted: int, committed: dict[str, dict[str, int]]) -> str | None:
    """What is wrong with `counted` queries for the act `name`, or None. A database without a figure of its own
    is held to the highest known one."""
    entry = committed.get(name)
    how = f"run the test again with {REWRITE}=write and commit {COUNTS.name}"
    if not entry:
        return f"“{name}” has no committed query count (it took {counted}): {how}"
    allowed = entry.get(vendor, max(entry.values()))
    if counted > allowed:
        return f"“{name}” took {counted} queries, {allowed} are committed: look for a query in a loop"
    if counted < allowed and vendor in entry:
        return f"“{name}” takes only {counted} queries now, {allowed} are committed: {how}"
    return None


def check(name: str, vendor: str, counted: int) -> None:
    if os.environ.get(REWRITE) == "write":
        write(name, vendor, counted)
        return
    fault = verdict(name, vendor, counted, read())
    assert fault is None, fault


def write(name: str, vendor: str, counted: int) -> None:
    with open(COUNTS.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        counts = read()
        counts.setdefault(name, {})[vendor] = counted
        lines = (f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(counts[key])}" for key in sorted(counts))
        COUNTS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    COUNTS.with_suffix(".lock").unlink(missing_ok=True)
