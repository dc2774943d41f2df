"""Values are built as plain files are rolled up, by the dirty path as from nothing; a build that breaks leaves the old ones."""

import csv
import json
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from huying.analytics import published, sources, values
from huying.analytics.indicators.commands import group
from huying.analytics.models import IndicatorDefinition, PeerGroup
from huying.analytics.periods import Period
from huying.analytics.tests.made import BRIDGE, CITY, EAST, MERGED, MILL, NEW, OLD, VILLAGES, WEST
from huying.analytics.values import due, store

from .made import Place
from .test_reading import FIRES, RATE, counted, look

REPORTERS = [*VILLAGES[OLD], *VILLAGES[MILL], WEST]
ROWS = [
    {
        "code": "rate",
        "numerator": "done",
        "denominator": "cases",
        "direction": "higher",
        "min_n": 5,
        "target": 0.5,
        "goalposts": {"base_year": 2025},
        "smoothing": {"prior": 10},
        "thresholds": [{"valid_from": "2025-01-01", "green": 0.8, "yellow": 0.5, "orange": 0.2, "reference": "x"}],
    },
    {"code": "most", "expression": "done", "aggregation": {"time": "max", "tree": "median"}, "direction": "lower"},
    {"code": "kept", "numerator": "done", "missing": {"method": "last", "max_age": 2}, "annualised": True},
    {"code": "so_far", "expression": "year_to_date(done) / previous(cases)"},
    {"code": "groups", "numerator": "cases", "peers": "hills", "direction": "higher", "periods": ["month", "year"]},
]
HILLS = ["331102001001", "331102001002", "331121100201"]
COLUMNS = {
    "value": "value", "numerator": "numerator", "denominator": "denominator", "reported": "n_reported", "age": "periods_carried",
    "smoothed": "smoothed", "score": "score", "met": "target_met", "in_level": "rank_in_level", "in_peers": "rank_among_peers",
    "among_siblings": "rank_among_siblings", "to_date": "year_to_date",
}  # fmt: skip


def delivered(chance, place, many):
    """Some villages and a county deliver month by month, some months not at all, some as zero."""
    for _ in range(many):
        month = Period.holding(date(2025, 1, 1) + timedelta(chance.randrange(690)), Period.parse("2025-01").kind)
        done, cases = chance.choice([(None, None), (0, 0), (chance.randrange(9), chance.randrange(1, 30))])
        place.deliver("d", chance.choice(REPORTERS), month.last, at=place.now, done=done, cases=cases)
        place.later(seconds=1)


