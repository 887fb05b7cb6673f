"""Run notebooks without a person, each in a kernel of its own, and keep what came out."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

INTENDED_ERROR = "raises-exception"
CELL_SECONDS = 120


@dataclass(frozen=True)
class Run:
    """One notebook's run: where its outputs are, the seconds it took, and the first failure."""

    notebook: Path
    result: Path
    seconds: float
    failure: str = ""


def execute(notebook: Path, results: Path, environment: dict, progress=None) -> Run:
    """Run a notebook and write it with its outputs into `results`.

    `progress(done, all)` is called before every cell. A failing cell ends the
    run unless it is tagged raises-exception; a tagged cell that does not fail
    is a failure too. Nothing is raised for either: see `Run.failure`.
    """
    content = nbformat.read(notebook, as_version=4)
    cells = len(content.cells)
    client = NotebookClient(
        content,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],  # errors: its warnings would stand between our lines
        resources={"metadata": {"path": str(notebook.parent)}},
        on_cell_start=(lambda cell, cell_index: progress(cell_index, cells)) if progress else None,
    )
    began = time.perf_counter()
    failure = ""
    before = dict(os.environ)
    os.environ.update(environment)  # nbclient hands os.environ to the kernel
    try:
        client.execute()
    except CellExecutionError as error:
        failure = str(error).strip()
    except (CellTimeoutError, DeadKernelError) as error:
        failure = f"{type(error).__name__}: {error}"
    finally:
        os.environ.clear()
        os.environ.update(before)
    failure = failure or _missing_errors(content)
    results.mkdir(parents=True, exist_ok=True)
    result = results / f"{notebook.parent.name}-{notebook.name}"
    nbformat.write(content, result)
    return Run(notebook, result, time.perf_counter() - began, failure)


def _missing_errors(content: nbformat.NotebookNode) -> str:
    for cell in content.cells:
        intended = INTENDED_ERROR in cell.metadata.get("tags", [])
        if intended and not any(out.output_type == "error" for out in cell.outputs):
            return f"This cell was to fail and did not:\n{cell.source}"
    return ""
