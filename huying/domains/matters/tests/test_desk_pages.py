"""The desk's pages of matters, each as the post that uses it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from huying.domains.matters import services
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import Kind
from huying.domains.organizations import queries as organizations
from huying.kernel import worklist
from tests.browser.looking import PASSWORD, own_password

pytestmark = pytest.mark.django_db
Account = get_user_model()


def signed_in(client: Client, who: str) -> Client:
    """The client, signed in with a password of its own and acting in the post."""
    own_password(who)
    client.logout()
    client.post("/signin/", {"login": who, "password": PASSWORD})
    post = organizations.posts_of(Account.objects.get(username=who).pk)[0]
    answer = client.post("/signin/posts", {"post": post.id})
    assert answer.status_code == 302, answer.content.decode()
    return client


def act(client: Client, matter: Matter, action: str, **given: Any) -> Any:
    matter.refresh_from_db()
    address = f"/desk/matters/{matter.pk}/acts/{action}"
    return client.post(address, {"version": matter.version, **given})


def test_a_matter_goes_from_call_to_close_by_the_pages_alone(client: Client, cast: Any) -> None:
    taken = signed_in(client, "taker").post(
        "/desk/matters/register",
        {
            "content": "永晖社区自来水管破裂，路面积水，请派人修。",
            "division": "331102001001",
            "place": "3幢门口",
            "kind": "help",
            "channel": "hotline",
            "confidentiality": "open",
            "wants_reply": "on",
            "name": "李四",
            "phone": "13900001111",
        },
    )
    assert taken.status_code == 200, taken.content.decode()
    matter = Matter.objects.everything("test").get()
    assert matter.number in taken.content.decode()
    assert taken["Cache-Control"] == "no-store"
    water = str(cast.unit("331102-water"))
    steps = [
        ("dispatcher", "dispatch", {"lead_unit": water}, "dispatched"),
        ("water", "receive", {}, "in_hand"),
        ("water", "contact", {"way": "phone", "reached": "on", "summary": "约好下午到场"}, "in_hand"),
        ("water", "reply", {"text": "水管已修好，路面已清理。"}, "replied"),
        ("supervisor", "approve_reply", {}, "reviewed"),
        ("follower", "follow_up", {"way": "phone", "solved": "yes", "satisfied": "yes"}, "followed_up"),
        ("follower", "close", {}, "closed"),
    ]
    for who, action, given, state in steps:
        answer = act(signed_in(client, who), matter, action, **given)
        assert answer.status_code == 302, f"{who} {action}: {answer.content.decode()}"
        matter.refresh_from_db()
        assert matter.state == state, action
    html = signed_in(client, "supervisor").get(f"/desk/matters/{matter.pk}").content.decode()
    assert "水管已修好" in html
    assert "李四" not in html
    assert "13900001111" not in html


def test_the_next_act_is_the_one_primary_button_and_what_is_not_allowed_is_absent(client: Client, cast: Any) -> None:
    matter = cast.dispatched()
    html = signed_in(client, "water").get(f"/desk/matters/{matter.pk}").content.decode()
    assert html.count("hy-btn-primary") - html.count('hy-btn-primary" href="/desk/matters/register"') == 1
    assert f"/desk/matters/{matter.pk}/acts/receive" in html
    assert f"/desk/matters/{matter.pk}/acts/reply" not in html
    assert f"/desk/matters/{matter.pk}/acts/dispatch" not in html


def test_where_the_process_waits_for_another_post_no_act_is_the_primary_one(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    page = signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}").content.decode()
    bar = page.split('class="hy-actbar"')[1].split("data-act>")[0]
    assert "hy-btn-primary" not in bar
    assert "补充" in bar


def test_an_unsolved_matter_goes_back_first_and_once_its_redo_is_used_up_it_is_closed(cast: Any) -> None:
    from huying.domains.matters.pages import acts, reading

    matter, actor = cast.followed_up(), cast.actors["follower"]

    def offer() -> acts.Offer:
        return acts.offered(actor, matter, reading.view(actor, matter).facts)

    matter.solved, matter.redo_count = "no", 0
    assert offer().next.action == "redo"
    matter.redo_count = 9
    assert offer().next.action == "close"
    assert offer().find("redo") is None


def test_a_new_matter_stands_under_the_limit_to_send_it_on_and_says_how_it_is_counted(
    client: Client, cast: Any
) -> None:
    matter = cast.register()
    (item,) = worklist.items("matter", [matter.pk], slot="main")
    assert item.due_at == matter.registered_at + timedelta(hours=2)
    client = signed_in(client, "dispatcher")
    assert "起算" in client.get(f"/desk/matters/{matter.pk}/clock/triage").content.decode()
    sent = cast.dispatched()
    assert client.get(f"/desk/matters/{sent.pk}/clock/receipt").status_code == 200


def test_a_list_of_matters_shows_the_limit_to_send_a_new_one_on(client: Client, cast: Any) -> None:
    cast.register()
    html = signed_in(client, "dispatcher").get("/desk/matters/?view=open").content.decode()
    assert "还剩" in html
    assert "无时限" not in html


def test_a_petition_is_sorted_on_the_page_by_naming_its_kind(client: Client, cast: Any) -> None:
    matter = cast.register(kind=Kind.PETITION)
    client = signed_in(client, "dispatcher")
    form = client.get(f"/desk/matters/{matter.pk}/acts/sort_petition").content.decode()
    assert 'name="petition_kind"' in form
    assert act(client, matter, "sort_petition", petition_kind="31-6").status_code == 302
    matter.refresh_from_db()
    assert (matter.state, matter.petition_kind) == ("registered", "31-6")


def test_supporters_are_ticked_and_a_limit_is_called_by_its_name(client: Client, cast: Any) -> None:
    matter = cast.register()
    form = signed_in(client, "dispatcher").get(f"/desk/matters/{matter.pk}/acts/dispatch").content.decode()
    assert 'type="checkbox" name="supporters"' in form
    rules = form.split('name="rule_key"')[1].split("</select>")[0]
    assert ">hotline." not in rules


def test_why_cant_i_tells_the_rule(client: Client, cast: Any) -> None:
    matter = cast.dispatched()
    html = signed_in(client, "water").get(f"/desk/matters/{matter.pk}/why").content.decode()
    assert "现在是“待签收”" in html
    assert "办理中" in html
    answer = client.get(f"/desk/matters/{matter.pk}/acts/reply")
    assert answer.status_code == 409
    assert "现在是“待签收”" in answer.content.decode()


def test_the_clock_explains_itself(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    html = signed_in(client, "water").get(f"/desk/matters/{matter.pk}/clock/{matter.clock_slot}").content.decode()
    assert "起算" in html
    assert "依据" in html


def test_another_countys_dispatcher_finds_no_such_matter(client: Client, cast: Any) -> None:
    matter = cast.register()
    signed_in(client, "other_dispatcher")
    for address in ("", "/why", "/acts/dispatch", "/clock/handling"):
        assert client.get(f"/desk/matters/{matter.pk}{address}").status_code == 404, address


def test_a_late_reply_keeps_its_text_and_shows_what_happened_since(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    read = matter.version
    cast.act("water_head", services.contact, matter, summary="已电话联系反映人")
    answer = signed_in(client, "water").post(
        f"/desk/matters/{matter.pk}/acts/reply", {"version": read, "text": "这是我写的答复"}
    )
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "这是我写的答复" in html
    assert "已电话联系反映人" in html
    matter.refresh_from_db()
    assert f'name="version" value="{matter.version}"' in html
    assert matter.state == "in_hand"


def test_an_incomplete_form_keeps_what_was_typed_and_says_what_is_missing(client: Client, cast: Any) -> None:
    matter = cast.reviewed()
    answer = act(signed_in(client, "follower"), matter, "follow_up", said="他说修得不错", way="phone")
    assert answer.status_code == 422
    assert "他说修得不错" in answer.content.decode()
    assert "data-errors" in answer.content.decode()


def test_bulk_dispatch_shows_first_what_will_happen_and_says_which_rows_went_stale(client: Client, cast: Any) -> None:
    first, second = cast.register(), cast.register()
    water = cast.unit("331102-water")
    signed_in(client, "dispatcher")
    preview = client.post(
        "/desk/matters/bulk/dispatch/preview", {"pick": [f"matter:{first.pk}", f"matter:{second.pk}"]}
    )
    assert preview.status_code == 200
    assert "派单目录没有对应的条目" in preview.content.decode()
    cast.act("dispatcher", services.comment, second, text="反映人又来电")
    rows = [f"{first.pk}:{first.version}:{water}", f"{second.pk}:{second.version}:{water}"]
    done = client.post("/desk/matters/bulk/dispatch", {"row": rows})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("dispatched", "registered")
    assert second.number in done.content.decode()
    assert "被别人改过" in done.content.decode()


def test_hints_come_while_typing_and_name_their_grounds(client: Client, cast: Any) -> None:
    known = cast.register()
    html = (
        signed_in(client, "taker")
        .post("/desk/matters/hints", {"content": known.content, "division": "331102001001"})
        .content.decode()
    )
    assert known.number in html
    assert "内容一字不差" in html


def test_what_a_caller_adds_to_a_known_matter_makes_no_second_one(client: Client, cast: Any) -> None:
    known = cast.register()
    signed_in(client, "taker").post(f"/desk/matters/{known.pk}/add", {"content": "水又大了"})
    assert Matter.objects.everything("test").count() == 1
    assert "水又大了" in client.get(f"/desk/matters/{known.pk}").content.decode()


def test_search_finds_words_in_scope_and_refuses_a_person(client: Client, cast: Any) -> None:
    known = cast.register()
    signed_in(client, "dispatcher")
    assert known.number in client.get("/desk/search?q=水管").content.decode()
    assert client.get(f"/desk/search?q={known.number}").status_code == 302
    refused = client.get("/desk/search?q=13900001111")
    assert refused.status_code == 422
    assert known.number not in signed_in(client, "other_dispatcher").get("/desk/search?q=水管").content.decode()


def test_an_accusation_asks_whom_it_accuses_and_keeps_it_from_them(client: Client, cast: Any) -> None:
    housing = cast.unit("331102-housing")
    answer = signed_in(client, "taker").post(
        "/desk/matters/register",
        {
            "content": "住建局验收走过场，请查。",
            "division": "331102001001",
            "kind": Kind.REPORT.value,
            "channel": "hotline",
            "confidentiality": "name_hidden",
            "accused": [str(housing)],
        },
    )
    assert answer.status_code == 200
    matter = Matter.objects.everything("test").get()
    refused = act(signed_in(client, "dispatcher"), matter, "dispatch", lead_unit=str(housing))
    assert refused.status_code == 422
    assert "反映的就是该单位" in refused.content.decode()


@pytest.mark.parametrize(
    ("who", "seen"),
    [("supervisor", "督办中"), ("leader", "我包案的"), ("grid_office", "网格上报"), ("dispatcher", "待派单")],
)
def test_each_post_finds_its_own_way_in(client: Client, cast: Any, who: str, seen: str) -> None:
    html = signed_in(client, who).get("/desk/").content.decode()
    assert seen in html


def test_every_ready_view_of_the_list_opens(client: Client, cast: Any) -> None:
    cast.closed()
    matter = cast.register()
    signed_in(client, "leader")
    for view in (
        "mine",
        "open",
        "today",
        "due",
        "overdue",
        "supervised",
        "redone",
        "grid",
        "refused",
        "closed",
        "nonsense",
    ):
        answer = client.get(f"/desk/matters/?view={view}")
        assert answer.status_code == 200, view
    assert matter.number in client.get("/desk/matters/?view=open&kind=help").content.decode()
    assert matter.number not in client.get("/desk/matters/?view=open&kind=petition").content.decode()


def test_an_administrator_opens_no_page_of_matters(client: Client, cast: Any) -> None:
    matter = cast.register()
    signed_in(client, "auditor")
    for address in ("/desk/matters/", f"/desk/matters/{matter.pk}", "/desk/search?q=水管", "/desk/matters/register"):
        assert client.get(address).status_code in (302, 403), address


def test_an_extension_is_offered_within_the_rules_cap_and_approved_by_whom_the_rule_names(
    client: Client, cast: Any
) -> None:
    matter = cast.in_hand()
    form = signed_in(client, "water").get(f"/desk/matters/{matter.pk}/acts/ask_extension").content.decode()
    assert 'value="7 D"' in form
    assert 'value="8 D"' not in form
    assert act(client, matter, "ask_extension", amount="3 D", reason="管材到货晚").status_code == 302
    waiting = client.get(f"/desk/matters/{matter.pk}").content.decode()
    assert "延期待批" in waiting
    assert "/acts/approve_extension" not in waiting
    asked = signed_in(client, "water_head").get(f"/desk/matters/{matter.pk}/acts/approve_extension").content.decode()
    assert "：管材到货晚" in asked
    assert act(signed_in(client, "water_head"), matter, "approve_extension").status_code == 302
    matter.refresh_from_db()
    assert matter.extended


def test_a_clock_is_suspended_only_for_a_reason_that_its_rule_lists(client: Client, cast: Any) -> None:
    matter = cast.in_hand()
    signed_in(client, "water_head")
    page = client.get(f"/desk/matters/{matter.pk}/acts/suspend")
    assert page.status_code in (200, 409)
    assert act(client, matter, "suspend", suspension="because", reason="想停").status_code in (409, 422)
    matter.refresh_from_db()
    assert matter.state == "in_hand"


def test_every_act_of_the_process_has_a_form_that_opens_where_it_is_offered(cast: Any) -> None:
    """Whoever may act, in whatever state: the form is made without fault and names what the process needs."""
    from huying.domains.matters.pages import acts, forms, reading

    stages = [
        cast.register(),
        cast.dispatched(),
        cast.in_hand(),
        cast.replied(),
        cast.reviewed(),
        cast.followed_up(),
        cast.closed(),
    ]
    opened = set()
    for matter in stages:
        for actor in cast.actors.values():
            seen = reading.still_seen(actor, matter.pk)
            if seen is None:
                continue
            facts = reading.view(actor, seen).facts
            offered = acts.offered(actor, seen, facts)
            for offer in filter(None, (offered.next, *offered.others)):
                form = forms.ActForm(offer.action, seen, actor, facts)
                assert set(offer.needs) <= {*form.fields, "petition_kind"} or offer.action == "record_no_answer", (
                    offer.action
                )
                str(form)
                opened.add(offer.action)
    assert {
        "dispatch",
        "receive",
        "reply",
        "approve_reply",
        "follow_up",
        "close",
        "reopen",
        "merge",
        "supervise",
    } <= opened
