from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from huying.domains.organizations import services
from huying.domains.organizations.models import Account, StaffSession
from huying.kernel import audit, jobs
from huying.kernel.actors import Actor

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def test_sign_ins_go_after_six_months_and_the_log_still_tells_of_them(clock):
    account = Account.objects.create(username="wang", created_at=clock.now(), password_changed_at=clock.now())
    old = services.open_session(actor=SYSTEM, account_id=account.pk, session_key="long ago", browser="Firefox")
    AccessAttempt.objects.create(username="wang", ip_address="10.0.0.7", failures_since_start=2)
    AccessAttempt.objects.update(attempt_time=clock.now())  # it dates itself by the machine's clock
    jobs.run_due("tester", only="organizations.sign_ins")  # planned, for the night
    Session.objects.create(session_key="lapsed", session_data="", expire_date=timezone.now() - timedelta(days=1))
    clock.move(timedelta(days=182))
    recent = services.open_session(actor=SYSTEM, account_id=account.pk, session_key="lately", browser="Firefox")
    jobs.run_due("tester", only="organizations.sign_ins")
    assert not Session.objects.exists()
    assert set(StaffSession.objects.values_list("pk", flat=True)) == {old, recent}
    clock.move(timedelta(days=2))
    jobs.run_due("tester", only="organizations.sign_ins")
    assert list(StaffSession.objects.values_list("pk", flat=True)) == [recent]
    assert not AccessAttempt.objects.exists()
    assert [entry.action for entry in audit.history("session", old)] == ["signed_in"]
