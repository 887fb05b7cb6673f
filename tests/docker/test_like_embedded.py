"""Compose's server and the embedded one must look the same to every lesson."""

import pytest

from tests.docker.composed import ask

DATABASE = """
    SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, datcollate, datctype,
           pg_get_userbyid(datdba)
    FROM pg_database WHERE datname = current_database()
"""
# Not fsync: the tests' own server does without it (tests/conftest.py).
SETTINGS = """
    SELECT name, setting FROM pg_settings
    WHERE name IN (
        'server_version_num', 'server_encoding', 'client_encoding', 'TimeZone', 'log_timezone',
        'DateStyle', 'IntervalStyle', 'lc_messages', 'lc_monetary', 'lc_numeric', 'lc_time',
        'default_text_search_config', 'data_checksums', 'password_encryption', 'wal_level',
        'default_transaction_isolation', 'max_connections', 'bytea_output',
        'synchronous_commit', 'lock_timeout', 'statement_timeout', 'row_security'
    ) ORDER BY name
"""
ROLE = "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
SORTED = """
    SELECT array_agg(word ORDER BY word), upper('æøåß')
    FROM unnest(ARRAY['Æble', 'øl', 'Ål', 'abe', 'Zebra', 'aa']) word
"""


@pytest.mark.parametrize(
    "query", [DATABASE, SETTINGS, ROLE, SORTED], ids=["database", "settings", "role", "sorting"]
)
def test_both_servers_answer_alike(running, server, query):
    """Assert that encoding, locale, time zone, role and sort order do not depend on the server."""
    assert server.kind == "embedded"
    assert ask(running.server, query) == ask(server, query)


def test_what_they_have_in_common_is_what_the_course_promises(running):
    """Assert the promise itself: both servers could be wrong in the same way."""
    assert ask(running.server, DATABASE)[0][:3] == ("UTF8", "b", "C.UTF-8")
    assert ask(running.server, "SHOW TimeZone") == [("UTC",)]
