"""Asking a server one thing: does it answer, with this password, in the lessons' version?"""

from contextlib import closing
from dataclasses import dataclass

import psycopg2

from migrationlab.server import ports
from migrationlab.server.postgres_server import MAJOR, Server

MAINTENANCE = "postgres"  # a database that every server of ours has


@dataclass(frozen=True)
class Answer:
    """What came of one connection.

    state  "ok", "unreachable", "wrong password", "no database", "other major" or "refused"
    major  the server's major version, 0 when it did not tell
    said   the server's or libpq's own words when it is not "ok"
    """

    state: str
    major: int = 0
    said: str = ""

    def __bool__(self) -> bool:
        return self.state == "ok"


def ask(server: Server, database: str = MAINTENANCE) -> Answer:
    """Connect once and close again. Never raises for a server that does not answer."""
    # On this machine a server answers at once; what listens and says nothing is another program.
    patience = {"connect_timeout": 3} if server.local else {}
    try:
        with closing(server.connect(database, **patience)) as connection:
            return judge_version(connection.server_version)
    except psycopg2.OperationalError as error:
        return judge_failure(str(error), ports.answers(server.port, server.host))


def judge_version(version: int) -> Answer:
    """The answer for `server_version`, for instance 180006 for 18.6."""
    major = version // 10000
    return Answer("ok" if major == MAJOR else "other major", major)


def judge_failure(said: str, listening: bool) -> Answer:
    """The answer for the words of a failed connection.

    libpq tells no SQLSTATE here, so the words are all there is. A server that speaks
    another language than English ends as "refused", with its own words.
    """
    said = said.strip()
    if "password authentication failed" in said or "no password supplied" in said:
        return Answer("wrong password", said=said)
    if "does not exist" in said and 'database "' in said:
        return Answer("no database", said=said)
    return Answer("refused" if "FATAL" in said or listening else "unreachable", said=said)
