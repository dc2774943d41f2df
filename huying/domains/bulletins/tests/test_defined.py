"""A report holds what a pack defines, from records and from departments; it is computed once more whatever came since."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from huying.analytics import sources, values
from huying.analytics.indicators.frameworks import IndexRow
from huying.analytics.indicators.schema import IndicatorRow, PeerRow
from huying.analytics.models import IndicatorDefinition, KeptInput
from huying.analytics.periods import Period
from huying.analytics.sections import install_index, install_peers
from huying.analytics.sources import Delivered
from huying.analytics.tests.made import BRIDGE, CITY, EAST, WEST, nodes
from huying.analytics.trees import Tree
from huying.analytics.values import building, defining
from huying.analytics.values.tests.made import Feed
from huying.domains.bulletins import content, services, verifying
from huying.domains.bulletins.blocks import Table, Text
from huying.domains.bulletins.commands import group
from huying.domains.bulletins.models import Edition, ReportSet, digest_of
from huying.domains.bulletins.paper import paper
from huying.kernel import clock as kernel_clock
from huying.kernel.actors import Actor, Level, Role
from huying.kernel.errors import Unavailable

from .made import ANALYST, LEADER, MONTHLY, closed, person, signed, town

OCTOBER = Period.parse("2026-10")
PACK = Actor.system("pack")
DEFINED = [
    {
        "code": "in_time",
        "name": {"zh": "办结及时率", "en": "closed in time"},
        "sources": [{"facts": "matters"}],
        "numerator": "closed_in_time__n",
        "denominator": "closed_in_time__d",
        "factor": 100,
        "unit": "%",
        "direction": "higher",
        "target": 90,
        "smoothing": {"prior": 5, "toward": "level"},
        "peers": "hills",
        "goalposts": {"worst": 0, "best": 100},
        "thresholds": [{"valid_from": "2026-01-01", "green": 95, "yellow": 85, "reference": "x"}],
    },
    {
        "code": "cases",
        "name": {"zh": "刑事立案", "en": "cases filed"},
        "sources": [{"dataset": "police"}],
        "numerator": "filed",
        "unit": "件",
    },
    {
        "code": "clear_up",
        "name": {"zh": "破案率", "en": "clear-up rate"},
        "sources": [{"dataset": "police"}],
        "numerator": "solved",
        "denominator": "filed",
        "factor": 100,
        "unit": "%",
        "direction": "higher",
        "goalposts": {"worst": 0, "best": 100},
    },
]  # fmt: skip
CODES = ["in_time", "cases", "clear_up"]
HOW = {
    "screen": {"by": "none"},
    "impute": {"method": "none"},
    "treat": {"default": "none"},
    "normalise": {"default": {"method": "goalposts", "scale": 100}, "constant": "middle"},
    "aggregate": {"default": {"method": "arithmetic", "minimum_data": 0.5}},
}
INDEX = [
    {"code": "whole", "name": {"zh": "平安指数", "en": "the index"}, "settings": HOW},
    {"code": "in_time", "parent": "whole", "weight": 1},
    {"code": "clear_up", "parent": "whole", "weight": 3},
]


def body(*codes: str) -> dict:
    sections = [
        ("figures", ["closed_in_time", *codes]), ("index", []), ("trend", list(codes)), ("places", ["volume", *codes]),
        ("commentary", []),
    ]  # fmt: skip
    rows = [{"kind": kind, "title": None, "indicators": indicators} for kind, indicators in sections]
    return MONTHLY | {"approval": ["own"], "sections": rows}


class Police:
    """The county's police deliver month by month; `deliver` is a version more."""

    def __init__(self, home) -> None:
        self.home, self.feed = home, Feed()
        self.at = kernel_clock.now() - timedelta(minutes=5)

    def deliver(self, node, month: str, filed, solved, *, generated: bool = False) -> None:
        self.at += timedelta(seconds=1)
        row = Delivered(node, Period.parse(month).last, {"filed": filed, "solved": solved}, None, self.at)
        self.feed.versions.append(("police", replace(row, generated=generated)))

    def build(self) -> None:
        building.refresh(self.home, Tree(nodes()))