def rolled(place, folder, kind):
    """What `huying analytics rollup` makes of the same tree, deliveries and definitions."""
    with (folder / "tree.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["node", "parent", "level", "valid_from", "valid_to"])
        for node in place.tree.nodes:
            ends = ["" if day in (date.min, date.max) else day for day in (node.valid_from, node.valid_to)]
            writer.writerow([node.code, node.parent, node.level.column, *ends])
    with (folder / "facts.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["node", "date", "done", "cases"])
        for row in place.feed.rows("d"):
            writer.writerow([row.node, row.day, *("" if v is None else v for v in row.values.values())])
    rows = [{"name": {"zh": "数", "en": "n"}, **row} for row in ROWS if kind in row.get("periods", [kind])]
    said = {"indicators": rows, "peers": [{"code": "hills", "places": HILLS}]}
    (folder / "defs.yaml").write_text(json.dumps(said))
    names = {"tree": "tree.csv", "facts": "facts.csv", "definitions": "defs.yaml", "out": "out.csv"}
    options = [f"--{name}={folder / file}" for name, file in names.items()]
    done = CliRunner().invoke(group, ["rollup", *options, f"--period={kind}"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    with (folder / "out.csv").open() as read:
        return {(row["indicator"], row["node"], row["period"]): row for row in csv.DictReader(read)}


def a_place(home):
    place = Place(Path(home) / "lake")
    place.first_day = date(2025, 1, 1)
    return place


def fresh_definitions(monkeypatch, place, *rows):
    IndicatorDefinition.objects.all().delete()
    PeerGroup.objects.all().delete()
    PeerGroup.objects.create(code="hills", places=HILLS)
    monkeypatch.setattr(published, "folder", lambda: place.home)
    monkeypatch.setattr(sources, "_providers", {"dataset": place.feed})
    place.define(*({"sources": [{"dataset": "d"}], **row} for row in rows), on=date(2025, 1, 1))


@pytest.mark.django_db
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["month", "quarter", "year"]))
def test_a_places_values_are_those_its_deliveries_give_as_plain_files(monkeypatch, seed, kind):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as home:
        place = a_place(home)
        delivered(chance, place, 60)
        fresh_definitions(monkeypatch, place, *ROWS)
        place.build()
        stored = place.stored()
        compared = 0
        # The place's own span of periods is wider: its last is the one it stands in.
        last = max(row.day for row in place.feed.rows("d"))
        for key, row in rolled(place, Path(home), kind).items():
            own = stored.get(key)
            if own is None:
                assert (row["value"], row["n_reported"]) == ("", "0"), (key, row)
                continue
            for ours, theirs in COLUMNS.items():
                if ours in ("reported", "to_date", "age") and Period.parse(key[2]).start > last:
                    continue
                assert own[ours] == (float(row[theirs]) if row[theirs] else None), (key, ours, own[ours], row[theirs])
            colours = ["green", "yellow", "orange", "red"]
            assert ("" if own["grade"] is None else colours[int(own["grade"])]) == row["colour"], key
            compared += 1
        assert compared > 20


@pytest.mark.django_db
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 4))
def test_step_by_step_along_the_dirty_path_is_the_same_as_all_anew(monkeypatch, seed, steps):
    chance = random.Random(seed)
    both = {
        **RATE,
        "code": "both",
        "min_n": 0,
        "sources": [{"facts": "matters"}, {"dataset": "d"}],
        "denominator": "cases",
    }
    with tempfile.TemporaryDirectory() as home:
        place = a_place(home)
        delivered(chance, place, 30)
        facts = {**RATE, "code": "facts", "sources": [{"facts": "matters"}]}
        fresh_definitions(monkeypatch, place, *ROWS, facts, both)
        place.build()
        for _ in range(steps):
            place.later(minutes=30)
            delivered(chance, place, chance.randrange(3))
            for _ in range(chance.randrange(4)):
                period = f"2026-{chance.randrange(1, 12):02}"
                cases = chance.randrange(40)
                for node in (chance.choice(VILLAGES[MILL]), MILL, WEST, CITY):
                    place.count(node, period, closed_in_time__n=chance.randrange(cases + 1), closed_in_time__d=cases)
            built = place.build()
            assert built.way in ("path", "nothing")
        stepped = place.stored()
        place.build(publish=False, full=True)
        anew = place.stored()
        assert stepped == anew


def test_only_the_path_above_what_changed_is_written(place):
    place.define(RATE)
    counted(place, "2026-10", east=(90, 100), west=(50, 100))
    assert place.build().way == "full"
    place.later(minutes=10)
    place.count(WEST, "2026-10", closed_in_time__n=60)
    place.count(CITY, "2026-10", closed_in_time__n=150)
    built = place.build()
    # October of the county and of the city.
    assert (built.way, built.written) == ("path", 2)
    place.later(minutes=10)
    assert place.build().way == "nothing"


def test_nothing_is_due_until_something_changed(place):
    place.define(RATE, FIRES)
    place.deliver("fire", BRIDGE, date(2026, 10, 31), fires=30, people=10000)
    place.build()
    assert not due.due(place.home)
    place.later(minutes=1)
    place.deliver("fire", BRIDGE, date(2026, 10, 31), fires=31, people=10000, at=place.now)
    assert due.due(place.home)
    place.later(minutes=20)
    place.build()
    assert not due.due(place.home)
    place.define({**RATE, "factor": 1})
    assert due.due(place.home)


