"""Run real command lines, the same way on Linux, macOS and Windows: without a shell."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrationlab.errors import LabError

SHELL_SIGNS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"}


@dataclass(frozen=True)
class Command:
    """One command line: as typed, its words, and the file for its output (`> file`) or None."""

    typed: str
    words: list[str]
    target: str | None = None


def resolve(program: str, environment: dict) -> str:
    """The path of a program on the environment's PATH; "python" is the lab's own.

    Raises LabError when there is none.
    """
    if program in ("python", "python3"):
        return sys.executable
    found = shutil.which(program, path=environment.get("PATH"))
    if not found:
        raise LabError(
            f"There is no program {program} here.",
            todo="Check the spelling. python3 lab.py doctor lists the programs that the lab uses.",
        )
    return found


def split(text: str) -> Iterator[Command]:
    """The commands of a cell: one a line; a backslash continues; `> file` may stand at the end.

    Lines that begin with # are comments. Raises LabError for pipes and the like.
    """
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
        lexer.whitespace_split = True
        lexer.commenters = ""
        lexer.escape = ""  # so that C:\data stays what it is
        try:
            words = list(lexer)
        except ValueError as error:
            raise LabError(f"This line cannot be read: {line} ({error}).") from None
        target = None
        if len(words) > 2 and words[-2] == ">":  # the one thing of a shell's that work needs daily
            *words, _, target = words
        if signs := SHELL_SIGNS & set(words):
            raise LabError(
                f"{line}: {', '.join(sorted(signs))} is a shell's, and there is no shell here.",
                expected="one command a line, with “> file” at its end if need be",
                todo="Use a terminal for it: python3 lab.py shell.",
            )
        yield Command(line, words, target)


def stream(
    command: Command, *, folder: Path, environment: dict, write: Callable, user: dict | None = None
) -> int:
    """Run one command in `folder`, hand every line of its output to `write`, return its exit code.

    Standard output and standard error come in the order in which they were written. With a
    target, standard output goes there byte by byte (PowerShell's own `>` would change it). `user`
    is subprocess's user, group …, for who is root and must not be.
    """
    if command.target is None:
        return _run(command.words, folder, environment, write, user or {})
    with (folder / command.target).open("wb") as file:
        return _run(command.words, folder, environment, write, user or {}, file)


def _run(words, folder, environment, write, user: dict, file=None) -> int:
    process = subprocess.Popen(
        [resolve(words[0], environment), *words[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=file or subprocess.PIPE,
        stderr=subprocess.PIPE if file else subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        **user,
    )
    try:
        for line in process.stderr if file else process.stdout:
            write(line)
        return process.wait()
    except BaseException:  # an interrupted cell must not leave its command running
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
