"""`huying analytics`: indicator values from plain files. Needs no place, no database, no home."""

from __future__ import annotations

import json
from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
FILES = click.Path(exists=True, readable=True, path_type=Path)


@click.group(
    "analytics",
    help="Indicator values from plain files.\n\n"
    "Example: huying analytics rollup --tree tree.csv --facts facts.csv --definitions defs.yaml --period month --out out.csv",
)
def group() -> None:
    pass


@group.command("rollup")
@click.option("--tree", required=True, type=FILE, help="node, parent, level, optional valid_from and valid_to.")
@click.option(
    "--facts",
    required=True,
    type=FILES,
    help="node, date and a column a measure; blank is not reported. csv, Parquet, or a folder of Parquet files.",
)
@click.option("--definitions", required=True, type=FILE, help="Indicators as YAML (docs/howto/add-an-indicator.md).")
@click.option("--period", required=True, type=click.Choice(["day", "week", "month", "quarter", "year"]))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The .csv or .parquet to write; or a folder, which gets a Parquet file a period and keeps what the next run need not "
    "read again.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The csv for rows of a facts csv that can't be used, each with its line and reason.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="End with one JSON line: file, rows, periods, anew, rejected, unplaced, warnings.",
)
def rollup_command(
    tree: Path, facts: Path, definitions: Path, period: str, out: Path, rejects: Path | None, as_json: bool
) -> None:
    """Bring measures up the dated tree and over time: a row for every place, period and indicator.

    Example: huying analytics rollup --tree tree.csv --facts facts.csv --definitions defs.yaml --period month --out out.csv
    """
    from huying.analytics.indicators.plain import rollup
    from huying.analytics.periods import PeriodKind
    from huying.kernel.errors import InvalidInput

    for name, file in (("--out", out), ("--rejects", rejects)):
        if file is not None and not file.parent.is_dir():
            raise InvalidInput(f"{name}: there is no folder {file.parent}", cure="make it first, or name another")
    done = rollup(tree, facts, definitions, PeriodKind(period), out, rejects)
    for warning in done.warnings:
        click.echo(warning, err=True)
    if done.unplaced:
        some = ", ".join(done.unplaced[:10]) + (" …" if len(done.unplaced) > 10 else "")
        click.echo(
            f"{len(done.unplaced)} lines of {facts.name} name places that didn't stand on that day; they are in no value: {some}",
            err=True,
        )
    if as_json:
        said = {
            "file": str(out.resolve()),
            "rows": done.rows,
            "periods": done.periods,
            "anew": list(done.anew),
            "rejected": done.rejected,
            "unplaced": len(done.unplaced),
            "warnings": done.warnings,
        }
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        some = f", of which {', '.join(done.anew) or 'none'} made anew" if len(done.anew) < done.periods else ""
        click.echo(f"{out}: {done.rows} rows over {done.periods} periods{some}")


@group.command("framework")
@click.argument("pack")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The iMeta csv to write.")
@click.option("--spec", type=click.Path(dir_okay=False, path_type=Path), help="Write the index's settings there.")
@click.option("--weights", help="Use this one of the settings' sets of weights, such as quarter.")
def framework_command(pack: str, out: Path, spec: Path | None, weights: str | None) -> None:
    """Write the composite index of PACK (its `index.yaml` and indicators) as `huying index compute` takes it.

    Example: huying analytics framework gansu --out iMeta.csv --spec spec.yaml
    """
    import django

    django.setup()  # a pack's sections are found by the domains that register them
    from huying.analytics.indicators.frameworks import framework_of, settings_of, with_weights, write_meta, write_spec
    from huying.kernel import packs
    from huying.kernel.errors import InvalidInput

    read = packs.check(packs.find(pack))
    rows = read.rows("index")
    if not rows:
        raise InvalidInput(f"pack {pack} has no index", cure="give it an index.yaml (docs/howto/add-an-indicator.md)")
    made = framework_of(rows, {row.code: row for row in read.rows("indicators")})
    settings = settings_of(rows)
    if weights is not None:
        settings = with_weights(settings, weights)
    write_meta(made, out)
    if spec is not None:
        write_spec(settings, spec)
    click.echo(f"{out}: {made.top.name}, {len(made.indicators)} indicators under {len(made.upward)} nodes")
