"""Data, metadata and settings are read whole or refused with place and cure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from huying.analytics.composite import framework, places, reading
from huying.analytics.composite.tests.made import refused
from huying.kernel.errors import InvalidInput

META = """Level,iCode,iName,Direction,Weight,Unit,Denominator,Parent,Type
1,Solved,Solved in time,1,2,%,,Calls,Indicator
1,Late,Late,-1,1,per 10000,People,Calls,Indicator
2,Calls,Calls,1,1,,,Index,Aggregate
3,Index,Index,1,1,,,,Aggregate
,Kind,Kind of place,,,,,,Group
,People,Residents,,,,,,Denominator
,Note,Note,,,,,,Other
"""
DATA = """uName,uCode,Time,Kind,People,Solved,Late,Note
East,E,2026-01,town,1000,90,3,x
West,W,2026-01,,2000,NA,4,
East,E,2025-12,town,990,80,,y
"""


@pytest.fixture
def files(tmp_path: Path):  # type: ignore[no-untyped-def]
    def written(data: str = DATA, meta: str = META) -> tuple[Path, Path]:
        (tmp_path / "iData.csv").write_text(data, encoding="utf-8")
        (tmp_path / "iMeta.csv").write_text(meta, encoding="utf-8")
        return tmp_path / "iData.csv", tmp_path / "iMeta.csv"

    return written


def read(paths: tuple[Path, Path]) -> reading.Data:
    return reading.read_data(paths[0], framework.read(paths[1]))


def test_rows_stand_by_period_and_unit_whatever_their_order_in_the_file(files) -> None:  # type: ignore[no-untyped-def]
    found = read(files())
    assert found.raw.units == ("E", "E", "W")
    assert found.raw.times == ("2025-12", "2026-01", "2026-01")
    assert found.groups["Kind"] == ("town", "town", "")
    assert list(found.denominators["People"]) == [990, 1000, 2000]


def test_blank_na_and_nan_are_unknown(files) -> None:  # type: ignore[no-untyped-def]
    found = read(files(DATA.replace("4,\n", "NaN,\n")))
    assert np.isnan(found.raw.column("Solved")).tolist() == [False, False, True]
    assert np.isnan(found.raw.column("Late")).tolist() == [True, False, True]


def test_a_file_saved_by_a_chinese_office_program_is_read(files) -> None:  # type: ignore[no-untyped-def]
    data, meta = files()
    data.write_bytes(DATA.replace("East", "东镇").encode("gb18030"))
    assert "东镇" in reading.read_data(data, framework.read(meta)).names


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        ("E,2025-12", "E,2026-01", "iData.csv:4: E at 2026-01 stands already on line 2"),
        ("2025-12", "2025", "Time mixes month (2026-01) and year (2025)"),
        ("2025-12", "2025-13", "iData.csv:4: Time: period '2025-13' is not in the calendar"),
        ("1000,90", "1000,90%", "iData.csv:2: Solved is '90%', not a number"),
        ("1000,90", "1000,1_90", "iData.csv:2: Solved is '1_90', not a number"),
        ("1000,90", '1000,"1,090"', "iData.csv:2: Solved is '1,090', not a number"),
        ("West,W,2026-01", "\n,,,,,,,\nWest,W,2026-01,x", "iData.csv:5: 9 cells where the header has 8"),
        ("East,E,2026-01,town", 'East,E,2026-01,"to\nwn"\n', "iData.csv:2: 4 cells where the header has 8"),
        (",Note\n", ",Note,\n,,,,,,,,1\n", "iData.csv:2: a cell stands beyond the last column that has a name"),
        ("Kind,People", ",People", "iData.csv:1: column 4 has no name"),
        ("1000,90", "1000,inf", "iData.csv:2: Solved is inf, not finite"),
        ("Note", "Remark", "columns that the metadata does not know: Remark"),
        ("Late", "Solved", "column Solved stands twice"),
        (",x\n", "\n", "iData.csv:2: 7 cells where the header has 8"),
        ("West,W", "West,", "iData.csv:3: a row without uCode"),
        ("West,W", "West,=cmd()", "iData.csv:3: uCode '=cmd()' cannot be written out safely"),
        ("E,2026-01,town", "E,2026-01,@town", "iData.csv:2: Kind '@town' cannot be written out safely"),
    ],
)
def test_what_is_wrong_in_the_data_is_named_with_its_line(files, was: str, is_: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as fault:
        read(files(DATA.replace(was, is_, 1)))
    assert said in refused(fault)


def test_a_line_is_counted_as_an_editor_counts_it(files) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput, match=r"iData\.csv:6: Solved is 'eighty', not a number"):
        read(files(DATA.replace("town", '"new\ntown"', 1).replace("West", "\nWest").replace(",80,", ",eighty,")))


SAVED = {
    "semicolons": DATA.replace(",", ";").encode(),
    "tabs": DATA.replace(",", "\t").encode(),
    "Unicode text of a spreadsheet program": DATA.replace(",", "\t").encode("utf-16"),
    "UTF-8 with its mark": DATA.encode("utf-8-sig"),
    "blank last columns": DATA.replace("\n", ",,\n").encode(),
    "blank rows": (DATA.replace("East", "\n\nEast") + ",,,,,,,\n").encode(),
    "other ends of lines": DATA.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_file_is_read_however_an_office_program_saved_it(files, how: str) -> None:  # type: ignore[no-untyped-def]
    data, meta = files()
    plain = read((data, meta))
    data.write_bytes(SAVED[how])
    found = read((data, meta))
    assert (found.raw.units, found.raw.times, found.groups) == (plain.raw.units, plain.raw.times, plain.groups)
    assert np.array_equal(found.raw.values, plain.raw.values, equal_nan=True)


def test_a_workbook_is_refused_by_its_name_and_not_for_its_bytes(files) -> None:  # type: ignore[no-untyped-def]
    data, meta = files()
    data.write_bytes(b"PK\x03\x04 the rest of a workbook")
    with pytest.raises(InvalidInput) as fault:
        read((data, meta))
    assert "iData.csv is an Excel workbook (xlsx), not a csv file — save the sheet as CSV UTF-8" in refused(fault)


def test_what_no_step_reads_of_an_aggregate_may_be_left_out(files) -> None:  # type: ignore[no-untyped-def]
    given = META.replace("2,Calls,Calls,1,1", "2,Calls,Calls,NA,1").replace("3,Index,Index,1,1", "3,Index,Index,NA,NA")
    assert framework.read(files(meta=given)[1]) == framework.read(files()[1])


def test_a_missing_column_is_named(files) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as fault:
        read(files("uCode,Solved\nE,1\n"))
    assert "iData.csv lacks the column Late, Kind, People" in refused(fault)


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        ("1,Late", "1,Solved", "iMeta.csv:3: iCode Solved stands already in iMeta.csv:2"),
        (",-1,1,per", ",-2,1,per", "iMeta.csv:3: Direction of Late is -2"),
        (",-1,1,per", ",-1,-1,per", "iMeta.csv:3 Late: has the negative Weight -1"),
        (",-1,1,per", ",-1,,per", "iMeta.csv:3: Weight of Late is left out"),
        (",-1,1,per", ",,1,per", "iMeta.csv:3: Direction of Late is left out"),
        (",-1,1,per", ",-1,1_0,per", "iMeta.csv:3: Weight of Late is '1_0', not a number"),
        (
            "Calls,Calls,1,1",
            "Calls,Calls,-1,1",
            "iMeta.csv:4: Direction of the aggregate Calls is -1, but only indicators",
        ),
        ("Calls,Calls,1,1,,", "Calls,Calls,1,1,,People", "iMeta.csv:4: Denominator of the aggregate Calls is People"),
        (",Note,Note", ",Time,Note", "iMeta.csv:8: iCode Time is a column of the data's own"),
        (",-1,1,per", ",-1,much,per", "iMeta.csv:3: Weight of Late is 'much', not a number"),
        ("People,Calls", "Cars,Calls", "Late: its Denominator 'Cars' is no row of Type Denominator"),
        ("People,Calls", "People,Kalls", "iMeta.csv:3 Late: its Parent 'Kalls' is no Aggregate; did you mean Calls?"),
        ("People,Calls", "People,Index", "Late: is of Level 1, its Parent Index of Level 3"),
        (
            "3,Index,Index,1,1,,,,",
            "3,Index,Index,1,1,,,Calls,",
            "no node stands at the top: each has a Parent — iMeta.csv:5 Index: has",
        ),
        (
            "2,Calls,Calls,1,1,,,Index,",
            "2,Calls,Calls,1,1,,,,",
            "2 nodes have no Parent — iMeta.csv:4 Calls: has no Parent; iM",
        ),
        (",Group", ",Gruop", "iMeta.csv:6: Type 'Gruop' of Kind is unknown"),
        ("1,Late", "2,Late", "Late is an Indicator of Level 2"),
        (",Kind,Kind", ",../Kind,Kind", "iMeta.csv:6: iCode '../Kind' cannot be written out safely"),
        ("Direction", "Sense", "lacks the column Direction"),
    ],
)
def test_what_is_wrong_in_the_metadata_is_named(files, was: str, is_: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as fault:
        framework.read(files(meta=META.replace(was, is_, 1))[1])
    assert said in refused(fault)


SPEC = """normalise:
  default: {method: min_max, rnge: [0, 1]}
  indicators:
    Late: {method: z_scor}
    Solved: {method: z_score, mean: high, target: 3}