@pytest.fixture
def police(db, publish_figures, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(sources, "_providers", {})
    publish_figures(town())
    made = Police(tmp_path / "lake")
    sources.register(made.feed)
    for month, filed, solved in (("2025-10", 511, 340), ("2026-09", 380, 240), ("2026-10", 364, 235)):
        made.deliver(EAST, month, filed, solved, generated=True)
    made.deliver(WEST, "2026-09", 100, 90)
    install_peers([PeerRow(code="hills", places=(EAST, WEST))], PACK)
    defining.install([IndicatorRow.model_validate(row) for row in DEFINED], PACK)
    install_index([IndexRow.model_validate(row) for row in INDEX], PACK)
    made.build()
    ReportSet.objects.create(code="monthly", period="month", body=body(*CODES))
    return made


def composed(division=EAST):
    return content.compose(body(*CODES), division, OCTOBER)


def published_edition():
    report = services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)
    report = signed(report)
    for verb, actor in ((services.submit, ANALYST), (services.approve, LEADER)):
        report = verb(actor=actor, bulletin_id=report.pk, version=report.version)
    return services.publish(actor=LEADER, bulletin_id=report.pk, version=report.version)


def test_a_departments_figures_stand_beside_the_counted_ones_with_all_that_is_said_of_them(police):
    lines = composed()["figures"]
    assert list(lines) == ["closed_in_time", *CODES, "volume"]
    cases, rate = lines["cases"], lines["clear_up"]
    assert (cases["now"]["value"], cases["before"]["value"], cases["year_before"]["value"]) == (364, 380, 511)
    assert round(cases["year_growth"], 4) == -0.2877
    assert (rate["now"]["numerator"], rate["now"]["denominator"], round(rate["now"]["value"], 1)) == (235, 364, 64.6)
    assert rate["sources"] == [{"kind": "dataset", "zh": "police表", "en": "table police", "generated": True}]
    own = lines["in_time"]
    assert (own["target"], own["met"], own["now"]["grade"]) == (90, False, "red")
    assert own["rank"] == {"place": 2, "of": 2} == own["peers"]
    assert own["sources"][0]["kind"] == "facts"


def test_whoever_delivered_nothing_is_named(police):
    (line,) = (line for code, line in composed(CITY)["figures"].items() if code == "cases")
    assert (line["reported"], line["expected"], line["missing"]) == (1, 2, ["青田县"])
    made = paper(composed(CITY))
    said = [cell.text for block in made.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    assert "1／2，缺青田县" in said
    assert "police表（演示生成）" in said


def test_a_report_says_what_the_screen_says(police):
    lines, codes = composed()["figures"], CODES
    shown = values.read(codes, [EAST], [OCTOBER])
    for code in codes:
        value = shown[code, EAST, OCTOBER.key]
        assert lines[code]["now"]["value"] == value.value
        assert lines[code]["now"]["grade"] == (value.grade.value if value.grade else "")
    below = composed()["places"][0]["figures"]
    assert below["in_time"]["value"] == values.read(codes, [BRIDGE], [OCTOBER])["in_time", BRIDGE, OCTOBER.key].value


def test_an_edition_of_defined_figures_and_the_index_is_computed_again_to_the_last_bit(police):
    edition = published_edition()
    done = verifying.verify()
    assert (done.editions, done.differences, done.unkept) == (1, [], [])
    assert done.figures == content.count(edition.content)
    assert edition.content["index"]["own"]["now"] is not None


def test_late_corrections_new_definitions_and_another_index_change_nothing_of_it(police, publish_figures):
    edition = published_edition()
    police.deliver(EAST, "2026-10", 400, 100)
    publish_figures(town(perfect=True))
    defining.install([IndicatorRow.model_validate(row | {"factor": 1000}) for row in DEFINED], PACK)
    install_peers([PeerRow(code="hills", places=(EAST, BRIDGE))], PACK)
    police.build()
    assert values.read(["cases"], [EAST], [OCTOBER])["cases", EAST, OCTOBER.key].value == 400
    assert verifying.verify().differences == []
    assert edition.content["figures"]["cases"]["now"]["value"] == 364


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("figures", "cases", "now", "value"), 365.0),
        (("index", "own", "now"), 99.0),
        (("figures", "in_time", "now", "grade"), "green"),
    ],
)  # fmt: skip
def test_a_defined_figure_or_an_index_changed_in_the_edition_is_named(police, path, to):
    edition = published_edition()
    whole = edition.content
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    Edition.objects.filter(pk=edition.pk).update(content=whole, digest=digest_of(whole))
    by_log, one = verifying.verify().differences
    assert by_log.path == "digest"
    assert (one.path, one.published) == (".".join(path), to)


