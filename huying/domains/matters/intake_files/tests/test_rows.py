from datetime import datetime

import pytest

from huying.domains.matters.intake_files.profile import forbidden, guess, match, profile, profiles
from huying.domains.matters.intake_files.rows import Entry, Fault, Reader, clean, moment
from huying.domains.matters.vocabulary import Channel, Kind
from huying.kernel.clock import ZONE
from huying.kernel.errors import InvalidInput, Refused
from huying.kernel.sheets import Line

BOARD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "反对数", "点赞数"]
pytestmark = pytest.mark.usefixtures("clock")


def read(header, cells, name="message-board", **overrides):
    chosen = profile(name)
    return Reader(chosen, match(chosen, header, overrides)).read(Line(7, cells))


def board(**cells):
    told = dict(
        zip(BOARD, [188006, "A0001", "路灯不亮", "2019/2/28 11:25:05", "\n\t\t路灯\n\t\n坏了 \n", 0, 1], strict=True)
    )
    told.update(cells)
    return read(BOARD, list(told.values()))


def test_a_row_is_read_clean_of_padding():
    entry = board()
    assert entry.content == "路灯\n坏了"
    assert entry.title == "路灯不亮"
    assert entry.source_id == "188006"
    assert entry.at == datetime(2019, 2, 28, 11, 25, 5, tzinfo=ZONE)
    assert entry.channel is Channel.WEB


@pytest.mark.parametrize(
    "told",
    [
        "2019/2/28 11:25:05",
        "2019-02-28 11:25:05",
        "２０１９/2/28 11:25:05",
        datetime.fromisoformat("2019-02-28 11:25:05"),
    ],
)
def test_dates_as_text_or_as_dates_are_one_moment(told):
    assert board(留言时间=told).at == datetime(2019, 2, 28, 11, 25, 5, tzinfo=ZONE)


@pytest.mark.parametrize(
    "told", ["昨天", "2019-13-01", "2019/2/30 10:00:00", "2031/1/1 00:00:00", "1019/1/1", "", 43521]
)
def test_a_time_that_cannot_be_is_handed_back_with_what_stood_there(told):
    fault = board(留言时间=told)
    assert isinstance(fault, Fault)
    assert fault.number == 7
    assert fault.reason.zh.startswith("时间")
    assert fault.cure.zh
    assert fault.cure.en


@pytest.mark.parametrize("field", ["留言编号", "留言主题", "留言详情"])
def test_what_is_needed_and_absent_is_handed_back(field):
    assert "是空的" in board(**{field: " \n\t"}).reason.zh


def test_columns_are_found_by_name_in_any_order():
    shuffled = [BOARD[at] for at in (6, 5, 4, 3, 2, 1, 0)]
    entry = read(shuffled, [9, 8, "内容很长", "2019/2/28", "标题", "A1", 5])
    assert (entry.source_id, entry.content, entry.title) == ("5", "内容很长", "标题")


def test_the_counts_of_approval_are_said_to_be_left_out():
    assert match(profile("message-board"), BOARD).unused == ["反对数", "点赞数"]


@pytest.mark.parametrize(
    ("title", "kind"),
    [("咨询落户", Kind.ENQUIRY), ("建议增设公交", Kind.SUGGESTION), ("举报违规施工", Kind.REPORT), ("夜间扰民", Kind.COMPLAINT),
     ("请修路", Kind.HELP), ("路灯不亮", Kind.COMPLAINT)],
)  # fmt: skip
def test_the_title_tells_the_kind(title, kind):
    assert board(留言主题=title).kind is kind


def test_the_author_goes_sealed_and_is_in_no_text_of_the_entry():
    entry = board(留言用户="A000102948")
    assert entry.reporter.other == "留言板账号 A000102948"
    assert "A000102948" not in repr(entry)
    assert "A000102948" not in entry.content + entry.title + entry.place


def test_an_over_long_title_moves_into_the_content_whole():
    entry = board(留言主题="长" * 300)
    assert len(entry.title) == 120
    assert entry.content.startswith("长" * 300)


