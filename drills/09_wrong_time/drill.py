"""A colleague has recovered the whole cluster, to a moment that was too early."""

import shutil
from contextlib import closing

from migrationlab.api import LabError, Scene, comparison

SCHEMA = """
CREATE TABLE carts (id integer PRIMARY KEY, customer_id integer NOT NULL, filled_at timestamptz);
GRANT SELECT, INSERT, UPDATE, DELETE ON carts TO shop;
"""
CARTS = "INSERT INTO carts SELECT n, 1 + n % 200, clock_timestamp() FROM generate_series(1, 90) n"
ACCIDENTS = (
    ("DELETE FROM vouchers", "a script has deleted all vouchers"),
    (
        "DELETE FROM orders WHERE customer_id <= 120",
        "a script has deleted the orders of the customers up to 120",
    ),
)
AHEAD = """
SELECT setval(pg_get_serial_sequence('orders', 'id'), (SELECT max(id) FROM orders) + 1000)
"""
WRONG = """
restore_command = 'cp ../archive/%f %p'
recovery_target_timeline = 'current'
recovery_target_action = promote
"""
OPENED = """
SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'HH24:MI:SS'),
    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
"""
TWICE = " It was my second try. The first one was too early by far, and nobody has sold with it."


def before(scene: Scene) -> None:
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    scene.run("pg_basebackup --pgdata=backups/base --checkpoint=fast --no-sync")
    scene.event("The base backup is taken.")
    scene.sell(10 + scene.seed % 15)
    [(moment,)] = scene.ask("SELECT clock_timestamp()")
    scene.remember(wrong=moment.isoformat(), wrong_at=f"{moment:%H:%M:%S}")
    scene.event("To this moment the colleague will recover.")
    _sell_each_kind(scene)
    if scene.level > 1:  # an innocent DELETE
        scene.ask(CARTS)
        scene.sell(10)
        scene.ask("DELETE FROM carts")


def accident(scene: Scene) -> None:
    statement, told = ACCIDENTS[scene.seed % 2]
    connection = scene.server().connect()
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SELECT pg_current_xact_id()::text")
        [xid] = cursor.fetchone()
    scene.remember(xid=xid, told=told)
    _sell_each_kind(scene)
    _recover_wrongly(scene)


def _recover_wrongly(scene: Scene) -> None:
    scene.stop()  # it archives all WAL of timeline 1, the last segment too
    waiting = [one.name for one in (scene.folder / "data/pg_wal/archive_status").glob("*.ready")]
    if waiting:
        raise LabError(f"These were not archived: {waiting}", todo=scene.log())
    scene.event("A colleague stops the shop's server.")
    if scene.level > 2:
        _put_back(scene, "recovery_target = 'immediate'")
        scene.start(port=scene.free_port())  # where the till does not find it
        scene.stop()
        scene.event(
            "His first try is too early by far: timeline 2. Nobody has sold anything there."
        )
    _put_back(scene, f"recovery_target_time = '{scene.facts['wrong']}'")
    with scene.paused():  # the counter is moved before the first order
        scene.start()
        scene.ask(AHEAD)
    [(opened, line)] = scene.ask(OPENED)
    scene.remember(opened_at=opened, line=line, tries=TWICE if scene.level > 2 else "")
    scene.event(f"It is recovered to too early a moment, and the shop sells on timeline {line}.")


def _put_back(scene: Scene, target: str) -> None:
    shutil.rmtree(scene.folder / "data")
    scene.copy("backups/base", "data")
    scene.write("data/postgresql.auto.conf", f"{WRONG}{target}\n", append=True)
    scene.write("data/recovery.signal", "")


def afterwards(scene: Scene) -> None:
    _sell_each_kind(scene)
    scene.archive_now()


def _sell_each_kind(scene: Scene) -> None:
    """Until there are new orders, vouchers, addresses and prices."""
    known = len(scene.sales())
    while {sale.what for sale in scene.sales()[known:] if sale.said == "ok"} != set(
        comparison.PROBES
    ):
        scene.sell(10)
