"""What the outputs of a run tell about this machine and its server is taken out of them."""

import getpass
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode

from migrationlab import paths
from migrationlab.errors import LabError

LAB = "~/migration-lab"
STARS = "***"
USUAL_PORT = 5432
UNMISTAKABLE = re.compile(r"(?=.*\d)(?=.*[^\W\d]).{8,}")
"""Another password is a word that a lesson may well have; it is looked for in its place only."""

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

    password = _password(server)

    def clean(text: str) -> str:
        text = password.sub(STARS, text) if password else text
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
    password = _password(server)
    if password and password.search(page):
        raise LabError("The server's password would stand in the page: nothing is written.")
    if os.sep in (home := str(paths.home())).lstrip(os.sep) and home in page:
        raise LabError(f"The folder {home} would stand in the page: nothing is written.")


def _password(server) -> re.Pattern | None:
    """What finds the server's password; those that a lesson has invented stay."""
    if not server.password:
        return None
    forms = {server.password, quote(server.password, safe="")}
    either = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    if UNMISTAKABLE.fullmatch(server.password):
        return re.compile(either)
    in_a_url, in_a_variable = rf"(?<=:)(?:{either})(?=@)", rf"(?<=PGPASSWORD=)['\"]?(?:{either})\b"
    return re.compile(f"{in_a_url}|{in_a_variable}")
