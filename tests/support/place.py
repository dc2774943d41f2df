"""A small place in a home of its own, with the cast in its posts, for tests that run the program as processes.

`python -m tests.support.place` makes it in HUYING_HOME (or HUYING_DATABASE_URL) and prints posts and units as JSON.
`--matters N` takes N matters in besides, every third a good way through its life, every fifth with a file, all with people;
`--days-ago N` does so N days ago.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

from tests.support.fixtures import Installation


def make(place: Installation, *, matters: int = 0, days_ago: int = 0) -> dict[str, Any]:
    """Make a place in the installation's empty home; returns {"posts": {name: id}, "units": {code: id}}."""
    place.home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.place", "--matters", str(matters), "--days-ago", str(days_ago)],
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def _fill(cast: Any, wanted: int) -> None:
    from huying.domains.documents import services as documents
    from huying.domains.identities.services import Identity
    from huying.domains.matters import services as matters
    from huying.domains.matters.services import Intake
    from huying.domains.matters.vocabulary import Channel, Kind

    taken = matters.register_many(
        [
            Intake(
                actor=cast["taker"],
                channel=Channel.HOTLINE,
                kind=Kind.HELP,
                content=f"永晖社区{n}幢单元门禁损坏第{n}次，老人进出不便。",
                division="331102001001",
                place=f"永晖社区{n}幢",
                reporter=Identity(name=f"住户{n}", phone=f"139{n:08d}"),
            )
            for n in range(wanted)
        ]
    )
    ids = [one.matter.pk for one in taken]
    moved = ids[::3]
    matters.dispatch.many(
        [matters.Dispatch(actor=cast["dispatcher"], matter_id=pk, lead_unit=cast.unit("331102-water")) for pk in moved]
    )
    matters.receive.many([matters.Order(actor=cast["water"], matter_id=pk) for pk in moved])
    matters.reply.many(
        [matters.MakeReply(actor=cast["water"], matter_id=pk, text="门禁已修复，已试用正常。") for pk in moved[::2]]
    )
    matters.approve_reply.many([matters.Order(actor=cast["supervisor"], matter_id=pk) for pk in moved[::4]])
    for pk in ids[::5]:
        file = documents.NewFile(f"现场说明{pk}.txt", f"第{pk}号事项的现场说明，\n门禁面板已损坏。".encode())
        documents.attach(actor=cast["taker"], kind="matter", record_id=pk, files=[file])


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--matters", type=int, default=0)
    asked.add_argument("--days-ago", type=int, default=0)
    given = asked.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "huying.entry.settings"
    from huying.entry.commands import place

    place.set_up()
    place.migrate()
    from django.db import transaction

    from huying.domains.organizations.models import Account
    from huying.kernel import clock
    from tests.support.cast import assemble

    with transaction.atomic():
        cast = assemble()
        Account.objects.update(must_change_password=False)  # they chose their own long ago
    if given.matters:
        with clock.use(clock.FixedClock(clock.now() - timedelta(days=given.days_ago))):
            _fill(cast, given.matters)
    print(json.dumps({"posts": {name: actor.post_id for name, actor in cast.actors.items()}, "units": cast.units}))


if __name__ == "__main__":
    main()
