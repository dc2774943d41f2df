"""`huying index data`: the figures of this place as `huying index compute` takes them. The rest of the group needs no place."""

from __future__ import annotations

import json
from pathlib import Path

import click

from huying.analytics.composite.commands import group
from huying.kernel.actors import Level

LEVELS = [level.column for level in Level]


@group.command("data")
@click.option("--index", default="", help="The index's code, where it must be that one; else the place's own.")
@click.option("--period", "periods", required=True, multiple=True, help="2026, 2026-Q3, 2026-10 …; again for more.")
@click.option("--level", type=click.Choice(LEVELS), default="county", show_default=True, help="Of which places.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write into."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line: units, cells, missing by reason, watermark.")
def data_command(index: str, periods: tuple[str, ...], level: str, out: Path, as_json: bool) -> None:
    """Write this place's own figures for `huying index compute`: iData.csv and iMeta.csv in COINr's columns, spec.yaml with the
    settings and the weights of that kind of period, denominators.csv (what each rests on) and missing.csv (why one is NA).

    The figures are those of the last refresh; the scores equal the page's. Below the county small numbers are left out, as in
    every file.

    Example: huying index data --period 2026-10 --out october
    """
    import django

    django.setup()
    from huying.analytics import index_data
    from huying.analytics.periods import Period

    done = index_data.write(out, [Period.parse(text) for text in periods], level=Level[level.upper()], index=index)
    if as_json:
        click.echo(json.dumps({"folder": str(out.resolve()), **done.__dict__}, ensure_ascii=False))
        return
    lacking = sum(done.missing.values())
    click.echo(
        f"{out}: {done.index}, {done.units} places × {done.periods} periods × {done.indicators} indicators as of "
        f"{done.watermark}; {done.cells - lacking} figures known, {lacking} not"
    )
    for why, n in done.missing.items():
        click.echo(f"  {n} {why}")
    if done.running or done.moved:
        click.echo(
            f"  of these left out of a file: {done.running} of a period still running, {done.moved} that moved a little"
        )
    click.echo(
        f"next: huying index compute --data {out}/iData.csv --meta {out}/iMeta.csv --spec {out}/spec.yaml --out results"
    )


__all__ = ["group"]
