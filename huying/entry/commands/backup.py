"""`huying backup`."""

from pathlib import Path

import click

from huying.entry.commands import archive, place


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--with-keys", is_flag=True, help="Put the keys in too; whoever has the file can then open sealed identities."
)
def group(file: Path, with_keys: bool) -> None:
    """Write database and files, as they are at one moment, into FILE (tar). May run while the place is serving.

    The keys that open sealed identities are left out: keep them elsewhere with `huying keys export`.

    Example: huying backup /srv/backup/huying-20261122.tar
    """
    place.set_up()
    with place.Stage(f"writing {file}"):
        manifest = archive.write(file, with_keys=with_keys)
    click.echo(
        f"{file}: {manifest['database']['engine']} database, {len(manifest['files'])} files, {file.stat().st_size} bytes"
    )
    click.echo(
        "keys are inside" if with_keys else "keys are NOT inside: keep them apart with `huying keys export FILE`"
    )
