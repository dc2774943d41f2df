"""`huying warnings`: hold the figures against the ladder now, and list what is open."""

from __future__ import annotations

import json

import click


@click.group(
    "warnings", help="Warnings of figures, and what came of them.\n\nExample: huying warnings evaluate --refresh"
)
def group() -> None:
    import django

    django.setup()


@group.command("evaluate")
@click.option("--refresh", is_flag=True, help="Bring the figures up to now first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line.")
def evaluate_command(refresh: bool, as_json: bool) -> None:
    """Do what the nightly job does. Run twice, the second run changes nothing.

    Example: huying warnings evaluate --refresh
    """
    from huying.analytics import services as analytics
    from huying.domains.warnings import services

    if refresh:
        analytics.refresh()
    done = services.evaluate()
    if as_json:
        click.echo(json.dumps(vars(done), ensure_ascii=False))
        return
    click.echo(
        f"{', '.join(done.periods) or 'no ladder'}: {done.opened} opened, {done.repeated} repeated, {done.escalated} escalated, "
        f"{done.mended} within bounds again, {done.corrected} corrected, {done.closed} closed; {done.forecasts} numbers forecast"
    )
    if done.unowned:
        click.echo(f"{done.unowned} have nobody to answer: name a post in the portfolio", err=True)


@group.command("list")
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a warning.")
def list_command(state: str, as_json: bool) -> None:
    """List warnings, newest first.

    Example: huying warnings list --state open
    """
    from huying.domains.warnings.models import IndicatorWarning

    rows = IndicatorWarning.objects.everything("the operator's own machine").order_by("-id")
    if state != "all":
        rows = rows.filter(state=state)
    for row in rows.iterator():
        said = {
            "number": row.number,
            "place": row.place,
            "division": row.division,
            "indicator": row.indicator,
            "origin": row.origin,
            "step": row.step,
            "in_a_row": row.in_a_row,
            "state": row.state,
            "ended": row.ended,
        }
        if as_json:
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            click.echo(
                f"{row.number}  {row.step:7} x{row.in_a_row}  {row.place} {row.indicator}  {row.state} {row.ended}"
            )
