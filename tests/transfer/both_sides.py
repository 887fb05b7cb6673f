"""A database of the test server for a whole module of tests."""

import secrets
from contextlib import contextmanager

from migrationlab.postgres import databases


@contextmanager
def temporary_database(server):
    name = f"test_{secrets.token_hex(6)}"
    databases.create(server, name, note="a test")
    try:
        yield name
    finally:
        databases.drop(server, name)
