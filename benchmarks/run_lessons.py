"""The run of all lessons without a person."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab import paths
from migrationlab.authoring import build_notebooks, run_notebooks
from migrationlab.course import lessons, start_states
from migrationlab.errors import LabError

TIMES = 1


def measure(server, times: int) -> Iterator[Row]:
    notebooks = _notebooks()
    for lesson in lessons.every():
        start_states.template(server, lesson.start)  # made once in a lab's life, not at every run
    environment = server.environment()
    ours, plain = [], []
    for notebook in notebooks:
        mine, others = in_turn(
            times,
            lambda n=notebook: _by_the_lab(n, environment),
            lambda n=notebook: _by_jupyter(n, environment),
        )
        ours.append(mine)
        plain.append(others)
    yield Row(
        Side(f"run of all {len(notebooks)} lessons", tuple(map(sum, zip(*ours, strict=True)))),
        Side("jupyter execute, a process for each", tuple(map(sum, zip(*plain, strict=True)))),
    )


def _notebooks() -> list[Path]:
    """The lessons as their sources say, written into this home."""
    folder = paths.home() / "notebooks"
    folder.mkdir(exist_ok=True)
    made = []
    for path, text in build_notebooks.outputs():
        if path.parent == paths.NOTEBOOKS:
            made.append(folder / path.name)
            made[-1].write_text(text, "utf-8")
    return made


def _by_the_lab(notebook: Path, environment: dict) -> float:
    done = run_notebooks.execute(notebook, paths.state() / "runs", environment)
    if done.failure:
        raise LabError(f"{notebook.name} was not measured, it fails:\n{done.failure[-600:]}")
    return done.seconds


def _by_jupyter(notebook: Path, environment: dict) -> float:
    command = ("jupyter-execute", f"--timeout={run_notebooks.CELL_SECONDS}", str(notebook))
    return seconds(lambda: run(*command, environment=environment, folder=notebook.parent))
