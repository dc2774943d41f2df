import csv

import pytest

from huying.analytics import definitions, published, trees
from huying.analytics.lake.store import Lake
from huying.domains.matters.intake_files.profile import profile
from huying.domains.matters.intake_files.replay import replay_file
from huying.domains.matters.intake_files.tests import on_time
from huying.domains.matters.models import Matter
from huying.domains.organizations import services as staff
from huying.domains.organizations.vocabulary import UnitKind
from huying.kernel import audit, clock, clocks
from huying.kernel.actors import Actor, Level
from huying.kernel.errors import InvalidInput
from tests.support.cast import SINCE, assemble

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bodies")]
HEADER = "SRRecordID,SRType,MethodReceived,CreatedDate,SRStatus,DueDate,CloseDate,Agency,Address"


@pytest.fixture
def bodies(clock):
    """The small cast, and in its county every body that the profile's agencies stand for."""
    cast = assemble()
    wanted = sorted(set(profile("baltimore-311").agencies.values()) - {"water", "housing", "police", "hotline"})
    staff.put_units(
        actor=Actor.system("test"),
        rows=[
            staff.NewUnit(
                code=f"331102-{key}", name=key, short_name=key, kind=UnitKind.DEPARTMENT, level=Level.COUNTY,
                division="331102000000", department=key, valid_from=SINCE,
            )
            for key in wanted
        ],
    )  # fmt: skip
    return cast


def stored():
    return Matter.objects.everything("a test looks at all")


def replay(path, **more):
    return replay_file(path, profile("baltimore-311"), division="331102000000", **more)


def written(tmp_path, *lines):
    path = tmp_path / "requests.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_a_request_lives_at_the_times_it_really_did(tmp_path):
    replay(
        written(
            tmp_path,
            "18-1,SW-Dirty Alley,Phone,04/12/2018 11:11:26 AM,Closed,"
            "04/13/2018 11:11:26 AM,04/12/2018 12:45:47 PM,Solid Waste,1 ST",
        )
    )
    matter = stored().get()
    at = [
        clock.local(moment).strftime("%F %T")
        for moment in (matter.registered_at, matter.dispatched_at, matter.closed_at, matter.due_at)
    ]
    assert at == ["2018-04-12 11:11:26", "2018-04-12 11:11:26", "2018-04-12 12:45:47", "2018-04-13 11:11:26"]
    (handling,) = [row for row in clocks.of_records("matter", [matter.pk]) if row.slot == "handling"]
    assert (handling.rule_key, handling.state) == ("imported", "stopped")
    assert [entry.action for entry in audit.history("matter", matter.pk)] == [
        "register", "dispatch", "receive", "reply", "approve_reply", "follow_up", "close",
    ]  # fmt: skip
    assert matter.solved == "unreached"


def test_a_missing_due_date_is_said_and_runs_against_no_clock(tmp_path):
    done = replay(
        written(tmp_path, "1,T,Phone,04/12/2018 11:11:26 AM,Closed,,04/12/2018 12:45:47 PM,Water Wastewater,1 ST")
    )
    matter = stored().get()
    assert matter.state == "closed"
    assert matter.due_at is None
    assert [row.slot for row in clocks.of_records("matter", [matter.pk]) if row.slot == "handling"] == []
    assert (done.without_due, done.closed_with_due, done.on_time_rate) == (1, 0, None)


def test_what_is_not_closed_stays_where_it_is_with_its_clock_running(tmp_path):
    replay(
        written(
            tmp_path,
            "1,T,Phone,02/12/2019 11:11:26 AM,New,02/15/2019 11:11:26 AM,,Housing,1 ST",
            "2,T,Phone,02/12/2019 11:11:26 AM,Open (Duplicate),02/15/2019 11:11:26 AM,,Housing,1 ST",
        )
    )
    assert dict(stored().values_list("source_id", "state")) == {"1": "dispatched", "2": "in_hand"}
    assert {
        row.state
        for row in clocks.of_records("matter", stored().values_list("pk", flat=True))
        if row.slot == "handling"
    } == {"running"}


def test_a_duplicate_without_a_published_original_ends_under_its_own_number(tmp_path):
    done = replay(
        written(
            tmp_path,
            "1,T,Phone,04/12/2018 11:11:26 AM,Closed (Duplicate),04/13/2018 11:11:26 AM,04/14/2018 12:45:47 PM,Housing,1 ST",
        )
    )
    assert stored().get().state == "closed"
    assert (done.duplicates, done.closed_with_due, done.on_time) == (1, 1, 0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,T,Phone,04/12/2018 11:11:26 AM,Closed,,,Housing,1 ST", "不一致"),
        ("1,T,Phone,04/12/2018 11:11:26 AM,Open,,04/14/2018 12:45:47 PM,Housing,1 ST", "不一致"),
        ("1,T,Phone,04/12/2018 11:11:26 AM,Closed,,04/11/2018 12:45:47 PM,Housing,1 ST", "早于"),
        ("1,T,Phone,04/12/2018 11:11:26 AM,Closed,,04/14/2018 12:45:47 PM,Nobody,1 ST", "Nobody"),
        ("1,T,Pigeon,04/12/2018 11:11:26 AM,Closed,,04/14/2018 12:45:47 PM,Housing,1 ST", "Pigeon"),
    ],
)
def test_a_row_that_tells_no_possible_life_is_handed_back(tmp_path, line, why):
    done = replay(written(tmp_path, line), rejects=tmp_path / "back.csv")
    assert (done.read, done.accepted, done.rejected) == (1, 0, 1)
    assert why in (tmp_path / "back.csv").read_text("utf-8-sig")
    assert stored().count() == 0


def test_a_profile_that_tells_no_lives_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="message-board"):
        replay_file(written(tmp_path), profile("message-board"))


def reported(home):
    """(in time, of those closed with a due date) as the report of the county says it, over all years."""
    with Lake.opened(definitions.shipped(), trees.load(), home) as lake:
        lake.refresh()
    with published.opened(home) as figures:
        years = [str(year) for year in range(2010, 2027)]
        cells = figures.cells(["331102000000"], years).values()
    return sum(cell["closed_in_time__n"] for cell in cells), sum(cell["closed_in_time__d"] for cell in cells)


@pytest.mark.shared
def test_the_on_time_rate_equals_the_one_counted_from_the_file(tmp_path, shared):
    everything = on_time.read(shared / "data" / "orders" / "baltimore_311_sample.csv")
    assert on_time.count(everything)[:2] == (9_555, 7_988)
    rows = on_time.stratified(everything, 500)
    path = tmp_path / "sample.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(everything[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = replay(path)
    assert (done.read, done.accepted, done.rejected) == (len(rows), len(rows), 0)
    assert (done.closed_with_due, done.on_time, done.without_due) == on_time.count(rows)
    again = replay(path)
    assert (again.accepted, again.already_known) == (0, len(rows))
    assert (again.closed_with_due, again.on_time, again.without_due) == on_time.count(rows)
    assert audit.verify().ok
    judged, in_time, _without = on_time.count(rows)
    assert reported(tmp_path / "lake") == (in_time, judged)
