"""Begin a drill, measure it, end it, clear it away."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

from migrationlab.drills import accident, best_results, environment, kept_files
from migrationlab.drills.definitions import LEVELS, Drill
from migrationlab.drills.environment import DrillEnvironment, drill_environment
from migrationlab.drills.measurement import drill_timeline, evidence_collection, rpo_rto
from migrationlab.drills.measurement.drill_timeline import Replay
from migrationlab.drills.measurement.measure_rescue import measure
from migrationlab.drills.measurement.rescue_result import RescueResult
from migrationlab.errors import LabError
from migrationlab.file_locks import locked

SEEDS = 1000


def begin(
    drill: Drill, *, level: int = 1, seed: int | None = None, progress: Callable = print
) -> DrillEnvironment:
    """Build the shop, let it sell, and break it. Raises LabError.

    seed   another one is another accident; None draws one
    A drill that still runs is cleared away first, once the new one is sure to be one.
    """
    if level not in LEVELS:
        raise LabError(f"There is no level {level}.", expected="1, 2 or 3")
    with locked("drill"):
        drill.hook("needs", progress)
        for line in clear_earlier():
            progress(line)
        drill_environment.remove()  # what is only half there
        seed = random.SystemRandom().randrange(1, SEEDS) if seed is None else seed
        progress(f"{drill.title}: level {level}, seed {seed}. The shop is being built …")
        try:
            return accident.build_and_break(drill, level, seed, progress)
        except BaseException:
            drill_environment.remove()
            raise


def running() -> DrillEnvironment:
    """The drill that was begun. Raises LabError when there is none."""
    env = environment.running()
    if env is None:
        raise LabError(
            "No drill is running.", todo="python3 lab.py drill lists them; then drill start NAME."
        )
    return env


def timeline(env: DrillEnvironment) -> Replay:
    """What has happened so far; what is lost is known after `done`."""
    return drill_timeline.draw(evidence_collection.read_history(env))


def done(env: DrillEnvironment) -> RescueResult:
    """Measure the rescue. Unless it is not repaired yet, the drill is over and the result kept."""
    if env.ended:
        raise LabError("This drill is over.", todo="drill start begins it again, or another one.")
    env.workload.start()  # should somebody have killed it
    env.workload.wait_for_customers()
    result = measure(env)
    env.events.note(result.headline)
    over = result.outcome != rpo_rto.NOT_REPAIRED
    _remember(env, result, over)
    return result


def give_up(env: DrillEnvironment) -> RescueResult:
    """Measure what there is, keep it as a result, and end the drill."""
    result = measure(env, given_up=True)
    env.events.note("Given up.")
    _remember(env, result, over=True)
    return result


def _remember(env: DrillEnvironment, result: RescueResult, over: bool) -> None:
    env.facts["lost"] = [sale.n for sale in result.lost]
    if over:
        env.ended = time.time()
        env.workload.end()
        best_results.record(result)
    env.save()


def stop() -> list[str]:
    """End what runs and clear it away; what is to be told, a line each.

    Also when it cannot be measured: whatever was done to it, one can always leave.
    """
    env, lines = running(), []
    if not env.ended:
        try:
            lines = [str(give_up(env))]
        except (LabError, OSError, psycopg2.Error) as error:
            lines = [f"It could not be measured: {error}"]
    return lines + clear_earlier()


def clear_earlier() -> list[str]:
    """Clear an earlier drill away, if there is one; what is to be told, a line each."""
    if environment.running() is None:
        return []
    kept = clear()
    files = f" Your files are in {kept[0].parent}." if kept else ""
    return [f"The drill is cleared away.{files}"]


def clear() -> list[Path]:
    """End what runs, keep the student's own files, and remove the rest; where they were put."""
    env = environment.running()
    kept = kept_files.keep(env, env.facts.get("first_files", [])) if env else []
    drill_environment.remove()
    return kept
