"""Run real command lines, the same way on Linux, macOS and Windows: without a shell."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from migrationlab import warm_process
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
    command: Command,
    *,
    folder: Path,
    environment: dict,
    write: Callable,
    user: dict | None = None,
    imports: Sequence[str] | None = None,
) -> int:
    """Run one command in `folder`, hand every line of its output to `write`, return its exit code.

    Standard output and standard error come in the order in which they were written. With a
    target, standard output goes there byte by byte (PowerShell's own `>` would change it). `user`
    is subprocess's user, group …, for who is root and must not be. With `imports`, programs in
    Python are forked from a process that has imported these modules (see warm_process).
    """
    with ExitStack() as opened:
        ours, theirs = os.pipe()  # not a Popen's own, which a forked program could not have
        said = opened.enter_context(open(ours, encoding="utf-8", errors="replace"))
        with open(theirs, "wb") as pipe:
            output = pipe
            if command.target is not None:
                output = opened.enter_context((folder / command.target).open("wb"))
            process = _start(command.words, folder, environment, output, pipe, user or {}, imports)
        try:
            for line in said:
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


def _start(words, folder, environment, stdout, stderr, user: dict, imports):
    program = resolve(words[0], environment)
    if imports is not None and not user and (script := _in_python(program)) is not None:
        return warm_process.start(
            [*script, *words[1:]],
            folder=folder,
            environment=environment,
            stdout=stdout,
            stderr=stderr,
            imports=imports,
        )
    return subprocess.Popen(
        [program, *words[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        **user,
    )


def _in_python(program: str) -> list[str] | None:
    """What our Python is given when this program is run; None when that runs something else."""
    if program == sys.executable:
        return []
    with open(program, "rb") as file:
        first = file.readline(1000)
    if not first.startswith(b"#!"):
        return None
    interpreter = Path(os.fsdecode(first[2:].strip()))
    is_ours = interpreter.parent == Path(sys.executable).parent and interpreter.exists()
    return [program] if is_ours else None
