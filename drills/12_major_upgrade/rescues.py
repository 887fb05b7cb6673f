"""The ways from version 16 to 18, right and wrong."""

import time

from migrationlab.api import (
    COLLATERAL,
    LOSSES,
    NOT_REPAIRED,
    DrillEnvironment,
    LabError,
    right,
    wrong,
)


def new_cluster(env: DrillEnvironment, options: str = "--auth=scram-sha-256") -> None:
    """An empty cluster of version 18 in new/, like the old one in what cannot be changed later."""
    [(checksums,)] = env.ask("SHOW data_checksums")
    if checksums == "off":
        options += " --no-data-checksums"  # initdb of 18 switches them on, initdb of 16 does not
    env.files.write("password.txt", env.password + "\n")
    env.run(
        "initdb -D new --username=postgres --pwfile=password.txt --encoding=UTF8 --no-locale"
        f" --no-sync {options}"
    )


def settings_of_the_old_one(env: DrillEnvironment, *names: str) -> None:
    """pg_upgrade and dumps carry no settings of the server."""
    for name in names or ("postgresql.conf", "pg_hba.conf"):
        env.files.copy(f"data/{name}", f"new/{name}")


def upgrade(env: DrillEnvironment, old: str = "data") -> None:
    old_bin, new_bin = env.facts["old_bin"], env.facts["new_bin"]
    env.run(
        f"pg_upgrade --old-bindir='{old_bin}' --new-bindir='{new_bin}' --old-datadir={old}"
        " --new-datadir=new --username=postgres"
    )


@right
def pg_upgrade(env: DrillEnvironment):
    """Stop the shop for the moment that pg_upgrade needs; everything is prepared before."""
    new_cluster(env)
    env.clusters.stop()  # from here on customers are refused
    upgrade(env)
    settings_of_the_old_one(env)
    env.clusters.start("new")  # and to here
    env.run("vacuumdb --all --analyze-only --missing-stats-only")


def start_beside(env: DrillEnvironment) -> int:
    """The new server on a port of its own, beside the old one."""
    settings_of_the_old_one(env)
    return env.clusters.start("new", env.clusters.free_port())


def close_the_shop(env: DrillEnvironment) -> None:
    """Nobody writes any more: the shop's role may not log in, and its sessions are ended."""
    env.ask("ALTER ROLE shop NOLOGIN")
    env.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
    while env.ask("SELECT 1 FROM pg_stat_activity WHERE usename = 'shop'"):
        time.sleep(0.05)


def open_at(env: DrillEnvironment, port: int) -> None:
    """Give the till the new address."""
    text = (env.folder / "shop.conf").read_text("utf-8")
    env.files.write("shop.conf", text.replace(f"port={env.port}", f"port={port}"))


def replicate(env: DrillEnvironment, port: int, large_objects: bool = True) -> None:
    """Schema and roles by dump, the rows by a subscription, until all of them are there."""
    env.run(f"""
        pg_dumpall --globals-only --file=roles.sql
        psql --quiet --port={port} --dbname=postgres --file=roles.sql
        pg_dump --create --schema-only --file=schema.sql shop
        psql --quiet --set=ON_ERROR_STOP=1 --port={port} --dbname=postgres --file=schema.sql
        """)
    if large_objects:  # they are no rows: a subscription does not see them
        env.run(f"""
            pg_dump --data-only --large-objects --exclude-table-data=* --file=large.sql shop
            psql --quiet --set=ON_ERROR_STOP=1 --port={port} --dbname=shop --file=large.sql
            """)
    env.ask("CREATE PUBLICATION move FOR ALL TABLES")
    connection = f"host=127.0.0.1 port={env.port} dbname=shop user=postgres"
    command = f"CREATE SUBSCRIPTION move CONNECTION '{connection} password={env.password}'"
    env.ask(f"{command} PUBLICATION move", port=port)
    while env.ask("SELECT 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'", port=port):
        time.sleep(0.1)


def catch_up_and_cut(env: DrillEnvironment, port: int) -> None:
    """Wait for the last sale of the old server, and take the subscription away."""
    [(end,)] = env.ask("SELECT pg_current_wal_lsn()")
    while not env.ask("SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= %s", end):
        time.sleep(0.05)
    env.ask("DROP SUBSCRIPTION move", port=port)
    env.ask("DROP PUBLICATION move")


def counters(env: DrillEnvironment, port: int) -> None:
    """A subscription does not carry the sequences: set them by hand."""
    [(value,)] = env.ask("SELECT last_value FROM orders_id_seq")
    env.ask("SELECT setval('orders_id_seq', %s)", value, port=port)


