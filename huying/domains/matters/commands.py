"""`huying matters`: bring matters in from files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.group("matters")
def group() -> None:
    """Matters: import from files, replay a past year.

    Example: huying matters import messages.xlsx --profile message-board
    """
    import django

    django.setup()


def _profile_names() -> str:
    return "message-board, baltimore-311, general"


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", "profile_name", required=True, help=f"What the columns mean: {_profile_names()}.")
@click.option("--division", default="", help="Code of the division of rows that name none (default: the whole place).")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where rows handed back go (.csv or .xlsx).")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line.")
def import_command(
    file: Path, profile_name: str, division: str, rejects: Path | None, dry_run: bool, as_json: bool
) -> None:
    """Import FILE (.xlsx or .csv): every row is accepted, already known, or handed back with its reason.

    Interrupted, it keeps what it finished; run it again to go on.

    Example: huying matters import messages.xlsx --profile message-board --json
    """
    from huying.domains.matters.intake_files.importing import Outcome, import_file
    from huying.domains.matters.intake_files.profile import profile
    from huying.kernel.actors import Actor

    def progress(outcome: Outcome) -> None:
        click.echo(
            f"\r{outcome.read:,} read, {outcome.accepted:,} accepted, {outcome.already_known:,} known, "
            f"{outcome.rejected:,} handed back",
            nl=not sys.stderr.isatty(),
            err=True,
        )

    outcome = import_file(
        file,
        profile(profile_name),
        actor=Actor.system(f"import:{profile_name}"),
        division=division,
        rejects=rejects,
        dry_run=dry_run,
        progress=progress,
    )
    if sys.stderr.isatty():
        click.echo(err=True)
    for column, what in outcome.dropped_columns.items():
        click.echo(f"not stored, by law and by design: column “{column}” ({what})", err=True)
    if outcome.unused_columns:
        click.echo(f"columns without a place: {', '.join(outcome.unused_columns)}", err=True)
    if outcome.interrupted:
        click.echo("interrupted; finished rows are kept, run the same command to go on", err=True)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    else:
        click.echo(
            f"read {outcome.read}: accepted {outcome.accepted}, already known {outcome.already_known}, "
            f"handed back {outcome.rejected}{f' ({outcome.rejects_file})' if outcome.rejects_file else ''}; "
            f"same words as an earlier matter: {outcome.merge_hints}"
        )
    if outcome.interrupted:
        sys.exit(130)


@group.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", "profile_name", required=True, help="What the columns mean: baltimore-311.")
@click.option("--division", default="", help="Code of the division it is played in (default: the whole place).")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where rows handed back go (.csv or .xlsx).")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line.")
def replay_command(file: Path, profile_name: str, division: str, rejects: Path | None, as_json: bool) -> None:
    """Lead the matters of FILE through the whole process at the times they really happened.

    Example: huying matters replay requests.csv --profile baltimore-311 --json
    """
    from huying.domains.matters.intake_files.profile import profile
    from huying.domains.matters.intake_files.replay import Replayed, replay_file

    def progress(done: Replayed) -> None:
        click.echo(f"\r{done.read:,} replayed, {done.closed:,} closed", nl=not sys.stderr.isatty(), err=True)

    done = replay_file(file, profile(profile_name), division=division, rejects=rejects, progress=progress)
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo(json.dumps(done.as_json(), ensure_ascii=False) if as_json else done.sentence())
