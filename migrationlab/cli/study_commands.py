"""What a student types: check, hint, solution, progress; reset and reopen; psql, a shell."""

from pathlib import Path
from typing import Annotated

import typer

from migrationlab import paths
from migrationlab.cli import interactive_programs
from migrationlab.cli.output import console, say, told
from migrationlab.course import lessons
from migrationlab.errors import LabError

app = typer.Typer()
PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}  # argparse has the options
Where = Annotated[
    str, typer.Argument(help="a lesson (2), an exercise (2.3), or nothing: the bookshop")
]
Exercise = Annotated[str, typer.Argument(help="an exercise, such as 2.3")]


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


@app.command(context_settings=PASSED_ON)
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
    _hand_over(where, [interactive_programs.own_shell()])


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
        code = interactive_programs.hand_over(command, cwd=folder, env=environment)
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
