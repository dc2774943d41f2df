"""Copy what pages are served with from node_modules into the static folder, so that an office without internet has it.

`make vendor` runs `npm ci` (which verifies the lock's digests) and then this. `python -m tools.assets.vendor --check` fails
when a copied file differs from the locked package's.
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
STATIC = HERE.parent.parent / "huying" / "web" / "desk" / "static" / "vendor"
TESTS = HERE.parent.parent / "tests" / "browser" / "vendor"

# package → its folder under the target, and the files taken (source in the package: name in the folder)
SERVED: dict[str, tuple[str, dict[str, str]]] = {
    "@tabler/core": ("tabler", {"dist/css/tabler.min.css": "tabler.min.css"}),
    "htmx.org": ("htmx", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    "echarts": (
        "echarts",
        {
            "dist/echarts.esm.min.mjs": "echarts.esm.min.js",
            "LICENSE": "LICENSE",
            "NOTICE": "NOTICE",
            "licenses/LICENSE-d3": "LICENSE-d3",
        },
    ),
    "maplibre-gl": (
        "maplibre",
        {
            "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css": "maplibre-gl.css",
            "LICENSE.txt": "LICENSE",
        },
    ),
}
TESTED: dict[str, tuple[str, dict[str, str]]] = {
    "axe-core": (
        "axe",
        {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE", "LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY"},
    ),
}


def content(source: Path) -> bytes:
    """The file without its pointer to a source map we don't ship (a browser's tools would ask for it and get 404)."""
    raw = source.read_bytes()
    if source.suffix in {".mjs", ".js", ".css"}:
        kept = [line for line in raw.splitlines(keepends=True) if b"# sourceMappingURL=" not in line or len(line) > 400]
        return b"".join(kept)
    return raw


def planned() -> dict[Path, bytes]:
    """Target path → bytes for every vendored file."""
    plan: dict[Path, bytes] = {}
    for target, table in ((STATIC, SERVED), (TESTS, TESTED)):
        for package, (folder, files) in table.items():
            about = json.loads((MODULES / package / "package.json").read_text())
            for source, name in files.items():
                plan[target / folder / name] = content(MODULES / package / source)
            origin = f"{about['name']} {about['version']}\nlicence: {about['license']}\nhomepage: {about.get('homepage', '')}\n"
            plan[target / folder / "ORIGIN"] = origin.encode()
    return plan


def main(arguments: list[str]) -> int:
    if not MODULES.exists():
        print(f"no {MODULES.name} in {HERE.name}: run `make vendor`", file=sys.stderr)
        return 1
    plan = planned()
    if "--check" in arguments:
        wrong = [path for path, wanted in plan.items() if not path.exists() or path.read_bytes() != wanted]
        for path in wrong:
            print(f"{path}: differs from the locked package; run `make vendor`", file=sys.stderr)
        return 1 if wrong else 0
    for folder in {path.parent for path in plan}:
        shutil.rmtree(folder, ignore_errors=True)
    for path, wanted in plan.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted)
    print(f"{len(plan)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
