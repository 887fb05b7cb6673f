"""`migrationlab`: the tools by themselves, for someone who has never opened a lesson.

`pip install` makes this command; in a clone `python3 lab.py` has the same words and more. A tool
is imported when it is asked for, so that --help and --version answer at once.
"""

import argparse
import importlib
import sys
from pathlib import Path

from migrationlab import __version__

# What is typed: the tool that does it, the tool's own first word if it has any, and a sentence.
COMMANDS = {
    "transfer": ("transfer", "", "move a SQLite file into PostgreSQL: all or nothing, and proved"),
    "backup": ("backup", "make", "back up a database, with numbers that prove it"),
    "verify": ("backup", "verify", "restore a backup where nobody is hurt, compare everything"),
    "restore": ("backup", "restore", "restore beside, prove it, and only then change the names"),
    "backups": ("backup", "list", "list the backups in a folder, and what retention would keep"),
    "prune": ("backup", "prune", "remove the backups that retention does not keep"),
    "wal": ("backup", "wal", "base backups, the WAL archive, recovery to a moment"),
    "stairway": ("stairway", "", "run each migration up, down and up: which values are lost?"),
}


def main(arguments: list[str] | None = None) -> int:
    """Do what the first word says; the exit code is the tool's own (see its page in docs/)."""
    words = sys.argv[1:] if arguments is None else arguments
    program = "python -m migrationlab" if Path(sys.argv[0]).stem == "__main__" else "migrationlab"
    if not words or words[0] not in COMMANDS:
        parser(program).parse_args(words or ["--help"])  # it says what is wrong, and ends
    tool, command, _ = COMMANDS[words[0]]
    options = {"program": f"{program} {words[0]}"} | ({"command": command} if command else {})
    try:
        module = importlib.import_module(f"migrationlab.{tool}.__main__")
        # Only `stairway` has something to do without a word.
        return module.main(words[1:] or ["--help"] * (tool != "stairway"), **options)
    except ImportError as error:
        print(
            f"The package {error.name or error} is missing, or it is not whole.\n"
            "What to do: install Migration Lab's tools again (pip install --force-reinstall).",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def parser(program: str) -> argparse.ArgumentParser:
    """For what is no tool: --help, --version, a word that does not exist."""
    found = argparse.ArgumentParser(
        prog=program,
        description="Migration Lab's tools for PostgreSQL: move, back up, prove, measure.",
        epilog=f"{program} COMMAND --help says more about each.",
    )
    found.add_argument("--version", action="version", version=f"migrationlab {__version__}")
    commands = found.add_subparsers(metavar="COMMAND", required=True)
    for name, (_, _, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary)
    return found


if __name__ == "__main__":
    sys.exit(main())
