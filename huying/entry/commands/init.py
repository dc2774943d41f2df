"""`huying init`."""

import click

from huying.entry.commands import place


@click.command("init")
@click.option("--pack", required=True, help="A shipped pack by name, or a pack's folder.")
def group(pack: str) -> None:
    """Make an empty place: tables, the pack's divisions, units and rules, and the three administrators.

    Their one-time passwords are printed once. Safe to call again: what is there stays, what is missing is added.

    Example: huying init --pack lishui
    """
    place.set_up()
    from django.conf import settings

    from huying.domains.organizations.services import create_first_administrators
    from huying.kernel import packs
    from huying.kernel.actors import Actor
    from huying.kernel.errors import NotAllowedNow

    folder = packs.find(pack)  # a misspelt name fails before anything is made
    place.migrate()
    with place.Stage(f"installing pack {pack}"):
        packs.install(folder, actor=Actor.system("huying init"), progress=place.tell)
    if settings.HUYING_ZONE == "outer":
        click.echo(f"nobody signs in in the outer zone; ready in {place.home()}: huying serve")
        return
    try:
        made = create_first_administrators()
    except NotAllowedNow:
        click.echo("administrators exist already; nothing was changed about them")
    else:
        click.echo("first sign-ins, shown once; each must choose a password of its own:")
        for one in made:
            click.echo(f"{one.role.value}: {one.username} / {one.password}")
    click.echo(f"ready in {place.home()}: huying serve")
