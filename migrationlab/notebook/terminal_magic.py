"""%%terminal: the real command lines, as they are typed at work, one a line."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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

    imports: Sequence[str] | None = None  # see forked()

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
                command,
                folder=folder,
                environment=environment,
                write=_write,
                user=self._user,
                imports=self.imports,
            )
            if code:
                raise CommandFailed(
                    f"{command.words[0]} ended with exit code {code}; its message is above."
                )


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def forked(imports: Sequence[str] | None) -> Iterator[None]:
    """Within the block, programs in Python are forked from a process that has imported these.

    For trials of answers. A notebook starts every command anew, as a terminal does.
    """
    before, TerminalMagic.imports = TerminalMagic.imports, imports
    try:
        yield
    finally:
        TerminalMagic.imports = before
