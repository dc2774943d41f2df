import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel.search import mask, refuses
from huying.kernel.search.names import FAMILY, FAMILY_TWO, GIVEN
from huying.kernel.search.tokens import fold, terms

DIGITS = "0123456789"


def hidden(text, known=()):
    return fold(mask(text, known))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("电话13857812345", "13857812345"),
        ("8栋2单元301室漏水", "301"),
        ("桂花苑9幢301漏水", "301"),
        ("住在 301 室", "301"),
        ("电话138 5781 2345", "2345"),
        ("电话138-5781-2345", "2345"),
        ("电话１３８５７８１２３４５", "13857812345"),
        ("打0578-2121234", "0578"),
        ("打 2121234", "2121234"),
        ("一三八五七八一二三四五", "三八"),
        ("身份证33250119900101123X", "332501"),
        ("银行卡6222 0212 3456 7890 123", "6222"),
        ("车牌浙K12345", "k12345"),
        ("一辆浙 K·D12345 堵门", "d12345"),
        ("邮箱 wang.jg@example.com", "example"),
        ("微信号：wxid_abc", "wxid"),
        ("QQ 12345", "12345"),
        ("我叫王建国，", "建国"),
        ("我叫王建国。王建国反映", "建国"),
        ("本人李四，住万象街道", "李四"),
        ("联系人：欧阳娜娜", "欧阳"),
        ("请找王先生", "王"),
        ("张三丰先生说", "张三"),
        ("陈老师体罚学生", "陈"),
    ],
)
def test_what_points_at_a_person_is_gone(text, gone):
    assert gone not in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-28 11:25:05停水",
        "12345热线转来",
        "8栋2单元漏水",
        "3幢门口",
        "5层会议室",
        "302教室",
        "公司安全生产",
        "本人于2019年购房",
        "小区物业经理不作为",
        "高中门口道路",
        "花了15000元",
        "本人系金鼎村村民",
    ],
)
def test_what_does_not_is_kept(text):
    assert hidden(text) == fold(text)


def test_the_parties_names_are_hidden_wherever_they_stand():
    assert hidden("隔壁建国大声吵闹", known=["建国"]) == fold("隔壁＊大声吵闹")


def test_masking_twice_changes_nothing():
    once = mask("我叫王建国，电话13857812345，车牌浙K12345，王先生")
    assert fold(mask(once)) == fold(once)


numbers = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"0[0-9]{2,3}-[1-9][0-9]{6,7}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True),
    st.from_regex(r"62[0-9]{14,17}", fullmatch=True),
    st.from_regex(r"1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}", fullmatch=True),
    st.from_regex(r"[京浙苏甘青][A-Z][A-HJ-NP-Z][0-9]{4}", fullmatch=True),
    st.from_regex(r"[a-z]{3,8}@[a-z]{3,8}\.com", fullmatch=True),
)
names = st.builds(
    str.__add__,
    st.one_of(st.sampled_from(FAMILY), st.sampled_from(FAMILY_TWO.split("|"))),
    st.text(st.sampled_from(GIVEN), min_size=2, max_size=2),
)
around = st.text(st.sampled_from("路灯不亮，供水中断。 小区A3栋"), max_size=12)


@given(before=around, number=numbers, after=around)
def test_nothing_of_a_masked_number_can_be_found(before, number, after):
    kept = set(terms(hidden(f"{before}，{number}，{after}")))
    plain = set(terms(fold(f"{before}，，{after}")))
    assert kept <= plain | {"*"}


@given(
    before=around,
    name=names,
    lead=st.sampled_from(["我叫{}，", "姓名：{}。", "联系人：{} ", "{}先生", "{}女士", "本人{}，"]),
    again=st.booleans(),
)
def test_no_pair_of_a_masked_name_can_be_found(before, name, lead, again):
    text = f"{before}。{lead.format(name)}{'。' + name + '。' if again else ''}"
    if hidden(text) == fold(text):
        raise AssertionError(f"not masked: {text}")
    kept = set(terms(hidden(text)))
    assert not kept & {name[at : at + 2] for at in range(len(name) - 1)}


@given(number=numbers)
def test_a_query_that_holds_what_masking_hides_is_refused(number):
    assert refuses(number) is not None
    assert refuses(f"路灯 {number}") is not None


@pytest.mark.parametrize(
    "query", ["王建国", "李伟", "欧阳建国", "姓名:王", "手机号", "万象 张丽", "张三先生", "name: x", "浙K12345"]
)
def test_a_query_shaped_like_a_person_is_refused(query):
    assert refuses(query).zh
    assert refuses(query).en


@pytest.mark.parametrize(
    "query", ["停水", "杨梅", "高速公路", "A3区", "12栋", "张家村", "王村口镇", "陈寮山", "金华", "供水中断 万象街道"]
)
def test_a_query_about_matters_and_places_is_not(query):
    assert refuses(query) is None
