"""A read-only door to the figures in SQL: one SELECT over tables already cut to what the asker may take away.

The tables are what `bench.leaving` lets leave and, for posts that may open the records, `bench.records`: no statement can reach
a hidden value, another's territory or a record that the asker couldn't open, for they are not there. It runs in a process of its
own (`worker`) without environment, files or network.
See docs/decisions/sql-door.md.
"""

from huying.analytics.door.asking import Answer, as_parquet, ask, parquet

__all__ = ["Answer", "as_parquet", "ask", "parquet"]
