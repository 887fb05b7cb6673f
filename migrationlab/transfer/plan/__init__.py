"""What becomes of each table and column, and everything that stands in the way."""
