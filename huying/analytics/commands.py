"""`huying report`: the figures brought up to date, and the report of one place and period as a workbook."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group(
    "report",
    help="The periodic report.\n\nExample: huying report build --division 3311 --period 2026-10 --out report.xlsx",
)
def group() -> None:
    import django

    django.setup()


@group.command("refresh")
@click.option("--full", is_flag=True, help="Extract everything anew instead of what changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line: way, read, seconds, watermark.")
def refresh_command(full: bool, as_json: bool) -> None:
    """Bring the figures up to now. Stopped half-way, the old figures stay and the next run resumes.

    Example: huying report refresh
    """
    from huying.analytics import definitions, published, refreshing, trees
    from huying.analytics.values import limits

    limits.lay_out()
    done = refreshing.refresh(definitions.shipped(), trees.load(), published.folder(), full=full)
    if as_json:
        click.echo(json.dumps(done.said()))
    else:
        click.echo(
            f"{done.way}: {done.read} records read in {done.seconds:.1f} s; figures stand at {done.watermark.isoformat()}"
        )


@group.command("build")
@click.option("--division", required=True, help="Division code, short or padded: 3311, 331100000000.")
@click.option("--period", required=True, help="2026, 2026-Q3, 2026-10, 2026-W43 or 2026-10-05.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The workbook to write.")
@click.option("--language", type=click.Choice(["zh-hans", "en"]), default="zh-hans", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line at the end: file, figures, watermark.")
def build_command(division: str, period: str, out: Path, language: str, as_json: bool) -> None:
    """Write the report of a division and period as xlsx; the figures are brought up to date first.

    Example: huying report build --division 3311 --period 2026-10 --out report.xlsx --json
    """
    from django.utils import translation

    from huying.analytics import definitions, published, refreshing, report, trees, workbook
    from huying.analytics.periods import Period
    from huying.kernel.errors import InvalidInput, NotFound

    asked, code = Period.parse(period), trees.full_code(division)
    if out.suffix.lower() != ".xlsx":
        raise InvalidInput(f"--out {out} is no .xlsx file", cure="name a file that ends in .xlsx")
    if not out.parent.is_dir():
        raise InvalidInput(f"--out: there is no folder {out.parent}", cure="make it first, or name another")
    tree, rules = trees.load(), definitions.shipped()
    if not tree:
        raise NotFound("no divisions are installed", cure="huying init --pack lishui")
    trees.named(tree, code, asked.last)
    refreshing.refresh(rules, tree, published.folder())
    with published.opened() as figures, translation.override(language):
        made = report.build(figures, rules, code, asked)
        workbook.write(made, out)
    if as_json:
        said = {"file": str(out.resolve()), "figures": made.figures, "watermark": made.state.watermark.isoformat()}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(made.headline)
        click.echo(f"{out}: {made.figures} figures as of {made.state.watermark.isoformat()}")