def test_past_years_deliveries_are_kept_once_for_all_editions(police):
    published_edition()
    before = set(KeptInput.objects.values_list("digest", flat=True))
    police.deliver(EAST, "2026-10", 400, 100)
    police.build()
    content.drafted(body(*CODES), EAST, OCTOBER)
    fresh = KeptInput.objects.exclude(digest__in=before)
    # The figures' state, this year's deliveries, and what names them.
    assert fresh.count() <= 3


def test_while_values_are_behind_the_figures_no_report_is_begun(police, publish_figures):
    late = town()
    late.put(closed(500, 10, True))
    publish_figures(late)
    with pytest.raises(Unavailable, match="正在更新"):
        services.start(actor=ANALYST, set_code="monthly", period=OCTOBER)


def test_a_rate_too_good_to_be_true_is_asked_about_whoever_delivers_it(police):
    police.deliver(EAST, "2026-10", 558, 558)
    police.build()
    found = composed()["findings"]
    assert any(one["rule"] == "too_perfect" and one["indicator"] == "clear_up" for one in found)


def test_the_paper_gives_units_changes_and_targets_in_words(police):
    made = paper(composed())
    texts = [cell.text for block in made.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    assert {"刑事立案（件）", "64.6%", "-28.77%"} <= set(texts), (
        "falls are told to two decimals, as the public answer does"
    )
    assert "目标≥90.0%，未达到；同类第2／2" in texts


def test_a_withdrawn_indicator_is_said_with_its_reason_and_has_no_figure(police):
    IndicatorDefinition.objects.filter(code="clear_up").update(valid_from="2026-01-01")
    supervisor = person(Role.LEADER, CITY, Level.CITY)
    defining.withdraw(actor=supervisor, code="clear_up", valid_to=OCTOBER.start, why="口径调整")
    police.build()
    made = composed()
    assert "clear_up" not in made["figures"]
    assert made["withdrawn"]["clear_up"]["why"] == "口径调整"
    said = [block.text for block in paper(made).blocks if isinstance(block, Text)]
    assert "破案率自2026-10-01起停用，不再出数：口径调整" in said
    assert values.read(["clear_up"], [EAST], [OCTOBER.previous])["clear_up", EAST, "2026-09"].value is not None
    published_edition()
    assert verifying.verify().differences == []


def test_held_against_todays_data_an_edition_says_what_was_corrected_and_stands(police, publish_figures):
    published_edition()
    (untouched,) = verifying.verify(from_records=True).since.values()
    assert (untouched.changed, untouched.corrected, untouched.lost) == (0, 0, ())
    assert (untouched.rules, untouched.tree) == (True, True)
    police.deliver(EAST, "2026-10", 400, 100)
    police.deliver(WEST, "2026-10", 50, 40)
    publish_figures(town(perfect=True))
    done = verifying.verify(from_records=True)
    (since,) = done.since.values()
    assert (done.differences, since.corrected, since.late, since.lost) == ([], 1, 1, ())
    moved = {(row.node, row.period, row.measure): (row.then, row.now) for row in since.listed}
    assert moved[EAST, "2026-10", "closed_in_time__n"] == (10, 60)
    assert {row.node for row in since.listed}.isdisjoint({BRIDGE})
    said = "\n".join(done.lines())
    assert "counted cells differ from today's" in said
    assert "1 were corrected since, 0 are not there as they were; 1 came late" in said
    assert "the log tells of nothing that explains it" in said, (
        "counts that changed without an act on a record are said"
    )


def test_a_delivery_that_is_not_there_as_it_was_is_a_difference(police):
    published_edition()
    name, row = police.feed.versions[0]
    police.feed.versions[0] = (name, replace(row, values={"filed": 1, "solved": 1}))
    done = CliRunner().invoke(group, ["verify", "--from-records"])
    assert done.exit_code == 1
    assert "deliveries are never changed" in done.output
