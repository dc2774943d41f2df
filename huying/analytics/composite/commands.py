"""`huying index`: a composite index from two csv files and settings. Needs no place, no database, no home."""

from __future__ import annotations

import json
from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(
    "index",
    help="Composite indices, reckoned step by step from plain files.\n\n"
    "Example: huying index compute --data iData.csv --meta iMeta.csv --out results",
)
def group() -> None:
    pass


@group.command("compute")
@click.option("--data", required=True, type=FILE, help="iData: uCode, optional uName and Time, a column per indicator.")
@click.option("--meta", required=True, type=FILE, help="iMeta: a row per indicator, aggregate, group and denominator.")
@click.option("--spec", type=FILE, help="Settings as YAML; without it the standard ones (see `huying index settings`).")
@click.option("--tree", type=FILE, help="Places as csv: node, parent, level, optional valid_from and valid_to.")
@click.option("--against", type=FILE, help="Other settings; what they change is written as 12_comparison.csv.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write into."
)
@click.option(
    "--json", "as_json", is_flag=True, help="End with one JSON line: units, periods, indicators, first, files."
)
def compute_command(
    data: Path, meta: Path, spec: Path | None, tree: Path | None, against: Path | None, out: Path, as_json: bool
) -> None:
    """Reckon an index and write every step as csv into a folder, which is made where it is missing.

    Files in it of the same name are replaced, each in one stroke; others stay. Exits 0 when all stands, 1 when the input or a
    setting cannot be used (what, where and the cure are said, nothing is written), 2 for a wrong call.

    Example: huying index compute --data iData.csv --meta iMeta.csv --spec spec.yaml --out results
    """
    from huying.analytics.composite import files, framework, places, reading, results
    from huying.analytics.composite.run import compute
    from huying.kernel.errors import InvalidInput

    try:
        of = framework.read(meta)
        delivered = reading.read_data(data, of, places.read_tree(tree) if tree is not None else None)
        run = compute(delivered, of, reading.read_spec(spec) if spec is not None else None)
        other = compute(delivered, of, reading.read_spec(against)) if against is not None else None
        names = files.write(run, out, against=other, tell=None if as_json else lambda name: click.echo(out / name))
    except InvalidInput as fault:
        if len(fault.fields) < 2:
            raise
        click.echo(f"error: {fault.message}", err=True)
        for place, said in fault.fields.items():
            click.echo(f"  {place}: {said}", err=True)
        click.echo(f"  {fault.cure}", err=True)
        raise click.exceptions.Exit(1) from None
    ranks = results.ranked(run)
    best = results.in_order(run, ranks)[0]
    known = ranks.column(of.top.code)[best] == ranks.column(of.top.code)[best]
    first = run.data.raw.units[best] if known else None
    screened = len(run.delivered.raw.units) - len(run.data.raw.units)
    if as_json:
        made = {
            "units": len(set(run.data.raw.units)),
            "periods": len(run.data.raw.periods),
            "indicators": len(of.indicators),
            "screened_out": screened,
            "first": first,
            "files": names,
        }
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    click.echo(
        f"{of.top.name}: {len(run.data.raw.units)} rows, {len(of.indicators)} indicators, {screened} rows left out, "
        f"{len(names)} files in {out}"
    )


@group.command("settings")
@click.option("--meta", type=FILE, help="iMeta whose groups the settings may lean on.")
@click.option("--spec", type=FILE, help="Settings to complete; without it the standard ones.")
def settings_command(meta: Path | None, spec: Path | None) -> None:
    """Print the settings in full, as YAML that `--spec` takes: a start for one's own.

    Example: huying index settings --meta iMeta.csv > spec.yaml
    """
    import yaml

    from huying.analytics.composite import framework, reading
    from huying.analytics.composite.spec import Spec

    given = reading.read_spec(spec) if spec is not None else Spec()
    if meta is not None:
        given = reading.resolved(given, framework.read(meta))
    text = yaml.safe_dump(given.model_dump(mode="json", by_alias=True), allow_unicode=True, sort_keys=False)
    click.echo(text, nl=False)
