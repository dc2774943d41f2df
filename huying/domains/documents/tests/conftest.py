from dataclasses import replace

import pytest

from huying.kernel import crypto, subjects
from huying.kernel.actors import Actor, Role
from huying.kernel.words import words


@pytest.fixture(autouse=True)
def place(tmp_path, settings):
    """An installation's own store and keys."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with crypto.use_directory(tmp_path / "keys"):
        yield tmp_path


def staff(n, unit):
    return Actor(
        kind="staff",
        label=f"莲都区·岗位{n}·某人{n}",
        account_id=n,
        post_id=n,
        unit_id=unit,
        roles=frozenset({Role.HANDLER}),
    )


CLERK = staff(1, 1)
OUTSIDER = staff(2, 2)
SUPERVISOR = replace(staff(3, 1), roles=frozenset({Role.SUPERVISOR}))


@pytest.fixture(autouse=True)
def demo_records(monkeypatch):
    """Records of kind "demo", visible to unit 1 alone."""
    monkeypatch.setattr(subjects, "_subjects", dict(subjects._subjects))
    subjects.register(
        subjects.Subject(
            "demo",
            words("事项", "matter"),
            lambda record_id: f"/demo/{record_id}/",
            lambda actor, ids: set(ids) if actor.unit_id == 1 else set(),
            lambda ids: {i: f"事项{i}" for i in ids},
        )
    )
