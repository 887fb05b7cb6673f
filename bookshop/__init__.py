"""The running example: a small bookshop. Its tables (models) and its first rows (seeds)."""