def test_an_over_long_content_is_handed_back():
    assert "20,001" in board(留言详情="长" * 20_001).reason.zh


def test_hidden_and_direction_changing_characters_are_dropped_and_markup_is_only_text():
    assert clean("a\u202eb\x00c<script>alert(1)</script>") == "abc<script>alert(1)</script>"


@pytest.mark.parametrize(
    "name",
    [
        "民族",
        "宗教信仰",
        "政治面貌",
        "是否党员",
        "指纹编号",
        "人脸照片",
        "身份证号",
        "Ethnicity",
        "Religion",
        "race",
        "Blood type",
    ],
)
def test_a_column_that_may_not_be_stored_is_known_by_its_name(name):
    assert forbidden(name) is not None


@pytest.mark.parametrize("name", ["trace", "surface", "内容", "编号", "地址", "interface", "Terrace"])
def test_other_columns_are_not_taken_for_one(name):
    assert forbidden(name) is None


def test_a_forbidden_column_is_dropped_and_cannot_be_mapped_by_hand():
    header = ["内容", "民族", "电话"]
    found = match(profile("general"), header)
    assert list(found.forbidden) == ["民族"]
    entry = read(header, ["路灯不亮", "某族", "13800138000"], "general")
    assert isinstance(entry, Entry)
    assert "某族" not in f"{entry}{entry.whole}{entry.reporter.__dict__}"
    with pytest.raises(Refused, match="民族"):
        match(profile("general"), header, {"title": "民族"})


def test_a_column_can_be_chosen_by_hand_and_a_wrong_choice_is_refused():
    assert match(profile("general"), ["a", "b"], {"content": "b"}).places == {"content": 1}
    with pytest.raises(InvalidInput):
        match(profile("general"), ["a"], {"content": "zz"})


def test_an_unknown_word_in_a_list_of_values_is_handed_back_with_the_known_ones():
    fault = read(["内容", "类型"], ["路灯", "表扬"], "general")
    assert "表扬" in fault.reason.zh
    assert "投诉" in fault.cure.zh


def test_a_telephone_that_is_none_is_handed_back_without_being_repeated():
    fault = read(["内容", "电话"], ["路灯", "abc-secret"], "general")
    assert fault.reason.zh.startswith("电话")
    assert "secret" not in fault.reason.zh + fault.reason.en


def test_the_likeliest_profile_is_guessed_from_the_header():
    assert guess(BOARD)[0][0].name == "message-board"
    assert guess(["内容", "时间", "电话"])[0][0].name == "general"
    assert guess(["x"]) == []


def test_a_service_request_says_when_it_was_due_and_closed():
    header = [
        "SRRecordID",
        "SRType",
        "MethodReceived",
        "CreatedDate",
        "SRStatus",
        "DueDate",
        "CloseDate",
        "Agency",
        "Address",
    ]
    entry = read(
        header,
        [
            "18-1",
            "SW-Dirty Alley",
            "Phone",
            "04/12/2018 11:11:26 AM",
            "Closed",
            "",
            "04/12/2018 12:45:47 PM",
            "Solid Waste",
            "1 ST",
        ],
        "baltimore-311",
    )
    assert entry.external_due_at is None
    assert entry.extra["closed_at"] == datetime(2018, 4, 12, 12, 45, 47, tzinfo=ZONE)
    assert entry.content == "SW-Dirty Alley。地点：1 ST"
    assert entry.channel is Channel.HOTLINE


def test_a_date_cell_without_a_time_is_that_day_at_midnight():
    assert moment(datetime.fromisoformat("2019-02-28").date(), []) == datetime(2019, 2, 28, tzinfo=ZONE)


def test_every_profile_that_is_shipped_is_sound():
    assert {"message-board", "baltimore-311", "general"} <= set(profiles())


def test_a_profile_that_is_not_there_names_those_that_are():
    with pytest.raises(InvalidInput) as caught:
        profile("none")
    assert "message-board" in caught.value.cure
