"""A student's mistake in one or two lines: file, line, message. Never a traceback."""

import traceback
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

LONGEST = 600


def explain(error: BaseException, folder: Path) -> str:
    """Where in the student's folder it happened, and what: "0002_email.py, line 12: …"."""
    if isinstance(error, SyntaxError) and error.filename:
        where, what = spot(error.filename, error.lineno, folder), f"{error.msg}"
    elif isinstance(error, CommandError):
        # Alembic's own words about the chain or the command: no line of the student is at fault.
        where, what = "", str(error)
    else:
        where, what = place(error, folder), message(error)
    text = f"{where}: {what}" if where else what
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def message(error: BaseException) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None and diagnosis.message_primary:
        detail = f" ({diagnosis.message_detail})" if diagnosis.message_detail else ""
        return f"{type(original).__name__}: {diagnosis.message_primary}{detail}"
    if isinstance(error, SystemExit):
        return f"it ends the program (exit code {error.code})"
    name = "" if type(original).__name__ == "Refused" else f"{type(original).__name__}: "
    lines = str(original).strip().splitlines()
    return name + lines[0] if lines else name.rstrip(": ")


def place(error: BaseException, folder: Path) -> str:
    """The innermost line of the student's own that led to the error; "" if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_own(frame.filename, folder):
            return spot(frame.filename, frame.lineno, folder)
    return ""


def raised_in(error: BaseException, folder: Path) -> bool:
    """Whether a line of the student's own raised it, and no library that was called there."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and is_own(frames[-1].filename, folder)


def is_own(name: str, folder: Path) -> bool:
    file = Path(name)
    return folder in file.parents and "site-packages" not in file.parts


def spot(file, line: int | None, folder: Path) -> str:
    file = Path(file)
    try:
        file = file.relative_to(folder)
    except ValueError:
        pass
    return file.as_posix() + (f", line {line}" if line else "")
