"""The embedded database: Django's SQLite backend with a queue for its one writer (docs/decisions/embedded-database.md)."""
