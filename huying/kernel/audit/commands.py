"""`huying audit`: proof that the log is whole."""

import json
import sys

import click


@click.group("audit", help="Prove that the log of every act is whole.\n\nExample: huying audit verify --json")
def group() -> None:
    import django

    django.setup()


@group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: records, events, ok, first_fault.")
def verify_command(as_json: bool) -> None:
    """Read every event; find any changed, missing or reordered row. Exits 1 when one is found.

    Example: huying audit verify --json
    """
    from huying.kernel import audit

    def progress(records: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{records} records", nl=False, err=True)

    found = audit.verify(progress)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "records": found.records,
                    "events": found.events,
                    "erased": found.erased,
                    "checkpoints": found.checkpoints,
                    "ok": found.ok,
                    "faults": found.fault_count,
                    "first_fault": found.first_fault,
                },
                ensure_ascii=False,
            )
        )
    else:
        click.echo(
            f"{found.records} records, {found.events} events, {found.checkpoints} checkpoints, {found.erased} erased payloads"
        )
        for fault in found.faults:
            click.echo(f"fault: {fault['kind']} {fault['record']} #{fault['seq']}: {fault['fault']}")
        click.echo("ok" if found.ok else f"NOT OK: {found.fault_count} faults")
    sys.exit(0 if found.ok else 1)


@group.command("checkpoint")
def checkpoint_command() -> None:
    """Sign a checkpoint over the events since the last one, and print it for keeping elsewhere.

    Example: huying audit checkpoint > checkpoint.json
    """
    from huying.kernel import audit

    point = audit.checkpoint()
    if point is None:
        click.echo("nothing new to sign", err=True)
        return
    click.echo(
        json.dumps(
            {
                "first_event": point.first_event,
                "last_event": point.last_event,
                "events": point.events,
                "taken_at": point.taken_at.isoformat(),
                "digest": point.digest,
                "mac": bytes(point.mac).hex(),
            }
        )
    )
