"""The columnar store of facts and the counting over it. Never imported by a serving process: it loads DuckDB."""
