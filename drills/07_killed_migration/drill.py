"""A migration works in steps, each committed at once, and is killed in the middle."""

import subprocess
import time
from contextlib import closing

import psutil

from migrationlab.api import (
    DRILL_TIMEOUT,
    DrillEnvironment,
    Findings,
    LabError,
    Rows,
    commands,
    note_baseline,
)

HEAD = "0003"
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'alembic' AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'
"""
REPORT = "SELECT pid FROM pg_stat_activity WHERE application_name = 'report' AND query ~ 'pg_sleep'"


def before(env: DrillEnvironment) -> None:
    env.run("alembic upgrade 0002")
    env.ask("UPDATE customers SET discount = 1 + (id + %s) %% 15", env.seed)
    env.events.note("Alembic has brought the database to 0002, and the discounts are typed in.")
    with env.workload.paused():
        env.run("pg_dump --format=custom --file=backups/night.dump shop")
        # The whole chain, on a copy: this is what the shop must look like in the end.
        env.run("createdb rehearsal\npg_restore --dbname=rehearsal backups/night.dump")
        env.run("alembic upgrade head", PGDATABASE="rehearsal")
        note_baseline(env, "rehearsal")
    env.run("dropdb rehearsal")
    env.workload.sell(15 + env.seed % 25)


def accident(env: DrillEnvironment) -> None:
    # The report has one long transaction. CREATE INDEX CONCURRENTLY waits for every older one.
    table = "customers" if env.seed % 2 else "books"
    report = _start(
        env,
        ["psql", "--command=BEGIN ISOLATION LEVEL REPEATABLE READ"]
        + [f"--command=SELECT count(*) FROM {table}", "--command=SELECT pg_sleep(10800)"],
        "report",
    )
    _wait(env, REPORT, report)
    migration = _start(env, ["python", "-m", "alembic", "upgrade", "head"], "alembic")
    session = _wait(env, WAITING, migration)
    env.events.note("The migration waits in CREATE INDEX CONCURRENTLY.")
    _kill(migration)
    _end(env, session)
    env.events.note("The migration is killed.")
    if env.level < 3:
        _end(env, _wait(env, REPORT, report))
        report.wait(DRILL_TIMEOUT)


def afterwards(env: DrillEnvironment) -> None:
    env.run("alembic upgrade head > deployment.log", fails=True)
    env.events.note("A colleague starts it again, and it fails: the column is there already.")


def _start(env: DrillEnvironment, words: list[str], name: str) -> subprocess.Popen:
    """As the user who runs the lab, who has its Python; `name` is told to the server."""
    variables = env.shell.variables() | {"PGAPPNAME": name}
    path = commands.resolve(words[0], variables)
    with (env.notes / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [path, *words[1:]],
            cwd=env.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait(env: DrillEnvironment, query: str, process: subprocess.Popen) -> int:
    """The process ID of the session that the query finds."""
    deadline = time.monotonic() + DRILL_TIMEOUT
    while not (found := env.ask(query)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{process.args} has not got as far as it should.")
        time.sleep(0.02)
    return found[0][0]


def _kill(process: subprocess.Popen) -> None:
    """SIGKILL, also for what it has started (on Windows python.exe starts another one)."""
    for one in [*psutil.Process(process.pid).children(recursive=True), process]:
        one.kill()
    process.wait(DRILL_TIMEOUT)


def _end(env: DrillEnvironment, session: int) -> None:
    """The server notices late that nobody is there any more: the runner ends the session too."""
    env.ask("SELECT pg_terminate_backend(%s, 60000)", session)


def expected(rows: Rows, level: int, facts: dict) -> Rows:
    """The VAT is judged below, for all orders alike."""
    orders = {
        receipt: {column: value for column, value in row.items() if column != "vat"}
        for receipt, row in rows["orders"].items()
    }
    return rows | {"orders": orders}


FACTS = """
SELECT
    ARRAY(SELECT version_num::text FROM alembic_version ORDER BY 1),
    (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('orders_by_time')),
    (SELECT attnotnull FROM pg_attribute
     WHERE attrelid = to_regclass('orders') AND attname = 'vat' AND NOT attisdropped),
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('orders') AND tgname = 'orders_vat')
"""


def findings(env: DrillEnvironment) -> Findings:
    with closing(env.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(FACTS)
        versions, valid, not_null, trigger = cursor.fetchone()
        faults = []
        if not_null is None:
            faults.append("There is no column orders.vat.")
        else:
            cursor.execute(
                "SELECT count(*) FROM orders WHERE vat IS DISTINCT FROM round(price * 0.2, 2)"
            )
            if count := cursor.fetchone()[0]:
                faults.append(f"{count} orders have no VAT, or a wrong one.")
            if not not_null:
                faults.append("orders.vat is not NOT NULL.")
    if not trigger:
        faults.append("Nothing fills orders.vat for new orders: the trigger orders_vat is missing.")
    if valid is None:
        faults.append("The index orders_by_time is missing.")
    elif not valid:
        faults.append("The index orders_by_time is there, but INVALID: no query uses it.")
    if versions != [HEAD]:
        told = ", ".join(versions) or "nothing"
        faults.append(f"alembic_version says {told}, the head is {HEAD}.")
    return Findings(faults=tuple(faults))


def is_collateral(line: str, findings: Findings) -> bool:
    """What the faults have told already is not told twice."""
    told = ("alembic_version", "orders › columns › vat", "orders_by_time", "orders_vat")
    return not findings.faults or not any(name in line for name in told)
