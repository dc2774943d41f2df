"""责任交接: responsibility hangs on the post; when a term ends its open matters go to the successor, or to the unit.

Source: index-and-assessment.md (Responsibility handover, Lishui); issue 2 §3 organizations.
"""

from datetime import timedelta

import pytest

from huying.domains.matters import queries, services
from huying.domains.organizations import queries as organizations
from huying.domains.organizations import services as staff
from huying.domains.organizations.models import Account, Term
from huying.domains.organizations.vocabulary import AbsenceReason
from huying.kernel import audit, clock, worklist
from huying.kernel.actors import Actor

SETUP = Actor.system("handover")


@pytest.fixture
def successor(cast):
    made = staff.create_account(actor=SETUP, row=staff.NewAccount(username="successor", display_name="继任者"))
    return Account.objects.get(pk=made)


def _term(cast, who):
    return Term.objects.get(account_id=cast[who].account_id)


def test_the_successor_in_the_post_finds_the_open_matters_and_the_log_names_the_post(cast, successor):
    matter = cast.in_hand()
    leaving = _term(cast, "water")
    staff.open_term(
        actor=SETUP,
        row=staff.NewTerm(account_id=successor.pk, post_id=leaving.post_id, valid_from=clock.today()),
    )
    staff.end_term(actor=SETUP, term_id=leaving.pk, on=clock.today())
    new = organizations.actor_for(successor, leaving.post_id)
    assert [item.number for item in worklist.page(new).items] == [matter.number]
    services.reply(actor=new, matter_id=matter.pk, text="接手后已修好。")
    told = audit.history("matter", matter.pk)[-1]
    assert told.post_id == leaving.post_id
    assert told.account_id == successor.pk


def test_without_a_successor_the_unit_has_them(cast):
    matter = cast.in_hand()
    staff.end_term(actor=SETUP, term_id=_term(cast, "water").pk, on=clock.today())
    assert matter.number in {item.number for item in worklist.page(cast["water_head"]).items}
    found = queries.matter(cast["water_head"], matter.pk)
    assert found.handler_post != cast["water"].post_id


def test_a_deputy_works_in_the_post_while_its_holder_is_away(cast, successor):
    matter = cast.dispatched()
    away = _term(cast, "water")
    staff.record_absence(
        actor=SETUP,
        term_id=away.pk,
        valid_from=clock.today(),
        valid_to=clock.today() + timedelta(days=5),
        reason=AbsenceReason.LEAVE,
        deputy=successor.pk,
    )
    acting = organizations.actor_for(successor, away.post_id)
    assert "（代）" in acting.label
    services.receive(actor=acting, matter_id=matter.pk)
    assert "（代）" in audit.history("matter", matter.pk)[-1].actor_label
