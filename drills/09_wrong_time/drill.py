"""A colleague has recovered the whole cluster, to a moment that was too early."""

import shutil
from contextlib import closing

from migrationlab.api import SALE_TYPES, DrillEnvironment, LabError

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


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast --no-sync")
    env.events.note("The base backup is taken.")
    env.workload.sell(10 + env.seed % 15)
    [(moment,)] = env.ask("SELECT clock_timestamp()")
    env.remember(wrong=moment.isoformat(), wrong_at=f"{moment:%H:%M:%S}")
    env.events.note("To this moment the colleague will recover.")
    _sell_each_kind(env)
    if env.level > 1:  # an innocent DELETE
        env.ask(CARTS)
        env.workload.sell(10)
        env.ask("DELETE FROM carts")


def accident(env: DrillEnvironment) -> None:
    statement, told = ACCIDENTS[env.seed % 2]
    connection = env.access.server().connect()
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SELECT pg_current_xact_id()::text")
        [xid] = cursor.fetchone()
    env.remember(xid=xid, told=told)
    _sell_each_kind(env)
    _recover_wrongly(env)


def _recover_wrongly(env: DrillEnvironment) -> None:
    env.clusters.stop()  # it archives all WAL of timeline 1, the last segment too
    waiting = [one.name for one in (env.folder / "data/pg_wal/archive_status").glob("*.ready")]
    if waiting:
        raise LabError(f"These were not archived: {waiting}", todo=env.clusters.log())
    env.events.note("A colleague stops the shop's server.")
    if env.level > 2:
        _put_back(env, "recovery_target = 'immediate'")
        env.clusters.start(port=env.clusters.free_port())  # where the till does not find it
        env.clusters.stop()
        env.events.note(
            "His first try is too early by far: timeline 2. Nobody has sold anything there."
        )
    _put_back(env, f"recovery_target_time = '{env.facts['wrong']}'")
    with env.workload.paused():  # the counter is moved before the first order
        env.clusters.start()
        env.ask(AHEAD)
    [(opened, line)] = env.ask(OPENED)
    env.remember(opened_at=opened, line=line, tries=TWICE if env.level > 2 else "")
    env.events.note(
        f"It is recovered to too early a moment, and the shop sells on timeline {line}."
    )


def _put_back(env: DrillEnvironment, target: str) -> None:
    shutil.rmtree(env.folder / "data")
    env.files.copy("backups/base", "data")
    env.files.write("data/postgresql.auto.conf", f"{WRONG}{target}\n", append=True)
    env.files.write("data/recovery.signal", "")


def afterwards(env: DrillEnvironment) -> None:
    _sell_each_kind(env)
    env.archive.switch()


def _sell_each_kind(env: DrillEnvironment) -> None:
    """Until there are new orders, vouchers, addresses and prices."""
    known = len(env.workload.sales())
    while {sale.what for sale in env.workload.sales()[known:] if sale.said == "ok"} != set(
        SALE_TYPES
    ):
        env.workload.sell(10)
