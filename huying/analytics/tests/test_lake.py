"""The lake counts what a person would count by hand, whether it counts everything or only what changed."""

import json
import random
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.analytics import published, refreshing
from huying.analytics.definitions import model
from huying.analytics.lake import store
from huying.analytics.lake.store import Lake
from huying.analytics.periods import PeriodKind
from huying.analytics.trees import Node, Tree
from huying.kernel import clock, facts
from huying.kernel.actors import Level

from .made import (
    BRIDGE,
    CITY,
    EAST,
    MERGED,
    MILL,
    NEW,
    OLD,
    WATERMARK,
    WEST,
    Matter,
    Town,
    a_matter,
    count_by_hand,
    nodes,
    replace,
)

pytestmark = pytest.mark.django_db
ALL_KINDS = list(PeriodKind)


@contextmanager
def a_lake(town, home, tree=None, at=WATERMARK):
    with (
        clock.use(clock.FixedClock(at)),
        Lake.opened(town.definitions, Tree(nodes()) if tree is None else tree, Path(home)) as lake,
    ):
        yield lake


def refresh(town, home, *, at=WATERMARK, tree=None, full=False):
    with a_lake(town, home, tree, at) as lake:
        return lake.refresh(full=full)


def everything(home):
    """All published cells without their zeros, and all medians."""
    with published.opened(Path(home)) as figures:
        rows = figures.con.execute("SELECT * FROM cells").fetchall()
        cells = {(n, p): {m: v for m, v in zip(figures.measures, counts, strict=True) if v} for n, p, *counts in rows}
        medians = {
            (node, period): (seconds, n)
            for node, period, _code, seconds, n in figures.con.execute("SELECT * FROM medians").fetchall()
        }
    return {key: cell for key, cell in cells.items() if cell}, medians


def compare(town, home, at=WATERMARK, tree=None):
    tree = tree or Tree(nodes())
    cells, medians = everything(home)
    hand, hand_medians = count_by_hand(town.matters.values(), tree, at, ALL_KINDS)
    recent = (at.date() - timedelta(62)).isoformat()
    low = {n.code for n in tree.nodes if n.level > Level.TOWNSHIP}
    hand = {k: v for k, v in hand.items() if not (k[0] in low and len(k[1]) == 10 and k[1] < recent)}
    measured = {name for cell in hand.values() for name in cell}
    ours = {key: {m: v for m, v in cell.items() if m in measured} for key, cell in cells.items()}
    assert {k: v for k, v in ours.items() if v} == hand
    assert medians == hand_medians


@given(seed=st.integers(0, 2**32), size=st.integers(0, 60), changes=st.integers(0, 30))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_counted_at_once_or_change_by_change_it_is_what_a_person_would_count(seed, size, changes):
    chance = random.Random(seed)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, size + 1)))
    facts.settle(facts.dirty("matters"))
    with tempfile.TemporaryDirectory() as home:
        assert refresh(town, home).way == "full"
        compare(town, home)
        later = WATERMARK + timedelta(days=chance.randrange(40), hours=3)
        changed = [a_matter(chance.randrange(1, size + 20), chance) for _ in range(changes)]
        gone = [i for i in list(town.matters) if chance.random() < 0.05]
        for i in gone:
            del town.matters[i]
        facts.touch("matters", [*town.put(*changed), *gone])
        assert refresh(town, home, at=later).way in {"added", "nothing", "recounted"}
        compare(town, home, later)


def test_a_refresh_after_few_changes_adds_them_without_counting_all_again(tmp_path):
    chance = random.Random(1)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, 200)))
    refresh(town, tmp_path)
    facts.touch("matters", town.put(replace(town.matters[3], redo_count=9, closed_at=WATERMARK)))
    done = refresh(town, tmp_path, at=WATERMARK + timedelta(minutes=5))
    assert (done.way, done.read) == ("added", 1)
    compare(town, tmp_path, WATERMARK + timedelta(minutes=5))


def test_a_limit_that_passes_unchanged_turns_into_overdue_on_its_own(tmp_path):
    town = Town()
    due = WATERMARK + timedelta(hours=1)
    town.put(Matter(1, WATERMARK - timedelta(days=3), county=EAST, limit_due_at=due))
    refresh(town, tmp_path)
    assert "overdue__n" not in everything(tmp_path)[0].get((EAST, "2026-11"), {})
    assert refresh(town, tmp_path, at=due + timedelta(seconds=1)).read == 0
    assert everything(tmp_path)[0][EAST, "2026-11"]["overdue__n"] == 1