impute: {method: mean, group: Kind}
aggregte: {}
treat:
  indicators: {Late: {first: {method: log_ct, max_points: 3}}}
uncertainty: {vary: [{setting: a, values: [1]}]}
"""


def test_each_setting_that_cannot_be_used_is_named_with_line_and_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    with pytest.raises(InvalidInput) as fault:
        reading.read_spec(tmp_path / "spec.yaml")
    assert fault.value.fields == {
        "spec.yaml:2 normalise.default.rnge": "there is no setting 'rnge' here; did you mean range?",
        "spec.yaml:4 normalise.indicators.Late": "`method` 'z_scor' does not exist; did you mean z_score?",
        "spec.yaml:5 normalise.indicators.Solved.mean": "Input should be a valid number, unable to parse string as a number, "
        "not 'high'",
        "spec.yaml:5 normalise.indicators.Solved.target": "there is no setting 'target' here; there are mean, method, sd",
        "spec.yaml:6 impute.group": "there is no setting 'group' here; there are method",
        "spec.yaml:7 aggregte": "there is no setting 'aggregte' here; did you mean aggregate?",
        "spec.yaml:9 treat.indicators.Late.first.max_points": "there is no setting 'max_points' here; there are method",
        "spec.yaml:10 uncertainty.vary.0": "`setting` takes at least two `values`, and no `levels`",
    }


def test_a_key_that_stands_twice_is_refused_as_yaml_would_drop_the_first(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("screen: {by: none}\nscreen: {by: zeros}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"spec.yaml:2: screen stands already on line 1"):
        reading.read_spec(tmp_path / "spec.yaml")


def test_settings_saved_by_a_chinese_office_program_are_read(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes("impute: {method: group_mean, group: 类别}\n".encode("gb18030"))
    assert reading.read_spec(tmp_path / "spec.yaml") == reading.spec_of(
        {"impute": {"method": "group_mean", "group": "类别"}}
    )


def test_an_empty_file_of_settings_is_the_standard(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("# nothing\n", encoding="utf-8")
    assert reading.read_spec(tmp_path / "spec.yaml") == reading.spec_of({})


TREE = """node,parent,level,valid_from,valid_to
E,C,township,,
W,C,township,,2026-01-20
N,C,township,2026-01-20,
"""


def test_a_place_is_compared_under_the_parent_it_had_then(files, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "tree.csv").write_text(
        TREE.replace("E,C,township,,", "E,B,township,,2026-01-01\nE,C,township,2026-01-01,")
    )
    tree = places.read_tree(tmp_path / "tree.csv")
    groups = tree.groups(("E", "E", "N"), ("2025-12", "2026-01", "2026-01"))
    assert groups == {"tree.parent": ("B", "C", "C"), "tree.level": ("township",) * 3}


def test_a_merged_township_has_no_score_after_its_merger(files, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "tree.csv").write_text(TREE)
    data, meta = files()
    with pytest.raises(InvalidInput) as fault:
        reading.read_data(data, framework.read(meta), places.read_tree(tmp_path / "tree.csv"))
    assert "W is not in the tree at 2026-01" in refused(fault)


def test_two_spans_of_a_place_on_one_day_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tree.csv").write_text(TREE + "W,C,township,2026-01-19,\n")
    with pytest.raises(InvalidInput, match=r"tree.csv:5: W stands twice on the same days"):
        places.read_tree(tmp_path / "tree.csv")
