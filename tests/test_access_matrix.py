"""Every address × method × role × scope has one answer, reviewed and written down in access_matrix.csv; what is missing fails.

A page or call that writes is sent next to nothing: 422 and 409 are "yours, but
something is missing", 200 and 302 "done", 403 "not yours", 404 "not in your scope", 401 and, for those not signed in, 302 "sign
in first". `python -m tools.access_matrix` writes the file as the program answers today; its difference is what a reviewer reads
(docs/howto/add-a-page.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from huying.analytics import published
from huying.analytics.tests.made import WEST, Town
from huying.analytics.tests.made import Matter as Counted
from huying.analytics.tests.test_lake import refresh
from huying.domains.exchange.services import keys
from huying.domains.matters.workflow import MATTER
from huying.kernel.clock import FixedClock, SystemClock
from huying.kernel.http import errors
from tests.support import access, matrix
from tests.support.cast import assemble
from tests.support.fixtures import MORNING, empty_index
from tests.support.web import Operation

pytestmark = pytest.mark.django_db
WRITE = os.environ.get("HUYING_ACCESS_MATRIX") == "write"
CURE = "run `python -m tools.access_matrix`, judge each changed row, and commit tests/access_matrix.csv"
OUTSIDE = ("anonymous", "resident")
ADMINISTRATORS = ("system_admin", "security_admin", "auditor")
Matrix = dict[matrix.Key, dict[str, int]]


@pytest.fixture(scope="module")
def answered(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Matrix, dict[matrix.Key, int]]]:
    """What the program answers everybody, and a machine's key, in one world made once; each act is undone, and at the end the
    world."""
    home: Path = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        fixed = FixedClock(MORNING)
        patch.setattr(SystemClock, "now", lambda self: fixed.now())
        patch.setattr("django.conf.settings.HUYING_SECOND_FACTOR", "none")
        patch.setattr(published, "folder", lambda: home)
        # A refusal's status is settled before its page is drawn, and a page that failed would not change it.
        patch.setattr(errors, "_page", lambda *_what: "")
        town = Town()
        town.put(*(Counted(n, MORNING.replace(month=10), county=WEST) for n in range(30)))
        refresh(town, home)
        empty_index()
        world = access.World(assemble())
        rows: Matrix = {ask.key: {} for ask in access.asks()}
        for who in access.WHO:
            cache.clear()
            client = world.client(who)
            for ask in access.asks():
                rows[ask.key][who] = world.status(who, client, ask)
        patch.setattr(keys, "PER_MINUTE", 10_000)
        machine = Client(
            raise_request_exception=False, headers={"authorization": f"Bearer {world.own['exchange']['key_text']}"}
        )
        by_key = {ask.key: world.status("anonymous", machine, ask) for ask in access.asks()}
        if WRITE:
            matrix.write(rows)
        yield rows, by_key
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def measured(answered: tuple[Matrix, dict[matrix.Key, int]]) -> Matrix:
    return answered[0]


# What a department's machine may call with its key: its unit's datasets; 422, since nothing is delivered here.
FOR_MACHINES = {
    ("api.exchange_datasets", "GET", "-"): 200,
    ("api.exchange_missing", "GET", "-"): 200,
    ("api.exchange_values", "GET", "-"): 200,
    ("api.exchange_deliver", "POST", "-"): 422,
}


def test_a_machines_key_opens_the_exchange_and_is_nobodys_everywhere_else(
    answered: tuple[Matrix, dict[matrix.Key, int]],
) -> None:
    rows, by_key = answered
    opened = {key: status for key, status in by_key.items() if status != rows[key]["anonymous"]}
    assert opened == FOR_MACHINES


def test_every_address_and_call_stands_in_the_matrix_and_nothing_that_is_gone_does(measured: Matrix) -> None:
    written = set(matrix.committed())
    assert sorted(set(measured) - written) == [], f"not in the matrix: {CURE}"
    assert sorted(written - set(measured)) == [], f"in the matrix, but gone from the program: {CURE}"


def test_everybody_is_answered_as_the_matrix_says(measured: Matrix) -> None:
    written = matrix.committed()
    differing = [
        f"{' '.join(key)}: {who} is answered {row[who]}, {written[key][who]} is written"
        for key, row in measured.items()
        if key in written
        for who in access.WHO
        if row[who] != written[key][who]
    ]
    assert differing == [], f"mend the program, or {CURE}"


# What every row must agree with, so that a wrong answer cannot be blessed by writing it down. --------------------------


@pytest.fixture(scope="module")
def rows() -> list[tuple[access.Ask, dict[str, int]]]:
    known = {ask.key: ask for ask in access.asks()}
    return [(known[key], row) for key, row in matrix.committed().items() if key in known]


Rows = list[tuple[access.Ask, dict[str, int]]]


def inside(ask: access.Ask) -> bool:
    """An address of the staff."""
    return isinstance(ask.page, Operation) or ask.page.route.startswith(("desk/", "field/", "wall/"))


def test_nobody_is_answered_with_a_fault(rows: Rows) -> None:
    assert [(ask.key, who) for ask, row in rows for who, status in row.items() if status >= 500] == []


def test_what_lies_in_another_county_or_is_anothers_does_not_exist(rows: Rows) -> None:
    seen = [
        (ask.key, who, status)
        for ask, row in rows
        if ask.scope == "other"
        for who, status in row.items()
        if status not in ((302, 401) if who in OUTSIDE else (403, 404))
        # the cast's system and security administrators are the city's: they enter changes and end keys of both counties
        and (ask.page.name, who)
        not in (("territory_change", "system_admin"), ("exchange_key_revoke", "security_admin"))
    ]
    assert seen == []


def test_forbidden_and_not_found_are_told_apart_alike_within_the_scope_and_beyond_it(rows: Rows) -> None:
    """Whoever is refused by office is refused for any record: 403 for one and 404 for another would say which exists.

    Divisions are public, so a change of one beyond one's area is forbidden, not hidden.
    """
    own = {(ask.url, ask.method): row for ask, row in rows if ask.scope == "own"}
    told = [
        (ask.key, who)
        for ask, row in rows
        if ask.scope == "other" and ask.page.name != "territory_change"
        for who in access.WHO
        if row[who] == 403 and own[ask.url, ask.method][who] not in (403, 404)
    ]
    assert told == []


def test_whoever_is_not_signed_in_is_sent_to_sign_in_from_every_page_of_the_staff(rows: Rows) -> None:
    public = ("field_worker", "field_manifest")
    open_to_all = [
        (ask.key, who)
        for ask, row in rows
        if inside(ask) and ask.url not in public
        for who in OUTSIDE
        if row[who] != (401 if isinstance(ask.page, Operation) else 302)
    ]
    assert open_to_all == []


BUSINESS = (
    "matters_",
    "api.matters",
    "tasks_",
    "documents_",
    "identities_",
    "analytics_",
    "bulletins_",
    "warnings_",
    "desk_search",
    "desk_work_export",
    "wall_",
)


def test_administrators_open_no_business_content(rows: Rows) -> None:
    seen = [
        (ask.key, who, row[who])
        for ask, row in rows
        if inside(ask) and ask.url.startswith(BUSINESS)
        for who in ADMINISTRATORS
        if row[who] not in (403, 404)
    ]
    assert seen == []


ADMINISTRATION = {
    "organizations_people": "system_admin",
    "organizations_person": "system_admin",
    "notices_outbox": "system_admin",
    "notices_retry": "system_admin",
    "organizations_security": "security_admin",
    "organizations_sessions": "security_admin",
    "organizations_log": "auditor",
}


def test_each_administrator_has_a_part_that_nobody_else_has(rows: Rows) -> None:
    for ask, row in rows:
        if (holder := ADMINISTRATION.get(ask.url)) is not None:
            allowed = {who for who, status in row.items() if who not in OUTSIDE and status != 403}
            assert allowed == {holder}, ask.key


def test_an_analyst_and_a_resident_open_no_single_record_of_the_desk(rows: Rows) -> None:
    kinds = (
        "matters_page",
        "matters_act",
        "matters_why",
        "matters_clock",
        "api.matters_one",
        "api.matters_history",
        "identities_",
        "documents_",
    )
    seen = [(ask.key, row["analyst"]) for ask, row in rows if ask.url.startswith(kinds) and row["analyst"] < 400]
    assert seen == []


def test_methods_a_page_does_not_offer_do_nothing(rows: Rows) -> None:
    """The matrix holds the methods that a view offers; this asks each address for the others."""
    from django.test import Client

    values = dict.fromkeys({name for ask in access.asks() for name in ask.page.parameters}, "1")
    values |= {"code": "331102000000", "token": "0" * 32, "verb": "reveal"}
    browser = Client()
    for page in access.pages():
        for method in {"GET", "POST"} - set(page.methods):
            answer = browser.generic(method, page.at(values))
            assert answer.status_code in (302, 403, 404, 405), f"{method} {page.route}"


def may(row: dict[str, int]) -> set[str]:
    """Who was not refused by office or scope."""
    return {who for who, status in row.items() if who not in OUTSIDE and status not in (403, 404)}


def test_an_act_of_the_process_is_done_by_the_roles_of_its_table_and_by_nobody_else(rows: Rows) -> None:
    """One source: what the workflow's table says, the API and the desk's form answer."""
    asked = 0
    for ask, row in rows:
        action = ask.url.removeprefix("api.matters_") if ask.url.startswith("api.") else ask.verb[1]
        roles = {role for each in MATTER.transitions if each.action == action for role in each.roles}
        if ask.scope == "own" and ask.method == "POST" and roles and ask.url.startswith(("api.", "matters_act")):
            asked += 1
            assert may(row) <= roles, ask.key
    assert asked > 40


REVEALS = {"call_taker", "handler", "followup_clerk"}
DECIDES = {"unit_head", "supervisor", "leader"}


def test_an_identity_is_opened_by_intake_the_handler_and_follow_up_and_by_others_after_approval(rows: Rows) -> None:
    told = {ask.url: row for ask, row in rows if ask.scope == "own" and ask.method == "POST"}
    assert may(told["identities_act.reveal"]) == REVEALS
    assert may(told["identities_act.relay"]) == may(told["identities_act.callback"]) == REVEALS | {"supervisor"}
    assert may(told["identities_decide"]) == may(told["identities_review"]) == DECIDES


def test_the_rulebook_is_changed_by_its_keepers(rows: Rows) -> None:
    kept = {
        "rulebook_limit": {"supervisor"},
        "rulebook_parameter": {"supervisor"},
        "rulebook_year": {"supervisor"},
        "rulebook_route": {"dispatcher", "supervisor"},
        "rulebook_catalogue_": {"dispatcher", "supervisor"},
        "rulebook_line_": {"grid_office", "supervisor"},
    }
    for ask, row in rows:
        keepers = next((who for name, who in kept.items() if ask.url.startswith(name)), None)
        if keepers is not None and ask.method == "POST":
            assert may(row) <= keepers, ask.key
