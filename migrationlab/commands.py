"""Run real command lines, the same way on Linux, macOS and Windows: without a shell."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from migrationlab.errors import LabError

SHELL_SIGNS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"}


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


def split(text: str) -> Iterator[tuple[str, list[str]]]:
    """(line as typed, words) for each command of a cell: one a line; a backslash continues.

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
        if signs := SHELL_SIGNS & set(words):
            raise LabError(
                f"{line}: {', '.join(sorted(signs))} is a shell's, and there is no shell here.",
                expected="one command a line",
                todo="Write the result to a file with the program's own option, such as "
                "pg_dump --file, or use a terminal (python3 lab.py shell).",
            )
        yield line, words


def stream(words: list[str], *, folder: Path, environment: dict, write: Callable) -> int:
    """Run one command in `folder`, hand every piece of its output to `write`, return its exit code.

    Standard output and standard error come in the order in which they were written.
    """
    process = subprocess.Popen(
        [resolve(words[0], environment), *words[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        for line in process.stdout:
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
