"""Counters that never give a number twice: one row per series."""

from collections.abc import Mapping

from django.db import connection, models, transaction

from huying.kernel.bulk import save_many


class NumberSeries(models.Model):
    """How far the series has been used: `last` is the highest number given out, 0 when none was."""

    series = models.CharField(max_length=120, primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(last__gte=0), name="number_series_not_negative")]

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


def next_numbers(series: str, n: int = 1) -> range:
    """The next `n` numbers of `series` (from 1 up), as a range; one statement whatever `n`.

    The row stays locked until the surrounding transaction ends: when that rolls back, the numbers are free again, so a
    series has no gaps. Call it late in a transaction on a busy series.
    """
    if n < 0:
        raise ValueError(f"cannot give out {n} numbers")
    if n == 0:
        return range(0)
    table = connection.ops.quote_name(NumberSeries._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (series, last) VALUES (%s, %s) "  # noqa: S608
            f"ON CONFLICT (series) DO UPDATE SET last = {table}.last + excluded.last RETURNING last",
            [series, n],
        )
        last: int = cursor.fetchall()[0][0]
    return range(last - n + 1, last + 1)


def next_numbers_of(wanted: Mapping[str, int]) -> dict[str, range]:
    """`next_numbers` for many series at once; three queries whatever their number. Locked in order, so writers can't deadlock."""
    names = sorted(name for name, n in wanted.items() if n > 0)
    if not names:
        return {}
    if len(names) == 1:
        return {names[0]: next_numbers(names[0], wanted[names[0]])}
    with transaction.atomic():
        NumberSeries.objects.bulk_create([NumberSeries(series=name) for name in names], ignore_conflicts=True)
        rows = list(NumberSeries.objects.select_for_update().filter(pk__in=names).order_by("pk"))
        given = {}
        for row in rows:
            given[row.series] = range(row.last + 1, row.last + wanted[row.series] + 1)
            row.last += wanted[row.series]
        save_many(rows, ["last"])
    return given
