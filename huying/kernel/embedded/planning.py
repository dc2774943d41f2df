"""What SQLite's planner knows of the tables. By itself it looks at nothing and takes ten rows to a value in every index, whether
a county has ten matters or a hundred thousand."""

from __future__ import annotations

from django.db import connection

# Rows looked at in each index: enough to tell a few from a great many, in milliseconds at a million rows.
LOOKED_AT = 1_000


def look_over() -> int:
    """Count anew, one table after another, how many rows a value of each index stands for; how many tables. None on another
    database: PostgreSQL does it by itself."""
    if connection.vendor != "sqlite":
        return 0
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={LOOKED_AT}")
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
    return len(tables)
