"""`huying bundles`: card, trust, send, receive, status."""

import json
from dataclasses import asdict
from pathlib import Path

import click


def _django() -> None:
    import django

    django.setup()


@click.group("bundles")
def group() -> None:
    """Signed bundles between the inner and the outer zone (HUYING_ZONE). Move files from outbound to the other's inbound.

    Example: huying bundles status
    """


@group.command()
def card() -> None:
    """Print this zone's card, to be carried to the other zone once.

    Example: huying bundles card > outer.card
    """
    _django()
    from huying.kernel import bundles

    own = bundles.own_card()
    click.echo(own.as_text())
    click.echo(f"fingerprint: {own.fingerprint}", err=True)


@group.command("trust")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def trust_card(file: Path) -> None:
    """Trust the zone whose card is in FILE. Compare the fingerprint over the telephone first.

    Example: huying bundles trust outer.card
    """
    _django()
    from huying.kernel import bundles

    its = bundles.Card.from_text(file.read_text())
    bundles.trust(its)
    click.echo(f"{its.zone} is trusted; fingerprint: {its.fingerprint}")


@group.command()
@click.option("--again", default="", help="Numbers the other side misses, e.g. 3,4: written anew as they were.")
@click.option("--to", default="", help="The zone they were for, with --again.")
def send(again: str, to: str) -> None:
    """Write what waits into HUYING_HOME/outbound.

    Example: huying bundles send
    """
    _django()
    from huying.kernel import bundles

    if again:
        try:
            seqs = [int(part) for part in again.split(",")]
        except ValueError:
            raise click.BadParameter(f"{again!r}; it takes numbers, e.g. 3,4", param_hint="--again") from None
        zone = to or next(iter(bundles.status()["peers"]), "")
        written = bundles.write_again(zone, seqs)
    else:
        written = bundles.pack()
    for path in written:
        click.echo(path.name)
    click.echo(f"{len(written)} bundles in outbound", err=True)


@group.command()
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line.")
def receive(as_json: bool) -> None:
    """Take in what lies in HUYING_HOME/inbound. Exit 1 when something was refused, missing or failed.

    Example: huying bundles receive --json
    """
    _django()
    from huying.kernel import bundles

    done = bundles.receive()
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        click.echo(
            f"{len(done.taken)} bundles taken ({done.accepted} messages accepted, {done.messages_refused} refused)"
        )
        for words, names in (("known already", done.known), ("still arriving", list(done.partial))):
            for name in names:
                click.echo(f"{words}: {name}")
    for words, reasons in (("refused", done.refused), ("failed", done.failed)):
        for name, why in reasons.items():
            click.echo(f"{words}: {name}: {why}", err=True)
    for zone, seqs in done.missing.items():
        ask = ",".join(str(seq) for seq in seqs)
        click.echo(f"missing from {zone}: {ask}; there run: huying bundles send --again {ask}", err=True)
    if done.refused or done.failed or done.missing:
        raise SystemExit(1)


@group.command()
@click.option("--json", "as_json", is_flag=True)
def status(as_json: bool) -> None:
    """What waits, what the other zone has not acknowledged, the last numbers each way.

    Example: huying bundles status --json
    """
    _django()
    from huying.kernel import bundles

    found = bundles.status()
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"zone: {found['zone']}; refused files: {found['refused_files']}")
    for zone, row in found["peers"].items():
        click.echo(f"{zone}: " + ", ".join(f"{name} {value}" for name, value in row.items()))
