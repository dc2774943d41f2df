"""A read-only door to the figures in SQL: one SELECT over tables already cut to what the asker may take away.

The tables are what `bench.leaving` lets leave, so no statement can reach a hidden value, another's territory or a record: they
are not there. The statement runs in a process of its own (`worker`) without environment, files or network.
See docs/decisions/sql-door.md.
"""

from huying.analytics.door.asking import Answer, ask, parquet

__all__ = ["Answer", "ask", "parquet"]
