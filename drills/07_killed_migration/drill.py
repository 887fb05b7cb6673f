"""A migration works in steps, each committed at once, and is killed in the middle."""

import subprocess
import time
from contextlib import closing

import psutil

from migrationlab.api import PATIENCE, LabError, Scene, commands, comparison, lifecycle

HEAD = "0003"
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'alembic' AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'
"""
REPORT = "SELECT pid FROM pg_stat_activity WHERE application_name = 'report' AND query ~ 'pg_sleep'"


def before(scene: Scene) -> None:
    scene.run("alembic upgrade 0002")
    scene.ask("UPDATE customers SET discount = 1 + (id + %s) %% 15", scene.seed)
    scene.event("Alembic has brought the database to 0002, and the discounts are typed in.")
    with scene.paused():
        scene.run("pg_dump --format=custom --file=backups/night.dump shop")
        # The whole chain, on a copy: this is what the shop must look like in the end.
        scene.run("createdb rehearsal\npg_restore --dbname=rehearsal backups/night.dump")
        scene.run("alembic upgrade head", PGDATABASE="rehearsal")
        lifecycle.note_baseline(scene, "rehearsal")
    scene.run("dropdb rehearsal")
    scene.sell(15 + scene.seed % 25)


def accident(scene: Scene) -> None:
    # The report has one long transaction. CREATE INDEX CONCURRENTLY waits for every older one.
    table = "customers" if scene.seed % 2 else "books"
    report = _start(
        scene,
        ["psql", "--command=BEGIN ISOLATION LEVEL REPEATABLE READ"]
        + [f"--command=SELECT count(*) FROM {table}", "--command=SELECT pg_sleep(10800)"],
        "report",
    )
    _wait(scene, REPORT, report)
    migration = _start(scene, ["python", "-m", "alembic", "upgrade", "head"], "alembic")
    session = _wait(scene, WAITING, migration)
    scene.event("The migration waits in CREATE INDEX CONCURRENTLY.")
    _kill(migration)
    _end(scene, session)
    scene.event("The migration is killed.")
    if scene.level < 3:
        _end(scene, _wait(scene, REPORT, report))
        report.wait(PATIENCE)


def afterwards(scene: Scene) -> None:
    scene.run("alembic upgrade head > deployment.log", fails=True)
    scene.event("A colleague starts it again, and it fails: the column is there already.")


def _start(scene: Scene, words: list[str], name: str) -> subprocess.Popen:
    """As the user who runs the lab, who has its Python; `name` is told to the server."""
    environment = scene.environment() | {"PGAPPNAME": name}
    path = commands.resolve(words[0], environment)
    with (scene.notes / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [path, *words[1:]],
            cwd=scene.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait(scene: Scene, query: str, process: subprocess.Popen) -> int:
    """The process ID of the session that the query finds."""
    deadline = time.monotonic() + PATIENCE
    while not (found := scene.ask(query)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{process.args} has not got as far as it should.")
        time.sleep(0.02)
    return found[0][0]


def _kill(process: subprocess.Popen) -> None:
    """SIGKILL, also for what it has started (on Windows python.exe starts another one)."""
    for one in [*psutil.Process(process.pid).children(recursive=True), process]:
        one.kill()
    process.wait(PATIENCE)


def _end(scene: Scene, session: int) -> None:
    """The server notices late that nobody is there any more: the runner ends the session too."""
    scene.ask("SELECT pg_terminate_backend(%s, 60000)", session)


def expected(scene: Scene, rows: comparison.Rows) -> comparison.Rows:
    """The VAT is judged below, for all orders alike."""
    for row in rows["orders"].values():
        row.pop("vat", None)
    return rows


FACTS = """
SELECT
    ARRAY(SELECT version_num::text FROM alembic_version ORDER BY 1),
    (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('orders_by_time')),
    (SELECT attnotnull FROM pg_attribute
     WHERE attrelid = to_regclass('orders') AND attname = 'vat' AND NOT attisdropped),
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('orders') AND tgname = 'orders_vat')
"""


def faults(scene: Scene) -> list[str]:
    with closing(comparison.connect(scene)) as connection, connection.cursor() as cursor:
        cursor.execute(FACTS)
        versions, valid, not_null, trigger = cursor.fetchone()
        found = []
        if not_null is None:
            found.append("There is no column orders.vat.")
        else:
            cursor.execute(
                "SELECT count(*) FROM orders WHERE vat IS DISTINCT FROM round(price * 0.2, 2)"
            )
            if count := cursor.fetchone()[0]:
                found.append(f"{count} orders have no VAT, or a wrong one.")
            if not not_null:
                found.append("orders.vat is not NOT NULL.")
    if not trigger:
        found.append("Nothing fills orders.vat for new orders: the trigger orders_vat is missing.")
    if valid is None:
        found.append("The index orders_by_time is missing.")
    elif not valid:
        found.append("The index orders_by_time is there, but INVALID: no query uses it.")
    if versions != [HEAD]:
        told = ", ".join(versions) or "nothing"
        found.append(f"alembic_version says {told}, the head is {HEAD}.")
    return found


def collateral(scene: Scene, lines: list[str]) -> list[str]:
    """What the faults have told already is not told twice."""
    told = ("alembic_version", "orders › columns › vat", "orders_by_time", "orders_vat")
    if not faults(scene):
        return lines
    return [line for line in lines if not any(name in line for name in told)]