def test_with_nothing_changed_only_the_watermark_moves_on_and_the_lake_stays_shut(tmp_path, monkeypatch):
    town, tree = Town(), Tree(nodes())
    due = WATERMARK + timedelta(hours=1)
    town.put(Matter(1, WATERMARK - timedelta(days=3), county=EAST, limit_due_at=due))
    refresh(town, tmp_path)
    before = everything(tmp_path)

    def again(at):
        with clock.use(clock.FixedClock(at)):
            return refreshing.refresh(town.definitions, tree, tmp_path)

    with monkeypatch.context() as patched:
        patched.setattr(store.Lake, "opened", None)
        assert again(due).way == "nothing"
    assert everything(tmp_path) == before
    with published.opened(tmp_path) as figures:
        assert figures.state.watermark == due
    # The limit passes, a record changes, the tree changes, a day begins: each is looked into.
    assert again(due + timedelta(seconds=1)).way == "added"
    assert everything(tmp_path)[0][EAST, "2026-11"]["overdue__n"] == 1
    facts.touch("matters", town.put(replace(town.matters[1], redo_count=1)))
    assert again(due + timedelta(seconds=2)).way == "added"
    tree = Tree([Node(MILL, EAST, Level.TOWNSHIP, "磨坊镇") if n.code == MILL else n for n in nodes()])
    assert again(due + timedelta(seconds=3)).way == "recounted"
    with monkeypatch.context() as patched:
        patched.setattr(store.Lake, "opened", None)
        with pytest.raises(TypeError):
            again(due + timedelta(days=1))


def test_what_was_answered_in_time_is_not_overdue_while_its_follow_up_waits(tmp_path):
    town = Town()
    due = WATERMARK - timedelta(days=2)
    told = {"registered_at": due - timedelta(days=3), "county": EAST, "limit_due_at": due}
    town.put(
        Matter(1, handled_at=due, **told),
        Matter(2, handled_at=due, closed_at=WATERMARK - timedelta(days=1), closed_in_time=True, **told),
        Matter(3, handled_at=due + timedelta(seconds=1), **told),
        Matter(4, first_replied_at=due, **told),
    )
    refresh(town, tmp_path)
    month = everything(tmp_path)[0][EAST, "2026-11"]
    assert (month["overdue__n"], month["overdue__d"], month["closed_in_time__n"]) == (2, 4, 1)


def test_petitions_are_in_no_figure_by_either_mark(tmp_path):
    town = Town()
    at = WATERMARK - timedelta(days=1)
    town.put(
        Matter(1, at, county=EAST, petition=True),
        Matter(2, at, county=EAST, kind="petition"),
        Matter(3, at, county=EAST),
    )
    refresh(town, tmp_path)
    assert everything(tmp_path)[0][EAST, "2026-11"]["volume__n"] == 1
    with published.opened(tmp_path) as figures:
        assert figures.state.records == 1


def test_a_merged_township_keeps_its_half_year_and_the_county_counts_both_halves(tmp_path):
    town = Town()
    before, after = MERGED - timedelta(days=20), MERGED + timedelta(days=20)
    make = lambda i, day, township: Matter(  # noqa: E731
        i, clock.local(WATERMARK).replace(month=day.month, day=day.day), county=EAST, township=township
    )
    town.put(make(1, before, OLD), make(2, before, NEW), make(3, after, BRIDGE))
    refresh(town, tmp_path)
    cells, _ = everything(tmp_path)
    volumes = {node: cells[node, "2026"]["volume__n"] for node in (OLD, NEW, BRIDGE, EAST)}
    assert volumes == {OLD: 1, NEW: 1, BRIDGE: 1, EAST: 3}


def test_a_matter_with_a_withdrawn_code_counts_at_the_next_level_that_stood_then(tmp_path):
    town = Town()
    town.put(Matter(1, WATERMARK - timedelta(days=1), county=EAST, township=OLD))
    refresh(town, tmp_path)
    cells, _ = everything(tmp_path)
    assert cells[EAST, "2026-11"]["volume__n"] == 1
    assert (OLD, "2026-11") not in cells


def test_a_matter_that_lies_nowhere_is_said_not_dropped(tmp_path):
    town = Town()
    town.put(Matter(1, WATERMARK - timedelta(days=1), city=""))
    refresh(town, tmp_path)
    with published.opened(tmp_path) as figures:
        assert (figures.state.records, figures.state.unlocated) == (1, 1)


