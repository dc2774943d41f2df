"""What the tests stand on holds."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from huying.kernel import clock as kernel_clock
from huying.kernel.translations import compile_stale
from tests.support import ratchet

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "待办"\nmsgstr "To do"\n'


def test_a_test_never_touches_the_developers_home() -> None:
    assert "huying-test-" in str(settings.HUYING_HOME)


def test_the_fixed_clock_holds_in_other_threads_too(clock: kernel_clock.FixedClock) -> None:
    seen = []
    clock.move(timedelta(hours=1))
    thread = threading.Thread(target=lambda: seen.append(kernel_clock.now()))
    thread.start()
    thread.join()
    assert seen == [kernel_clock.now()]
    assert seen[0].isoformat() == "2026-11-20T11:00:00+08:00"


@pytest.mark.django_db
def test_counting_leaves_transaction_bookkeeping_out(count_queries) -> None:
    from django.contrib.sessions.models import Session
    from django.db import transaction

    with count_queries() as counted, transaction.atomic():
        list(Session.objects.all())
    assert counted.n == 1


def test_the_ratchet_refuses_more_and_asks_for_less_to_be_committed() -> None:
    committed = {"list": {"sqlite": 5}}
    assert ratchet.verdict("list", "sqlite", 5, committed) is None
    assert "loop" in ratchet.verdict("list", "sqlite", 6, committed)
    assert "only 4" in ratchet.verdict("list", "sqlite", 4, committed)
    assert "no committed" in ratchet.verdict("page", "sqlite", 4, committed)
    assert ratchet.verdict("list", "postgresql", 4, committed) is None
    assert "loop" in ratchet.verdict("list", "postgresql", 6, committed)


def test_stale_translations_are_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO)
    assert compile_stale(tmp_path) == [folder / "django.mo"]
    assert compile_stale(tmp_path) == []


@pytest.mark.postgresql
def test_an_empty_postgresql_is_there_for_the_asking(postgresql_url: str) -> None:
    import psycopg

    with psycopg.connect(postgresql_url) as link:
        assert link.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_reaches_the_live_server(page) -> None:
    assert page.goto("/no-such-page").status == 404


@pytest.mark.django_db
def test_the_chosen_database_is_the_one_in_use() -> None:
    import os

    assert connection.vendor == os.environ.get("HUYING_TEST_DATABASE", "sqlite")
