"""`huying pack`: check, install, compare and export packs."""

import json
import time
from pathlib import Path

import click
import django


@click.group()
def group() -> None:
    """Packs: the data that makes Huying a given place.

    PACK is the name of a shipped pack or the path of a folder that holds a pack.yaml.

    Example: huying pack check lishui
    """
    django.setup()


@group.command("list")
def list_packs() -> None:
    """List the shipped packs, and which are installed.

    Example: huying pack list
    """
    from huying.kernel import packs

    for name in packs.shipped():
        manifest = packs.read_manifest(packs.find(name))
        told = f"{manifest.name.zh} {manifest.name.en} · {manifest.root} · {manifest.version}" if manifest else "faulty"
        click.echo(f"{name}: {told}")


@group.command()
@click.argument("pack")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line.")
def check(pack: str, as_json: bool) -> None:
    """Validate a pack as a whole: each fault with file, line and cure. Exits 1 when there is one.

    Example: huying pack check lishui
    """
    from huying.kernel import packs

    began = time.monotonic()
    read = packs.check(packs.find(pack))
    for fault in read.faults:
        click.echo(f"{'warning' if fault.warning else 'fault'}: {fault}")
    if as_json:
        click.echo(
            json.dumps(
                {
                    "pack": pack,
                    "rows": read.counts,
                    "faults": [
                        {"file": f.file, "line": f.line, "message": f.message, "cure": f.cure} for f in read.errors
                    ],
                    "warnings": len(read.warnings),
                },
                ensure_ascii=False,
            )
        )
    else:
        rows = ", ".join(f"{name} {n}" for name, n in read.counts.items()) or "no rows"
        click.echo(
            f"{pack}: {len(read.errors)} faults, {len(read.warnings)} warnings; {rows} ({time.monotonic() - began:.1f} s)"
        )
    if read.errors:
        raise click.exceptions.Exit(1)


@group.command()
@click.argument("pack")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line.")
def install(pack: str, as_json: bool) -> None:
    """Install a pack, in one transaction; a second time changes nothing. Rows that left the pack stay (see diff).

    Example: huying pack install lishui
    """
    from huying.kernel import packs
    from huying.kernel.actors import Actor

    def tell(message: str) -> None:
        click.echo(message, err=as_json)

    done = packs.install(packs.find(pack), actor=Actor.system("huying pack install"), progress=tell)
    if as_json:
        click.echo(json.dumps({one.section: dict(one.counts) for one in done}, ensure_ascii=False))
    else:
        click.echo(f"{pack} installed ({sum(one.seconds for one in done):.1f} s)")


@group.command()
@click.argument("pack")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a difference.")
def diff(pack: str, as_json: bool) -> None:
    """Compare the installed place with a pack. Exits 1 when they differ.

    `+` is in the pack and not installed, `-` installed and not in the pack, `~` changed (installed → pack).

    Example: huying pack diff lishui
    """
    from huying.kernel import packs
    from huying.kernel.actors import Actor

    found = packs.diff(packs.find(pack), actor=Actor.system("huying pack diff"))
    for one in found:
        if as_json:
            values = {name: list(pair) for name, pair in one.fields.items()}
            row = {"section": one.section, "key": one.key, "kind": one.kind, "fields": values}
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        sign = {"missing": "+", "extra": "-", "changed": "~"}[one.kind]
        told = "; ".join(f"{name}: {_short(old)} → {_short(new)}" for name, (old, new) in one.fields.items())
        click.echo(f"{sign} {one.section} {' '.join(one.key)} {told}".rstrip())
    if not as_json:
        click.echo(f"{len(found)} differences")
    if found:
        raise click.exceptions.Exit(1)


@group.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pack", "code", default="", help="Which installed pack's manifest to write; the latest by default.")
def export(folder: Path, code: str) -> None:
    """Write the installed place as a pack into an empty FOLDER; installing that gives the same place.

    Example: huying pack export ./our-place
    """
    from huying.kernel import packs
    from huying.kernel.actors import Actor

    written = packs.export(folder, code=code, actor=Actor.system("huying pack export"), progress=click.echo)
    click.echo(f"{sum(written.values())} rows in {folder}")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."
