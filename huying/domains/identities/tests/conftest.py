import pytest
from django.db.models import Q

from huying.domains.identities import permissions, services
from huying.domains.identities.vocabulary import Relation
from huying.kernel import crypto
from huying.kernel.actors import Actor, Role


@pytest.fixture(autouse=True)
def ring(tmp_path):
    with crypto.use_directory(tmp_path / "keys") as ring:
        yield ring


def staff(n, role, unit=1):
    return Actor(
        kind="staff",
        label=f"莲都区·{role.value}{n}·某人{n}",
        account_id=n,
        post_id=n * 10,
        unit_id=unit,
        roles=frozenset({role}),
    )


CALL_TAKER = staff(1, Role.CALL_TAKER)
HANDLER = staff(2, Role.HANDLER, unit=2)
FOLLOWUP = staff(3, Role.FOLLOWUP_CLERK)
SUPERVISOR = staff(4, Role.SUPERVISOR)
LEADER = staff(5, Role.LEADER)
OUTSIDER = staff(6, Role.HANDLER, unit=6)
AUDITOR = staff(7, Role.AUDITOR)
OTHER_CALL_TAKER = staff(8, Role.CALL_TAKER)
RELATIONS = {
    1: Relation.INTAKE,
    2: Relation.HANDLER,
    3: Relation.FOLLOWUP,
    4: Relation.SUPERVISOR,
    5: Relation.NONE,
    7: Relation.SUPERVISOR,
    8: Relation.INTAKE,
}


@pytest.fixture(autouse=True)
def demo_records(monkeypatch):
    """Records of kind "demo", seen by every actor of RELATIONS and by nobody else."""
    monkeypatch.setattr(permissions, "_kinds", dict(permissions._kinds))
    services.register_relation(
        "demo",
        lambda actor, ids: dict.fromkeys(ids, RELATIONS[actor.account_id]) if actor.account_id in RELATIONS else {},
        lambda actor, record: Q() if actor.account_id in RELATIONS else Q(pk__in=[]),
        lambda ids: dict.fromkeys(ids, 1),
    )


WANG = services.Identity(name="王秀英", phone="139-0578-0001", address="万象街道 12 号", email="", other="微信 wxy")


@pytest.fixture
def stored(db):
    """stored(1, "open") puts 王秀英 into record 1."""

    def store(record_id, confidentiality="open", identity=WANG, **more):
        services.store_parties(
            actor=CALL_TAKER,
            parties=[
                services.NewParty(
                    kind="demo", record_id=record_id, identity=identity, confidentiality=confidentiality, **more
                )
            ],
        )
        return record_id

    return store
