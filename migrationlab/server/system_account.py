"""Which user of the operating system runs the embedded server.

PostgreSQL refuses to run as root, so as root the lab hands the server to another user.
"""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine. `uid` is None for the user who runs the lab."""

    name: str = ""
    uid: int | None = None
    gid: int | None = None

    def run(self, command: list[str], typed: str = "") -> tuple[int, str]:
        """Run a program as this user; return its exit code and all it printed.

        `typed` is its standard input. Raises OSError when the program cannot be started.
        """
        environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        environment["LC_ALL"] = "C"  # messages in English, whatever the student's language is
        keywords = {"env": environment}
        if self.uid is not None:
            keywords |= {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}
        if os.name == "nt":  # a hidden console of its own: Ctrl-C in ours must not reach the server
            keywords["creationflags"] = (
                subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            )
        else:
            keywords["cwd"] = "/"  # the server's user may not enter the folder we are in
        # A file, not a pipe: on Windows the server inherits the pipe and we would wait for ever.
        with tempfile.TemporaryFile() as printed:
            ended = subprocess.run(
                command,
                check=False,
                stdout=printed,
                stderr=printed,
                input=typed.encode(),
                **keywords,
            )
            printed.seek(0)
            return ended.returncode, printed.read().decode(errors="replace").strip()

    def can_keep_data(self, folder: Path) -> bool:
        """Whether this user can have a data directory in a folder.

        Not under a folder that lets nobody else through (/root), and not on a disk without
        owners and permissions (Windows disks in WSL): PostgreSQL insists on mode 0700.
        """
        if os.name == "nt":
            return True
        probe = folder / f"probe-{os.getpid()}"
        try:
            probe.mkdir(mode=0o700)
            self.own(probe)
            private = probe.stat().st_mode & 0o077 == 0
            return private and self.run(["test", "-w", str(probe)])[0] == 0
        except PermissionError:
            return False
        finally:
            if probe.exists():
                probe.rmdir()

    def can_run(self, program: str) -> bool:
        """Whether this user can start a program."""
        try:
            return self.run([program, "--version"])[0] == 0
        except OSError:
            return False

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.uid is not None:
            os.chown(path, self.uid, self.gid)


def choose(data: Path) -> Account:
    """The user for the server whose data are in `data`: whoever owns them, never root."""
    if os.name == "nt" or os.geteuid() != 0:
        return Account()
    import pwd  # not on Windows

    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        try:
            name = pwd.getpwuid(owner.st_uid).pw_name
        except KeyError:
            name = str(owner.st_uid)
        return Account(name, owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("nobody", 65534, 65534)  # a container without a list of users
