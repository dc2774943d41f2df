"""Writing many changed rows: one prepared UPDATE run over all, which both databases do far faster than CASE WHEN."""

from collections.abc import Iterable, Sequence

from django.db import connections, models, router


def save_many(rows: Sequence[models.Model], fields: Iterable[str]) -> None:
    """Write `fields` of existing `rows`, all of one model, in the caller's transaction. No signals, no F expressions."""
    names = list(fields)
    if not rows or not names:
        return
    model = type(rows[0])
    columns = [model._meta.get_field(name) for name in names]
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(column.column)} = %s" for column in columns)  # type: ignore[union-attr]
    key = model._meta.pk
    statement = f"UPDATE {quote(model._meta.db_table)} SET {assignments} WHERE {quote(key.column)} = %s"  # noqa: S608
    values = [
        [column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns] + [row.pk]  # type: ignore[union-attr]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
