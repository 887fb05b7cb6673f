"""The command line: thin, over the same functions that the notebooks call."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from migrationlab import paths, stop_signals
from migrationlab.cli import drill_commands, exam_commands, terminal
from migrationlab.cli.output import console, say, told
from migrationlab.course import lessons
from migrationlab.errors import LabError

app = typer.Typer(
    help="Migration Lab: learn to migrate and to back up a real PostgreSQL database.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(drill_commands.app, name="drill")
app.add_typer(exam_commands.app, name="exam")
EPILOGUE = (
    "What to do next: run the cells from the top with Shift+Enter. "
    "Ctrl-C here stops the lab; your data stay."
)
PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}  # argparse has the options

Where = Annotated[
    str, typer.Argument(help="a lesson (2), an exercise (2.3), or nothing: the bookshop")
]
Exercise = Annotated[str, typer.Argument(help="an exercise, such as 2.3")]


@app.callback(invoke_without_command=True)
@told
def start(
    context: typer.Context,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="do not open a browser")] = False,
    docker: Annotated[bool, typer.Option("--docker", help="use docker compose's server")] = False,
):
    """Without a command: start PostgreSQL and JupyterLab, and open the first lesson."""
    if context.invoked_subcommand is not None:
        return
    from migrationlab import server
    from migrationlab.cli import jupyterlab
    from migrationlab.course import bookshop_setup

    if url := jupyterlab.running():
        say(f"The lab is running already:\n\n  {url}\n")
        if not no_browser:
            jupyterlab.show(url)
        return
    with server.hold(progress=say, docker=docker) as found:
        bookshop_setup.prepare(found, progress=say)
        say(f"PostgreSQL is ready ({found.kind}, port {found.port}). Starting JupyterLab …")
        with jupyterlab.started(found.environment()) as (url, process):
            say(f"\nThe lab is open at\n\n  {url}\n\n{EPILOGUE}")
            if not no_browser and not jupyterlab.show(url):
                say("There is no browser here: copy the address into one.")
            try:
                jupyterlab.wait_for_end(process)
            except KeyboardInterrupt:
                say("\nStopping …")
    say("Stopped. Your work is in work/ and your databases stay. See you.")


@app.command()
@told
def status():
    """Say what is running, and how far you are. Starts nothing."""
    from migrationlab import server
    from migrationlab.cli import jupyterlab
    from migrationlab.drills import environment
    from migrationlab.exercises import progress_board

    found = server.running()
    if found:
        say(f"PostgreSQL: {found.kind}, {found.host} port {found.port}, database {found.database}")
    else:
        say("PostgreSQL: not running. python3 lab.py starts it.")
    say(f"JupyterLab: {jupyterlab.running() or 'not running'}")
    say(f"Exercises: {progress_board.of_progress().headline}. python3 lab.py progress lists them.")
    if drill := environment.running():
        say(f"A drill is running: {drill.drill}. python3 lab.py drill brief tells of it.")


@app.command()
@told
def doctor():
    """Look at everything a lesson needs; each red line says what to do."""
    from migrationlab.cli.doctor import examine

    ill = 0
    for finding in examine():
        ill += not finding.well
        sign = "[green]✓[/]" if finding.well else "[red]✗[/]"
        console.print(f"{sign} {finding.name}: ", end="")
        say(finding.found)
        if not finding.well:
            say(f"    What to do: {finding.todo}")
    say("All is well." if not ill else f"{ill} red.")
    raise typer.Exit(1 if ill else 0)


@app.command()
@told
def stop():
    """Stop JupyterLab, a drill, and the PostgreSQL server that the lab started; the data stay."""
    from migrationlab import server
    from migrationlab.cli import jupyterlab
    from migrationlab.drills import environment, lifecycle

    for line in lifecycle.stop() if environment.running() else ():
        say(line)
    if jupyterlab.stop():
        say("JupyterLab is stopped.")
    server.stop(progress=say)


@app.command()
@told
def reset(
    where: Where = "",
    all_: Annotated[bool, typer.Option("--all", help="the bookshop and every lesson")] = False,
    notebooks: Annotated[
        bool, typer.Option("--notebooks", help="the lesson's exercise notebook too")
    ] = False,
):
    """Back to the start: of a lesson with its exercises, of one exercise, or of the bookshop.

    What you made is set aside, never deleted: python3 lab.py reopen brings it back.
    """
    from migrationlab import server
    from migrationlab.course import reset

    for line in reset.reset(server.find(say), where, everything=all_):
        say(line)
    if notebooks and (all_ or (where and "." not in where)):
        from migrationlab.authoring import build_notebooks

        for line in build_notebooks.renew_exercises([where] if where and not all_ else None):
            say(line)


@app.command()
@told
def reopen(where: Where, name: Annotated[str, typer.Argument(help="which of them")] = ""):
    """List the work that a reset has set aside, or bring it back.

    The present work is set aside in its turn.
    """
    from migrationlab import server
    from migrationlab.course import reset

    space = reset.find_workspace(server.find(say), where)
    if not name:
        names = space.set_aside()
        say("\n".join(names) or f"Nothing of {where} was set aside.")
        return
    kept = space.restore(name)
    say(f"{where} is as it was at {name}." + (f" What was there is now {kept}." if kept else ""))


@app.command(context_settings=PASSED_ON)
@told
def restore(arguments: Annotated[list[str], typer.Argument()] = None):
    """Restore a backup beside, compare it, and only then change the names: BACKUP --into URL."""
    words = arguments or ["--help"]
    if re.fullmatch(r"\d+(\.\d+)?", words[0]):  # what the command meant before it had backups
        say(f"This is now: python3 lab.py reopen {' '.join(words)}")
        return reopen(*words[:2])
    _backup(["restore", *words])


@app.command()
@told
def tidy(
    names: Annotated[list[str], typer.Argument(help="what to delete for ever")] = None,
    all_: Annotated[bool, typer.Option("--all", help="delete everything set aside")] = False,
):
    """List what was set aside, or delete for ever what you name."""
    from migrationlab import server
    from migrationlab.course import set_aside

    found = server.find(say)
    if all_:
        names = [kept.name for kept in set_aside.listing(found)]
    if names:
        set_aside.delete(found, names)
        say(f"Deleted: {', '.join(names)}")
        return
    for kept in set_aside.listing(found):
        say(f"{kept.what:<9} {kept.name}")


@app.command()
@told
def goto(where: Where, name: Annotated[str, typer.Argument(help="the checkpoint")] = ""):
    """Jump to a checkpoint of a lesson, or list its checkpoints."""
    from migrationlab import server
    from migrationlab.course import reset

    space = reset.find_workspace(server.find(say), where)
    if not name:
        say("\n".join(space.checkpoints()) or "No checkpoints yet. Run the lesson once.")
        return
    kept = space.goto(name)
    say(f"{where} is at “{name}”." + (f" What was there is now {kept}." if kept else ""))


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
    from migrationlab.exam.phrases import insist
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


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@told
def psql(where: Where = "", arguments: Annotated[list[str], typer.Argument()] = None):
    """Open psql on the bookshop's, a lesson's or an exercise's database."""
    if where.startswith("-"):  # lab.py psql -c "…": nothing names a place, all is psql's
        where, arguments = "", [where, *(arguments or [])]
    _hand_over(where, ["psql", *(arguments or [])])


