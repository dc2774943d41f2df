from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.kernel.errors import InvalidInput
from huying.kernel.sheets import Line, Sheet, open_sheet, open_spooled, spool
from huying.kernel.words import words

CELLS = st.one_of(
    st.none(), st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False), st.dates(), st.datetimes(),
    st.times(), st.timedeltas(),
)  # fmt: skip
LINES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=LINES, share=st.integers(1, 5))
def test_lines_come_back_as_they_were_whatever_share_is_read_at_a_time(tmp_path, rows, share):
    lines = [Line(n, row) for n, row in enumerate(rows, 2)]
    assert spool(Sheet("csv", "utf-8", ["甲", "乙", "丙"], iter(lines)), tmp_path / "rows") == len(lines)
    back, position = [], 0
    while True:
        with open_spooled(tmp_path / "rows", position) as sheet:
            assert sheet.header == ["甲", "乙", "丙"]
            some = list(islice(sheet.lines, share))
            position = sheet.position
        if not some:
            break
        back += some
    assert back == lines
    assert [[type(cell) for cell in line.cells] for line in back] == [[type(cell) for cell in row] for row in rows]


def test_a_row_s_fault_and_cure_and_a_moment_with_a_zone_are_kept(tmp_path):
    line = Line(7, [datetime(2026, 11, 20, 10, tzinfo=UTC), date(2026, 1, 2), time(9), timedelta(hours=30)],
                words("多了一格", "one cell too many"), words("加引号", "quote it"))  # fmt: skip
    spool(Sheet("xlsx", "", ["a", "b", "c", "d"], iter([line])), tmp_path / "rows")
    with open_spooled(tmp_path / "rows") as sheet:
        assert list(sheet.lines) == [line]


def test_a_file_that_breaks_in_its_middle_leaves_no_spool(tmp_path):
    (tmp_path / "t.csv").write_bytes('编号,内容\n1,好\n"2,never closed\n'.encode())
    with pytest.raises(InvalidInput), open_sheet(tmp_path / "t.csv") as sheet:
        spool(sheet, tmp_path / "rows")
    assert not (tmp_path / "rows").exists()
