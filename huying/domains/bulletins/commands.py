"""`huying report build`: the figures of a place and period, or with --set one of the place's own reports, as a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from huying.analytics.commands import build_command as figures_command
from huying.analytics.commands import group as figures_group

FORMATS = ("docx", "xlsx", "pdf", "html")


@click.group(
    "report",
    help="The periodic report.\n\nExample: huying report build --set monthly --division 3311 --period 2026-10 --out report.docx",
)
def group() -> None:
    import django

    django.setup()


# What the figures themselves offer stands beside the reports made of them.
for _name, _command in figures_group.commands.items():
    if _command is not figures_command:
        group.add_command(_command, _name)


@group.command("build")
@click.option(
    "--set", "set_code", default="", help="A report set of the place's pack: monthly. Without it, the figures alone."
)
@click.option("--division", required=True, help="Division code, short or padded: 3311, 331100000000.")
@click.option("--period", required=True, help="2026, 2026-Q3, 2026-10, 2026-W43 or 2026-10-05.")
@click.option("--format", "format", type=click.Choice(FORMATS), help="With --set; else told by the ending of --out.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--language", type=click.Choice(["zh-hans", "en"]), default="zh-hans", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line at the end: file, figures, watermark.")
@click.pass_context
def build_command(
    context: click.Context,
    set_code: str,
    division: str,
    period: str,
    format: str | None,
    out: Path,
    language: str,
    as_json: bool,
) -> None:
    """Write a report. With --set: the newest published edition, word for word; before one is published, a draft from the figures
    brought up to date, marked as such. Without --set: the figures as a workbook.

    Example: huying report build --set monthly --division 3311 --period 2026-10 --format docx --out report.docx
    """
    from huying.kernel.errors import InvalidInput

    if not set_code:
        if format not in (None, "xlsx"):
            raise InvalidInput(f"--format {format} needs a report set", cure="add --set monthly, or another set")
        context.invoke(figures_command, division=division, period=period, out=out, language=language, as_json=as_json)
        return
    chosen = format or out.suffix.lower().removeprefix(".")
    if chosen not in FORMATS:
        raise InvalidInput(f"--out {out} names no format", cure=f"add --format, one of: {', '.join(FORMATS)}")
    if not out.parent.is_dir():
        raise InvalidInput(f"--out: there is no folder {out.parent}", cure="make it first, or name another")
    said = _build(set_code, division, period, chosen, out, language)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        edition = f"edition {said['edition']}" if said["edition"] else "draft, not published"
        click.echo(f"{out}: {edition}; {said['figures']} figures as of {said['watermark']}")


@group.command("verify")
@click.option(
    "--edition", help="SET/DIVISION/PERIOD/NUMBER: monthly/3311/2026-10/1. Without it, every published edition."
)
@click.option(
    "--from-records",
    is_flag=True,
    help="Also say how many counts today's records give otherwise, and what was corrected.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON line: editions, names, figures, unkept, differences, since."
)
def verify_command(edition: str | None, from_records: bool, as_json: bool) -> None:
    """Compute the figures of published editions once more from what was kept of the data as of their watermark, and compare them
    bit for bit. Ends with 1 when a figure differs or can't be computed, and says which and why.

    With --from-records each edition's counts and deliveries are held against today's too: a published figure stays as it is, and
    where late, corrected or erased records would give another count now, that is said.

    Example: huying report verify --edition monthly/331100000000/2026-10/1
    """
    from huying.domains.bulletins import verifying

    done = verifying.verify(edition, from_records=from_records)
    if as_json:
        click.echo(json.dumps(done.said(), ensure_ascii=False))
    else:
        for line in done.lines():
            click.echo(line)
    if done.failed:
        raise click.exceptions.Exit(1)


def _build(set_code: str, division: str, period: str, format: str, out: Path, language: str) -> dict[str, object]:
    from huying.analytics import services as analytics
    from huying.analytics import trees
    from huying.analytics.periods import Period
    from huying.domains.bulletins import content as contents
    from huying.domains.bulletins import queries, rendering
    from huying.domains.bulletins.paper import paper

    asked, code = Period.parse(period), trees.full_code(division)
    body = queries.report_set(set_code).body
    edition = queries.newest_edition(set_code, code, asked)
    if edition is None:
        analytics.refresh()
        content = contents.compose(body, code, asked)
        made = paper(content, language=language)
    else:
        content = edition.whole()
        made = queries.edition_paper(edition, language)
    rendering.write(made, format, out)
    return {
        "file": str(out.resolve()),
        "set": set_code,
        "edition": edition.number if edition else 0,
        "figures": contents.count(content),
        "watermark": content["watermark"],
        "findings": len(content["findings"]),
    }
