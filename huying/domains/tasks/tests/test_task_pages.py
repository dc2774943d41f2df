"""Tasks on the desk: the page, the forms and the list."""

from __future__ import annotations

from types import SimpleNamespace

from django.test import RequestFactory

from huying.domains.tasks import pages, services
from huying.domains.tasks.services import NewTask
from huying.domains.tasks.tests.made import FRIDAY_NEXT
from huying.kernel.actors import Actor


def asked(actor: Actor, method: str = "get", **data):
    request = getattr(RequestFactory(), method)("/desk/tasks/", data)
    request.actor = actor
    request.user = SimpleNamespace(is_authenticated=True, pk=1, username="t")
    request._dont_enforce_csrf_checks = True
    return request


def test_the_task_page_shows_the_story_and_only_the_acts_that_are_ones_own(county) -> None:
    task = county.give()
    for actor, may, may_not in ((county.handler, "finish", "cancel"), (county.dispatcher, "cancel", "finish")):
        shown = pages.page(asked(actor), task.pk).content.decode()
        assert "整改二次供水" in shown
        assert f"/{task.pk}/{may}" in shown
        assert f"/{task.pk}/{may_not}" not in shown


def test_a_form_without_evidence_comes_back_with_the_reason(county) -> None:
    task = county.give()
    answer = pages.act(asked(county.handler, "post", evidence=""), task.pk, "finish")
    assert answer.status_code == 422
    assert "完成任务须有佐证" in answer.content.decode()
    assert pages.act(asked(county.handler, "post", evidence="好了"), task.pk, "finish").status_code == 302


def test_a_task_is_given_on_a_form_and_a_faulty_form_says_what_is_wrong(county) -> None:
    unit = county.centre.pk
    faulty = pages.new(asked(county.dispatcher, "post", title="查水箱", unit_id=unit))
    assert faulty.status_code == 422
    assert "期限与时限填其中一个" in faulty.content.decode()
    given = pages.new(asked(county.dispatcher, "post", title="查水箱", unit_id=unit, limit="2 h"))
    assert given.status_code == 302


def test_the_list_takes_as_many_queries_for_thirty_tasks_as_for_one(county, count_queries) -> None:
    taken = []
    for n in (1, 29):
        rows = [NewTask(title=f"任务{i}", unit_id=county.water.pk, due_at=FRIDAY_NEXT) for i in range(n)]
        services.create_tasks(actor=county.dispatcher, rows=rows)
        with count_queries() as counted:
            assert pages.listing(asked(county.handler)).status_code == 200
        taken.append(counted.n)
    assert taken[0] == taken[1]
