"""Command lines in a drill's folder, run as whoever repairs would type them."""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from migrationlab import commands
from migrationlab.drills.environment.drill_files import DrillFiles
from migrationlab.drills.environment.drill_state import DrillState
from migrationlab.drills.environment.server_access import DATABASE, ServerAccess
from migrationlab.errors import LabError


class RepairShell:
    """Its environment variables lead psql, pg_dump … to the shop's usual port."""

    def __init__(self, state: DrillState, access: ServerAccess, files: DrillFiles):
        self._state, self._access, self._files = state, access, files

    def variables(self) -> dict[str, str]:
        """The environment variables of the commands."""
        folder = self._state.folder
        found = self._access.server().environment(DATABASE) | {"TZ": "UTC", "PGTZ": "UTC"}
        found |= {"PGSERVICEFILE": str(folder / "shop.conf"), "LC_ALL": "C"}
        if self._state.account.uid is not None:
            found["HOME"] = str(folder)
        return found

    def user(self) -> dict:
        """For subprocess: as root, the server's user.

        pg_ctl refuses to work for root, and files that root has copied are not the server's.
        """
        owner = self._state.account
        if owner.uid is None:
            return {}
        return {"user": owner.uid, "group": owner.gid, "extra_groups": []}

    def options(self) -> dict:
        """For subprocess: the folder, the environment variables and the user."""
        return {"cwd": self._state.folder, "env": self.variables()} | self.user()

    def run(self, text: str, *, fails: bool = False, **variables: str) -> str:
        """Run command lines, one a line, in the folder, and return what they printed.

        `variables` are set in their environment. Raises LabError with the end of the output when
        one ends with another exit code than 0, unless `fails` is given: then it may.
        """
        said = ""
        for command in commands.split(text):
            options = self.options()
            options["env"] = options["env"] | variables
            path = commands.resolve(command.words[0], options["env"])
            if self._is_closed(path):
                options |= {"user": 0, "group": 0}
            # A file, not a pipe: a server that pg_ctl has started would hold a pipe for ever.
            with tempfile.TemporaryFile() as out:
                done = subprocess.run(
                    [path, *command.words[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    **options,
                )
                out.seek(0)
                text = out.read().decode("utf-8", errors="replace")
            if done.returncode and not fails:
                raise LabError(f"{command.typed}: exit code {done.returncode}\n{text[-1500:]}")
            if command.target:
                self._files.write(command.target, text)
            said += text
        return said

    def _is_closed(self, program: str) -> bool:
        """As root: Python and what lies beside it (alembic) when Python is in /root.

        The server's user may not start those; root may.
        """
        account = self._state.account
        beside = {Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))}
        closed = account.uid is not None and Path(program).parent in beside
        return closed and not account.can_run(program)
