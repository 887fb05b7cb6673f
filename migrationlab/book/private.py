"""What the outputs of a run tell about this machine and its server is taken out of them."""

import getpass
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from migrationlab import paths
from migrationlab.errors import LabError

LAB = "~/migration-lab"
STARS = "***"
USUAL_PORT = 5432
LONG_ENOUGH = 8
"""A shorter password is a word that a lesson may well have; it is looked for in its place only."""

IN_A_URL = re.compile(r"(\w+://[^\s:/@]+):[^\s:/@]+@")
IN_A_VARIABLE = re.compile(
    r"(PGPASSWORD['\"]?\s*[=:]\s*)(?!['\"]?\$)(?:'[^']*'|\"[^\"]*\"|[^\s'\"&;,]+)"
)
SET_ASIDE = re.compile(r" Your earlier work was set aside as <code>[^<]*</code>\.")


def cleaner(server) -> Callable[[str], str]:
    """A function that takes passwords, this machine's folders and its port out of a text."""
    folders = {
        paths.PROJECT: LAB,
        paths.home(): LAB,
        Path(sys.prefix): f"{LAB}/.venv",
        Path.home(): "~",
        Path(tempfile.gettempdir()): "/tmp",
    }
    exact = {}
    for folder, name in folders.items():
        for path in {folder, folder.resolve()} - {Path(folder.anchor)}:
            exact |= {str(path): name, path.as_posix(): name, repr(str(path))[1:-1]: name}
    longest_first = sorted(exact, key=len, reverse=True)
    folder = re.compile("|".join(rf"{re.escape(name)}(?![\w.-])" for name in longest_first))
    port = re.compile(rf"(?<![\w.]){server.port}(?!\w)")
    account = re.compile(rf"(?<=[/\\]){re.escape(getpass.getuser())}(?=[/\\])")

    def clean(text: str) -> str:
        if len(server.password) >= LONG_ENOUGH:
            text = text.replace(server.password, STARS)
        text = IN_A_URL.sub(rf"\1:{STARS}@", text)
        text = IN_A_VARIABLE.sub(rf"\1{STARS}", text)
        text = SET_ASIDE.sub("", text)
        text = folder.sub(lambda match: exact[match[0]], text)
        return account.sub("you", port.sub(str(USUAL_PORT), text))

    return clean


def clean_outputs(content: NotebookNode, clean: Callable[[str], str]) -> None:
    """Clean every text among the outputs of a notebook, in place."""
    for cell in content.cells:
        for output in cell.get("outputs", ()):
            if "text" in output:
                output.text = clean(output.text)
            if "traceback" in output:
                output.traceback = [clean(line) for line in output.traceback]
            for kind, text in output.get("data", {}).items():
                if isinstance(text, str) and not kind.startswith("image/") or "svg" in kind:
                    output.data[kind] = clean(text)


def insist_on_no_secret(page: str, server) -> None:
    """Raise LabError when the server's password or the home folder stands in the page after all."""
    password = server.password
    found = [f":{password}@", f"PGPASSWORD={password}"] if password else []
    found += [password] * (len(password) >= LONG_ENOUGH)
    if any(secret in page for secret in found):
        raise LabError("The server's password would stand in the page: nothing is written.")
    if os.sep in (home := str(paths.home())).lstrip(os.sep) and home in page:
        raise LabError(f"The folder {home} would stand in the page: nothing is written.")
