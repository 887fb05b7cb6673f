"""Run notebooks without a person, each in a kernel of its own, and keep what came out."""

import asyncio
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
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
    try:
        _run(client, os.environ | environment)
    except CellExecutionError as error:
        failure = str(error).strip()
    except (CellTimeoutError, DeadKernelError) as error:
        failure = f"{type(error).__name__}: {error}"
    failure = failure or _missing_errors(content)
    results.mkdir(parents=True, exist_ok=True)
    result = results / f"{notebook.parent.name}-{notebook.name}"
    nbformat.write(content, result)
    return Run(notebook, result, time.perf_counter() - began, failure)


def _run(client: NotebookClient, environment: dict) -> None:
    """Run it to its end, and its kernel with it when we are stopped."""
    # In a thread of its own: in the main one nbclient takes Ctrl-C and SIGTERM for itself, calls
    # the cell failed, and goes on; afterwards nobody's handlers are in place any more.
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(lambda: asyncio.run(client.async_execute(env=environment)))
        try:
            while not running.done():  # on Windows only a short wait can be interrupted
                wait([running], timeout=0.2)
        except BaseException:
            _end(client, running)
            raise
    running.result()


def _end(client: NotebookClient, running: Future) -> None:
    """Kill the kernel, which may be only starting; nbclient's thread ends when it is gone."""
    while not running.done():
        if pid := getattr(getattr(client.km, "provisioner", None), "pid", None):
            with suppress(psutil.Error):
                psutil.Process(pid).kill()
        wait([running], timeout=0.1)


def _missing_errors(content: nbformat.NotebookNode) -> str:
    for cell in content.cells:
        intended = INTENDED_ERROR in cell.metadata.get("tags", [])
        if intended and not any(out.output_type == "error" for out in cell.outputs):
            return f"This cell was to fail and did not:\n{cell.source}"
    return ""
