import pytest

from huying.kernel import audit, search
from huying.kernel.actors import Actor
from huying.kernel.audit.models import AccessEntry
from huying.kernel.errors import InvalidInput, Refused, Unscoped
from huying.kernel.search import Document, Everything
from huying.kernel.search.postgresql import RARE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]
CLERK = Actor(kind="staff", label="莲都区派单岗", account_id=1)
ALL = Everything("a test of words")


def put(*texts, scope=("d331102000000",), **more):
    search.index([Document("note", number, text, scope, **more) for number, text in enumerate(texts, start=1)])


def found(query, scope=ALL, **more):
    return search.find("note", query, scope, actor=CLERK, **more)


def test_a_word_of_two_characters_is_found_wherever_it_stands():
    put("万象街道供水中断三天", "中断供水通知", "水供应不足，断电", "供电")
    assert found("供水") == [2, 1]
    assert found("中断") == [2, 1]
    assert found("断电") == [3]


def test_a_phrase_is_found_only_as_written_and_parts_parted_by_blanks_in_any_order():
    put("供水中断", "中断，供水")
    assert found("供水中断") == [1]
    assert found("中断 供水") == [2, 1]
    assert found("断供") == []


def test_the_last_character_before_a_comma_does_not_join_the_next():
    put("道路破损，路灯不亮")
    assert found("损路") == []
    assert found("路灯") == [1]


def test_one_character_is_found_at_the_beginning_middle_and_end():
    put("桥塌", "木桥边", "修桥")
    assert found("桥") == [3, 2, 1]


def test_letters_and_numbers_are_found_as_whole_words_and_together_with_their_neighbours():
    put("A3区12栋路灯", "A3区13栋路灯", "WiFi信号差")
    assert found("12栋") == [1]
    assert found("a3区13栋") == [2]
    assert found("wifi") == [3]
    assert found("１２栋") == [1], "full-width digits are plain ones"
    assert found("2栋") == []


def test_newest_comes_first_and_pages_do_not_overlap():
    put(*["路灯不亮"] * 7)
    first = found("路灯", limit=3)
    assert first == [7, 6, 5]
    assert found("路灯", limit=3, before=first[-1]) == [4, 3, 2]
    assert found("路灯", limit=3, before=2) == [1]


def test_only_what_is_in_scope_is_found_and_no_scope_finds_nothing():
    search.index(
        [
            Document("note", 1, "路灯不亮", ["d331102000000", "u7"]),
            Document("note", 2, "路灯不亮", ["d331121000000"]),
            Document("note", 3, "路灯不亮", []),
        ]
    )
    assert found("路灯", ["d331102000000"]) == [1]
    assert found("路灯", ["u7", "d331121000000"]) == [2, 1]
    assert found("路灯", []) == []
    assert found("路灯", ALL) == [3, 2, 1]
    assert found("u7", ["u7"]) == [], "a scope token isn't a word"
    with pytest.raises(Unscoped):
        Everything("")


def test_a_scope_token_cannot_smuggle_in_a_query():
    with pytest.raises(ValueError, match="scope token"):
        found("路灯", ['u7" OR "u8'])


def test_indexing_again_replaces_and_removing_leaves_nothing():
    put("路灯不亮", "路灯太亮")
    put("井盖丢失")
    assert found("路灯") == [2]
    assert found("井盖") == [1]
    assert search.remove("note", [1, 99]) == 1
    assert found("井盖") == []
    search.compact()
    assert found("路灯") == [2]


def test_a_new_scope_keeps_the_text():
    put("路灯不亮", "路灯太亮")
    assert search.rescope("note", {1: ["u9"], 2: ["d331102000000"], 77: ["u9"]}) == 1
    assert found("路灯", ["u9"]) == [1]
    assert found("路灯", ["d331102000000"]) == [2]


