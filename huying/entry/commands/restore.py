"""`huying restore`."""

from pathlib import Path

import click

from huying.entry.commands import archive, place


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the place that is there; an embedded database is kept aside.")
def group(file: Path, replace: bool) -> None:
    """Bring back a backup into HUYING_HOME (or HUYING_DATABASE_URL), after checking every digest in it. Stop serving first.

    Example: huying restore /srv/backup/huying-20261122.tar
    """
    place.set_up()
    with place.Stage(f"reading {file}"):
        manifest = archive.read(file, replace=replace)
    click.echo(f"restored: {len(manifest['files'])} files, database of {manifest['made_at']}")
    from huying.kernel.crypto import stores

    lost = stores.lost()
    for one in lost:
        click.echo(f"cannot be opened without its key {one.key_id}: {one.rows} rows of {one.store.words}", err=True)
    if lost:
        click.echo("bring the keys back with: huying keys import FILE", err=True)
