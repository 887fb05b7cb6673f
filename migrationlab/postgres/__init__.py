"""What knows PostgreSQL and nothing else: databases, catalog, fingerprint, borrowed connection."""
