"""The house stays as it was designed: data flows one way, and the engine knows no lesson."""

import ast
import importlib.util
import re
from graphlib import TopologicalSorter
from pathlib import Path

from migrationlab import __main__, api, paths
from migrationlab.course import lessons

ENGINE = paths.PROJECT / "migrationlab"

# One line a floor. A line may import from itself and from the lines above it.
FLOORS = [
    "errors paths file_locks stop_signals warm_process commands",
    "postgres",
    "server",
    "transfer",
    "backup",
    "stairway",
    "__main__",
    "pictures",
    "course",
    "exercises",
    "drills",
    "exam",
    "course_book",
    "notebook",
    "authoring",
    "cli",
    "api __init__",
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names.split()}

# The tools install alone and serve people who never open a lesson. They know one another as
# little as they know the course.
TOOLS = ["transfer", "backup", "stairway"]
THEIR_COMMAND = "__main__"  # `migrationlab transfer …`: it goes with them
BELOW_THE_TOOLS = [
    "errors",
    "paths",
    "file_locks",
    "stop_signals",
    "warm_process",
    "commands",
    "postgres",
    "server",
]


def part(module: str) -> str:
    """The top-level part of the engine that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imports() -> list[tuple[str, str]]:
    """(importing module, imported module) for every import inside the engine."""
    found = []
    for file in sorted(ENGINE.rglob("*.py")):
        name = ".".join(file.relative_to(ENGINE.parent).with_suffix("").parts)
        name = name.removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("migrationlab"):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    path = ENGINE.parent / whole.replace(".", "/")
                    is_module = path.with_suffix(".py").exists() or path.is_dir()
                    found.append((name, whole if is_module else node.module))
    return found


def test_every_part_has_its_place():
    """Assert that a new module is put into a layer before it is used."""
    parts = {file.stem for file in ENGINE.glob("*.py")} | {
        folder.name for folder in ENGINE.iterdir() if (folder / "__init__.py").exists()
    }
    assert parts == set(LEVEL)


def test_nothing_imports_from_above():
    """Assert that what knows PostgreSQL does not know students, and so on up."""
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports()
        if imported != "migrationlab" and LEVEL[part(importer)] < LEVEL[part(imported)]
    ]
    assert wrong == []


def test_the_tools_know_nothing_of_the_course():
    """Assert that a tool imports itself and what lies below the tools, and nothing else."""
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in imports()
        if part(importer) in [*TOOLS, THEIR_COMMAND]
        and part(imported) not in [part(importer), *BELOW_THE_TOOLS, "__init__"]
    ]
    assert wrong == []


def test_their_command_imports_the_tools_and_nothing_else():
    """Assert the same of what it imports by name, only when a command asks for it."""
    assert {tool for tool, _, _ in __main__.COMMANDS.values()} == set(TOOLS)


def test_no_circular_imports():
    """Assert that the modules can be put in an order (raises CycleError if not)."""
    graph: dict[str, set[str]] = {}
    for importer, imported in imports():
        if importer != imported and imported != "migrationlab":
            graph.setdefault(importer, set()).add(imported)
    TopologicalSorter(graph).prepare()


def test_the_engine_knows_no_lesson():
    """Assert that no lesson's name or exercise stands in the engine's code (docstrings may)."""
    names = [lesson.name for lesson in lessons.every()]
    for file in ENGINE.rglob("*.py"):
        text = file.read_text("utf-8")
        assert not [name for name in names if re.search(rf'"[^"]*{name}', text)], file


TEXTS = (".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".ipynb")
NOT_OURS = {".git", ".venv", ".lab", "work"}
SAID = re.compile(
    r"from (migrationlab[.\w]*) import (\w+(?:(?: as \w+)?, *\w+)*)"
    r"|-m\"?,? \"?(migrationlab[.\w]*)"
)


def test_every_import_in_any_text_leads_somewhere():
    """Assert that programs in strings, cells and documents name modules that are there."""
    tops = [top for top in paths.PROJECT.iterdir() if top.name not in NOT_OURS]
    files = [file for top in tops for file in (top.rglob("*") if top.is_dir() else [top])]
    wrong = []
    for file in sorted(files):
        if file.suffix not in TEXTS or not file.is_file():
            continue
        for module, names, command in SAID.findall(file.read_text("utf-8")):
            wanted = [(module, name.split(" as ")[0].strip()) for name in names.split(",") if name]
            for where, name in wanted or [(command, "")]:
                if not _leads_somewhere(where, name):
                    wrong.append(f"{file}: {where} {name}".strip())
    assert wrong == []


def test_files_that_the_engine_names_are_there():
    """Assert that no docstring or comment sends the reader to a file that was renamed."""
    known = {file.name for top in ("migrationlab", *FOLDERS) for file in _python_files(top)}
    known |= {"lab.py"}
    named = [
        (file.relative_to(paths.PROJECT).as_posix(), name)
        for file in _python_files("migrationlab")
        for name in re.findall(r"\b([a-z_]+\.py)\b", file.read_text("utf-8"))
    ]
    assert [found for found in named if found[1] not in known] == []


FOLDERS = ("lessons", "drills", "bookshop", "alembic", "data", "tests", "benchmarks")


def _python_files(top: str) -> list[Path]:
    return sorted((paths.PROJECT / top).rglob("*.py"))


def _leads_somewhere(module: str, name: str) -> bool:
    if importlib.util.find_spec(module) is None:
        return False
    if not name or hasattr(importlib.import_module(module), name):
        return True
    return importlib.util.find_spec(f"{module}.{name}") is not None


CONTENT = [paths.PROJECT / name for name in ("lessons", "drills", "bookshop", "alembic", "data")]
PUBLIC = {"migrationlab", "migrationlab.api"}
IMPORT = re.compile(r"^\s*(?:from (migrationlab[.\w]*) import (.+)|import (migrationlab[.\w]*))")


def imported_by_content() -> list[tuple[str, str, str]]:
    """(file, module, names) of each import line of lessons, drills and the bookshop.

    Code cells stand in Markdown, so lines are read and not parsed.
    """
    found = []
    for folder in CONTENT:
        for file in sorted(folder.rglob("*")):
            if file.suffix not in (".py", ".md"):
                continue
            text = re.sub(
                r"\((\s[^)]*)\)", lambda m: " ".join(m[1].split()), file.read_text("utf-8")
            )
            for line in text.splitlines():
                if match := IMPORT.match(line):
                    names = (match[2] or "").partition("#")[0].rstrip("\\ ").strip()
                    found.append((file.as_posix(), match[1] or match[3], names))
    return found


def test_content_imports_what_is_public_and_nothing_else():
    """Assert that the rooms can move and no lesson, drill or start file notices."""
    wrong = [line for line in imported_by_content() if line[1] not in PUBLIC]
    assert wrong == []


def test_what_is_public_is_there_and_used():
    """Assert that every public name can be imported, and that somebody imports it."""
    for name in api.__all__:
        getattr(api, name)
    used = {
        part.split(" as ")[0].strip()
        for _, module, names in imported_by_content()
        if module == "migrationlab.api"
        for part in names.split(",")
    }
    assert used - {""} == set(api.__all__)


def test_the_folder_alembic_shadows_nothing():
    """Assert that the project's alembic/ is no package: it would hide the library."""
    assert not list((paths.PROJECT / "alembic").glob("__init__.py"))