def test_children_sum_to_their_parent_and_days_to_their_month(tmp_path):
    chance = random.Random(7)
    town = Town()
    town.put(*(replace(a_matter(n, chance), county=EAST, township=BRIDGE, village="") for n in range(1, 120)))
    town.put(*(replace(a_matter(n, chance), county=WEST, township=MILL, village="") for n in range(120, 240)))
    refresh(town, tmp_path)
    cells, _ = everything(tmp_path)
    for period in {period for node, period in cells if node == CITY}:
        for measure, value in cells[CITY, period].items():
            assert value == sum(cells.get((county, period), {}).get(measure, 0) for county in (EAST, WEST))
    for node, period in [
        key for key in cells if len(key[1]) == 7 and "Q" not in key[1] and key[0] in (CITY, EAST, BRIDGE)
    ]:
        days = [cell for (n, p), cell in cells.items() if n == node and p.startswith(f"{period}-") and len(p) == 10]
        for measure, value in cells[node, period].items():
            assert value == sum(day.get(measure, 0) for day in days)


def test_a_crash_between_counting_and_publishing_leaves_the_old_figures_and_the_next_run_resumes(tmp_path, monkeypatch):
    chance = random.Random(2)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, 60)))
    refresh(town, tmp_path)
    before = everything(tmp_path)
    facts.touch("matters", town.put(*(replace(town.matters[n], redo_count=7, returned_count=0) for n in range(5, 25))))
    with monkeypatch.context() as patched:
        patched.setattr(store.Lake, "_publish_kept", lambda self: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            refresh(town, tmp_path)
    assert everything(tmp_path) == before
    facts.settle(facts.dirty("matters"))  # even when the marks are lost, what was kept is published
    refresh(town, tmp_path)
    compare(town, tmp_path)


def test_a_crash_while_all_is_published_anew_leaves_the_old_figures(tmp_path, monkeypatch):
    chance = random.Random(3)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, 60)))
    refresh(town, tmp_path)
    before = everything(tmp_path)
    town.put(*(a_matter(number, chance) for number in range(60, 90)))
    with monkeypatch.context() as patched:
        patched.setattr(published, "_flush", lambda path: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            refresh(town, tmp_path, full=True)
    assert everything(tmp_path) == before
    assert refresh(town, tmp_path).way == "recounted"
    compare(town, tmp_path)
    assert len(list(tmp_path.glob("figures-*"))) == 1


def test_a_lake_laid_out_by_an_earlier_version_is_laid_out_anew_from_its_facts(tmp_path, monkeypatch):
    chance = random.Random(5)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, 60)))
    with monkeypatch.context() as patched:
        patched.setattr(model, "LAYOUT", 1)
        refresh(town, tmp_path)
    with a_lake(town, tmp_path) as lake:
        lake.con.execute("ALTER TABLE calendar RENAME d TO day_number")
    facts.touch("matters", town.put(replace(town.matters[1], redo_count=1)))
    assert refresh(town, tmp_path).way == "recounted"
    compare(town, tmp_path)


def test_a_changed_tree_recounts_from_the_lake_without_reading_records_again(tmp_path):
    chance = random.Random(4)
    town = Town()
    town.put(*(a_matter(number, chance) for number in range(1, 60)))
    refresh(town, tmp_path)
    moved = Tree([Node(MILL, EAST, Level.TOWNSHIP, "磨坊镇") if n.code == MILL else n for n in nodes()])
    done = refresh(town, tmp_path, tree=moved)
    assert (done.way, done.read) == ("recounted", 0)
    compare(town, tmp_path, tree=moved)


def test_one_process_refreshes_at_a_time(tmp_path):
    from huying.kernel.errors import Unavailable

    town = Town()
    second = Lake.opened(town.definitions, Tree(nodes()), tmp_path, wait=False)
    with a_lake(town, tmp_path), pytest.raises(Unavailable, match="another process"):
        second.__enter__()


def test_the_watermark_is_the_moment_before_anything_was_read(tmp_path):
    town = Town()
    refresh(town, tmp_path)
    with published.opened(tmp_path) as figures:
        assert figures.state.watermark == WATERMARK
    assert json.loads((tmp_path / published.POINTER).read_text())["figures"].startswith("figures-1-")
