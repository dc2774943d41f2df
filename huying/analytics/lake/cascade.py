"""Sums up the dated tree, once, by whatever computes them: the product's counts and the values of plain files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import duckdb

from huying.analytics.lake.layout import Layout


def raise_up(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    steps: Mapping[str, str],
    columns: Sequence[str],
    number: str,
    out: str,
) -> None:
    """Sum `columns` from the lowest places to the roots, into the temp table `out` (node, period, columns), as one statement.

    steps: common table expressions, the last of which, `base`, has node, epoch, period and the columns; a node may stand in it at
    any depth. number: the SQL type of the sums. A sum over nothing but NULL is NULL: nobody reported.
    """
    added = ", ".join(f"sum({name})::{number} AS {name}" for name in columns)
    names = ", ".join(columns)
    said = dict(steps)
    said["based"] = (
        "SELECT base.*, up.parent AS parent, up.depth AS depth FROM base "
        "JOIN up ON up.node = base.node AND up.epoch = base.epoch"
    )
    depths = layout.depths or [0]
    said[f"depth_{depths[0]}"] = f"SELECT node, epoch, period, {names} FROM based WHERE depth = {depths[0]}"
    for below, depth in pairwise(depths):
        said[f"depth_{depth}"] = (
            f"SELECT node, epoch, period, {added} FROM ("
            f"SELECT node, epoch, period, {names} FROM based WHERE depth = {depth} UNION ALL "
            f"SELECT up.parent, low.epoch, low.period, {', '.join(f'low.{name}' for name in columns)} "
            f"FROM depth_{below} AS low JOIN up ON up.node = low.node AND up.epoch = low.epoch) GROUP BY ALL"
        )
    whole = " UNION ALL ".join(f"SELECT node, period, {names} FROM depth_{depth}" for depth in depths)
    if layout.epochs > 1:
        # A period that the tree changed in has one row an epoch.
        whole = f"SELECT node, period, {added} FROM ({whole}) GROUP BY ALL"
    listed = ", ".join(f"{name} AS ({sql})" for name, sql in said.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {out} AS WITH {listed} {whole}")
