"""What the SQLite file holds: its schema, its values, and what does not fit."""
