"""Terms of office, the three administrators, and the handover of open work."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Account, PostRole, Term
from huying.domains.organizations.services import NewTerm
from huying.domains.organizations.tests.conftest import make_account, make_post, make_term
from huying.domains.organizations.vocabulary import AbsenceReason
from huying.kernel import audit, worklist
from huying.kernel import clock as now
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, Refused

INIT = Actor.system("test")
TODAY = date(2026, 11, 20)


def put_work(record_id, unit, post=None, kind="assignment"):
    worklist.put(
        [
            worklist.Work(
                kind=kind,
                record_id=record_id,
                queue="handling",
                unit_id=unit.pk,
                post_id=post.pk if post else None,
                subject_id=record_id,
                number=f"N-{record_id}",
                title="路灯不亮",
                opened_at=now.now(),
            )
        ]
    )


def owners():
    return {
        item.record_id: (item.unit_id, item.post_id)
        for item in worklist.open_items(
            post_ids=Term.objects.values_list("post_id", flat=True),
            unit_ids=[view.id for view in queries.all_units()],
        )
    }


def test_a_successor_finds_the_open_work_in_the_post(county, clock):
    term = make_term(county.wang, county.water_handler)
    put_work(1, county.water, county.water_handler)
    moved = services.end_term(actor=INIT, term_id=term.pk, on=TODAY, successor=county.li.pk)
    assert moved == 0
    assert owners() == {1: (county.water.pk, county.water_handler.pk)}
    assert [h.account_id for h in queries.holders([county.water_handler.pk])[county.water_handler.pk]] == [county.li.pk]


def test_without_a_successor_the_units_head_takes_the_open_work_and_the_log_says_so(county, clock):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    assert services.end_term(actor=INIT, term_id=term.pk, on=TODAY) == 1
    assert owners() == {1: (county.water.pk, county.water_head.pk)}
    event = audit.history("assignment", 1)[-1]
    assert event.action == "handed_over"
    assert event.payload["from"]["post"] == county.water_handler.pk
    assert event.payload["to"]["post"] == county.water_head.pk


def test_when_the_last_one_leaves_a_unit_its_pile_goes_to_the_unit_above(county, clock):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.county_head)
    put_work(1, county.water)
    assert services.end_term(actor=INIT, term_id=term.pk, on=TODAY) == 1
    assert owners() == {1: (county.government.pk, None)}


def test_the_last_one_may_not_leave_while_work_is_open_and_nothing_changes(county, clock):
    term = make_term(county.wang, county.water_handler)
    put_work(1, county.water, county.water_handler)
    with pytest.raises(Refused):
        services.end_term(actor=INIT, term_id=term.pk, on=TODAY)
    term.refresh_from_db()
    assert term.valid_to is None
    assert owners() == {1: (county.water.pk, county.water_handler.pk)}


def test_an_end_that_would_strand_work_on_a_later_day_is_refused_too(county, clock):
    leaving_later = make_term(county.wang, county.water_handler, end=date(2026, 12, 1))
    staying = make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    assert leaving_later.valid_to
    with pytest.raises(Refused):
        services.end_term(actor=INIT, term_id=staying.pk, on=date(2026, 11, 25))


def test_a_term_that_ends_in_future_is_handed_over_on_its_day(county, clock):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    assert services.end_term(actor=INIT, term_id=term.pk, on=date(2026, 11, 25)) == 0
    assert owners()[1][1] == county.water_handler.pk
    assert services.hand_over(actor=INIT, on=date(2026, 11, 25)) == 1
    assert owners()[1][1] == county.water_head.pk
    assert services.hand_over(actor=INIT, on=date(2026, 11, 25)) == 0
    term.refresh_from_db()
    assert term.handed_over_at is not None


def test_a_domain_is_told_what_was_handed_over_in_the_same_transaction(county, clock, monkeypatch):
    from huying.domains.organizations.services import handover

    told = []
    monkeypatch.setattr(handover, "_listeners", {})
    services.on_handover("assignment", lambda actor, moved: told.extend(moved))
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    services.end_term(actor=INIT, term_id=term.pk, on=TODAY)
    assert [(one.record_id, one.after.post_id) for one in told] == [(1, county.water_head.pk)]


def test_while_its_holder_is_away_the_deputy_has_the_post_and_nothing_moves(county, clock):
    term = make_term(county.wang, county.water_handler)
    put_work(1, county.water, county.water_handler)
    services.record_absence(
        actor=INIT,
        term_id=term.pk,
        valid_from=TODAY,
        valid_to=date(2026, 11, 24),
        reason=AbsenceReason.LEAVE,
        deputy=county.li.pk,
    )
    assert owners()[1][1] == county.water_handler.pk
    actor = queries.actor_for(county.li, county.water_handler.pk)
    assert actor.post_id == county.water_handler.pk
    assert "（代）" in actor.label


def test_an_absence_without_a_deputy_hands_the_posts_work_to_the_head(county, clock):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    put_work(1, county.water, county.water_handler)
    services.record_absence(
        actor=INIT, term_id=term.pk, valid_from=TODAY, valid_to=date(2026, 11, 24), reason=AbsenceReason.SICKNESS
    )
    assert owners()[1] == (county.water.pk, county.water_head.pk)


def test_staff_record_their_own_absence_but_nobody_elses(county, clock):
    term = make_term(county.wang, county.water_handler)
    make_term(county.li, county.water_head)
    wang = queries.actor_for(county.wang, county.water_handler.pk)
    li = queries.actor_for(county.li, county.water_head.pk)
    days = {"valid_from": TODAY, "valid_to": date(2026, 11, 22), "reason": AbsenceReason.LEAVE}
    with pytest.raises(Forbidden):
        services.record_absence(actor=li, term_id=term.pk, **days)
    services.record_absence(actor=wang, term_id=term.pk, deputy=county.li.pk, **days)
    assert queries.deputy_of(county.water_handler.pk).account_id == county.li.pk


@pytest.fixture
def administrators(county):
    return {
        role: make_post(county.centre, role.value, role)
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
    }


def appoint(account, post, start=TODAY, end=None):
    return services.open_term(
        actor=INIT, row=NewTerm(account_id=account.pk, post_id=post.pk, valid_from=start, valid_to=end)
    )


def test_nobody_holds_two_of_the_three_administrators_even_over_two_posts(county, administrators, clock):
    appoint(county.wang, administrators[Role.SYSTEM_ADMIN])
    for other in (Role.SECURITY_ADMIN, Role.AUDITOR):
        with pytest.raises(Refused):
            appoint(county.wang, administrators[other])
    with pytest.raises(Refused):
        services.open_terms(
            actor=INIT,
            rows=[
                NewTerm(account_id=county.li.pk, post_id=administrators[role].pk, valid_from=TODAY)
                for role in (Role.SECURITY_ADMIN, Role.AUDITOR)
            ],
        )


def test_an_administrator_holds_no_business_post_and_the_other_way_round(county, administrators, clock):
    appoint(county.wang, administrators[Role.AUDITOR])
    with pytest.raises(Refused):
        appoint(county.wang, county.water_handler)
    appoint(county.li, county.water_handler)
    with pytest.raises(Refused):
        appoint(county.li, administrators[Role.AUDITOR])


def test_an_administrator_whose_term_ended_may_take_another_post(county, administrators, clock):
    appoint(county.wang, administrators[Role.AUDITOR], date(2026, 1, 1), date(2026, 6, 1))
    appoint(county.wang, county.water_handler)
    assert Account.objects.get(pk=county.wang.pk).administrator == ""


def test_a_post_holds_at_most_one_administrators_role_and_the_database_says_so_too(county, clock):
    row = services.NewPost(
        unit="331102-centre",
        key="both",
        name="两员合一",
        roles=frozenset({Role.SYSTEM_ADMIN, Role.AUDITOR}),
        valid_from=TODAY,
    )
    with pytest.raises(Refused):
        services.put_posts(actor=INIT, rows=[row])
    post = make_post(county.centre, "admin", Role.SYSTEM_ADMIN)
    with pytest.raises(IntegrityError), transaction.atomic():
        PostRole.objects.create(post=post, role=Role.AUDITOR.value)


def test_an_administrators_actor_reads_no_business(county, administrators, clock):
    appoint(county.wang, administrators[Role.AUDITOR])
    assert not queries.actor_for(county.wang, administrators[Role.AUDITOR].pk).reads_business


def test_only_the_system_administrator_appoints(county, administrators, clock):
    appoint(county.wang, administrators[Role.SECURITY_ADMIN])
    security = queries.actor_for(county.wang, administrators[Role.SECURITY_ADMIN].pk)
    with pytest.raises(Forbidden):
        services.open_term(
            actor=security, row=NewTerm(account_id=county.li.pk, post_id=county.water_head.pk, valid_from=TODAY)
        )


def test_the_same_post_is_not_held_twice_at_once_by_the_same_person(county, clock):
    appoint(county.wang, county.water_head)
    with pytest.raises(InvalidInput):
        appoint(county.wang, county.water_head, date(2027, 1, 1))


def test_an_account_with_a_running_term_is_not_closed(county, clock):
    appoint(county.wang, county.water_head)
    with pytest.raises(NotAllowedNow):
        services.set_active(actor=INIT, account_id=county.wang.pk, active=False)


def test_the_first_administrators_are_three_people_who_must_change_their_passwords(county, clock):
    made = services.create_first_administrators()
    assert {one.role for one in made} == {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR}
    assert len({one.password for one in made}) == 3
    for one in made:
        account = Account.objects.get(username=one.username)
        assert account.must_change_password
        assert account.check_password(one.password)
        (post,) = queries.posts_of(account.pk)
        assert queries.actor_for(account, post).roles == {one.role}
    with pytest.raises(NotAllowedNow):
        services.create_first_administrators()


def test_the_first_administrators_are_made_in_an_empty_place_too(db, clock):
    assert len(services.create_first_administrators()) == 3


def test_a_reset_password_is_shown_once_and_must_be_changed(county, clock):
    account = make_account("chen")
    password = services.reset_password(actor=INIT, account_id=account.pk)
    account.refresh_from_db()
    assert account.must_change_password
    assert account.check_password(password)
    holder = Actor(kind="staff", label="chen", account_id=account.pk)
    with pytest.raises(InvalidInput):
        services.change_password(actor=holder, account_id=account.pk, old="not it", new="Lishui-2026-water")
    services.change_password(actor=holder, account_id=account.pk, old=password, new="Lishui-2026-water")
    account.refresh_from_db()
    assert not account.must_change_password
