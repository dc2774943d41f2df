"""DuckDB as it is opened everywhere here: nothing is fetched from anywhere."""

from __future__ import annotations

from importlib.metadata import files

import duckdb


def connect(path: str = ":memory:", **config: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that fetches nothing from anywhere."""
    return duckdb.connect(
        path,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            **config,
        },
    )


def extension(name: str) -> str:
    """The path of the installed extension `name`, from its PyPI package."""
    package = f"duckdb-extension-{name.replace('_', '-')}"
    for file in files(package) or ():
        if file.name == f"{name}.duckdb_extension":
            return str(file.locate())
    raise FileNotFoundError(f"{package} holds no {name}.duckdb_extension")
