"""The `huying` program lists every command and reads each, whatever tables its module needs."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from huying.entry.cli import GROUPS, Program, program


def test_every_named_command_has_a_module():
    assert [name for name, module in GROUPS.items() if not Program._exists(module)] == []


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_each_command_explains_itself_with_an_example(name):
    told = CliRunner().invoke(program, [name, "--help"])
    assert told.exit_code == 0, told.output
    assert "Example" in told.output


def test_the_list_of_commands_is_told_in_a_fresh_process():
    """Listing loads no command's module: some hold tables, which want Django set up first."""
    told = subprocess.run([sys.executable, "-m", "huying", "--help"], env=os.environ, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "audit" in told.stdout
