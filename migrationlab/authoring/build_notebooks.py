"""lessons/ → notebooks/, exercises/, solutions/: the same bytes every time."""

import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbformat

from migrationlab import paths
from migrationlab.authoring import notebook_cells
from migrationlab.course import lessons
from migrationlab.course.lessons import Cell, Lesson

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
MADE = "migrationlab"  # the key in a notebook's metadata that tells what was generated


def outputs(wanted: list[str] | None = None) -> Iterator[tuple[Path, str]]:
    """(path, text) of every generated notebook, or of those lessons only."""
    for lesson in [lessons.find(n) for n in wanted] if wanted else lessons.every():
        for folder, cells in parts(lesson):
            yield folder / f"{lesson.name}.ipynb", notebook(cells)


def parts(lesson: Lesson) -> list[tuple[Path, list[Cell]]]:
    """The three notebooks of a lesson as (folder, cells)."""
    return [
        (paths.NOTEBOOKS, notebook_cells.lesson_cells(lesson)),
        (paths.EXERCISES, notebook_cells.exercise_cells(lesson, with_solutions=False)),
        (paths.SOLUTIONS, notebook_cells.exercise_cells(lesson, with_solutions=True)),
    ]


def notebook(cells: list[Cell]) -> str:
    """The text of an .ipynb file; cell ids come from the content, so nothing in it is random."""
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    seen: Counter[str] = Counter()
    for cell in cells:
        new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        metadata = {"tags": list(cell.tags)} if cell.tags else {}
        made.cells.append(new(cell.source, id=id, metadata=metadata))
    made.metadata[MADE] = {"sources": sources_digest(made)}
    return nbformat.writes(made) + "\n"


def sources_digest(made: nbformat.NotebookNode) -> str:
    """A digest of a notebook's cells without their outputs: has somebody edited it?"""
    text = "\0".join(f"{cell.cell_type}\n{cell.source}" for cell in made.cells)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def drift() -> list[str]:
    """In words, how the generated files on disk differ from what the sources say."""
    found, expected = [], set()
    for path, text in outputs():
        expected.add(path)
        name = path.relative_to(paths.PROJECT).as_posix()
        if not path.exists():
            found.append(f"{name} is missing")
        elif path.read_text("utf-8") != text:
            found.append(f"{name} differs from its source")
    for folder in (paths.NOTEBOOKS, paths.EXERCISES, paths.SOLUTIONS):
        for path in sorted(folder.glob("*")):
            if path.is_file() and path not in expected:
                found.append(f"{path.relative_to(paths.PROJECT).as_posix()} has no source")
    return found


def build(wanted: list[str] | None = None) -> list[str]:
    """Write every notebook that differs, or those of some lessons. Returns what was done, in words.

    A notebook that somebody has worked in is set aside first.
    """
    done = []
    for path, text in outputs(wanted):
        if path.exists() and path.read_text("utf-8") == text:
            continue
        name = path.relative_to(paths.PROJECT).as_posix()
        if path.exists() and (kept := set_aside_if_edited(path)):
            done.append(f"{name}: your edited one is now {kept}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
        done.append(f"wrote {name}")
    return done


def renew_exercises(wanted: list[str] | None = None) -> Iterator[str]:
    """Make the exercise notebooks new that differ, those of all lessons or of some; a line each."""
    for path, text in outputs(wanted):
        if path.parent == paths.EXERCISES and path.read_text("utf-8") != text:
            kept = set_aside_if_edited(path)
            path.write_text(text, "utf-8", newline="\n")
            yield f"{path.name} is new again." + (f" Yours is now {kept}" if kept else "")


def set_aside_if_edited(path: Path) -> str | None:
    """Copy a notebook to work/set_aside/ if it is no longer as it was generated."""
    try:
        there = nbformat.read(path, as_version=4)
    except Exception:  # not even a notebook any more: somebody's work all the same
        there = None
    if there is not None:
        ran = any(cell.get("outputs") for cell in there.cells)
        made = there.metadata.get(MADE, {}).get("sources")
        if not ran and made == sources_digest(there):
            return None
    stamp = datetime.now().strftime("%Y%m%d_%H%M%S_%f")
    target = paths.work() / "set_aside" / f"{path.parent.name} {path.stem} {stamp}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)
    return target.relative_to(paths.home()).as_posix()


if __name__ == "__main__":
    print("\n".join(build(sys.argv[1:])) or "Nothing to do.")
