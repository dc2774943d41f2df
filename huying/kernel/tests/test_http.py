"""The edge: what is refused is refused clearly, what is repeated is done once, what overloads is turned away early."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, connections
from django.http import HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from huying.kernel import errors, metrics, outbox
from huying.kernel.clock import now
from huying.kernel.http import WriteInRead, health, idempotency, reads, writes
from huying.kernel.http.guards import WRITE, Guard
from huying.kernel.http.shedding import Gate
from huying.kernel.sequences import NumberSeries, next_numbers

FAULTS = {
    "missing": lambda: errors.NotFound("没有这件事", cure="核对编号"),
    "busy": lambda: errors.Unavailable("忙", retry_after=7),
    "invalid": lambda: errors.InvalidInput("表单有误", fields={"place": "必填"}),
    "locked": lambda: OperationalError("database is locked"),
    "gone": lambda: OperationalError("connection to server failed: Connection refused"),
    "full": lambda: OperationalError("database or disk is full"),
    "disk": lambda: OSError(28, "No space left on device"),
    "bug": lambda: ZeroDivisionError("oops"),
}


def fail(request, fault):
    raise FAULTS[fault]()


def take_number(request):
    return JsonResponse({"number": next_numbers("test")[0]}, status=201)


@csrf_exempt
def refuse_after_counting(request):
    next_numbers("refusals")
    return HttpResponse("no", status=409)


@csrf_exempt
def break_after_writing(request):
    next_numbers("test")
    raise ZeroDivisionError


urlpatterns = [
    path("fail/<str:fault>", fail),
    path("take", csrf_exempt(take_number)),
    path("take/reads", csrf_exempt(reads(take_number))),
    path("take/writes", writes(lambda request: take_number(request))),
    path("refuse", refuse_after_counting),
    path("break", break_after_writing),
    path("", include("huying.entry.urls")),
]
handler404 = "huying.kernel.http.errors.page_not_found"
handler500 = "huying.kernel.http.errors.server_error"
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
KEY = "a-random-key-0001"


@pytest.fixture
def caller() -> Client:
    return Client(raise_request_exception=False)


# Errors ------------------------------------------------------------------------------------------------------------


def test_an_error_becomes_a_page_with_its_status_and_cure(caller) -> None:
    response = caller.get("/fail/missing")
    assert response.status_code == 404
    assert "没有这件事" in response.text
    assert "核对编号" in response.text


def test_an_api_caller_gets_a_json_problem_with_fields(caller) -> None:
    response = caller.get("/fail/invalid", headers={"Accept": "application/json"})
    assert response.headers["Content-Type"].startswith("application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["code"], problem["fields"]) == (422, "invalid_input", {"place": "必填"})
    assert problem["request"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(("fault", "seconds"), [("busy", 7), ("locked", 2), ("gone", 5), ("full", 60), ("disk", 60)])
def test_a_database_locked_gone_or_full_is_a_503_that_says_when_to_retry(caller, fault, seconds) -> None:
    response = caller.get(f"/fail/{fault}")
    assert (response.status_code, response.headers["Retry-After"]) == (503, str(seconds))


def test_a_bug_is_a_500_that_tells_nothing_but_a_number(caller) -> None:
    response = caller.get("/fail/bug")
    assert response.status_code == 500
    assert "oops" not in response.text
    assert response.headers["X-Request-ID"] in response.text


def test_hostile_text_in_an_error_is_escaped(caller, monkeypatch) -> None:
    monkeypatch.setitem(FAULTS, "script", lambda: errors.NotFound("<script>alert(1)</script>"))
    assert "<script>alert" not in caller.get("/fail/script").text


# Guards ------------------------------------------------------------------------------------------------------------


def test_a_get_that_writes_is_stopped_before_it_writes() -> None:
    with pytest.raises(WriteInRead, match="kernel_numberseries"):
        Client().get("/take")
    assert not NumberSeries.objects.exists()


def test_a_view_marked_reads_may_not_write_by_post_either() -> None:
    with pytest.raises(WriteInRead):
        Client().post("/take/reads")


def test_a_view_marked_writes_may_write_by_get() -> None:
    assert Client().get("/take/writes").status_code == 201


@pytest.mark.parametrize(
    "sql",
    [
        'INSERT INTO "matters_matter" (x) VALUES (1)',
        'INSERT OR IGNORE INTO "matters_matter"',
        'update "matters_matter" set x=1',
        'DELETE FROM "matters_matter"',
    ],
)
def test_every_writing_statement_is_recognised(sql) -> None:
    assert WRITE.match(sql)[1] == "matters_matter"


# Idempotency -------------------------------------------------------------------------------------------------------


def test_a_request_repeated_under_its_key_is_done_once_and_answered_alike(caller) -> None:
    first = caller.post("/take", {"a": "1"}, headers={"Idempotency-Key": KEY})
    second = caller.post("/take", {"a": "1"}, headers={"Idempotency-Key": KEY})
    assert first.json() == second.json() == {"number": 1}
    assert (second.status_code, second.headers["Idempotency-Replayed"]) == (201, "true")
    assert NumberSeries.objects.get().last == 1


def test_a_key_reused_for_something_else_is_refused(caller) -> None:
    caller.post("/take", {"a": "1"}, headers={"Idempotency-Key": KEY})
    assert caller.post("/take", {"a": "2"}, headers={"Idempotency-Key": KEY}).status_code == 422


def test_another_key_is_another_request(caller) -> None:
    numbers = [caller.post("/take", headers={"Idempotency-Key": KEY + x}).json()["number"] for x in "ab"]
    assert numbers == [1, 2]


def test_a_form_sent_twice_is_one_act_and_a_mended_form_is_another(caller) -> None:
    form = {"idempotency_key": KEY, "a": "1"}
    numbers = [caller.post("/take", form | {"a": a}).json()["number"] for a in "112"]
    assert numbers == [1, 1, 2]


def test_a_short_key_is_refused(caller) -> None:
    assert caller.post("/take", headers={"Idempotency-Key": "short"}).status_code == 422


def test_a_refusal_isnt_kept_and_what_it_counted_stays_counted(caller) -> None:
    for _ in range(2):
        assert caller.post("/refuse", headers={"Idempotency-Key": KEY}).status_code == 409
    assert NumberSeries.objects.get(pk="refusals").last == 2


def test_a_fault_leaves_neither_effect_nor_key(caller) -> None:
    assert caller.post("/break", headers={"Idempotency-Key": KEY}).status_code == 500
    assert not NumberSeries.objects.exists()
    assert not idempotency.IdempotentRequest.objects.exists()


def test_the_stored_answer_cannot_be_read_from_the_database(caller) -> None:
    caller.post("/take", headers={"Idempotency-Key": KEY})
    assert b"number" not in bytes(idempotency.IdempotentRequest.objects.get().answer)


def test_keys_are_forgotten_after_a_day(caller, clock) -> None:
    caller.post("/take", headers={"Idempotency-Key": KEY})
    clock.move(timedelta(hours=25))
    assert idempotency.purge() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_under_one_key_are_one(caller) -> None:
    def post(_: int) -> int:
        try:
            return Client().post("/take", {"a": "1"}, headers={"Idempotency-Key": KEY}).json()["number"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(20))) == {1}


# Shedding ----------------------------------------------------------------------------------------------------------


def test_the_gate_lets_in_so_many_lets_wait_so_many_and_turns_the_rest_away() -> None:
    gate = Gate(working=1, waiting=1, patience=30)
    assert gate.enter() == ""
    outcome: list[str] = []
    waiter = threading.Thread(target=lambda: outcome.append(gate.enter()))
    waiter.start()
    while gate._waiting == 0:
        waiter.join(0.001)
    assert gate.enter() == "full"
    gate.leave()
    waiter.join(5)
    assert outcome == [""]


def test_who_waited_too_long_is_turned_away() -> None:
    gate = Gate(working=1, waiting=5, patience=0.01)
    gate.enter()
    assert gate.enter() == "waited"


@override_settings(HUYING_CONCURRENCY=0, HUYING_QUEUE_LENGTH=0)
def test_overload_is_an_early_503_but_health_is_always_answered() -> None:
    caller = Client()
    turned_away = caller.post("/take")
    assert (turned_away.status_code, turned_away.headers["Retry-After"]) == (503, "2")
    assert not NumberSeries.objects.exists()
    assert caller.get("/healthz").status_code == 200


# Health, metrics, logs ---------------------------------------------------------------------------------------------


def test_health_is_ready_while_work_is_on_time_and_degraded_when_it_isnt(caller, clock) -> None:
    from huying.kernel.jobs.models import WorkerBeat

    WorkerBeat.objects.create(worker="w", started_at=now(), seen_at=now())
    assert caller.get("/healthz").json()["status"] == "ready"
    outbox.enqueue([outbox.Message(topic="t", driver="d", recipient="r")])
    clock.move(timedelta(hours=1))
    response = caller.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["outbox_lag_seconds"] == 3600
    assert response.json()["workers"] == 0


def test_health_is_503_with_the_reason_while_the_database_is_gone_or_behind(caller, monkeypatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "pending_migrations", lambda: ["matters.0001_initial"])
    response = caller.get("/healthz")
    assert response.status_code == 503
    assert "matters.0001_initial" in response.json()["reason"]

    def gone() -> list[str]:
        raise OperationalError("no route to host")

    monkeypatch.setattr(health, "pending_migrations", gone)
    assert "no route to host" in caller.get("/healthz").json()["reason"]


def test_metrics_are_for_this_machine_or_the_token_only(caller) -> None:
    assert "huying_outbox_lag_seconds" in caller.get("/metrics").text
    assert caller.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 403
    assert caller.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403
    with override_settings(HUYING_METRICS_TOKEN="t0ken"):
        assert (
            caller.get("/metrics", REMOTE_ADDR="10.1.2.3", headers={"Authorization": "Bearer t0ken"}).status_code == 200
        )


def test_requests_are_counted_by_pattern_not_by_address(caller) -> None:
    caller.get("/fail/missing")
    assert 'view="/fail/<str:fault>"' in metrics.exposition().decode()


def test_the_access_log_names_the_pattern_and_never_the_address(caller, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="huying.access"):
        caller.get("/fail/missing?phone=13800000000", headers={"X-Request-ID": "given-id-1"})
    (line,) = [record.msg for record in caplog.records if record.name == "huying.access"]
    assert (line["route"], line["status"]) == ("/fail/<str:fault>", 404)
    assert "13800000000" not in json.dumps(line, default=str)


def test_a_slow_statement_is_logged_without_its_values(caplog, settings) -> None:
    settings.HUYING_SLOW_QUERY_MS = 0
    with caplog.at_level(logging.WARNING, logger="huying.database"):
        list(NumberSeries.objects.filter(series="机密"))
    logged = str([record.msg for record in caplog.records])
    assert "kernel_numberseries" in logged
    assert "机密" not in logged


def test_every_connection_is_watched_once() -> None:
    from huying.kernel.logs import _time_statements, _timed

    wrapped = SimpleNamespace(execute_wrappers=[])
    _time_statements(wrapped)
    _time_statements(wrapped)
    assert wrapped.execute_wrappers == [_timed]
    assert connection.execute_wrappers.count(_timed) == 1


def test_a_connection_opened_inside_a_reading_request_leaves_no_guard_behind() -> None:
    from huying.kernel import logs

    one = connections.create_connection("default")
    with one.execute_wrapper(Guard(reading=True)):
        logs._time_statements(one)
    assert [type(wrapper) for wrapper in one.execute_wrappers] == [type(logs._timed)]
