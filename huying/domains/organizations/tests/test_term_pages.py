"""Absences, deputies, terms that end: on screen, with what will happen said before it is done."""

from datetime import date, timedelta

import pytest

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Absence, Account, Term
from huying.domains.organizations.tests.conftest import make_account, make_post, make_term
from huying.domains.organizations.tests.test_pages import signed_in
from huying.domains.organizations.tests.test_terms import INIT, TODAY, owners, put_work
from huying.domains.organizations.vocabulary import AbsenceReason
from huying.kernel import audit
from huying.kernel.actors import Role
from huying.kernel.errors import Forbidden, NotAllowedNow

__all__ = ["signed_in"]
AWAY = {"act": "away", "reason": "leave", "first": "2026-11-20", "last": "2026-11-22"}


def test_an_absence_is_recorded_with_its_deputy_who_then_acts_in_the_post(signed_in, county):
    term = make_term(county.wang, county.water_handler)
    client = signed_in(Role.SYSTEM_ADMIN)
    asked = client.post(f"/desk/terms/{term.pk}", AWAY | {"deputy": "li"})
    assert asked.status_code == 302, asked.content.decode()
    absence = Absence.objects.get()
    assert (absence.valid_from, absence.valid_to) == (date(2026, 11, 20), date(2026, 11, 23)), "the last day counts"
    acting = queries.holders([county.water_handler.pk])[county.water_handler.pk][0]
    assert (acting.account_id, acting.acting) == (county.li.pk, True)
    listed = client.get("/desk/absences").content.decode()
    assert "正在缺勤" in listed
    assert "li" in listed
    assert "2026-11-22" in listed


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"last": "2026-11-19"}, "不能早于第一天"),
        ({"deputy": "nobody"}, "没有用户“nobody”"),
        ({"deputy": "wang"}, "不能由本人代理"),
        ({"first": "soon"}, "first"),
    ],
)
def test_a_wrong_absence_is_told_beside_its_field_and_what_was_typed_stays(signed_in, county, wrong, told):
    term = make_term(county.wang, county.water_handler)
    answer = signed_in(Role.SYSTEM_ADMIN).post(f"/desk/terms/{term.pk}", AWAY | wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert told in text
    assert f'value="{wrong.get("last", "2026-11-22")}"' in text
    assert not Absence.objects.exists()


def test_back_early_ends_the_deputys_days_too_and_the_log_says_so(signed_in, county):
    term = make_term(county.wang, county.water_handler)
    services.record_absence(
        actor=INIT,
        term_id=term.pk,
        valid_from=TODAY - timedelta(days=3),
        valid_to=TODAY + timedelta(days=5),
        reason=AbsenceReason.LEAVE,
        deputy=county.li.pk,
    )
    client = signed_in(Role.SYSTEM_ADMIN)
    absence = Absence.objects.get()
    assert client.post(f"/desk/terms/{term.pk}", {"act": "back", "absence": absence.pk}).status_code == 302
    absence.refresh_from_db()
    assert absence.valid_to == TODAY
    assert Term.objects.get(deputy_for=term).valid_to == TODAY
    assert audit.history("term", term.pk)[-1].action == "absence_ended"
    with pytest.raises(NotAllowedNow):
        services.end_absence(actor=INIT, absence_id=absence.pk, on=TODAY)


def test_an_absence_that_has_not_begun_is_cancelled_with_its_deputy(county, clock):
    term = make_term(county.wang, county.water_handler)
    absence = services.record_absence(
        actor=INIT,
        term_id=term.pk,
        valid_from=TODAY + timedelta(days=3),
        valid_to=TODAY + timedelta(days=5),
        reason=AbsenceReason.TRAINING,
        deputy=county.li.pk,
    )
    services.end_absence(actor=INIT, absence_id=absence, on=TODAY)
    assert not Absence.objects.exists()
    assert not Term.objects.filter(deputy_for=term).exists()


def test_everybody_records_their_own_absence_and_nobody_anothers(signed_in, county):
    other = make_term(county.wang, county.water_handler)
    client = signed_in(Role.HANDLER)
    own = Account.objects.get(username="a-handler").terms.get()
    assert client.post("/desk/absences/mine", AWAY | {"term": own.pk, "deputy": "li"}).status_code == 302
    shown = client.get("/desk/absences/mine").content.decode()
    assert "今天起已返岗" in shown
    assert client.post("/desk/absences/mine", AWAY | {"term": other.pk}).status_code == 404
    theirs = Absence.objects.create(term=other, reason="leave", valid_from=TODAY, valid_to=TODAY + timedelta(days=1))
    assert client.post("/desk/absences/mine", {"term": own.pk, "absence": theirs.pk}).status_code == 404
    mine = Absence.objects.get(term=own)
    assert client.post("/desk/absences/mine", {"term": own.pk, "absence": mine.pk}).status_code == 302
    assert not Absence.objects.filter(term=own).exists()


def test_what_ending_a_term_does_is_shown_before_and_nothing_is_changed_by_looking(signed_in, county):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    put_work(2, county.water)
    client = signed_in(Role.SYSTEM_ADMIN)
    before = owners()
    shown = client.post(f"/desk/terms/{term.pk}", {"act": "foresee", "on": "2026-11-20"})
    assert shown.context["fates"] == [(1, True, "331102-water head"), (1, False, "331102-water的单位待办")]
    assert "什么都没有改" in shown.content.decode()
    term.refresh_from_db()
    assert term.valid_to is None
    assert owners() == before
    with_successor = client.post(f"/desk/terms/{term.pk}", {"act": "foresee", "on": "2026-12-01", "successor": "zhao"})
    assert with_successor.context["fates"][0] == (1, True, "331102-water handler")
    assert client.post(f"/desk/terms/{term.pk}", {"act": "end", "on": "2026-11-20"}).status_code == 302
    assert owners()[1] == (county.water.pk, county.water_head.pk)


def test_an_end_that_leaves_work_with_nobody_is_refused_in_the_preview_already(signed_in, county):
    term = make_term(county.wang, county.water_handler)
    put_work(1, county.water, county.water_handler)
    answer = signed_in(Role.SYSTEM_ADMIN).post(f"/desk/terms/{term.pk}", {"act": "foresee", "on": "2026-11-21"})
    assert answer.status_code == 422
    assert "将无人负责" in answer.content.decode()


def test_terms_that_end_soon_say_what_lies_on_the_post_and_whether_someone_follows(signed_in, county):
    soon = TODAY + timedelta(days=30)
    make_term(county.wang, county.water_handler, end=soon)
    make_term(county.li, county.water_head, end=soon)
    make_term(county.zhao, county.water_head, start=soon)
    put_work(1, county.water, county.water_handler)
    shown = signed_in(Role.SYSTEM_ADMIN).get("/desk/terms")
    told = {term.account.username: (items, successors) for term, items, successors in shown.context["rows"]}
    assert told == {"wang": (1, []), "li": (0, ["zhao"])}


def test_the_security_administrator_reads_both_lists_and_changes_nothing(signed_in, county):
    term = make_term(county.wang, county.water_handler)
    client = signed_in(Role.SECURITY_ADMIN)
    assert "结束任期" not in client.get(f"/desk/terms/{term.pk}").content.decode()
    for act in ("end", "foresee", "away", "back"):
        assert client.post(f"/desk/terms/{term.pk}", AWAY | {"act": act, "on": "2026-11-20"}).status_code == 403
    with pytest.raises(Forbidden):
        services.foresee_end(
            actor=queries.actor_of(county.wang, queries.post(county.dispatcher.pk)), term_id=term.pk, on=TODAY
        )


def test_a_terms_page_that_is_not_there_is_not_found(signed_in):
    assert signed_in(Role.SYSTEM_ADMIN).get("/desk/terms/999").status_code == 404


def test_the_lists_cost_the_same_queries_however_long(signed_in, county, query_ratchet, count_queries):
    client = signed_in(Role.SYSTEM_ADMIN)

    def more(n):
        for at in range(n):
            number = Term.objects.count()
            account = make_account(f"w{number}-{at}")
            post = make_post(county.water, f"k{number}-{at}", Role.HANDLER)
            term = make_term(account, post, end=TODAY + timedelta(days=20 + at))
            make_term(county.li, make_post(county.street, f"s{number}-{at}", Role.HANDLER), deputy_for=term)
            Absence.objects.create(term=term, reason="leave", valid_from=TODAY, valid_to=TODAY + timedelta(days=3))
        queries.forget()
        client.get("/desk/terms")

    more(2)
    counts = {}
    for path in ("/desk/terms", "/desk/absences"):
        with count_queries() as few:
            client.get(path)
        counts[path] = few.n
    more(20)
    with query_ratchet("terms that end"):
        client.get("/desk/terms")
    with query_ratchet("absences and deputies"):
        client.get("/desk/absences")
    for path, few in counts.items():
        with count_queries() as many:
            client.get(path)
        assert many.n == few, path
