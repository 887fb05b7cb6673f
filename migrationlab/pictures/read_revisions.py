"""Reads a project's chain of revisions with Alembic's own ScriptDirectory, without env.py."""

import contextlib
import importlib
import sys
import tomllib
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrationlab.errors import LabError


@dataclass(frozen=True)
class Revision:
    """One revision file: `parents` are its down_revision, `depends` its depends_on (ids)."""

    id: str
    message: str
    parents: tuple[str, ...]
    depends: tuple[str, ...]

    @property
    def below(self) -> tuple[str, ...]:
        """All that must be applied before it."""
        return self.parents + self.depends


def read_chain(folder: Path | str) -> dict[str, Revision]:
    """All revisions of the Alembic project in `folder`, by id, in the order of their ids.

    Raises LabError, in one sentence, where there is no project or its files cannot be read.
    Revision files are Python and are executed, as `alembic history` does; env.py is not.
    """
    # Here and not above: SQLAlchemy comes with it, and most commands draw nothing (0.4 s).
    from alembic.script import ScriptDirectory

    folder = Path(folder).absolute()
    with _as_if_in(folder), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            script = ScriptDirectory.from_config(_config(folder))
            # Python remembers which folder "." was when it was first asked for a module there.
            sys.path[:] = [str(Path(entry).absolute()) for entry in sys.path]
            importlib.invalidate_caches()
            chain = {found.revision: _revision(script, found) for found in script.walk_revisions()}
        except LabError:
            raise
        except (Exception, SystemExit) as error:
            raise _twice(said) or _in_one_sentence(error) from error
    if twice := _twice(said):
        raise twice
    return dict(sorted(chain.items()))


def _twice(said: list[warnings.WarningMessage]) -> LabError | None:
    """Alembic only warns where two files have one id, and then forgets one of them."""
    for warning in said:
        if "is present more than once" in str(warning.message):
            return LabError(
                f"Two revision files have the same id, {str(warning.message).split()[1]}.",
                todo="Give each of them an id of its own, or delete one.",
            )
    return None


def _config(folder: Path):
    from alembic.config import Config

    ini, toml = folder / "alembic.ini", folder / "pyproject.toml"
    if not ini.exists() and not _tool_alembic(toml):
        raise LabError(
            f"There is no alembic.ini in {folder}.",
            todo="Open a folder with an Alembic project, or make one: alembic init alembic",
        )
    return Config(ini if ini.exists() else None, toml_file=toml if toml.exists() else None)


def _tool_alembic(toml: Path) -> bool:
    if not toml.exists():
        return False
    return "alembic" in tomllib.loads(toml.read_text(encoding="utf-8")).get("tool", {})


def _revision(script, found) -> Revision:
    named = found.dependencies or ()
    named = (named,) if isinstance(named, str) else named
    depends = {one.revision for name in named for one in script.get_revisions(name) if one}
    down = found.down_revision or ()
    parents = (down,) if isinstance(down, str) else tuple(down)
    message = " ".join(found.doc.split())
    return Revision(found.revision, message, parents, tuple(sorted(depends - set(parents))))


@contextlib.contextmanager
def _as_if_in(folder: Path) -> Iterator[None]:
    """Be in the folder, as `alembic` would, and leave no trace of its modules behind.

    A relative script_location starts from the current folder. `prepend_sys_path = .` and imports
    in revision files would otherwise give one lesson's `models` to the next lesson's picture.
    """
    if not folder.is_dir():
        raise LabError(f"There is no folder {folder}.", todo="Check the name.")
    path, modules, bytecode = sys.path[:], set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path[:], sys.dont_write_bytecode = path, bytecode
        for name in set(sys.modules) - modules:
            if _is_of(folder.resolve(), sys.modules[name]):
                del sys.modules[name]


def _is_of(folder: Path, module) -> bool:
    """Whether a module is the student's. The project's own folder also holds .venv and the lab."""
    file = getattr(module, "__file__", None)
    if not file or module.__name__.partition(".")[0] == __name__.partition(".")[0]:
        return False
    parents = Path(file).resolve().parents
    return folder in parents and Path(sys.prefix).resolve() not in parents


def _in_one_sentence(error: BaseException) -> LabError:
    todo = "Mend the file, then draw again. `alembic history` reads the same files."
    place = _place_in_revision_file(error)
    if isinstance(error, KeyError) and not place:
        # Alembic looks every down_revision and depends_on up in a dict of all ids.
        return LabError(
            f"A revision file follows or depends on revision {error.args[0]}, "
            "but no file has this id.",
            todo=todo,
        )
    if isinstance(error, SyntaxError):
        # IndentationError and an unclosed bracket are kinds of it.
        file = error.filename and f"{Path(error.filename).name}, line {error.lineno}"
        return LabError(f"{file or 'A file'}: Python cannot read this: {error.msg}.", todo=todo)
    if isinstance(error, tomllib.TOMLDecodeError):
        return LabError(f"pyproject.toml cannot be read: {error}.", todo=todo)
    # Alembic's own messages go on with advice for other cases.
    what = " ".join(str(error).split()).split(". ")[0] or type(error).__name__
    if isinstance(error, SystemExit):
        what = "it ends Python while it is read"
    if place:
        return LabError(f"{place}: {what.rstrip('.')}.", todo=todo)
    return LabError(f"Alembic cannot read this folder: {what.rstrip('.')}.", todo=todo)


def _place_in_revision_file(error: BaseException) -> str:
    """The student's file and line where the error was raised, if a revision file was being read."""
    frames = traceback.extract_tb(error.__traceback__)
    loading = [i for i, frame in enumerate(frames) if frame.name == "load_module_py"]
    if not loading:
        return ""
    here = Path.cwd().resolve()
    own = [
        frame
        for frame in frames[loading[-1] + 1 :]
        if here in Path(frame.filename).parents and "site-packages" not in frame.filename
    ]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
