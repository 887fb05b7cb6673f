"""SQLite's expressions, defaults and rules in PostgreSQL's words, and the schema written out."""
