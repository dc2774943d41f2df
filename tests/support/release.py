"""Databases of released versions, kept, so that `huying upgrade` is tried on what that version really wrote.

`python -m tests.support.release make NAME`, on the released commit, writes tests/releases/NAME/: the place's backups with its
(worthless) keys, one for each database, and `seen.json`, what people saw in it; and freezes the migrations of that commit.
`python -m tests.support.release see | go-on` is run by the test in a place brought back from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import os
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support import needs, postgresql
from tests.support.fixtures import MORNING, Installation

RELEASES = needs.CHECKOUT / "tests" / "releases"
FROZEN = RELEASES / "frozen_migrations.json"
PACK, MATTERS, DAYS = "golmud", 60, 5  # a working week: some matters have ended, others are on their way
WORDS = "路灯"


def migrations() -> dict[str, str]:
    """Each migration of this checkout with the SHA-256 of its content."""
    return {
        path.relative_to(needs.CHECKOUT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((needs.CHECKOUT / "huying").rglob("migrations/[0-9]*.py"))
    }


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).hexdigest()[:16]


def moment(at: datetime | None) -> str | None:
    return at.astimezone(MORNING.tzinfo).isoformat(timespec="seconds") if at else None


def fill() -> dict[str, str]:
    """A week of work in a small place, and at least one of what they don't bring; the query code of one matter."""
    from huying.domains.documents import services as documents
    from huying.domains.identities.services import Identity, NewRecusal, recuse
    from huying.domains.identities.vocabulary import RecusalReason
    from huying.domains.matters import demo, services
    from huying.domains.matters.models import Matter
    from huying.domains.matters.vocabulary import Channel, Kind
    from huying.domains.organizations import queries as organizations
    from huying.domains.tasks import services as tasks
    from huying.kernel import packs
    from huying.kernel.actors import Actor, Role

    packs.install(packs.find(PACK), actor=Actor.system("release"))
    demo.build(matters=MATTERS, days=DAYS)
    first = Matter.objects.everything("a release's own place").order_by("pk")[0]
    taker, dispatcher = (_actor(first.intake_unit_id, role) for role in (Role.CALL_TAKER, Role.DISPATCHER))
    told = services.register(
        actor=taker,
        channel=Channel.HOTLINE,
        kind=Kind.HELP,
        content=f"小区门口{WORDS}不亮三天了，老人夜里进出看不清。",
        division=first.division,
        place="小区门口",
        reporter=Identity(name="演示市民丁", phone="10000000004"),
    )
    file = documents.NewFile("现场说明.txt", f"{WORDS}在门口东侧，编号 17。".encode())
    documents.attach(actor=taker, kind="matter", record_id=told.matter.pk, files=[file])
    unit = organizations.unit_at(first.county, "housing") or organizations.unit(first.intake_unit_id)
    tasks.create_task(actor=dispatcher, row=tasks.NewTask(title=f"检查{WORDS}", unit_id=unit.id, limit="5 WD"))
    kept_out = NewRecusal(kind="matter", record_id=first.pk, reason=RecusalReason.INTERESTED, unit_id=unit.id)
    recuse(actor=Actor.system("release"), recusals=[kept_out])
    return {told.matter.number: told.query_code}


def _actor(unit_id: int, role: Any) -> Any:
    from huying.domains.matters.demo.cast import Cast

    return Cast().actor(unit_id, role)


def _content(file: Any) -> str:
    with file.stream as stream:
        return hashlib.sha256(stream.read()).hexdigest()[:16]


def seen(codes: dict[str, str]) -> dict[str, Any]:
    """What people see of the place: each matter with story and clocks, each worklist, files, what search and code find."""
    from huying.domains.documents import queries as documents
    from huying.domains.matters import queries
    from huying.domains.matters.models import Matter
    from huying.domains.organizations import queries as organizations
    from huying.domains.organizations.models import Post, Unit
    from huying.domains.territory import queries as territory
    from huying.domains.territory.models import Division
    from huying.kernel import worklist
    from huying.kernel.actors import Actor, Role

    rows = list(Matter.objects.everything("a release's own place").order_by("pk"))
    numbers = {row.pk: row.number for row in rows}
    units = {view.id: view.code for view in organizations.units(Unit.objects.values_list("pk", flat=True)).values()}
    whole, found = Actor.system("release"), {}
    taker = _actor(rows[0].intake_unit_id, Role.CALL_TAKER)
    for row in rows:
        page = queries.page(whole, row.pk)
        files = documents.documents(whole, "matter", row.pk)
        found[row.number] = {
            "state": [row.state, row.outcome, row.solved, row.satisfied, units.get(row.lead_unit_id or 0)],
            "dates": [moment(at) for at in (row.registered_at, row.due_at, row.replied_at, row.closed_at)],
            "words": digest(
                row.title, row.content, row.place, row.division, row.kind, row.channel, row.confidentiality
            ),
            "said": digest(
                [one.text for one in page.replies],
                [one.summary for one in page.contacts],
                [one.said for one in page.follow_ups],
                [one.reason for one in (*page.objections, *page.extensions, *page.suspensions)],
            ),
            "story": digest(
                [(e.seq, e.action, e.from_state, e.to_state, moment(e.at), e.reason) for e in page.history]
            ),
            "clocks": [[c.kind, c.slot, c.state, c.card, moment(c.due_at)] for c in page.clocks],
            "files": [[one.name, _content(documents.open_document(whole, one.id))] for one in files],
        }
    lists: dict[str, Any] = {}
    for unit_id, code in sorted(units.items()):
        for role in Role:
            who = _actor(unit_id, role)
            items = worklist.page(who, limit=500).items if who.post_id else []
            if items:
                lists[f"{code} {role.value}"] = [
                    [i.kind, numbers.get(i.record_id, i.record_id), i.queue, moment(i.due_at), i.card] for i in items
                ]
    return {
        "matters": found,
        "worklists": lists,
        "searched": [numbers[one.pk] for one in queries.listing(taker, words=WORDS).matters],
        "codes": [queries.by_code(number, code).number for number, code in codes.items()],
        "place": {
            "divisions": digest(sorted(territory.names(Division.objects.values_list("code", flat=True)).items())),
            "units": digest(sorted(units.values())),
            "posts": Post.objects.count(),
        },
    }


