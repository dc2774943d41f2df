"""Whatever terms, absences and endings people think of: at every moment every open item has a living owner."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Term
from huying.domains.organizations.queries import Living, Owner
from huying.domains.organizations.tests.conftest import make_account, make_post, make_term, make_unit
from huying.domains.organizations.tests.test_terms import put_work
from huying.domains.organizations.vocabulary import AbsenceReason
from huying.kernel import clock as kernel_clock
from huying.kernel import worklist
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError

INIT = Actor.system("test")
FIRST = date(2026, 11, 20)
UNITS, PEOPLE, DAYS = 3, 5, 12

ACT = st.tuples(
    st.sampled_from(["end", "end", "absence", "appoint", "item"]),
    st.integers(0, 30),
    st.integers(0, PEOPLE - 1),
    st.integers(0, 4),
    st.integers(1, 4),
    st.booleans(),
)


def at(day):
    return kernel_clock.FixedClock(kernel_clock.datetime(day.year, day.month, day.day, 9, tzinfo=kernel_clock.ZONE))


def assert_every_item_has_a_living_owner(day):
    living = Living(day)
    posts = [view.id for unit in queries.all_units(day) for view in queries.posts_of_unit(unit.id, day)]
    units = [unit.id for unit in queries.all_units(day)]
    lost = [
        item.number
        for item in worklist.open_items(post_ids=posts, unit_ids=units)
        if not living.holds(Owner(item.unit_id, item.post_id))
    ]
    assert lost == [], f"on {day}"


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(days=st.lists(st.lists(ACT, max_size=3), min_size=DAYS, max_size=DAYS))
def test_at_every_moment_every_open_item_has_a_living_owner(days):
    with transaction.atomic():
        queries.forget()
        walk(days)
        transaction.set_rollback(True)
    queries.forget()


def walk(days):
    root = make_unit("331102-government", kind="territorial")
    units = [root, make_unit("331102-water", parent=root), make_unit("331102-housing", parent=root)]
    posts = [make_post(unit, key, role) for unit in units for key, role in (("h", Role.UNIT_HEAD), ("c", Role.HANDLER))]
    people = [make_account(f"p{n}") for n in range(PEOPLE)]
    for n, post in enumerate(posts[:PEOPLE]):
        make_term(people[n], post)
    number = 0
    for offset, acts in enumerate(days):
        today = FIRST + timedelta(days=offset)
        with kernel_clock.use(at(today)):
            services.hand_over(actor=INIT)
            assert_every_item_has_a_living_owner(today)
            for kind, pick, person, ahead, length, flag in acts:
                with suppress(HuyingError), transaction.atomic():
                    number += act(kind, pick, people[person], ahead, length, flag, posts, today, number)
                assert_every_item_has_a_living_owner(today)


def act(kind, pick, person, ahead, length, flag, posts, today, number):
    begin = today + timedelta(days=ahead)
    if kind == "item":
        living, post = Living(today), posts[pick % len(posts)]
        owner = Owner(post.unit_id, post.pk if flag else None)
        if living.holds(owner):
            put_work(number, post.unit, post if flag else None)
            return 1
        return 0
    if kind == "appoint":
        row = services.NewTerm(account_id=person.pk, post_id=posts[pick % len(posts)].pk, valid_from=begin)
        services.open_term(actor=INIT, row=row)
        return 0
    terms = list(Term.objects.order_by("id"))
    term = terms[pick % len(terms)]
    if kind == "end":
        services.end_term(actor=INIT, term_id=term.pk, on=begin, successor=person.pk if flag else None)
    else:
        services.record_absence(
            actor=INIT,
            term_id=term.pk,
            valid_from=begin,
            valid_to=begin + timedelta(days=length),
            reason=AbsenceReason.LEAVE,
            deputy=person.pk if flag else None,
        )
    return 0
