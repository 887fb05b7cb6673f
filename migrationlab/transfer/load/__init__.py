"""The rows on their way into PostgreSQL: all of them or none."""
