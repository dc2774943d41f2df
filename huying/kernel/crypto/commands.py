"""`huying keys`: list, rotate, rekey, export, import, check."""

import os
from pathlib import Path

import click


def _django() -> None:
    import django

    django.setup()


def _passphrase(file: Path | None, twice: bool) -> str:
    if file is not None:
        return file.read_text().strip()
    if os.environ.get("HUYING_KEYS_PASSPHRASE"):
        return os.environ["HUYING_KEYS_PASSPHRASE"]
    return str(click.prompt("passphrase", hide_input=True, confirmation_prompt=twice))


passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the passphrase (or set HUYING_KEYS_PASSPHRASE); asked for otherwise.",
)


@click.group("keys")
def group() -> None:
    """The keys that seal identities and chain the log: kept apart from the data.

    Example: huying keys check
    """


@group.command("list")
def list_keys() -> None:
    """Each key: id, use, algorithm, when made, whether it makes new values. Never the key itself.

    Example: huying keys list
    """
    _django()
    from huying.kernel.crypto import keyring

    for key in keyring().all():
        current = "current" if keyring().is_current(key) else "kept to open"
        click.echo(f"{key.id}  {key.use:4}  {key.algorithm.name:12}  {key.made[:19]}  {current}")
    click.echo(f"folder: {keyring().folder}")


@group.command("rotate")
@click.option("--use", type=click.Choice(["seal", "mac"]), default="seal", show_default=True)
def rotate_key(use: str) -> None:
    """Make a new key for what is sealed from now on. What is sealed already still opens; `rekey` brings it over.

    Example: huying keys rotate --use seal
    """
    _django()
    from huying.kernel import crypto

    key = crypto.rotate(use)
    click.echo(f"{key.id} ({key.algorithm.name}) is the current {use} key; now back it up: huying keys export FILE")


@group.command("rekey")
def rekey_all() -> None:
    """Seal everything anew with the current key and algorithm. May be stopped and run again.

    Example: huying keys rekey
    """
    _django()
    from huying.kernel import crypto

    done = crypto.rekey(lambda name, rows: click.echo(f"  {name}: {rows}", err=True))
    for name, rows in done.items():
        click.echo(f"{name}: {rows} sealed anew")


@group.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_file
def export_all(file: Path, passphrase_file: Path | None) -> None:
    """Write all keys to FILE under a passphrase. FILE may not lie in the data folder.

    Example: huying keys export /mnt/usb/huying-keys-20261122
    """
    _django()
    from huying.kernel.crypto.backup import export_keys

    click.echo(f"{export_keys(file, _passphrase(passphrase_file, twice=True))} keys written to {file}")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@passphrase_file
def import_all(file: Path, passphrase_file: Path | None) -> None:
    """Take the keys of FILE into the keyring; those already here stay as they are.

    Example: huying keys import /mnt/usb/huying-keys-20261122
    """
    _django()
    from huying.kernel.crypto.backup import import_keys

    new = import_keys(file, _passphrase(passphrase_file, twice=False))
    click.echo(f"{len(new)} keys added: {', '.join(key.id for key in new) or 'all were here'}")


@group.command("check")
def check() -> None:
    """Say what the data holds that no key here can open. Exit 1 when something is lost.

    Example: huying keys check
    """
    _django()
    from huying.kernel import crypto

    missing = crypto.lost()
    for row in missing:
        click.echo(f"lost: {row.rows} × {row.store.words.en} ({row.store.words.zh}), sealed with key {row.key_id}")
    if missing:
        click.echo(
            "cure: huying keys import BACKUP. Without it these values stay unreadable; all else is untouched.", err=True
        )
        raise SystemExit(1)
    click.echo(
        f"every sealed value has its key ({len(crypto.keyring().all())} keys, {len(crypto.registered())} stores)"
    )
