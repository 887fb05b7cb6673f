"""How the command line speaks: plain lines, and a LabError as its short message."""

from functools import wraps

import typer
from rich.console import Console

from migrationlab.errors import LabError

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    console.print(text, markup=False)


def told(function):
    """Print a LabError as its short message, and end with exit code 1."""

    @wraps(function)
    def wrapper(*args, **options):
        try:
            return function(*args, **options)
        except LabError as error:
            Console(stderr=True, highlight=False, soft_wrap=True).print(
                str(error), style="red", markup=False
            )
            raise typer.Exit(1) from None
        except KeyboardInterrupt as stop:
            raise typer.Exit(getattr(stop, "code", 130)) from None

    return wrapper
