"""The committed OpenAPI description: `python -m tools.openapi` writes it, `--check` fails when the code says otherwise."""

import json
import os
import sys
from pathlib import Path

COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def described() -> str:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.entry.settings")
    import django

    django.setup()
    from huying.entry.api import api

    return (
        json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    )


def main() -> int:
    now = described()
    if "--check" not in sys.argv:
        COMMITTED.write_text(now)
        return 0
    if COMMITTED.exists() and COMMITTED.read_text() == now:
        return 0
    print(
        "docs/openapi.json does not say what the API is; look at the difference, then run: make openapi",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
