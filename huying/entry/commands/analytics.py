"""`huying analytics`: values from plain files, and `sql`: the door to a place's own figures and records, as one of its posts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from huying.analytics.indicators.commands import group

if TYPE_CHECKING:
    from huying.kernel.actors import Actor

__all__ = ["group"]


@group.command("sql")
@click.argument("statement")
@click.option("--as", "post", required=True, help="The post that asks: UNIT/POST, such as 331102-centre/analyst.")
@click.option(
    "--indicator", "indicators", multiple=True, help="A code; once for each. None: what the bench opens with."
)
@click.option("--place", default="", help="Division code; the post's own where none is named.")
@click.option("--level", default="", help="own, children, or county, township, village, grid.")
@click.option("--first", default="", help="First period: 2026-01.")
@click.option("--last", default="", help="Last period.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A .parquet file to write; else JSON lines."
)
def sql_command(
    statement: str,
    post: str,
    indicators: tuple[str, ...],
    place: str,
    level: str,
    first: str,
    last: str,
    out: Path | None,
) -> None:
    """Ask one SELECT of what the post may take away: table figures, and matters for posts that may open the records.

    Example: huying analytics sql --as 331102-centre/analyst "select division_name, value from figures" --out x.parquet
    """
    import django

    django.setup()
    from django.http import QueryDict

    from huying.analytics import door
    from huying.analytics.bench import statements
    from huying.analytics.bench.pages import asked
    from huying.kernel.errors import Forbidden, InvalidInput

    actor = _actor(post)
    if not actor.has(*statements.ASKERS):
        raise Forbidden(f"{post} is no post that asks", cure="name an analyst's, a supervisor's or a leader's post")
    if out is not None and (out.suffix != ".parquet" or not out.parent.is_dir()):
        raise InvalidInput(f"--out {out} is no .parquet file in a folder that is there")
    given = QueryDict(mutable=True)
    for name, value in (("place", place), ("level", level), ("first", first), ("last", last)):
        if value:
            given[name] = value
    given.setlist("indicators", indicators)
    answer = statements.answered(actor, asked(actor, given), statement)
    if out is not None:
        out.write_bytes(door.as_parquet(answer))
        click.echo(f"{out}: {len(answer.rows)} rows{', and there were more' if answer.more else ''}")
        return
    for row in answer.rows:
        click.echo(json.dumps(dict(zip(answer.columns, row, strict=True)), ensure_ascii=False))


def _actor(named: str) -> Actor:
    """The post as it stands today; the log says that the operator asked in it."""
    from huying.domains.organizations import queries as organizations
    from huying.kernel.errors import NotFound

    code, _slash, key = named.partition("/")
    unit = organizations.unit_by_code(code)
    posts = organizations.posts_of_unit(unit.id) if unit else []
    found = next((view for view in posts if view.key == key), None)
    if found is None:
        raise NotFound(f"no post {named}", cure="name it as UNIT/POST: 331102-centre/analyst")
    return organizations.operator_in(found, "huying analytics sql")
