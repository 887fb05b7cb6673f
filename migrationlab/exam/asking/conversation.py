"""How the examiner and the student speak: in a terminal, in a notebook, or in a test.

A session is a function that takes a Talk. Whoever answers "q", closes the input or presses Ctrl-C
ends the session; what was answered until then is kept.
"""

import shutil
from typing import Protocol

STOP = ("q", "quit", "stop")


class Ended(Exception):
    """The student wants to stop here."""


class Talk(Protocol):
    """`tell` shows Markdown; `ask` waits for one line. `ask` raises Ended."""

    def tell(self, markdown: str) -> None: ...

    def ask(self, prompt: str) -> str: ...


class Terminal:
    """Plain words and keys: works 60 columns wide, without colour and in a pipe."""

    def __init__(self):
        from rich.console import Console

        width, height = shutil.get_terminal_size()
        # Both are given, else rich takes 80 columns for a terminal that it calls dumb.
        self._console = Console(width=min(width, 96), height=height, highlight=False)

    def tell(self, markdown: str) -> None:
        from rich.markdown import Markdown

        self._console.print(Markdown(markdown))
        self._console.print()

    def ask(self, prompt: str) -> str:
        self._console.print(prompt, markup=False, end=" ")
        return _line(input, "")


class Notebook:
    """The same in a cell: Markdown as it looks best, and the notebook's own input field."""

    def tell(self, markdown: str) -> None:
        from IPython.display import Markdown, display

        display(Markdown(markdown))

    def ask(self, prompt: str) -> str:
        return _line(input, prompt + " ")


def _line(read, prompt: str) -> str:
    try:
        text = read(prompt).strip()
    except (EOFError, KeyboardInterrupt):
        raise Ended from None
    if text.lower() in STOP:
        raise Ended
    return text


def choose(talk: Talk, prompt: str, allowed: list[str], wrong: str) -> str:
    """Ask until the answer is one of `allowed` (any case); `wrong` says what is expected."""
    by_lower = {text.lower(): text for text in allowed}
    while True:
        answer = talk.ask(prompt).lower()
        if answer in by_lower:
            return by_lower[answer]
        talk.tell(wrong.format(", ".join(allowed)))
