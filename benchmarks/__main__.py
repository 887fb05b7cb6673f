"""The command: what is measured, in which order, and where the table goes."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    backup,
    check,
    checkpoint,
    loading,
    machine,
    report,
    reset,
    run_lessons,
    stairs,
    start,
    transfer,
)
from benchmarks.place import new_server
from migrationlab import stop_signals
from migrationlab.errors import LabError

CASES = {
    "start": start,
    "reset": reset,
    "checkpoint": checkpoint,
    "check": check,
    "stairway": stairs,
    "loading": loading,
    "transfer": transfer,
    "backup": backup,
    "lessons": run_lessons,
}


def main(
    names: Annotated[list[str], typer.Argument(help=f"some of: {', '.join(CASES)}")] = None,
    save: Annotated[Path, typer.Option(help="write the table to this Markdown file too")] = None,
    times: Annotated[int, typer.Option(min=1, help="repetitions; each has its own number")] = None,
):
    """Measure the lab against the plain alternative, on a server and in a home of its own."""
    if unknown := set(names or []) - CASES.keys():
        sys.exit(f"There is no {', '.join(sorted(unknown))}. Expected: some of {', '.join(CASES)}")
    wanted = [name for name in CASES if not names or name in names]
    before = machine.busy()
    rows, failed = [], []
    working = Console(stderr=True)
    with working.status("starting the server"), new_server() as server:
        for name in wanted:
            try:
                with working.status(name):
                    rows += CASES[name].measure(server, times or CASES[name].TIMES)
            except LabError as error:
                failed.append(f"{name}: {error}")
    about = [
        machine.describe(),
        f"other programs used {before:.0f} % of the processor before it and "
        f"{machine.busy():.0f} % after it",
    ]
    console = Console(highlight=False)
    console.print(report.table(rows))
    console.print("\n".join(about))
    if save:
        save.write_text(report.markdown(rows, about), "utf-8")
    if failed:
        sys.exit("\n\n".join(failed))


if __name__ == "__main__":
    stop_signals.end_in_order()
    typer.run(main)
