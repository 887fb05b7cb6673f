"""The command line: thin, over the same functions that the notebooks call."""

import sys
from typing import Annotated

import typer

from migrationlab import stop_signals
from migrationlab.cli import (
    author_commands,
    drill_commands,
    exam_commands,
    study_commands,
    tool_commands,
)
from migrationlab.cli.output import console, say, told

app = typer.Typer(
    help="Migration Lab: learn to migrate and to back up a real PostgreSQL database.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (study_commands, tool_commands, author_commands):
    app.add_typer(group.app)
app.add_typer(drill_commands.app, name="drill")
app.add_typer(exam_commands.app, name="exam")
EPILOGUE = (
    "What to do next: run the cells from the top with Shift+Enter. "
    "Ctrl-C here stops the lab; your data stay."
)


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


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console that knows no ✓ gets a ?
            stream.reconfigure(errors="replace")
    stop_signals.end_in_order()
    app(prog_name="lab.py")


if __name__ == "__main__":
    main()
