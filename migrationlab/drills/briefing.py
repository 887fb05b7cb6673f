"""What is told during a drill: the briefing, the hints, the till's words, the worked answer."""

import time

from migrationlab import paths
from migrationlab.drills import definitions, lifecycle
from migrationlab.drills.definitions import LEVELS
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.measurement.rescue_result import duration
from migrationlab.drills.workload.ledger import NO, OK
from migrationlab.errors import LabError


def briefing(env: DrillEnvironment) -> str:
    """The briefing with its headline, Markdown."""
    drill = definitions.find(env.drill)
    level = f"Level {env.level}, {LEVELS[env.level]}; seed {env.seed}"
    return f"# {drill.title}\n\n{level}. You are called.\n\n{drill.briefing(env)}"


def workload_status(env: DrillEnvironment) -> str:
    """How long it has been, what the till has sold since, and what it was told last."""
    since = [sale for sale in env.workload.sales() if sale.tried_at >= env.broke]
    sold = sum(sale.said == OK for sale in since)
    refused = [sale for sale in since if sale.said == NO]
    text = f"{duration(time.time() - env.broke)} since it broke. "
    text += f"The till has sold {sold} times since, and was refused {len(refused)} times."
    return text + (f" The last refusal: {refused[-1].why}" if refused else "")


def next_hint(env: DrillEnvironment) -> str:
    """Markdown; the last one again when there are no more. It is counted. Raises LabError."""
    hints = definitions.find(env.drill).hints(env)
    if env.level == max(LEVELS):
        raise LabError("At night there are no hints.", todo="Begin at level 1 or 2 for hints.")
    env.hints = min(env.hints + 1, len(hints))
    env.events.note(f"Hint {env.hints}.")
    env.save()
    return f"**Hint {env.hints} of {len(hints)}.** {hints[env.hints - 1]}"


def solution(name: str = "") -> str:
    """A drill's rescue that loses nothing: why, and the function that does it, Markdown.

    Without a name, that of the present drill, when it is over. Raises LabError.
    """
    if name:
        drill = definitions.find(name)
    else:
        env = lifecycle.running()
        if not env.ended:
            raise LabError(
                "The drill is still running.",
                todo=f"drill done first. To see it all the same: drill solution {env.drill}.",
            )
        drill = definitions.find(env.drill)
    file = (drill.folder / "rescues.py").relative_to(paths.PROJECT).as_posix()
    return (
        f"# {drill.title}\n\n{drill.section(definitions.RESCUE)}\n\n"
        f"As a script, from {file}: `env.run` runs a command line in the drill's folder, "
        "`env.clusters.start` is pg_ctl start and waits until the recovery is over, "
        f"`env.files.copy` is cp -r.\n\n```python\n{drill.worked_answer}```"
    )
