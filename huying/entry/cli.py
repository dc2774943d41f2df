"""The `huying` program: each layer's `commands` module adds its groups; a module is loaded only when its group is named."""

import gc
import importlib
import os
import sys
from pathlib import Path

import click

# group name → module that holds `group`, a click.Group or click.Command
GROUPS: dict[str, str] = {
    "deadlines": "huying.domains.rulebook.commands",
    "pack": "huying.kernel.packs.commands",
    "matters": "huying.domains.matters.commands",
    "audit": "huying.kernel.audit.commands",
    "keys": "huying.kernel.crypto.commands",
    "bundles": "huying.kernel.bundle_commands",
    "report": "huying.domains.bulletins.commands",
    "exchange": "huying.domains.exchange.commands",
    "warnings": "huying.domains.warnings.commands",
    "index": "huying.analytics.index_commands",
    "analytics": "huying.entry.commands.analytics",
    "init": "huying.entry.commands.init",
    "demo": "huying.entry.commands.demo",
    "serve": "huying.entry.commands.serve",
    "work": "huying.entry.commands.work",
    "doctor": "huying.entry.commands.doctor",
    "backup": "huying.entry.commands.backup",
    "restore": "huying.entry.commands.restore",
    "upgrade": "huying.entry.commands.upgrade",
}


# Pure reckoning: needs no place, no database, no home. A named rule sets Django up by itself where there is one.
WITHOUT_DJANGO = {"deadlines", "index", "analytics"}


class Program(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for name, module in GROUPS.items() if self._exists(module))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = GROUPS.get(cmd_name)
        if module is None or not self._exists(module):
            return None
        import django

        # All that is loaded now stays: walking through it for rubbish, again and again, took a third of the start.
        gc.disable()
        if cmd_name not in WITHOUT_DJANGO:
            django.setup()
        command: click.Command = importlib.import_module(module).group
        gc.freeze()
        gc.enable()
        return command

    @staticmethod
    def _exists(module: str) -> bool:
        """Looks for the file: asking Python would import the packages above it, and their tables want Django set up."""
        path = Path(__file__).resolve().parents[2].joinpath(*module.split("."))
        return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="huying")
def program() -> None:
    """Huying 呼应: the working system of a governance centre.

    Example: huying deadlines explain --limit "15 WD" --start 2026-09-24T10:00
    """


def main() -> None:
    """Run the program; any failure we know ends in one clear line and a non-zero exit."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.entry.settings")
    from django.db import DatabaseError

    from huying.entry.environment import SettingError
    from huying.kernel.errors import HuyingError

    try:
        ended = program.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("stopped; what was finished is kept", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as asked:
        asked.show()
        sys.exit(asked.exit_code)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        cure = f" — {context.command_path} --help" if context else ""
        click.echo(f"error: {error.format_message()}{cure}", err=True)
        sys.exit(error.exit_code)
    except HuyingError as error:
        click.echo(f"error: {error.one_line()}", err=True)
        sys.exit(1)
    except SettingError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except (OSError, DatabaseError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        click.echo(f"error: {first} — `huying doctor` tells more", err=True)
        sys.exit(1)
    if isinstance(ended, int):  # click hands back the exit code of a command that ended with one
        sys.exit(ended)
