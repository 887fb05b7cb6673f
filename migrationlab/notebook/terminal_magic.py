"""%%terminal: the real command lines, as they are typed at work, one a line."""

import sys

from IPython.core.magic import Magics, line_cell_magic, magics_class

from migrationlab import commands
from migrationlab.errors import LabError


class CommandFailed(LabError):
    """A command line ended with an exit code other than zero."""


@magics_class
class TerminalMagic(Magics):
    """The %terminal and %%terminal magics; `place` gives the open folder and environment.

    `user` is for subprocess: as which user of the machine the commands run, when not as ours.
    """

    def __init__(self, shell, place, user: dict | None = None):
        super().__init__(shell)
        self._place, self._user = place, user

    @line_cell_magic
    def terminal(self, line, cell=None):
        """Run real commands in the open folder; the first that fails ends the cell."""
        folder, environment = self._place()
        for command in commands.split(line if cell is None else f"{line}\n{cell}"):
            print(f"$ {command.typed}", flush=True)
            code = commands.stream(
                command, folder=folder, environment=environment, write=_write, user=self._user
            )
            if code:
                raise CommandFailed(
                    f"{command.words[0]} ended with exit code {code}; its message is above."
                )


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
