"""For who writes lessons: build them, run them, print them, prove them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from migrationlab import paths
from migrationlab.cli.output import console, say, told
from migrationlab.course import lessons
from migrationlab.errors import LabError

app = typer.Typer()


@app.command()
@told
def run(
    which: Annotated[list[str], typer.Argument(help="lessons; all of them without any")] = None,
    solutions: Annotated[bool, typer.Option("--solutions", help="the worked answers too")] = False,
):
    """Run all lessons without a person, with a line for each."""
    from migrationlab import server
    from migrationlab.authoring import run_notebooks
    from migrationlab.server import watchdog

    names = [lessons.find(n).name for n in which] if which else [x.name for x in lessons.every()]
    folders = [paths.NOTEBOOKS, *([paths.SOLUTIONS] if solutions else [])]
    failed = 0
    with server.hold(progress=say) as found, watchdog.watch(home=True):
        environment = found.environment() | {"MIGRATIONLAB_STRICT": "1"}
        for notebook in [folder / f"{name}.ipynb" for name in names for folder in folders]:
            failed += bool(_run_one(run_notebooks, notebook, environment).failure)
    say("All of them ran." if not failed else f"{failed} failed.")
    raise typer.Exit(1 if failed else 0)


def _run_one(run_notebooks, notebook: Path, environment: dict):
    title = f"{notebook.parent.name}/{notebook.stem}"
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title)
        done = run_notebooks.execute(
            notebook,
            paths.state() / "runs",
            environment,
            progress=lambda cell, cells: bar.update(task, completed=cell, total=cells),
        )
    console.print(f"{'[red]✗[/]' if done.failure else '[green]✓[/]'} {title} {done.seconds:.1f} s")
    if done.failure:
        say(done.failure[-2000:])
        say(f"Its outputs so far: {done.result}")
    return done


@app.command()
@told
def book(
    which: Annotated[list[str], typer.Argument(help="lessons; all of them without any")] = None,
    to: Annotated[Path, typer.Option("--to", help="the file to write")] = Path("course.html"),
    language: Annotated[str, typer.Option("--lang", help="the questions first in en or da")] = "en",
):
    """The course as one web page for the phone: no network, searchable, questions folded.

    Every lesson is run for it. What you made in a lesson is set aside, never deleted.
    """
    from migrationlab import course_book, server
    from migrationlab.authoring import run_notebooks
    from migrationlab.exam.examiner_texts import insist
    from migrationlab.server import watchdog

    insist(language)
    if to.is_dir():
        raise LabError(f"{to} is a folder.", expected="the name of a file, such as course.html")
    chosen = [lessons.find(n) for n in dict.fromkeys(which)] if which else lessons.every()
    runs = {}
    with server.hold(progress=say) as found, watchdog.watch(home=True):
        environment = found.environment() | {"MIGRATIONLAB_STRICT": "1"}
        for lesson in chosen:
            done = _run_one(run_notebooks, paths.NOTEBOOKS / f"{lesson.name}.ipynb", environment)
            if done.failure:
                raise LabError(f"Lesson {lesson.number} failed, so there is no page.")
            runs[lesson] = done.result
        course_book.write(to, runs, found, language, say)
    say(f"{to} is written, {to.stat().st_size / 1e6:.1f} MB. Send it to your phone and open it.")


@app.command()
@told
def build(check_only: Annotated[bool, typer.Option("--check", help="only tell the drift")] = False):
    """For authors: make notebooks/, exercises/ and solutions/ from lessons/."""
    from migrationlab.authoring import build_notebooks

    if check_only:
        found = build_notebooks.drift()
        say("\n".join(found) or "No drift.")
        raise typer.Exit(1 if found else 0)
    say("\n".join(build_notebooks.build()) or "Nothing to do.")


@app.command(context_settings={"ignore_unknown_options": True})
@told
def test(
    everything: Annotated[bool, typer.Option("--all", help="everything, in half an hour")] = False,
    rest: Annotated[bool, typer.Option("--rest", help="what the first tier leaves out")] = False,
    seed: Annotated[int, typer.Option("--seed", help="repeat a draw: the number it printed")] = 0,
    shard: Annotated[str, typer.Option("--shard", help="one part of several, such as 2/4")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="note the times in benchmarks/")] = False,
    arguments: Annotated[list[str], typer.Argument(help="for pytest, instead of a tier")] = None,
):
    """For authors: prove this clone in ten minutes; --all proves everything."""
    from migrationlab.authoring import suite
    from migrationlab.server import watchdog

    tier = "all" if everything else "rest" if rest else "first"
    with watchdog.watch():
        if arguments:
            code = suite.run_pytest(arguments)
        else:
            code = suite.run(tier, say, seed=seed, shard=shard, keep=keep)
    raise typer.Exit(code)
