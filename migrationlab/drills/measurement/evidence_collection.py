"""The first step of a measurement: read once what the shop holds and what it must hold.

Judged is the database that the till uses (shop.conf). The till stands still while this is read.
"""

from contextlib import closing

import psycopg2

from migrationlab.backup import inventory
from migrationlab.drills.definitions import Drill
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.environment.server_access import ADMIN
from migrationlab.drills.measurement import shop_rows
from migrationlab.drills.measurement.baseline import read_baseline
from migrationlab.drills.measurement.evidence import (
    DrillHistory,
    DrillRecord,
    Findings,
    Inventory,
    ShopReading,
)
from migrationlab.drills.workload import trial_sale
from migrationlab.errors import LabError

COUNTER = """
SELECT pg_get_serial_sequence(c.oid::regclass::text, attname) FROM pg_attribute
JOIN pg_class c ON c.oid = attrelid
WHERE c.oid = to_regclass('public.orders') AND attname = 'id'
"""


def read_record(env: DrillEnvironment, measured_at: float) -> DrillRecord:
    """The ledger, and what the drill remembers."""
    return DrillRecord(
        drill=env.drill,
        level=env.level,
        seed=env.seed,
        broke=env.broke,
        measured_at=measured_at,
        hints=env.hints,
        sales=tuple(env.workload.sales()),
        facts=env.facts,
    )


def read_history(env: DrillEnvironment) -> DrillHistory:
    """For the time line. What is lost is known after a measurement."""
    return DrillHistory(
        events=tuple(env.events.read()),
        sales=tuple(env.workload.sales()),
        broke=env.broke,
        ended=env.ended,
        lost=frozenset(env.facts.get("lost", ())),
    )


def read_shop(env: DrillEnvironment, drill: Drill) -> ShopReading | str:
    """All that the comparison needs, or a sentence: why the database cannot be measured."""
    try:
        connection = env.database.connect()
    except (psycopg2.OperationalError, LabError) as error:
        return f"The till cannot reach the database of shop.conf: {_first_line(error)}"
    try:
        with closing(connection):
            return _read_shop(env, drill, connection)
    except (psycopg2.Error, LabError) as error:  # it went away, or its catalog cannot be read
        return f"The database cannot be measured: {_first_line(error)}"


def _read_shop(env: DrillEnvironment, drill: Drill, connection) -> ShopReading:
    refusals = trial_sale.refusals(env.database.address())
    rows, unreadable = shop_rows.read_what_can_be_read(connection)
    baseline = read_baseline(env)
    expected = drill.hook("expected", baseline.rows, env.level, env.facts, default=baseline.rows)
    return ShopReading(
        expected=expected,
        rows=rows,
        unreadable=tuple(unreadable),
        refusals=tuple(refusals),
        before=baseline.facts,
        inventory=None if unreadable else read_inventory(connection),
        findings=drill.hook("findings", env, default=Findings()),  # the last: it may write
    )


def read_inventory(connection) -> Inventory:
    """Schema, owners, grants, settings, other tables, and the counter of the orders."""
    if connection.info.parameter_status("is_superuser") != "on":  # it may not look at everything
        return Inventory(
            None,
            f"the administrator {ADMIN} cannot log in with the password of before (PGPASSWORD), so "
            "schema, owners and grants were not compared",
        )
    facts = inventory.gather(connection)
    with connection.cursor() as cursor:
        cursor.execute(COUNTER)
        name = (cursor.fetchone() or [None])[0]  # there may be no such table any more
        if not name:
            return Inventory(facts)
        cursor.execute(f"SELECT (SELECT last_value FROM {name}), (SELECT max(id) FROM orders)")
        counter, highest = cursor.fetchone()
    return Inventory(facts, counter=counter, highest=highest)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
