"""Small PostgreSQL servers of our own, in a temporary folder: to copy, to burn, to throw away.

Nothing here touches the server that your lessons live on.
"""

import atexit
import hashlib
import os
import secrets
import shutil
import subprocess
import sysconfig
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from migrationlab.api import cluster, commands, ports, postgres_programs, system_account

ROOT = Path(tempfile.gettempdir()).resolve() / (
    "migrationlab-06-" + hashlib.sha256(str(Path.cwd()).encode()).hexdigest()[:8]
)
PASSWORD = secrets.token_urlsafe(12)
SMALL = (
    "--no-sync --auth=scram-sha-256 --wal-segsize=1 --encoding=UTF8 --no-locale"
    " --locale-provider=builtin --builtin-locale=C.UTF-8"
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "shared_buffers": "16MB",
    "fsync": "off",  # nobody needs these servers after a power cut
}


class Machine:
    """A server with its folder. `run` runs a command line and shows it, as %%terminal does."""

    def __init__(self, name: str):
        self.name = name
        self.folder = ROOT / name
        self.data = self.folder / "data"
        self.port = 55432
        self.account = system_account.choose(self.data)
        self.bin = postgres_programs.folder()
        self.throw_away()  # what an earlier run has left
        self.folder.mkdir(parents=True)
        ROOT.chmod(0o755)
        self.account.own(self.folder)
        self.bin = cluster.programs_for(self.account, self.folder)
        atexit.register(self.throw_away)

    def make(self, **settings) -> None:
        """initdb: an empty cluster, with a role `lab` that may do everything."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n", "utf-8")
        secret.chmod(0o644)
        line = ["initdb", "-D", str(self.data), "-U", "lab", *SMALL.split(), f"--pwfile={secret}"]
        for name, value in (SETTINGS | settings).items():
            line += ["-c", f"{name}={value}"]
        self._serve(line, f"initdb -D {self.data} -U lab …")
        secret.unlink()

    def start(self) -> None:
        """pg_ctl start, on a free port; returns when the server answers."""
        log = self.folder / "server.log"
        for _ in range(20):  # another program may take the port between our look and our start
            self.port = ports.next_free(self.port)
            words = ["pg_ctl", "start", "-D", str(self.data), "-l", str(log), "-w"]
            shown = f'pg_ctl start -D {self.data} -o "-p {self.port}"'
            code = self._serve([*words, "-o", f"-p {self.port}"], shown, may_fail=True)
            if code == 0:
                return
            said = log.read_text("utf-8", errors="replace")
            if "could not bind" not in said:
                raise RuntimeError(f"The server did not start: {said[-800:]}")
            log.unlink()
            self.port += 1

    def stop(self, mode: str = "fast") -> None:
        """pg_ctl stop. mode "immediate" is what a crash does to it."""
        line = ["pg_ctl", "stop", "-D", str(self.data), "-m", mode, "-w"]
        self._serve(line, f"pg_ctl stop -D {self.data} -m {mode}")

    def run(self, line: str, may_fail: bool = False, lines: int = 1000) -> int | None:
        """Run one command line against this server and show it, with its first `lines` of output.

        With `may_fail` it returns the exit code; without it, another one than 0 is an error.
        """
        [command] = commands.split(line)
        if self.account.uid is not None and "--pgdata" in line:
            return self._serve(command.words, line, may_fail)
        print(f"$ {line.replace(str(ROOT), '…')}", flush=True)
        said = []

        def write(text):
            said.append(text)
            if len(said) <= lines:
                print(text, end="", flush=True)

        environment = self.environment()
        code = commands.stream(command, folder=Path.cwd(), environment=environment, write=write)
        if len(said) > lines:
            print(f"… and {len(said) - lines} lines more; the last: {said[-1].strip()}")
        if code and not may_fail:
            raise RuntimeError(f"{command.words[0]} ended with exit code {code}.")
        return code if may_fail else None

    def connect(self, database: str = "bookshop"):
        """A psycopg2 connection; every statement is committed at once."""
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user="lab", password=PASSWORD, dbname=database
        )
        connection.autocommit = True
        return connection

    def rows(self, query: str, database: str = "bookshop") -> list[tuple]:
        """The rows of a query, on a connection of its own."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, database: str = "bookshop"):
        return self.rows(query, database)[0][0]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        folders = [str(self.bin), sysconfig.get_path("scripts")]
        return kept | {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "lab",
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": "bookshop",
            "PGCLIENTENCODING": "UTF8",
            "PGSSLMODE": "disable",
            "DATABASE_URL": f"postgresql+psycopg2://lab:{PASSWORD}@127.0.0.1:{self.port}/bookshop",
            "PATH": os.pathsep.join([*folders, kept.get("PATH", os.defpath)]),
            "LC_ALL": "C",
            "PAGER": "",
        }

    def take(self, source: Path, target: Path | None = None) -> None:
        """Copy a folder or file, and give it to the user of the system who runs the server."""
        target = target or self.data
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
        self.own(target)

    def own(self, path: Path) -> None:
        for one in [path, *path.rglob("*")] if path.is_dir() else [path]:
            self.account.own(one)
        if path.is_dir():
            path.chmod(0o700)

    def throw_away(self) -> None:
        """Stop the server at once and delete its folder."""
        if (self.data / "postmaster.pid").exists():
            line = [postgres_programs.program("pg_ctl", self.bin), "stop", "-D", str(self.data)]
            self.account.run([*line, "-m", "immediate"])
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # others are still there
            ROOT.rmdir()

    def _serve(self, words: list[str], shown: str, may_fail: bool = False) -> int | None:
        """Run a program of the server's, as the user who owns its files; show how it is typed."""
        print(f"$ {shown.replace(str(ROOT), '…')}", flush=True)
        keywords = {"env": self.environment()}
        if self.account.uid is not None:
            user, group = self.account.uid, self.account.gid
            keywords |= {"user": user, "group": group, "extra_groups": [], "umask": 0o077}
        if os.name != "nt":
            keywords["cwd"] = "/"
        # A file, not a pipe: the server that pg_ctl starts would keep a pipe open.
        with tempfile.TemporaryFile() as printed:
            program = postgres_programs.program(words[0], self.bin)
            ended = subprocess.run(
                [program, *words[1:]], stdout=printed, stderr=printed, check=False, **keywords
            )
            printed.seek(0)
            said = printed.read().decode("utf-8", "replace")
        if ended.returncode and not may_fail:
            raise RuntimeError(f"{words[0]} ended with exit code {ended.returncode}: {said}")
        if words[0] not in ("initdb", "pg_ctl"):
            print(said, end="")
        return ended.returncode if may_fail else None


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