def test_the_index_can_be_made_anew_from_what_it_keeps():
    put("路灯不亮", "井盖丢失")
    assert search.rebuild() >= 2
    assert found("路灯") == [1]
    assert search.remove("note", [1]) == 1
    assert found("路灯") == []


def test_quotes_operators_and_wildcards_in_a_query_are_only_text():
    put("路灯不亮 and 井盖")
    for strange in [
        '"路灯" OR "井盖"',
        "路灯*",
        "text : 路灯",
        "'路灯' | x:*",
        "路灯\\",
        "路灯\x00",
        "NEAR(路灯 井盖)",
    ]:
        found(strange)
    assert found('"路灯"') == [1]


def test_a_query_with_nothing_to_search_says_so():
    with pytest.raises(InvalidInput):
        found(" ，。!?")


def test_each_search_is_logged_and_a_refused_one_without_what_it_hid():
    put("路灯")
    audit.flush_access()
    AccessEntry.objects.all().delete()
    found("路灯")
    with pytest.raises(Refused):
        found("13857812345")
    audit.flush_access()
    entries = list(AccessEntry.objects.order_by("id").values_list("account_id", "what", "kind", "result"))
    assert entries == [(1, "search: 路灯", "note", "ok"), (1, "search: ＊", "note", "refused")]


def test_an_unregistered_kind_or_a_taken_number_is_a_fault():
    with pytest.raises(LookupError, match="note"):
        search.find("ghost", "路灯", ALL, actor=CLERK)
    with pytest.raises(ValueError, match="taken by note"):
        search.register("other", 32_000, search.kinds()[0].words)


def test_a_very_common_word_still_comes_newest_first():
    search.index(Document("note", n, "路灯" if n % 2 else "路灯 井盖") for n in range(1, RARE + 12))
    assert found("路灯", limit=3) == [RARE + 11, RARE + 10, RARE + 9]
    assert len(found("井盖", limit=500)) == 500


class TestSimilar:
    def test_the_same_complaint_in_other_words_is_the_likest(self):
        put(
            "万象街道丽阳门小区地下车库渗水，已经一个月没人管",
            "丽阳门小区的地下车库一直在渗水，物业不管",
            "白云小区路灯不亮，老人出行不便",
            "紫金街道菜市场占道经营，晚上噪音大",
        )
        likes = search.similar("note", "丽阳门小区地下车库渗水严重", ALL)
        assert [like.record_id for like in likes] == [1, 2] or [like.record_id for like in likes] == [2, 1]
        assert all("渗水" in like.shared or "车库" in like.shared for like in likes)

    def test_a_near_one_goes_before_a_far_one(self):
        search.index(
            [
                Document("note", 1, "小区电梯经常停运，老人被困", ["d331102001000"]),
                Document("note", 2, "小区电梯经常停运，老人被困", ["d331102002000"]),
            ]
        )
        likes = search.similar("note", "小区电梯停运老人被困", ALL, near=["d331102001000"])
        assert [(like.record_id, like.near) for like in likes] == [(1, True), (2, False)]

    def test_scope_and_earliest_record_bound_it(self):
        put("小区电梯经常停运", "小区电梯经常停运", scope=["u1"])
        assert search.similar("note", "小区电梯经常停运", ["u2"]) == []
        assert search.similar("note", "小区电梯经常停运", []) == []
        assert [like.record_id for like in search.similar("note", "小区电梯经常停运", ["u1"], since=2)] == [2]

    def test_nothing_is_said_of_an_unlike_text(self):
        put("小区电梯经常停运")
        assert search.similar("note", "河道垃圾无人清理", ALL) == []

    def test_a_shared_telephone_or_name_makes_no_likeness(self):
        put("我叫王建国，电话13857812345，河道垃圾", "我叫王建国，电话13857812345，电梯停运")
        likes = search.similar("note", "我叫王建国，电话13857812345，噪音扰民", ALL, least=0.01)
        assert not {term for like in likes for term in like.shared} & {"王建", "建国", "13857812345"}
