"""A file of many rows in the shape of a message board, by `huying matters import`."""

from __future__ import annotations

import csv
import json
import random
import time
from datetime import datetime, timedelta
from pathlib import Path

from bench import places
from bench.figures import Figures, Sizes
from bench.lives import texts

MOST = {"sqlite": 120, "postgresql": 180}


def write(path: Path, rows: int) -> None:
    told, rng = texts(7), random.Random(7)
    start = datetime(2025, 1, 1, 8)  # noqa: DTZ001 (the file's naive local time, as such files have it)
    with path.open("w", newline="", encoding="utf-8") as out:
        sheet = csv.writer(out)
        sheet.writerow(["留言编号", "留言用户", "留言主题", "留言时间", "留言详情"])
        for number in range(1, rows + 1):
            content, place = next(told)
            at = start + timedelta(seconds=rng.randrange(300 * 86_400))
            sheet.writerow(
                [number, f"A{number:07}", f"{place}的问题", f"{at:%Y/%m/%d %H:%M:%S}", f"{number}：{content}"]
            )


def run(figures: Figures, sizes: Sizes) -> None:
    file = places.folder() / f"messages-{sizes.rows}.csv"
    write(file, sizes.rows)
    for database in sizes.databases:
        place = places.copied(places.empty(database), "importing")
        began = time.monotonic()
        told = place.run("-m", "huying", "matters", "import", str(file), "--profile", "message-board", "--json")
        spent = time.monotonic() - began
        outcome = json.loads(told.splitlines()[-1])
        if outcome["accepted"] != sizes.rows:
            raise RuntimeError(f"of {sizes.rows} rows {outcome['accepted']} were accepted: {outcome}")
        figures.add(database, f"{sizes.rows:,} rows, seconds", spent, at_most=MOST[database])
        figures.add(database, "rows a second", sizes.rows / spent)
