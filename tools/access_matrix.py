"""Writes tests/access_matrix.csv as the program answers now: `python -m tools.access_matrix`, then read its difference."""

import os
import subprocess
import sys


def main() -> int:
    environment = os.environ | {"HUYING_ACCESS_MATRIX": "write"}
    run = [sys.executable, "-m", "pytest", "-q", "--no-header", "tests/test_access_matrix.py"]
    return subprocess.run(run, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
