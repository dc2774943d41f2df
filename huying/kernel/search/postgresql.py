"""PostgreSQL: a GIN index over a tsvector of terms with positions, written out by us (no dictionary, no configuration).

Scope tokens stand in the same vector behind a colon, which no term contains, so that word and scope are met in one index.
"ORDER BY id LIMIT" makes the planner walk the primary key hoping for early hits, 386-530 ms for a rare word at a million
rows. So at most RARE hits are first gathered in a materialised subquery, through the GIN index; only a word with more
hits than that is common enough for the walk to be short.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from huying.kernel.search.protocol import POSTINGS_READ, Row, Wanted
from huying.kernel.search.tokens import terms

RARE = 5_000


class PostgresqlEngine:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def create(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE search_document (id bigint PRIMARY KEY, text text NOT NULL, scope text NOT NULL, "
                "terms tsvector NOT NULL)"
            )
            cursor.execute("CREATE INDEX search_document_terms ON search_document USING gin (terms)")
            # the statistics of the commonest terms keep the planner's estimates of a word's frequency honest
            cursor.execute("ALTER TABLE search_document ALTER COLUMN terms SET STATISTICS 1000")

    def drop(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS search_document")

    def put(self, rows: Sequence[Row]) -> None:
        self.put_terms(rows)

    def forget_terms(self) -> None:
        """Nothing to do: `put_terms` writes each row's vector over."""

    def put_terms(self, rows: Sequence[Row]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_document (id, text, scope, terms) "
                "SELECT id, text, scope, terms::tsvector FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) "
                "AS given (id, text, scope, terms) ON CONFLICT (id) DO UPDATE "
                "SET text = excluded.text, scope = excluded.scope, terms = excluded.terms",
                [
                    [row.id for row in rows],
                    [row.text for row in rows],
                    [row.scope for row in rows],
                    [_vector(row) for row in rows],
                ],
            )

    def remove(self, ids: Sequence[int]) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_document WHERE id = ANY(%s)", [list(ids)])
            return int(cursor.rowcount)

    def find(self, wanted: Wanted) -> list[int]:
        query = _query([_phrase(found, prefix) for found, prefix in wanted.phrases], wanted.scopes)
        with self._connection.cursor() as cursor:
            cursor.execute(
                "WITH hits AS MATERIALIZED (SELECT id FROM search_document WHERE terms @@ %s::tsquery "
                "AND id BETWEEN %s AND %s LIMIT %s) "
                "SELECT id, (SELECT count(*) FROM hits) FROM hits ORDER BY id DESC LIMIT %s",
                [query, wanted.first, wanted.last, RARE + 1, wanted.limit],
            )
            found = cursor.fetchall()
            if found and found[0][1] > RARE:
                cursor.execute(
                    "SELECT id FROM search_document WHERE terms @@ %s::tsquery AND id BETWEEN %s AND %s "
                    "ORDER BY id DESC LIMIT %s",
                    [query, wanted.first, wanted.last, wanted.limit],
                )
                found = cursor.fetchall()
            return [row[0] for row in found]

    def candidates(
        self, weights: Sequence[tuple[str, float]], scopes: tuple[str, ...] | None, first: int, last: int, limit: int
    ) -> list[int]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT hit.id FROM unnest(%s::text[], %s::float8[]) AS wanted (query, weight), LATERAL "
                "(SELECT id FROM search_document WHERE terms @@ wanted.query::tsquery AND id BETWEEN %s AND %s LIMIT %s) "
                "AS hit GROUP BY hit.id ORDER BY sum(wanted.weight) DESC, hit.id DESC LIMIT %s",
                [
                    [_query([f"'{term}'"], scopes) for term, _ in weights],
                    [weight for _, weight in weights],
                    first,
                    last,
                    POSTINGS_READ,
                    limit,
                ],
            )
            return [packed for (packed,) in cursor.fetchall()]

    def rows(self, ids: Sequence[int]) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT id, text, scope FROM search_document WHERE id = ANY(%s)", [list(ids)])
            return [Row(*row) for row in cursor.fetchall()]

    def newest(self, first: int, last: int, limit: int) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, text, scope FROM search_document WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s",
                [first, last, limit],
            )
            return [Row(*row) for row in cursor.fetchall()]

    def compact(self) -> None:
        """Nothing to do: autovacuum removes the deleted."""


def _vector(row: Row) -> str:
    positions: dict[str, list[str]] = defaultdict(list)
    for position, term in enumerate(terms(row.text), start=1):
        if len(positions[term]) < 255:
            positions[term].append(str(position))
    found = [f"'{term}':{','.join(at)}" for term, at in positions.items()]
    found += [f"'s:{token}'" for token in row.scope.split()]
    return " ".join(found)


def _phrase(found: Sequence[str], prefix: bool) -> str:
    quoted = [f"'{term}'" for term in found]
    if prefix:
        quoted[-1] += ":*"
    return "(" + " <-> ".join(quoted) + ")"


def _query(parts: Sequence[str], scopes: tuple[str, ...] | None) -> str:
    query = " & ".join(parts)
    if scopes is not None:
        query += " & (" + " | ".join(f"'s:{scope}'" for scope in scopes) + ")"
    return query
