"""%%revision SLUG: write the functions of a revision file, as a student does in the editor."""

import ast
from pathlib import Path

from IPython.core.magic import Magics, cell_magic, magics_class

from migrationlab.errors import LabError

GENERATED_IMPORTS = ("from alembic import op", "import sqlalchemy as sa")
FUNCTIONS = ("upgrade", "downgrade")


@magics_class
class RevisionMagic(Magics):
    """The %%revision magic; `place` gives the open folder and environment."""

    def __init__(self, shell, place):
        super().__init__(shell)
        self._place = place

    @cell_magic
    def revision(self, line, cell):
        """Replace upgrade() and downgrade() in the one revision file whose name has this slug."""
        folder, _ = self._place()
        file = find_revision(folder, line.strip())
        file.write_text(rewrite(file.read_text("utf-8"), cell), "utf-8")
        print(f"wrote {file.relative_to(folder).as_posix()}")


def find_revision(folder: Path, slug: str) -> Path:
    """The only file in a `versions` folder whose name holds the slug. Raises LabError."""
    if not slug:
        raise LabError("Which revision?", expected="%%revision words_of_its_file_name")
    files = sorted(folder.glob("*/versions/**/*.py"))
    found = [file for file in files if slug in file.name]
    if len(found) == 1:
        return found[0]
    names = ", ".join(file.name for file in (found or files)) or "none"
    if found:
        raise LabError(f"{len(found)} revision files have {slug} in their names: {names}.")
    raise LabError(
        f"No revision file has {slug} in its name. Files there: {names}.",
        todo='alembic revision -m "your message" makes one; its name holds your message.',
    )


def rewrite(file: str, cell: str) -> str:
    """The file's text with the cell's imports, functions and constants in place of its own.

    The header (docstring and revision identifiers) stays. Raises LabError when
    the cell is not Python or does not define upgrade().
    """
    try:
        body = ast.parse(cell).body
    except SyntaxError as error:
        raise LabError(f"Line {error.lineno} of the cell is not Python: {error.msg}.") from None
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    if not defined & set(FUNCTIONS):
        raise LabError(
            "The cell has no function upgrade() and no downgrade().",
            expected="def upgrade() -> None: … and def downgrade() -> None: …",
        )
    old = ast.parse(file).body
    cut = min(
        (node.lineno for node in old if isinstance(node, ast.FunctionDef)),
        default=len(file.splitlines()) + 1,
    )
    head = "\n".join(file.splitlines()[: cut - 1]).rstrip()
    kept = [
        ast.get_source_segment(file, node)
        for node in old
        if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS and node.name not in defined
    ]
    # what a solution repeats of the template's imports would stand there twice
    lines = [
        line
        for line in cell.strip("\n").splitlines()
        if not (line.strip() in GENERATED_IMPORTS and line.strip() in head)
    ]
    return "\n\n\n".join([head, "\n".join(lines).strip("\n"), *kept]) + "\n"
