"""What the shop's database held at the beginning: what a rescue must bring back."""

import json
from contextlib import closing
from dataclasses import asdict, dataclass

from migrationlab.backup import inventory
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.measurement import shop_rows
from migrationlab.drills.measurement.evidence import Rows

FILE = "baseline.json"


@dataclass(frozen=True)
class Baseline:
    """`facts`: all but the rows, as backup/inventory.py gathers it."""

    rows: Rows
    facts: dict


def note_baseline(env: DrillEnvironment, database: str = "") -> None:
    """What the database holds now is what a rescue must bring back, and every sale since.

    database   another one of the cluster, in which that was prepared; else the shop's
    """
    with closing(env.database.connect(database)) as connection:
        found = Baseline(shop_rows.read(connection), inventory.gather(connection))
    (env.notes / FILE).write_text(json.dumps(asdict(found)), "utf-8")


def read_baseline(env: DrillEnvironment) -> Baseline:
    """Raises OSError when none was noted."""
    return Baseline(**json.loads((env.notes / FILE).read_text("utf-8")))
