from datetime import timedelta

import pytest

from huying.domains.identities import services
from huying.domains.identities.models import CallbackToken, CallSession
from huying.domains.identities.tests.conftest import CALL_TAKER, HANDLER
from huying.kernel import jobs

pytestmark = pytest.mark.django_db


def run():
    jobs.run_due("tester", only="identities.calls")


def test_the_number_of_a_caller_whom_nobody_hung_up_on_goes_when_the_call_must_be_over(clock):
    services.begin_call(actor=CALL_TAKER, number="139 0578 0001")
    run()
    call = CallSession.objects.everything("test").get()
    assert call.sealed is not None
    clock.move(timedelta(hours=2, minutes=1))
    run()
    call.refresh_from_db()
    assert call.sealed is None
    clock.move(timedelta(days=1))
    run()
    assert not CallSession.objects.everything("test").exists()


def test_a_stand_in_for_a_number_is_gone_a_day_after_it_lapsed(stored, clock):
    stored(1)
    services.callback_token(actor=HANDLER, kind="demo", record_id=1, purpose="核实维修时间")
    run()
    assert CallbackToken.objects.everything("test").count() == 1
    clock.move(timedelta(days=2))
    run()
    assert not CallbackToken.objects.everything("test").exists()