@app.command()
@told
def shell(where: Where = ""):
    """Open a shell in a lesson's folder where alembic, psql and pg_dump reach its database."""
    say("DATABASE_URL and PGHOST … are set. exit leaves this shell.")
    _hand_over(where, [terminal.own_shell()])


def _hand_over(where: str, command: list[str]) -> None:
    """Run an interactive program on the right database and end with its exit code."""
    from migrationlab import commands, server
    from migrationlab.course import reset

    with server.hold(progress=lambda text: None) as found:
        folder, environment = paths.PROJECT, found.environment()
        if where:
            space = reset.find_workspace(found, where)
            space.open()
            folder, environment = space.folder, found.environment(space.database)
        else:
            from migrationlab.course import bookshop_setup

            bookshop_setup.prepare(found, progress=lambda text: None)
        command[0] = commands.resolve(command[0], environment)
        code = terminal.hand_over(command, cwd=folder, env=environment)
    raise typer.Exit(code)


@app.command()
@told
def catalogue(
    port: Annotated[int, typer.Option("--port", help="a free one without it")] = 0,
):
    """Serve the wholesaler's web site, which is there to be crawled, until Ctrl-C."""
    from migrationlab.course import wholesaler_site

    site = wholesaler_site.Website(port)
    try:
        say(f"The catalogue is at {site} Ctrl-C ends it.")
        site.wait()
    except KeyboardInterrupt:
        say("Stopped.")
    finally:
        site.stop()