@right
def logical_replication(env: DrillEnvironment):
    """The new server follows the old one, and the shop is closed only for the change."""
    new_cluster(env)
    port = start_beside(env)
    replicate(env, port)
    env.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(env)  # from here on customers are refused
    catch_up_and_cut(env, port)
    counters(env, port)
    open_at(env, port)  # and to here
    env.clusters.stop()


@right
def dump_with_the_shop_closed(env: DrillEnvironment):
    """Close the shop, dump everything, restore it, open the shop: simple, and the longest break."""
    new_cluster(env)
    port = start_beside(env)
    env.run("pg_dumpall --globals-only --file=roles.sql")
    close_the_shop(env)
    env.run(f"""
        pg_dump --format=custom --file=shop.dump shop
        psql --quiet --port={port} --dbname=postgres --file=roles.sql
        pg_restore --port={port} --dbname=postgres --create --exit-on-error shop.dump
        vacuumdb --port={port} --analyze-only --dbname=shop
        """)
    open_at(env, port)
    env.clusters.stop()


@wrong(LOSSES, "could have been saved")
def dump_while_it_sells(env: DrillEnvironment):
    """Dump and restore while the shop is open, and change afterwards: sales fall in between."""
    new_cluster(env)
    port = start_beside(env)
    env.run("pg_dumpall --file=all.sql")
    env.workload.sell_well(10)
    env.run(f"psql --quiet --port={port} --dbname=postgres --file=all.sql")
    open_at(env, port)
    env.clusters.stop()


@wrong(LOSSES, "could have been saved")
def pg_upgrade_of_a_copy(env: DrillEnvironment):
    """Run pg_upgrade on a copy, so that the shop need not close: it sells on with the old one."""
    new_cluster(env)
    env.run("pg_basebackup --pgdata=copy --checkpoint=fast")
    port, old_bin = env.clusters.free_port(), env.facts["old_bin"]
    env.run(f"""
        '{old_bin}/pg_ctl' start -D copy -l copy.log -w -o "-p {port}"
        '{old_bin}/pg_ctl' stop -D copy -w
        """)
    upgrade(env, old="copy")
    env.workload.sell_well(5)
    port = start_beside(env)
    open_at(env, port)
    env.clusters.stop()


@wrong(NOT_REPAIRED, "PostgreSQL 16")
def new_programs_on_old_data(env: DrillEnvironment):
    """Start the programs of 18 on the data of 16: they refuse, so the old ones come back."""
    env.clusters.stop()
    try:
        env.clusters.start()
    except LabError:
        assert "not compatible with this version" in env.clusters.log()
    env.run(f"'{env.facts['old_bin']}/pg_ctl' start -D data -l data.log -w")


@wrong(NOT_REPAIRED, "duplicate key")
def without_the_counters(env: DrillEnvironment):
    """Replicate, and forget the sequences: the new server hands out old numbers again."""
    new_cluster(env)
    port = start_beside(env)
    replicate(env, port)
    env.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(env)
    catch_up_and_cut(env, port)
    open_at(env, port)
    env.clusters.stop()


@wrong(COLLATERAL, "large objects")
def without_the_large_objects(env: DrillEnvironment):
    """Replicate, and forget the large objects: a subscription carries only rows."""
    new_cluster(env)
    port = start_beside(env)
    replicate(env, port, large_objects=False)
    env.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(env)
    catch_up_and_cut(env, port)
    counters(env, port)
    open_at(env, port)
    env.clusters.stop()


@wrong(NOT_REPAIRED, "password authentication failed")
def without_the_roles(env: DrillEnvironment):
    """pg_dump of the database alone: the roles are not in it, and the till cannot log in."""
    new_cluster(env)
    port = start_beside(env)
    close_the_shop(env)
    env.run(
        f"""
        pg_dump --format=custom --file=shop.dump shop
        pg_restore --port={port} --dbname=postgres --create shop.dump
        """,
        fails=True,
    )  # 'role "shop" does not exist', and the rows are there
    open_at(env, port)
    env.clusters.stop()


@wrong(COLLATERAL, "without a password")
def with_the_door_open(env: DrillEnvironment):
    """pg_upgrade into a cluster as initdb makes it: pg_hba.conf says trust, and it stays so."""
    new_cluster(env, "--auth=trust")
    env.clusters.stop()
    upgrade(env)
    settings_of_the_old_one(env, "postgresql.conf")
    env.clusters.start("new")
