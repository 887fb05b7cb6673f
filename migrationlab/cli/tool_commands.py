"""The tools, as they are typed after `lab.py`: their own command lines, passed on."""

import re
from typing import Annotated

import typer

from migrationlab.cli import study_commands
from migrationlab.cli.output import say, told

app = typer.Typer()
PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}  # argparse has the options


@app.command(context_settings=PASSED_ON)
@told
def stairway(arguments: Annotated[list[str], typer.Argument()] = None):
    """The loss meter: say of each revision in a folder which values it would cost."""
    from migrationlab.stairway.__main__ import main

    raise typer.Exit(main(arguments or [], program="lab.py stairway"))


@app.command(context_settings=PASSED_ON)
@told
def transfer(arguments: Annotated[list[str], typer.Argument()] = None):
    """Move a SQLite file into PostgreSQL: everything or nothing, and proved."""
    from migrationlab.transfer.__main__ import main

    raise typer.Exit(main(arguments or ["--help"], program="lab.py transfer"))


@app.command(context_settings=PASSED_ON)
@told
def backup(arguments: Annotated[list[str], typer.Argument()] = None):
    """Back up a database or a SQLite file, with numbers that prove it: URL --to DIR."""
    _backup(["make", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def verify(arguments: Annotated[list[str], typer.Argument()] = None):
    """Prove a backup: restore it on a throw-away server, and compare everything."""
    _backup(["verify", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def restore(arguments: Annotated[list[str], typer.Argument()] = None):
    """Restore a backup beside, compare it, and only then change the names: BACKUP --into URL."""
    words = arguments or ["--help"]
    if re.fullmatch(r"\d+(\.\d+)?", words[0]):  # what the command meant before it had backups
        say(f"This is now: python3 lab.py reopen {' '.join(words)}")
        return study_commands.reopen(*words[:2])
    _backup(["restore", *words])


@app.command(context_settings=PASSED_ON)
@told
def backups(arguments: Annotated[list[str], typer.Argument()] = None):
    """List the backups in a folder, and what retention would keep."""
    _backup(["list", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def prune(arguments: Annotated[list[str], typer.Argument()] = None):
    """Remove the backups that retention does not keep; never the last verified one."""
    _backup(["prune", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def wal(arguments: Annotated[list[str], typer.Argument()] = None):
    """Base backups, the WAL archive, and recovery to a moment: base, archive, commits, recover …"""
    _backup(["wal", *(arguments or ["--help"])])


def _backup(words: list[str]) -> None:
    from migrationlab.backup.__main__ import main

    command, *words = words
    typed = {"make": "backup", "list": "backups"}.get(command, command)
    raise typer.Exit(main(words, program=f"lab.py {typed}", command=command))
