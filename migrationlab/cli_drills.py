"""`lab.py drill …`: begin a drill, work in its shell, and have the rescue measured."""

from typing import Annotated

import typer
from rich.console import Console

from migrationlab import interactive
from migrationlab.telling import say, told

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


def show(text: str) -> None:
    from rich.markdown import Markdown  # it takes a while, and most commands do without

    Console().print(Markdown(text))


@app.callback(invoke_without_command=True)
@told
def overview(context: typer.Context):
    """Without a command: list the drills, and your best result in each."""
    if context.invoked_subcommand is not None:
        return
    from migrationlab.drills import overview, scene

    say(str(overview.overview()))
    if found := scene.running():
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
    from migrationlab.drills import content, directing

    found = directing.begin(content.find(name), level=level, seed=seed, progress=say)
    show(directing.briefing(found))
    say(f"\nThe folder is {found.folder}, the shop's port {found.port}.\n\n{GO_ON}")


@app.command()
@told
def brief():
    """Show the briefing again, and what the till says now."""
    from migrationlab.drills import directing

    found = directing.running()
    show(directing.briefing(found))
    say(f"\n{directing.what_the_till_says(found)}\n\n{GO_ON}")


@app.command()
@told
def hint():
    """Show the next hint; the verdict counts them."""
    from migrationlab.drills import directing

    show(directing.hint(directing.running()))


@app.command()
@told
def shell():
    """Open a shell in the drill's folder, as the user who runs its server."""
    from migrationlab.drills import directing

    found = directing.running()
    say("psql, pg_dump, pg_ctl, pg_waldump … work here, on the shop's server. exit leaves it.")
    raise typer.Exit(interactive.hand_over([interactive.own_shell()], **found.keywords()))


@app.command()
@told
def done():
    """Measure the rescue: what is lost, how long it took, what else has changed."""
    from migrationlab.drills import content, directing, replay, verdict

    found = directing.running()
    measured = directing.done(found)
    say(f"{measured}\n\n{replay.replay(found)}")
    if measured.outcome == verdict.NOT_REPAIRED:
        raise typer.Exit(1)
    show(content.find(found.drill).section(content.AFTERWARDS))
    say("\npython3 lab.py drill solution shows a rescue that loses nothing.")


@app.command()
@told
def replay():
    """Show on a time line what has happened so far."""
    from migrationlab.drills import directing
    from migrationlab.drills import replay as player

    say(str(player.replay(directing.running())))


@app.command()
@told
def solution(name: Name = ""):
    """Show a rescue that loses nothing: after the drill, or when asked by its name."""
    from migrationlab.drills import directing

    show(directing.solution(name))


@app.command()
@told
def stop():
    """End the drill: measure it if it is not over, and clear everything away."""
    from migrationlab.drills import directing

    for line in directing.stop():
        say(line)
