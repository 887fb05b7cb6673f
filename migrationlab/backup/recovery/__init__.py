"""Base backups, the WAL archive, and recovery to a moment."""
