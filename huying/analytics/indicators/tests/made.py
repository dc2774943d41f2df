"""A town whose tree changes, and the rollup of its files as the command does it."""

import csv
import json
from datetime import timedelta

from click.testing import CliRunner

from huying.analytics.indicators.commands import group


class Town:
    """A city of counties of villages. In the middle of it one village moves county, one ends, one begins; one never reports."""

    def __init__(self, chance, start):
        self.start, self.days = start, 75
        self.merger = start + timedelta(chance.randrange(5, 70))
        self.spans = [("C", "", "city", None, None)]
        self.spans += [(county, "C", "county", None, None) for county in "XYZ"]
        for i in range(6):
            # X and Y never stand childless: a county without a village is itself the place that must report.
            self.spans.append((f"v{i}", "XY"[i] if i < 2 else chance.choice("XY"), "village", None, None))
        self.spans.append(("moved", "X", "village", None, self.merger))
        self.spans.append(("moved", "Y", "village", self.merger, None))
        self.spans.append(("ended", "X", "village", None, self.merger))
        self.spans.append(("begun", "Y", "village", self.merger, None))
        self.spans.append(("silent", "Z", "village", None, None))
        self.rows = []
        places = [s[0] for s in self.spans if s[2] == "village" and s[0] != "silent"] + ["X"] * chance.randrange(2)
        for _ in range(chance.randrange(1, 60)):
            day = start + timedelta(chance.randrange(self.days))
            value = chance.choice([None, chance.randrange(0, 20), round(chance.uniform(-5, 50), 3)])
            self.rows.append((chance.choice(places), day, value))

    def parent(self, node, day):
        """The parent on that day; None when the node doesn't stand then."""
        for code, parent, _level, begins, ends in self.spans:
            if code == node and (begins is None or begins <= day) and (ends is None or day < ends):
                return parent
        return None

    def under(self, node, place, day):
        while place:
            if place == node and self.parent(place, day) is not None:
                return True
            place = self.parent(place, day)
        return False

    def write(self, folder):
        with (folder / "tree.csv").open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["node", "parent", "level", "valid_from", "valid_to"])
            writer.writerows(self.spans)
        with (folder / "facts.csv").open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["node", "date", "n"])
            writer.writerows((place, day, "" if n is None else n) for place, day, n in self.rows)


def rolled(folder, kind, *indicators, measures=(), peers=()):
    defs = {
        "indicators": [{"name": {"zh": "数", "en": "n"}, **row} for row in indicators],
        "measures": list(measures),
        "peers": list(peers),
    }
    (folder / "defs.yaml").write_text(json.dumps(defs))
    arguments = [f"--{name}={folder / name}.{kind_}" for name, kind_ in (("tree", "csv"), ("facts", "csv"))]
    arguments += [f"--definitions={folder / 'defs.yaml'}", f"--period={kind}", f"--out={folder / 'out.csv'}", "--json"]
    done = CliRunner().invoke(group, ["rollup", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    with (folder / "out.csv").open() as read:
        return list(csv.DictReader(read))
