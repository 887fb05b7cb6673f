"""Point-in-time recovery beside the live cluster, and bringing a single table back."""

import os
import shutil
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2

from migrationlab.backup import client_programs
from migrationlab.backup.recovery.wal_archive import health
from migrationlab.errors import LabError
from migrationlab.postgres import fingerprint
from migrationlab.server import system_account
from migrationlab.server.cluster import Cluster
from migrationlab.server.postgres_server import Server

PATIENCE = 120  # seconds for the WAL to be read
KINDS = ("time", "name", "lsn", "xid")


@dataclass(frozen=True)
class Target:
    """Where to stop: at a time (with its zone), a named point, an LSN or a transaction.

    With `before` the thing itself is left out: just before the transaction that did the damage.
    """

    kind: str
    value: str
    before: bool = False

    def settings(self) -> dict[str, str]:
        if self.kind not in KINDS:
            raise LabError(f"There is no target {self.kind}.", expected=", ".join(KINDS))
        found = {f"recovery_target_{self.kind}": self.value}
        if self.kind != "name":  # a named point is a place between two transactions
            found["recovery_target_inclusive"] = "off" if self.before else "on"
        return found


def recover(
    base: Path, archive: Path, folder: Path, like: Cluster, target: Target | None = None
) -> Cluster:
    """A new running cluster in `folder`/data: the base backup, and the WAL up to the target.

    base     is copied, not used up; it must be whole (combine incremental ones first)
    archive  is only read; the new cluster writes no WAL there
    like     the cluster that was backed up: its programs, account, role and password
    target   None: to the end of the archive
    Raises LabError when the target is not reached, and when the archive ends before the base
    backup is consistent. The live cluster is not touched.
    """
    data = folder / "data"
    if data.exists():
        raise LabError(f"{data} exists already.", expected="a new folder")
    if target is None and (ill := health(archive)).lines:
        # Without a target PostgreSQL takes a gap for the end, and goes into service with old data.
        raise LabError(str(ill), todo="Mend the archive, or name a target before the gap.")
    # Permissions as PostgreSQL wants them: whoever took the backup may be another user.
    shutil.copytree(base, data, symlinks=True)
    made = replace(like, data=data, account=system_account.choose(data), port=0)
    wanted = {
        "restore_command": _copy_command(archive),
        "archive_mode": "off",
        "recovery_target_action": "promote",
        "recovery_target_timeline": "latest",
    } | (target.settings() if target else {})
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        for name, value in wanted.items():
            file.write(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n")
    (data / "recovery.signal").touch()
    _own(made, data)
    try:
        made.start()
        _wait(made)
    except BaseException as error:
        made.stop("immediate")
        shutil.rmtree(data, ignore_errors=True)  # half a recovery is of no use; the log stays
        if isinstance(error, LabError):
            raise _missed(made) from None
        raise
    return made


def _copy_command(archive: Path) -> str:
    """For the server's shell. `%f` is the wanted file, `%p` where it goes."""
    if os.name == "nt":
        return f'copy "{archive}\\%f" "%p"'.replace("/", "\\")
    quoted = str(archive).replace("%", "%%").replace("'", "'\\''")
    return f"cp '{quoted}/%f' '%p'"


def _own(cluster: Cluster, data: Path) -> None:
    if os.name == "nt":
        return
    for place, folders, files in os.walk(data):
        os.chmod(place, 0o700)
        for name in (*folders, *files, ""):
            cluster.account.own(Path(place) / name)


def _wait(cluster: Cluster) -> None:
    """pg_ctl is content with a server that still recovers; we are not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with closing(cluster.server().connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    return
        except psycopg2.OperationalError:
            break  # it has ended: the log says why
        time.sleep(0.05)
    raise LabError("it does not come out of the recovery")


def _missed(cluster: Cluster) -> LabError:
    lines = cluster.log.read_text("utf-8", errors="replace").splitlines()
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    last = [
        line.partition("log time ")[2] for line in lines if "last completed transaction" in line
    ]
    until = f" The last transaction in the WAL is of {last[-1]}." if last else ""
    return LabError(
        f"The recovery did not reach its target: {fatal[0] if fatal else 'no reason in the log'}."
        + until,
        expected="a target after the end of the base backup and inside the archived WAL",
        todo="Look at the archive's health, and at the time zone of the target.",
    )


def bring_back(recovered: Server, live: Server, database: str, table: str) -> int:
    """Copy one table from the recovered cluster into the live one; how many rows.

    It must not exist in the live database. In one transaction, and compared by fingerprint
    before it is committed to. Raises LabError.
    """
    with closing(live.connect(database)) as connection:
        tools = client_programs.for_server(connection.server_version // 10000)
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "table.sql"
        command = [tools.program("pg_dump"), f"--file={dump}", "--strict-names", "--no-password"]
        client_programs.run(
            [*command, f"--table={table}", database], recovered.environment(database)
        )
        command = [tools.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        command += ["--single-transaction", "--no-password", f"--file={dump}"]
        client_programs.run(command, live.environment(database))
    prints = []
    for server in (recovered, live):
        with closing(server.connect(database)) as connection:
            prints.append(fingerprint.fingerprint(connection, [table])[table])
    if prints[0] != prints[1]:
        raise LabError(f"{table} is back, but with other values than were recovered.")
    return prints[0].count
