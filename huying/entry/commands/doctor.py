"""`huying doctor`: what is right, what isn't, and the cure."""

import json

import click

from huying.entry.commands import place

SHAPES = {"ok": "✓", "warning": "!", "fault": "✗"}


@click.command("doctor")
@click.option(
    "--deep",
    is_flag=True,
    help="Read every matter and event too, and look for every file: do they tell one story, is the chain whole.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line: ok, findings.")
def group(deep: bool, as_json: bool) -> None:
    """Check this installation. Each finding comes with its cure; exits 1 when something is at fault.

    Example: huying doctor --json
    """
    place.set_up()
    from huying.entry.commands import findings

    found = findings.examine(deep=deep)
    faults = [one for one in found if one.state == "fault"]
    if as_json:
        click.echo(json.dumps({"ok": not faults, "findings": [one.__dict__ for one in found]}, ensure_ascii=False))
    else:
        for one in found:
            click.echo(f"{SHAPES[one.state]} {one.what}: {one.found}")
            if one.cure:
                click.echo(f"    cure: {one.cure}")
        click.echo(f"{len(faults)} faults, {sum(one.state == 'warning' for one in found)} warnings")
    if faults:
        raise click.exceptions.Exit(1)