def test_a_build_stopped_half_way_leaves_the_old_values_and_the_next_resumes(place, monkeypatch):
    place.define(RATE)
    counted(place, "2026-10", east=(90, 100))
    place.build()
    place.later(minutes=10)
    counted(place, "2026-10", east=(50, 100))
    whole = store.State.dump

    def broken(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.State, "dump", broken)
    with pytest.raises(OSError, match="No space left"):
        place.build()
    assert look("rate", EAST).value == 90.0
    assert sorted(path.name for path in place.home.glob("*values*")) == ["values.sqlite3"]
    monkeypatch.setattr(store.State, "dump", whole)
    assert due.due(place.home)
    assert place.build(publish=False).way == "path"
    assert look("rate", EAST).value == 50.0


def test_a_torn_file_is_built_anew(place):
    place.define(RATE)
    counted(place, "2026-10", east=(90, 100))
    place.build()
    store.path(place.home).write_bytes(b"torn" * 1000)
    assert due.due(place.home)
    assert place.build(publish=False).way == "full"
    assert look("rate", EAST).value == 90.0


def test_a_late_delivery_is_counted_and_told(place):
    place.define(FIRES)
    place.deliver("fire", BRIDGE, date(2026, 9, 30), fires=30, people=10000)
    place.build()
    place.later(days=1)
    place.deliver("fire", BRIDGE, date(2026, 9, 30), fires=20, people=10000, at=place.now)
    place.build()
    told = {(row.node, row.period): row for row in place.told() if row.indicator == "fires"}
    row = told[BRIDGE, "2026-09"]
    assert (row.before, row.after, row.why, row.times) == (30.0, 20.0, "dataset:fire", 1)
    assert {node for node, _period in told} == {BRIDGE, EAST, CITY}
    assert values.read(["fires"], [EAST], [Period.parse("2026-09")])["fires", EAST, "2026-09"].changed


def test_corrected_twice_and_back_to_what_it_was_is_no_news(place):
    place.define(RATE)
    counted(place, "2026-09", east=(90, 100))
    place.build()
    for n in (80, 90):
        place.later(days=1)
        counted(place, "2026-09", east=(n, 100))
        place.build()
    assert [row for row in place.told() if row.period == "2026-09"] == []


def test_what_changes_while_a_period_runs_is_no_news(place):
    place.define(RATE)
    counted(place, "2026-11", east=(90, 100))
    place.build()
    place.later(days=1)
    counted(place, "2026-11", east=(95, 110))
    place.build()
    assert place.told() == []


def test_a_changed_definition_is_told_as_such_and_only_from_its_day_on(place):
    place.define(RATE, on=date(2026, 1, 1))
    counted(place, "2026-09", east=(90, 100))
    counted(place, "2026-10", east=(90, 100))
    place.build()
    place.define({**RATE, "factor": 1}, on=date(2026, 10, 31))
    place.later(days=1)
    place.build()
    told = {row.period: row for row in place.told() if row.node == EAST}
    assert (told["2026-10"].before, told["2026-10"].after, told["2026-10"].why) == (90.0, 0.9, "definition:2")
    assert "2026-09" not in told


def test_a_township_that_merges_keeps_its_past_and_gives_its_villages_on(place):
    place.define({**FIRES, "periods": ["month"], "direction": "none"})
    one, two = VILLAGES[OLD]
    for month, day in ((6, 30), (7, 31)):
        place.deliver("fire", one, date(2026, month, day), fires=10, people=1000)
        place.deliver("fire", two, date(2026, month, day), fires=20, people=1000)
        place.deliver("fire", VILLAGES[NEW][0], date(2026, month, day), fires=30, people=1000)
    place.build()
    rows = {key[1:]: row["numerator"] for key, row in place.stored().items() if row["numerator"] is not None}
    assert date(2026, 7, 1) == MERGED
    assert (rows[OLD, "2026-06"], rows[NEW, "2026-06"], rows[BRIDGE, "2026-07"]) == (30, 30, 60)
    assert (OLD, "2026-07") not in rows
    assert (BRIDGE, "2026-06") not in rows
    assert (rows[EAST, "2026-06"], rows[EAST, "2026-07"], rows[CITY, "2026-07"]) == (60, 60, 60)
