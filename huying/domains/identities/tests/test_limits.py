"""The fixed limits that the vault's shape must hold (pains-and-rights, Rights 1 and 2)."""

import inspect

from huying.domains.identities import queries, services
from huying.domains.identities.models import Party
from huying.domains.identities.tests.conftest import CALL_TAKER, FOLLOWUP, HANDLER, LEADER, SUPERVISOR

PERSONAL = {"name", "phone", "number", "address", "email", "person", "identity", "parties", "q", "text", "query"}
TAKES_A_PERSON_IN = {"store_parties", "correct", "correct_own", "begin_call"}


def functions(module):
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__.startswith("huying.domains.identities")
    }


def test_nothing_takes_a_person_and_answers_with_records():
    for name, function in (functions(queries) | functions(services)).items():
        personal = PERSONAL & set(inspect.signature(function).parameters)
        assert not personal or name in TAKES_A_PERSON_IN, f"{name}({', '.join(personal)})"


def test_who_is_in_fifty_matters_is_linked_by_no_answer_of_the_vault(stored):
    for record_id in range(1, 51):
        stored(record_id, "name_hidden" if record_id % 2 else "open")
    for actor in (CALL_TAKER, HANDLER, FOLLOWUP, SUPERVISOR, LEADER):
        one, other = queries.people(actor, "demo", 1), queries.people(actor, "demo", 3)
        assert [(line.part, line.can) for line in one] == [(line.part, line.can) for line in other]
        assert {p.id for p in one}.isdisjoint(p.id for p in other)
    assert set(queries.confidentiality("demo", range(1, 51)).values()) == {"open", "name_hidden"}


def test_two_closed_records_of_one_person_have_no_equal_value_that_could_link_them(stored):
    stored(1)
    stored(2)
    services.drop_numbers(kind="demo", record_ids=[1, 2])
    one, other = Party.objects.everything("test").order_by("record_id")
    own = {"id", "record_id", "sealed"}
    linking = [
        f.name
        for f in Party._meta.concrete_fields
        if f.name not in own and getattr(one, f.name) == getattr(other, f.name) is not None
    ]
    assert set(linking) <= {"kind", "part", "ordinal", "confidentiality", "key_id", "reachable", "created_at"}
    assert bytes(one.sealed) != bytes(other.sealed)


def test_the_vault_has_no_field_for_what_must_not_be_kept():
    held = {f.name for f in services.Identity.__dataclass_fields__.values()} | {f.name for f in Party._meta.fields}
    for forbidden in (
        "ethnicity",
        "religion",
        "politic",
        "biometric",
        "face",
        "birth",
        "id_number",
        "tag",
        "score",
        "note",
    ):
        assert not any(forbidden in name for name in held)
