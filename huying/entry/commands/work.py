"""`huying work`."""

import os
import signal
from types import FrameType

import click

from huying.entry.commands import place


@click.command("work")
@click.option("--name", default="", help="How the worker is named in records; by default host and process.")
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def group(name: str, once: bool) -> None:
    """Run scheduled work and send messages, apart from serving. Any number may run; each due time is done once.

    Example: huying work
    """
    place.set_up()
    from huying.kernel import logs
    from huying.kernel.jobs import Loop

    logs.configure(os.environ.get("HUYING_LOG_LEVEL") or "INFO")
    loop = Loop(name)
    if once:
        click.echo(f"{loop.once()} jobs and messages handled")
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        loop.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    loop.run()
