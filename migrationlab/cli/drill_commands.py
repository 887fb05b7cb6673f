"""`lab.py drill …`: begin a drill, work in its shell, and have the rescue measured."""

from typing import Annotated

import typer
from rich.console import Console

from migrationlab.cli import interactive_programs
from migrationlab.cli.output import say, told

app = typer.Typer(
    help="Disaster drills: something breaks while the shop sells, and you repair it.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Name = Annotated[str, typer.Argument(help="a drill: its name, or its number")]
GO_ON = """\
  python3 lab.py drill shell     a terminal in the shop's folder, where psql, pg_ctl … work
  python3 lab.py drill hint      a hint; it is counted
  python3 lab.py drill done      measure the rescue
  python3 lab.py drill brief     this text again"""


def print_markdown(text: str) -> None:
    from rich.markdown import Markdown  # it takes a while, and most commands do without

    Console().print(Markdown(text))


@app.callback(invoke_without_command=True)
@told
def overview(context: typer.Context):
    """Without a command: list the drills, and your best result in each."""
    if context.invoked_subcommand is not None:
        return
    from migrationlab.drills import drill_list, environment

    say(str(drill_list.overview()))
    if found := environment.running():
        state = "is over; drill stop clears it away" if found.ended else "is running"
        say(f"\n{found.drill} (level {found.level}, seed {found.seed}) {state}.")
    else:
        say("\nBegin one: python3 lab.py drill start dropped_table")


@app.command()
@told
def start(
    name: Name,
    level: Annotated[int, typer.Option("--level", help="1 guided, 2 on your own, 3 at night")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="the same seed is the same accident")] = None,
):
    """Build a shop, let it sell, and break it. Then the clock runs."""
    from migrationlab.drills import briefing, definitions, lifecycle

    env = lifecycle.begin(definitions.find(name), level=level, seed=seed, progress=say)
    print_markdown(briefing.briefing(env))
    say(f"\nThe folder is {env.folder}, the shop's port {env.port}.\n\n{GO_ON}")


@app.command()
@told
def brief():
    """Show the briefing again, and what the till says now."""
    from migrationlab.drills import briefing, lifecycle

    env = lifecycle.running()
    print_markdown(briefing.briefing(env))
    say(f"\n{briefing.workload_status(env)}\n\n{GO_ON}")


@app.command()
@told
def hint():
    """Show the next hint; the verdict counts them."""
    from migrationlab.drills import briefing, lifecycle

    print_markdown(briefing.next_hint(lifecycle.running()))


@app.command()
@told
def shell():
    """Open a shell in the drill's folder, as the user who runs its server."""
    from migrationlab.drills import lifecycle

    env = lifecycle.running()
    say("psql, pg_dump, pg_ctl, pg_waldump … work here, on the shop's server. exit leaves it.")
    raise typer.Exit(
        interactive_programs.hand_over([interactive_programs.own_shell()], **env.shell.options())
    )


@app.command()
@told
def done():
    """Measure the rescue: what is lost, how long it took, what else has changed."""
    from migrationlab.drills import definitions, lifecycle
    from migrationlab.drills.measurement import rpo_rto

    env = lifecycle.running()
    measured = lifecycle.done(env)
    say(f"{measured}\n\n{lifecycle.timeline(env)}")
    if measured.outcome == rpo_rto.NOT_REPAIRED:
        raise typer.Exit(1)
    print_markdown(definitions.find(env.drill).section(definitions.AFTERWARDS))
    say("\npython3 lab.py drill solution shows a rescue that loses nothing.")


@app.command()
@told
def replay():
    """Show on a time line what has happened so far."""
    from migrationlab.drills import lifecycle

    say(str(lifecycle.timeline(lifecycle.running())))


@app.command()
@told
def solution(name: Name = ""):
    """Show a rescue that loses nothing: after the drill, or when asked by its name."""
    from migrationlab.drills import briefing

    print_markdown(briefing.solution(name))


@app.command()
@told
def stop():
    """End the drill: measure it if it is not over, and clear everything away."""
    from migrationlab.drills import lifecycle

    for line in lifecycle.stop():
        say(line)
