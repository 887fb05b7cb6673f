"""Back to the start: of an exercise, a lesson with its exercises, the bookshop, or everything."""

from collections.abc import Iterator

from migrationlab.course import bookshop_setup, lessons, workspace
from migrationlab.course.workspace import ASIDE, Workspace, now
from migrationlab.errors import LabError
from migrationlab.postgres import databases


def find_workspace(server, where: str) -> Workspace:
    """The workspace of a lesson ("2") or an exercise ("2.3"). Raises LabError."""
    if "." in where:
        return workspace.of_exercise(server, lessons.find_exercise(where))
    return workspace.of_lesson(server, lessons.find(where))


def reset(server, where: str, *, everything: bool) -> Iterator[str]:
    """Reset what is named and yield a line for each thing done. Raises LabError."""
    if everything:
        for lesson in lessons.every():
            yield from _lesson(server, lesson)
        yield from _bookshop(server)
    elif not where:
        yield from _bookshop(server)
    elif "." in where:
        yield _one(find_workspace(server, where))
    else:
        yield from _lesson(server, lessons.find(where))


def _lesson(server, lesson: lessons.Lesson) -> Iterator[str]:
    spaces = [workspace.of_lesson(server, lesson)]
    spaces += [workspace.of_exercise(server, exercise) for exercise in lesson.exercises]
    touched = [space for space in spaces if space.exists() or space.folder.is_dir()]
    for space in touched:
        yield _one(space)
    if not touched:
        yield f"Nobody has worked in lesson {lesson.number} yet."


def _one(space: Workspace) -> str:
    kept = space.reset()
    return f"{space.key} is at its start." + (
        f" Your work was set aside as {kept}." if kept else ""
    )


def _bookshop(server) -> Iterator[str]:
    if not server.owned:
        raise LabError(
            f"The database {server.database} was given by DATABASE_URL; the lab does not reset it.",
            todo="Reset lessons (python3 lab.py reset 2), or unset DATABASE_URL.",
        )
    if databases.exists(server, server.database):
        aside = f"{server.database}{ASIDE}{now()}"
        databases.rename(server, server.database, aside, note="set aside")
        yield f"The bookshop was set aside as the database {aside}."
    databases.create(server, server.database, note="the bookshop")
    bookshop_setup.prepare(server, progress=lambda text: None)
    yield "The bookshop is migrated and filled anew."