def go_on() -> dict[str, str]:
    """Lead every matter that waits for one unit alone to its close, and a new one through its whole life; number → state."""
    from huying.domains.matters import services
    from huying.domains.matters.models import Assignment, Matter
    from huying.domains.matters.vocabulary import Channel, Kind, Part, State
    from huying.kernel.actors import Role

    why = "a release's own place"
    helped = Assignment.objects.everything(why).filter(part=Part.SUPPORT, ended_at=None)
    alone = Matter.objects.everything(why).exclude(pk__in=helped.values("matter"))
    steps: tuple[tuple[State, Any, Role, dict[str, Any]], ...] = (
        (State.DISPATCHED, services.receive, Role.HANDLER, {}),
        (State.IN_HAND, services.reply, Role.HANDLER, {"text": "已修复，已试用正常。"}),
        (State.REPLIED, services.approve_reply, Role.SUPERVISOR, {}),
        (State.REVIEWED, services.follow_up, Role.FOLLOWUP_CLERK, {"solved": "yes", "satisfied": "yes"}),
        (State.FOLLOWED_UP, services.close, Role.FOLLOWUP_CLERK, {}),
    )
    waiting = alone.filter(state__in=[state for state, *_rest in steps])
    on_the_way = list(waiting.values_list("pk", flat=True))
    [example] = alone.filter(pk__in=on_the_way[:1])
    taker, dispatcher = (_actor(example.intake_unit_id, role) for role in (Role.CALL_TAKER, Role.DISPATCHER))
    fresh = services.register(
        actor=taker,
        channel=Channel.HOTLINE,
        kind=Kind.HELP,
        content="升级之后的第一件事。",
        division=example.division,
    ).matter
    services.dispatch(actor=dispatcher, matter_id=fresh.pk, lead_unit=example.lead_unit_id)
    on_the_way.append(fresh.pk)
    for state, verb, role, given in steps:
        for row in Matter.objects.everything(why).filter(pk__in=on_the_way, state=state):
            unit = row.lead_unit_id if role is Role.HANDLER else row.intake_unit_id
            verb(actor=_actor(unit, role), matter_id=row.pk, **given)
    return dict(Matter.objects.everything(why).filter(pk__in=on_the_way).values_list("number", "state"))


def make(name: str) -> None:
    """Make the release's folder. Raises FileExistsError when it stands: what was released doesn't change."""
    folder = RELEASES / name
    folder.mkdir(parents=True)
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for engine in ("sqlite", "postgresql"):
            home = Path(scratch) / engine
            home.mkdir()
            given = {}
            if engine == "postgresql":
                postgresql.cluster().run("createdb", "release")
                given["HUYING_DATABASE_URL"] = postgresql.cluster().url("release")
            place = Installation(home, **given)
            told[engine] = run(place, "fill")
            saved = place.run("backup", str(home / "backup.tar"), "--with-keys", timeout=300)
            if saved.returncode:
                sys.exit(saved.stderr)
            (folder / f"{engine}.tar.xz").write_bytes(lzma.compress((home / "backup.tar").read_bytes(), preset=9))
    assert told["sqlite"]["seen"] == told["postgresql"]["seen"], "the two databases tell different things"
    kept = {"codes": {engine: one["codes"] for engine, one in told.items()}, "seen": told["sqlite"]["seen"]}
    (folder / "seen.json").write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", "utf-8")
    known = json.loads(FROZEN.read_text("utf-8")) if FROZEN.exists() else {}
    FROZEN.write_text(json.dumps(migrations() | known, indent=1) + "\n", "utf-8")


def run(place: Installation, what: str, given: str = "") -> Any:
    """This module in a process of the place's own; the JSON it ends with."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "tests.support.release", what],
        env=place.environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("what", choices=("make", "fill", "see", "go-on"))
    asked.add_argument("name", nargs="?", default="")
    given = asked.parse_args()
    if given.what == "make":
        make(given.name)
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "huying.entry.settings"
    from huying.entry.commands import place

    place.set_up()
    from huying.kernel import clock

    later = timedelta(hours=1) if given.what == "go-on" else timedelta()
    with clock.use(clock.FixedClock(MORNING + later)):
        if given.what == "fill":
            place.migrate()
            codes = fill()
            answer: Any = {"codes": codes, "seen": seen(codes)}
        elif given.what == "see":
            answer = seen(json.load(sys.stdin))
        else:
            answer = go_on()
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
