"""`huying upgrade`."""

from pathlib import Path

import click

from huying.entry.commands import archive, place
from huying.kernel import clock


@click.command("upgrade")
@click.option(
    "--backup",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the backup goes; HUYING_HOME/backups by default.",
)
@click.option("--no-backup", is_flag=True, help="Only when a backup was made another way.")
def group(target: Path | None, no_backup: bool) -> None:
    """Bring the data to this version: back up, migrate, prove the log's chain, report.

    Example: huying upgrade
    """
    place.set_up()
    from huying.kernel import audit
    from huying.kernel.errors import Refused
    from huying.kernel.http.health import pending_migrations

    missing = pending_migrations()
    if not missing:
        click.echo("nothing to migrate")
    elif not no_backup:
        if target is None:
            folder = place.home() / "backups"
            folder.mkdir(exist_ok=True, mode=0o700)
            target = folder / f"before-upgrade-{clock.now():%Y%m%d-%H%M%S}.tar"
        with place.Stage(f"backing up to {target}"):
            archive.write(target, with_keys=False)
        click.echo(f"backup: {target}")
    for name in place.migrate():
        click.echo(f"migrated: {name}")
    with place.Stage("verifying the log's chain"):
        found = audit.verify()
    if not found.ok:
        raise Refused(
            f"the log's chain is not whole: {found.first_fault}",
            cure=f"restore the backup{f' {target}' if target else ''} and tell the auditor",
        )
    click.echo(f"chain whole: {found.records} records")
