"""The running example: a small bookshop. Its tables (models), its first rows (seeds), and the
crawler that brings it a wholesaler's catalogue (crawl)."""