@app.command()
@told
def check(what: Annotated[str, typer.Argument(help="an exercise (2.3) or a whole set (2)")]):
    """Check an exercise, or a whole set again. Exit code 0 when all is right."""
    from migrationlab import server
    from migrationlab.exercises import progress_board, run_check

    found = server.find(say)
    if "." in what:
        verdicts = [run_check.run(found, what)]
        say(str(verdicts[0]))
    else:
        verdicts = run_check.run_set(found, lessons.find(what))
        say(str(progress_board.of_verdicts(verdicts)))
    raise typer.Exit(0 if all(verdict.right for verdict in verdicts) else 1)


@app.command()
@told
def hint(exercise: Exercise):
    """Show the next hint of an exercise."""
    from rich.markdown import Markdown

    from migrationlab.exercises import hints_and_solutions

    console.print(Markdown(hints_and_solutions.hint(exercise).markdown))


@app.command()
@told
def solution(exercise: Exercise):
    """Show a worked answer: after you have passed, or when you ask twice."""
    from rich.markdown import Markdown

    from migrationlab.exercises import hints_and_solutions

    console.print(Markdown(hints_and_solutions.solution(exercise).markdown))


@app.command()
@told
def progress(
    export: Annotated[Path, typer.Option("--export", help="write it to a file; - for here")] = None,
    take: Annotated[Path, typer.Option("--import", help="take it from such a file")] = None,
):
    """Show how far you are; carry it to another machine as text."""
    from migrationlab.drills import drill_list
    from migrationlab.exercises import progress as book
    from migrationlab.exercises import progress_board

    if take:
        try:
            text = take.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LabError(f"{take} cannot be read: {error}") from None
        say(f"{book.merge(text)} lines taken from {take}.")
    if export and str(export) == "-":
        print(book.export(), end="")
    elif export:
        export.write_text(book.export(), "utf-8")
        say(f"Written to {export}.")
    else:
        say(str(progress_board.of_progress()))
        say(f"\nDrills:\n{drill_list.overview()}")


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@told
def stairway(arguments: Annotated[list[str], typer.Argument()] = None):
    """The loss meter: say of each revision in a folder which values it would cost."""
    from migrationlab.stairway.__main__ import main

    raise typer.Exit(main(arguments or [], program="lab.py stairway"))


@app.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@told
def transfer(arguments: Annotated[list[str], typer.Argument()] = None):
    """Move a SQLite file into PostgreSQL: everything or nothing, and proved."""
    from migrationlab.transfer.__main__ import main

    raise typer.Exit(main(arguments or ["--help"], program="lab.py transfer"))


def _backup(words: list[str]) -> None:
    from migrationlab.backup.__main__ import main

    command, *words = words
    typed = {"make": "backup", "list": "backups"}.get(command, command)
    raise typer.Exit(main(words, program=f"lab.py {typed}", command=command))


@app.command(context_settings=PASSED_ON)
@told
def backup(arguments: Annotated[list[str], typer.Argument()] = None):
    """Back up a database or a SQLite file, with numbers that prove it: URL --to DIR."""
    _backup(["make", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def verify(arguments: Annotated[list[str], typer.Argument()] = None):
    """Prove a backup: restore it on a throw-away server, and compare everything."""
    _backup(["verify", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def backups(arguments: Annotated[list[str], typer.Argument()] = None):
    """List the backups in a folder, and what retention would keep."""
    _backup(["list", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def prune(arguments: Annotated[list[str], typer.Argument()] = None):
    """Remove the backups that retention does not keep; never the last verified one."""
    _backup(["prune", *(arguments or ["--help"])])


@app.command(context_settings=PASSED_ON)
@told
def wal(arguments: Annotated[list[str], typer.Argument()] = None):
    """Base backups, the WAL archive, and recovery to a moment: base, archive, commits, recover …"""
    _backup(["wal", *(arguments or ["--help"])])


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


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console that knows no ✓ gets a ?
            stream.reconfigure(errors="replace")
    stop_signals.end_in_order()
    app(prog_name="lab.py")


if __name__ == "__main__":
    main()
