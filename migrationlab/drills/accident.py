"""Build a drill's shop, let it sell, and break it."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime

from migrationlab.drills import kept_files
from migrationlab.drills.definitions import Drill
from migrationlab.drills.environment import DrillEnvironment, drill_environment
from migrationlab.drills.environment.event_log import CALL
from migrationlab.drills.measurement.baseline import note_baseline
from migrationlab.drills.workload.ledger import OK


def build_and_break(drill: Drill, level: int, seed: int, progress: Callable) -> DrillEnvironment:
    """The order of things, the same for every drill. Raises LabError; then half of it is there."""
    env = drill_environment.create(drill.name, level, seed)
    _build(drill, env)
    env.workload.start()
    env.events.note("The till opens.")
    progress("It sells. Something is about to happen …")
    env.workload.sell_well(20)
    drill.hook("before", env)
    env.workload.sell(20)
    env.broke = time.time()
    env.events.note("It breaks.")
    drill.script.accident(env)
    if env.workload.is_running():
        env.workload.sell(5)
        sells = any(sale.said == OK for sale in env.workload.sales()[-5:])
        env.workload.sell(25 * level if sells else 5)  # who is refused waits long
    drill.hook("afterwards", env)
    env.events.note(CALL)
    env.remember(
        broke_at=datetime.fromtimestamp(env.broke, UTC).strftime("%H:%M:%S"),
        first_files=kept_files.signatures(env),
    )
    return env


def _build(drill: Drill, env: DrillEnvironment) -> None:
    """The shop as it was yesterday evening; there is no till yet."""
    own = getattr(drill.script, "build_shop", None)
    if own:
        own(env)
    else:
        env.clusters.create(**getattr(drill.script, "SETTINGS", {}))
        env.database.create()
    if schema := getattr(drill.script, "SCHEMA", ""):
        env.ask(schema)
    if (drill.folder / "files").exists():
        shutil.copytree(drill.folder / "files", env.folder, dirs_exist_ok=True)
        env.files.own(env.folder)
    drill.hook("build", env)
    if not own:  # else it has done so, if it has rows to be compared
        note_baseline(env)
