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

    def run(self, command: list[str], **keywords) -> tuple[int, str]:
        """Run a PostgreSQL program as this user; return its exit code and all it printed.

        Raises OSError when the program cannot be started, subprocess.TimeoutExpired.
        """
        environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        environment["LC_ALL"] = "C"  # messages in English, whatever the student's language is
        keywords.setdefault("env", environment)
        if self.uid is not None:
            keywords |= {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}
        if os.name == "nt":  # a hidden console of its own: Ctrl-C in ours must not reach the server
            keywords["creationflags"] = (
                subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            )
        else:
            keywords["cwd"] = "/"  # the other user may not enter the folder we are in
        # A file, not a pipe: on Windows the server inherits the pipe and we would wait for ever.
        with tempfile.TemporaryFile() as printed:
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, **keywords
            )
            printed.seek(0)
            return ended.returncode, printed.read().decode(errors="replace").strip()

    def can_enter(self, folder: Path) -> bool:
        """Whether this user reaches a folder: every folder above it lets them through."""
        return self.uid is None or self.run(["test", "-x", str(folder)])[0] == 0

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
