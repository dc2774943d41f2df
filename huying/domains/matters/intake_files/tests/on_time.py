"""The on-time rate straight from the file of service requests, with nothing of Huying: what a replay must agree with.

    python -m huying.domains.matters.intake_files.tests.on_time FILE.csv

A request counts when its status begins with "Closed" and it has a due date; it is on time when closed at or before it.
"""

import csv
import random
import sys
from collections import defaultdict
from datetime import datetime

FORM = "%m/%d/%Y %I:%M:%S %p"


def moment(text):
    return datetime.strptime(text, FORM) if text else None  # noqa: DTZ007 (compared with times of the same clock only)


def count(rows):
    """(closed with a due date, of them on time, without a due date)."""
    judged = [
        (moment(row["CloseDate"]), moment(row["DueDate"]))
        for row in rows
        if row["SRStatus"].startswith("Closed") and row["CloseDate"] and row["DueDate"]
    ]
    return len(judged), sum(closed <= due for closed, due in judged), sum(not row["DueDate"] for row in rows)


def stratified(rows, n, seed=311):
    """About `n` rows: each (status, due date or none, on time or late) in its share, and at least two of each."""
    strata = defaultdict(list)
    for row in rows:
        due, closed = moment(row["DueDate"]), moment(row["CloseDate"])
        strata[row["SRStatus"], bool(due), bool(due and closed and closed <= due)].append(row)
    rng = random.Random(seed)
    chosen = []
    for key in sorted(strata):
        members = strata[key]
        chosen += rng.sample(members, min(len(members), max(2, round(n * len(members) / len(rows)))))
    return chosen


def read(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    with_due, on_time, without = count(read(sys.argv[1]))
    print(
        f"{on_time} of {with_due} closed with a due date on time: {on_time / with_due:.2%}; {without} without a due date"
    )
