"""The environment of a drill: one folder with a shop's cluster, its backups, till and ledger.

It outlives the command that has made it: whoever repairs works in other terminals.
"""

import secrets
import shutil
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from migrationlab import paths
from migrationlab.drills.environment import drill_state
from migrationlab.drills.environment.drill_clusters import DrillClusters
from migrationlab.drills.environment.drill_files import DrillFiles
from migrationlab.drills.environment.drill_state import DrillState
from migrationlab.drills.environment.event_log import EventLog
from migrationlab.drills.environment.repair_shell import RepairShell
from migrationlab.drills.environment.server_access import ServerAccess
from migrationlab.drills.environment.shop_archive import ShopArchive
from migrationlab.drills.environment.shop_database import ShopDatabase
from migrationlab.drills.workload import manual_change
from migrationlab.drills.workload.workload_process import WorkloadProcess
from migrationlab.errors import LabError
from migrationlab.server import embedded, ports, system_account

PREFERRED_PORT = 54700  # far from the lab's own server


class DrillEnvironment(DrillState):
    """What a drill and its rescues work with.

    files      written and copied in the folder      clusters   started, stopped
    archive    the WAL archive                       database   the shop's, by shop.conf
    workload   the till that sells                   events     what happened, for the time line
    """

    @cached_property
    def access(self) -> ServerAccess:
        return ServerAccess(self)

    @cached_property
    def files(self) -> DrillFiles:
        return DrillFiles(self)

    @cached_property
    def shell(self) -> RepairShell:
        return RepairShell(self, self.access, self.files)

    @cached_property
    def clusters(self) -> DrillClusters:
        return DrillClusters(self, self.access, self.shell)

    @cached_property
    def archive(self) -> ShopArchive:
        return ShopArchive(self, self.access, self.clusters)

    @cached_property
    def database(self) -> ShopDatabase:
        return ShopDatabase(self, self.access, self.files)

    @cached_property
    def workload(self) -> WorkloadProcess:
        return WorkloadProcess(self.folder, self.notes, self.seed)

    @cached_property
    def events(self) -> EventLog:
        return EventLog(self.notes / "events.txt")

    def run(self, text: str, *, fails: bool = False, **variables: str) -> str:
        """Command lines in the folder; what they printed. See RepairShell.run."""
        return self.shell.run(text, fails=fails, **variables)

    def ask(self, query: str, *parameters, **where) -> list[tuple]:
        """The rows of one statement, as the administrator. See ServerAccess.ask."""
        return self.access.ask(query, *parameters, **where)

    def change_by_hand(self, table: str, key: str, column: str, value: str) -> None:
        """Somebody changes a value without the till. See manual_change.enter."""
        manual_change.enter(self.workload.ledger_file, self.ask, table, key, column, value)


def place() -> Path:
    """Where the drill lies: in .lab/, or where the server's user can reach it."""
    state = paths.state()
    state.mkdir(parents=True, exist_ok=True)
    here = system_account.choose(state / "drill").can_keep_data(state)
    usable = here and not embedded.UNQUOTABLE & set(str(state))
    return (state if usable else embedded.elsewhere()) / "drill"


def load(folder: Path) -> DrillEnvironment:
    return DrillEnvironment(folder=folder, **drill_state.read(folder))


def running() -> DrillEnvironment | None:
    """The drill that was begun and not cleared away, or None."""
    folder = place()
    return load(folder) if drill_state.saved(folder) else None


def create(drill: str, level: int, seed: int) -> DrillEnvironment:
    """A new one: a folder for backups and a port, and nothing that runs."""
    folder = place()
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    owner = system_account.choose(folder / "data")
    owner.own(folder)
    (folder / "backups").mkdir(mode=0o700)
    owner.own(folder / "backups")
    port = ports.next_free(PREFERRED_PORT + secrets.randbelow(1000)) or PREFERRED_PORT
    env = DrillEnvironment(folder, drill, level, seed, port, "", began=time.time())
    env.notes.mkdir(mode=0o700)
    env.save()
    return env


def remove() -> None:
    """End the till, stop every server of the folder, and remove it; nothing when it is not there.

    Also what is only half there: a drill that was interrupted while it was built.
    """
    folder = place()
    if not folder.exists():
        return
    env = running() or DrillEnvironment(folder, "", 1, 0, 0, "")
    with suppress(LabError, OSError):
        env.workload.end()
    env.clusters.stop_all()
    shutil.rmtree(folder, ignore_errors=True)
