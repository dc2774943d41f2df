"""`huying demo`: a living Lishui on the embedded database."""

import json
import time
from pathlib import Path

import click

from huying.entry.commands import place, serving
from huying.kernel.errors import Refused

PACK = "lishui"


@click.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free port.")
@click.option("--prepare-only", is_flag=True, help="Make the demo and end without serving.")
def group(port: int, prepare_only: bool) -> None:
    """Serve a made-up year of Lishui, marked as demo, with people to sign in as, printed as `role: user / password`.

    The first call builds it, the next ones start at once. Never on a PostgreSQL database: demo sign-ins are for the
    embedded one alone.

    Example: huying demo --port 8123
    """
    place.set_up()
    from django.conf import settings

    if settings.HUYING_DATABASE_URL:
        raise Refused(
            "the demo does not run on HUYING_DATABASE_URL: its sign-ins are public",
            cure="unset HUYING_DATABASE_URL, or make a real place with: huying init --pack lishui",
        )
    listening = serving.listen(port)
    with serving.Preparing(listening) as preparing:
        began = time.monotonic()
        sign_ins = _build(preparing)
        preparing.say(f"demo ready after {time.monotonic() - began:.1f} s")
    for line in sign_ins:
        click.echo(line)
    if not prepare_only:
        serving.serve(listening, say="WARNING")  # the sign-ins stay in sight


def _build(preparing: serving.Preparing) -> list[str]:
    """Build what isn't there yet; returns the sign-ins, one a line."""
    from huying.analytics import services as reports
    from huying.kernel import packs
    from huying.kernel.actors import Actor

    mark = place.home() / "demo.json"
    database = place.home() / "huying.sqlite3"
    done = json.loads(mark.read_text()) if mark.exists() else {}
    if database.exists() and not done:
        raise Refused(
            f"{place.home()} already holds a place that is no demo",
            cure="set HUYING_HOME to an empty folder for the demo",
        )
    if "sign_ins" not in done:
        _clear(database)  # a build that was stopped half way begins anew; only what is marked as demo is ever cleared
        mark.write_text(json.dumps({"demo": True}))
    place.migrate(preparing.say)
    if "sign_ins" not in done:
        with place.Stage(f"installing pack {PACK}", preparing.say):
            packs.install(packs.find(PACK), actor=Actor.system("huying demo"), progress=preparing.say)
        from huying.domains.matters import demo

        # The one call site of the demo's content: it makes staff and a year of matters, through the services.
        with place.Stage("making a demo year", preparing.say):
            done = {"demo": True, "sign_ins": demo.build(progress=preparing.say)}
        from huying.domains.exchange import demo as feeds

        with place.Stage("generating the departments' feeds, marked as such", preparing.say):
            feeds.build()
        # Counted before anyone signs in: else the first report waits for the job, which adds only what has changed since.
        with place.Stage("counting the figures", preparing.say):
            reports.refresh()
        from huying.domains.warnings import services as warnings

        with place.Stage("holding the figures against the ladder", preparing.say):
            warnings.evaluate()
        mark.write_text(json.dumps(done, ensure_ascii=False))
    return [f"{role}: {user} / {password}" for role, user, password in done.get("sign_ins", [])]


def _clear(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
