"""The clusters in a drill's folder: the shop's own, and those that somebody puts beside it."""

import time
from pathlib import Path

import psycopg2

from migrationlab.backup.recovery import wal_archive
from migrationlab.drills.environment.drill_state import TIMEOUT, DrillState
from migrationlab.drills.environment.repair_shell import RepairShell
from migrationlab.drills.environment.server_access import ADMIN, ServerAccess
from migrationlab.errors import LabError
from migrationlab.server import cluster, ports, postmaster

SETTINGS = {
    "fsync": "off",  # a drill may be lost with the machine, and a laptop's disk is slow
    "full_page_writes": "on",
    "autovacuum": "off",  # so that the WAL tells of the shop and of nothing else
    "log_checkpoints": "off",
}


class DrillClusters:
    """A cluster's name is that of its data directory; the shop's is "data"."""

    def __init__(self, state: DrillState, access: ServerAccess, shell: RepairShell):
        self._state, self._access, self._shell = state, access, shell

    def create(self, **settings: str) -> None:
        """Make the shop's empty cluster, with its WAL archive, and start it. Raises LabError.

        `settings` go into postgresql.conf.
        """
        state = self._state
        wal = state.folder / "archive"
        wal.mkdir(mode=0o700)
        state.account.own(wal)
        wanted = wal_archive.settings(wal) | SETTINGS | settings | {"port": str(state.port)}
        made = cluster.create(state.folder, user=ADMIN, wal_segment=1, **wanted)
        state.password = made.password
        state.save()
        self.start()

    def start(self, name: str = "data", port: int = 0) -> int:
        """pg_ctl start, and wait until a recovery is over; the port. Raises LabError."""
        option = f' -o "-p {port}"' if port else ""
        self._shell.run(f"pg_ctl start -D {name} -l {name}.log -w -t {TIMEOUT}{option}")
        query = "SELECT pg_is_in_recovery()"
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                rows = self._access.ask(query, port=port, database="postgres")
            except psycopg2.OperationalError as error:
                raise LabError(f"{name} does not answer: {error}\n{self.log(name)}") from None
            if not rows[0][0]:
                return port or self._state.port
            time.sleep(0.05)
        raise LabError(f"{name} does not come out of its recovery.\n{self.log(name)}")

    def stop(self, name: str = "data", mode: str = "fast") -> None:
        self._shell.run(f"pg_ctl stop -D {name} -m {mode} -w -t {TIMEOUT}")

    def log(self, name: str = "data") -> str:
        """The end of its server log."""
        path = self._state.folder / f"{name}.log"
        return path.read_text("utf-8", errors="replace")[-1500:] if path.exists() else ""

    def free_port(self) -> int:
        """A port for a second server beside the shop's."""
        return ports.next_free(self._state.port + 1) or self._state.port + 1

    def data_directories(self) -> list[Path]:
        """Every one in the folder, whoever has made it."""
        return sorted(found.parent for found in self._state.folder.glob("*/PG_VERSION"))

    def stop_all(self, mode: str = "immediate") -> None:
        for data in self.data_directories():
            if postmaster.running(data):
                self._access.cluster(data.name).stop(mode)
