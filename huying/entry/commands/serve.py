"""`huying serve`."""

import os

import click

from huying.entry.commands import place, serving
from huying.kernel.errors import NotAllowedNow


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free port.")
@click.option(
    "--host", default=serving.HOST, show_default=True, help="Address to listen on; put a TLS proxy before others."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Serving processes; when not given one, and on PostgreSQL one for each core, four at most.",
)
@click.option("--threads", type=click.IntRange(1, 512), default=48, show_default=True, help="Threads in each process.")
@click.option("--no-jobs", is_flag=True, help="Run no scheduled work here; `huying work` does it elsewhere.")
def group(port: int, host: str, workers: int | None, threads: int, no_jobs: bool) -> None:
    """Serve the place in HUYING_HOME (or HUYING_DATABASE_URL) until stopped; requests under way are finished.

    Example: huying serve --port 8000 --workers 2
    """
    place.set_up()
    from django.conf import settings
    from django.db import OperationalError

    from huying.kernel.http.health import pending_migrations

    try:
        missing = pending_migrations()
    except OperationalError as error:
        # It may come back: serve, and let /healthz say what is wrong.
        click.echo(place.unreachable(error).one_line(), err=True)
        missing = []
    if missing:
        raise NotAllowedNow(
            f"the database lacks {len(missing)} migrations",
            cure="a new place: huying init --pack lishui; an existing one: huying upgrade",
        )
    if workers is None:
        # The embedded database has one writer: a second process would only wait for it by polling.
        workers = min(os.cpu_count() or 1, 4) if settings.HUYING_DATABASE_URL else 1
    serving.serve(serving.listen(port, host), workers=workers, threads=threads, run_jobs=not no_jobs)
