"""SQLite: FTS5 without content, the packed id as rowid, so that "newest first" is the order of the index itself.

Before 3.43 a contentless table cannot delete by rowid: the old terms must be given back, so they are computed again from
the stored text. Whoever changes `tokens.terms` therefore rebuilds the index in a migration (`documents.rebuild`).
The `ascii` tokeniser splits at blanks only, as every term here is letters and digits; folding was done before.
"""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from huying.kernel.search.protocol import POSTINGS_READ, Row, Wanted, batches
from huying.kernel.search.tokens import terms


class SqliteEngine:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def create(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE search_document (id INTEGER PRIMARY KEY, text TEXT NOT NULL, scope TEXT NOT NULL)"
            )
            cursor.execute(
                "CREATE VIRTUAL TABLE search_terms USING fts5(text, scope, content='', columnsize=0, tokenize='ascii')"
            )

    def drop(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS search_terms")
            cursor.execute("DROP TABLE IF EXISTS search_document")

    def put(self, rows: Sequence[Row]) -> None:
        self.remove([row.id for row in rows])
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_document (id, text, scope) VALUES (%s, %s, %s)",
                [(row.id, row.text, row.scope) for row in rows],
            )
        self.put_terms(rows)

    def put_terms(self, rows: Sequence[Row]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_terms (rowid, text, scope) VALUES (%s, %s, %s)",
                [(row.id, " ".join(terms(row.text)), row.scope) for row in rows],
            )

    def forget_terms(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_terms (search_terms) VALUES ('delete-all')")

    def remove(self, ids: Sequence[int]) -> int:
        removed = 0
        for batch in batches(ids):
            old = self.rows(batch)
            if not old:
                continue
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO search_terms (search_terms, rowid, text, scope) VALUES ('delete', %s, %s, %s)",
                    [(row.id, " ".join(terms(row.text)), row.scope) for row in old],
                )
                cursor.executemany("DELETE FROM search_document WHERE id = %s", [(row.id,) for row in old])
            removed += len(old)
        return removed

    def find(self, wanted: Wanted) -> list[int]:
        parts = [_phrase(found, prefix) for found, prefix in wanted.phrases]
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid FROM search_terms WHERE search_terms MATCH %s AND rowid BETWEEN %s AND %s "
                "ORDER BY rowid DESC LIMIT %s",
                [
                    _match(" AND ".join(f"text : {part}" for part in parts), wanted.scopes),
                    wanted.first,
                    wanted.last,
                    wanted.limit,
                ],
            )
            return [packed for (packed,) in cursor.fetchall()]

    def candidates(
        self, weights: Sequence[tuple[str, float]], scopes: tuple[str, ...] | None, first: int, last: int, limit: int
    ) -> list[int]:
        one = (
            "SELECT * FROM (SELECT rowid AS id, %s AS weight FROM search_terms WHERE search_terms MATCH %s "
            "AND rowid BETWEEN %s AND %s ORDER BY rowid DESC LIMIT %s)"
        )
        arguments: list[str | float] = []
        for term, weight in weights:
            arguments += [weight, _match(f'text : "{term}"', scopes), first, last, POSTINGS_READ]
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM ({' UNION ALL '.join([one] * len(weights))}) GROUP BY id "  # noqa: S608 (placeholders only)
                "ORDER BY sum(weight) DESC, id DESC LIMIT %s",
                [*arguments, limit],
            )
            return [packed for (packed,) in cursor.fetchall()]

    def rows(self, ids: Sequence[int]) -> list[Row]:
        found: list[Row] = []
        with self._connection.cursor() as cursor:
            for batch in batches(ids):
                marks = ",".join(["%s"] * len(batch))
                cursor.execute(f"SELECT id, text, scope FROM search_document WHERE id IN ({marks})", batch)  # noqa: S608
                found.extend(Row(*row) for row in cursor.fetchall())
        return found

    def newest(self, first: int, last: int, limit: int) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, text, scope FROM search_document WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s",
                [first, last, limit],
            )
            return [Row(*row) for row in cursor.fetchall()]

    def compact(self) -> None:
        """Merge the index into one segment, which also drops what was deleted from the file's live pages."""
        with self._connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_terms (search_terms) VALUES ('optimize')")


def _phrase(found: Sequence[str], prefix: bool) -> str:
    return f'"{" ".join(found)}"{" *" if prefix else ""}'


def _match(texts: str, scopes: tuple[str, ...] | None) -> str:
    if scopes is None:
        return texts
    return f"({texts}) AND scope : ({' OR '.join(f'{chr(34)}{scope}{chr(34)}' for scope in scopes)})"
