"""`huying exchange`: departments' data of a place: keys of their machines, generated feeds until they deliver."""

from __future__ import annotations

import json
from datetime import datetime

import click

OPERATOR = "huying exchange key"


@click.group(
    "exchange",
    help="Departments' data.\n\nExample: huying exchange key list",
)
def group() -> None:
    pass


@group.group("key", help="Keys of departments' machines.\n\nExample: huying exchange key list --unit 331102-water")
def key() -> None:
    pass


@key.command("make")
@click.option("--unit", required=True, help="Code of the unit that delivers: 331102-water.")
@click.option("--name", required=True, help="Which system uses it.")
@click.option("--dataset", "datasets", required=True, multiple=True, help="A dataset it may deliver; once for each.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day, a year ahead at most.")
@click.option("--from", "addresses", multiple=True, help="An address or range it alone works from; once for each.")
def make_command(unit: str, name: str, datasets: tuple[str, ...], until: datetime, addresses: tuple[str, ...]) -> None:
    """Print a new key. It is shown this once and kept nowhere.

    Example: huying exchange key make --unit 331102-water --name "water platform" --dataset water_monthly --until 2027-05-31
    """
    from huying.domains.exchange import services
    from huying.kernel.actors import Actor

    made = services.make_key(
        actor=Actor.system(OPERATOR),
        name=name,
        datasets=datasets,
        until=until.date(),
        addresses=addresses,
        unit_id=_unit(unit),
    )
    click.echo(made.text)
    click.echo(f"{made.key.short}: {', '.join(made.key.datasets)} until {until:%Y-%m-%d}; shown this once", err=True)


@key.command("bind")
@click.argument("short")
@click.option("--from", "addresses", multiple=True, help="An address or range; once for each. None: from any.")
def bind_command(short: str, addresses: tuple[str, ...]) -> None:
    """Say from which addresses alone SHORT works from now on.

    Example: huying exchange key bind k7q2m4xz --from 10.1.2.3 --from 10.7.0.0/16
    """
    from huying.domains.exchange import services
    from huying.kernel.actors import Actor

    bound = services.bind_key(actor=Actor.system(OPERATOR), key_id=_key(short), addresses=addresses)
    click.echo(f"{bound.short}: {', '.join(bound.addresses) or 'from any address'}")


@key.command("rotate")
@click.argument("short")
def rotate_command(short: str) -> None:
    """Print a key that replaces SHORT, which ends within a week.

    Example: huying exchange key rotate k7q2m4xz
    """
    from huying.domains.exchange import services
    from huying.kernel.actors import Actor

    click.echo(services.rotate_key(actor=Actor.system(OPERATOR), key_id=_key(short)).text)


@key.command("revoke")
@click.argument("short")
@click.option("--reason", required=True, help="Kept with it.")
def revoke_command(short: str, reason: str) -> None:
    """End SHORT at once and for good.

    Example: huying exchange key revoke k7q2m4xz --reason "the supplier has changed"
    """
    from huying.domains.exchange import services
    from huying.kernel.actors import Actor

    done = services.revoke_key(actor=Actor.system(OPERATOR), key_id=_key(short), reason=reason)
    click.echo(f"{done.short}: revoked")


@key.command("list")
@click.option("--unit", default="", help="Of one unit only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a key.")
def list_command(unit: str, as_json: bool) -> None:
    """List keys, newest first; never a secret.

    Example: huying exchange key list --unit 331102-water
    """
    from huying.domains.exchange import queries, services
    from huying.kernel import clock
    from huying.kernel.actors import Actor

    for one in queries.api_keys(Actor.system(OPERATOR), unit_id=_unit(unit) if unit else None):
        said = {
            "key": one.short,
            "unit": one.unit.code,
            "name": one.name,
            "datasets": one.datasets,
            "standing": services.key_standing(one, clock.now()).value,
            "expires_at": one.expires_at.isoformat(),
            "uses": one.uses,
        }
        if as_json:
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            click.echo(
                f"{one.short}  {said['standing']:10} {one.unit.code} {one.name}: {', '.join(one.datasets)}, "
                f"until {one.expires_at:%Y-%m-%d}, used {one.uses} times"
            )


@group.command("generate")
@click.option("--json", "as_json", is_flag=True, help="One JSON line: datasets, reports.")
def generate_command(as_json: bool) -> None:
    """Fill the datasets and surveys whose row says `feed: generated` up to now: for showing and trying a place before its
    departments deliver.

    Every figure is marked as generated where it is shown. What a department feeds (`feed: department`) and what is there already
    are left alone. One report stays open, one comes late, one is corrected, so that each can be seen. Bring the figures up to
    date afterwards: huying report refresh.

    Example: huying exchange generate
    """
    from huying.domains.exchange import demo, queries
    from huying.domains.exchange.vocabulary import Feed
    from huying.kernel.errors import NotFound

    codes = [code for code, held in queries.newest_definitions().items() if held.row.feed is Feed.GENERATED]
    if not codes:
        raise NotFound(
            "no dataset of this place is filled by a program",
            cure="give its row `feed: generated` in the pack's datasets.yaml",
        )
    reports = demo.build()
    if as_json:
        click.echo(json.dumps({"datasets": sorted(codes), "reports": reports}, ensure_ascii=False))
    else:
        click.echo(f"{reports} reports of {len(codes)} datasets generated, marked as such; next: huying report refresh")


def _unit(code: str) -> int:
    from huying.domains.organizations import queries as organizations
    from huying.kernel.errors import NotFound

    found = organizations.unit_by_code(code)
    if found is None:
        raise NotFound(f"no unit {code}", cure="a unit's code looks like 331102-water")
    return found.id


def _key(short: str) -> int:
    from huying.domains.exchange import queries
    from huying.kernel.actors import Actor
    from huying.kernel.errors import NotFound

    found = next((one.pk for one in queries.api_keys(Actor.system(OPERATOR), most=100_000) if one.short == short), None)
    if found is None:
        raise NotFound(f"no key {short}", cure="huying exchange key list")
    return found
