"""The ways from version 16 to 18, right and wrong."""

import time

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, LabError, Scene, right, wrong


def new_cluster(scene: Scene, options: str = "--auth=scram-sha-256") -> None:
    """An empty cluster of version 18 in new/, like the old one in what cannot be changed later."""
    [(checksums,)] = scene.ask("SHOW data_checksums")
    if checksums == "off":
        options += " --no-data-checksums"  # initdb of 18 switches them on, initdb of 16 does not
    scene.write("password.txt", scene.password + "\n")
    scene.run(
        "initdb -D new --username=postgres --pwfile=password.txt --encoding=UTF8 --no-locale"
        f" --no-sync {options}"
    )


def settings_of_the_old_one(scene: Scene, *names: str) -> None:
    """pg_upgrade and dumps carry no settings of the server."""
    for name in names or ("postgresql.conf", "pg_hba.conf"):
        scene.copy(f"data/{name}", f"new/{name}")


def upgrade(scene: Scene, old: str = "data") -> None:
    old_bin, new_bin = scene.facts["old_bin"], scene.facts["new_bin"]
    scene.run(
        f"pg_upgrade --old-bindir='{old_bin}' --new-bindir='{new_bin}' --old-datadir={old}"
        " --new-datadir=new --username=postgres"
    )


@right
def pg_upgrade(scene: Scene):
    """Stop the shop for the moment that pg_upgrade needs; everything is prepared before."""
    new_cluster(scene)
    scene.stop()  # from here on customers are refused
    upgrade(scene)
    settings_of_the_old_one(scene)
    scene.start("new")  # and to here
    scene.run("vacuumdb --all --analyze-only --missing-stats-only")


def start_beside(scene: Scene) -> int:
    """The new server on a port of its own, beside the old one."""
    settings_of_the_old_one(scene)
    return scene.start("new", scene.free_port())


def close_the_shop(scene: Scene) -> None:
    """Nobody writes any more: the shop's role may not log in, and its sessions are ended."""
    scene.ask("ALTER ROLE shop NOLOGIN")
    scene.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
    while scene.ask("SELECT 1 FROM pg_stat_activity WHERE usename = 'shop'"):
        time.sleep(0.05)


def open_at(scene: Scene, port: int) -> None:
    """Give the till the new address."""
    text = (scene.folder / "shop.conf").read_text("utf-8")
    scene.write("shop.conf", text.replace(f"port={scene.port}", f"port={port}"))


def replicate(scene: Scene, port: int, large_objects: bool = True) -> None:
    """Schema and roles by dump, the rows by a subscription, until all of them are there."""
    scene.run(f"""
        pg_dumpall --globals-only --file=roles.sql
        psql --quiet --port={port} --dbname=postgres --file=roles.sql
        pg_dump --create --schema-only --file=schema.sql shop
        psql --quiet --set=ON_ERROR_STOP=1 --port={port} --dbname=postgres --file=schema.sql
        """)
    if large_objects:  # they are no rows: a subscription does not see them
        scene.run(f"""
            pg_dump --data-only --large-objects --exclude-table-data=* --file=large.sql shop
            psql --quiet --set=ON_ERROR_STOP=1 --port={port} --dbname=shop --file=large.sql
            """)
    scene.ask("CREATE PUBLICATION move FOR ALL TABLES")
    connection = f"host=127.0.0.1 port={scene.port} dbname=shop user=postgres"
    command = f"CREATE SUBSCRIPTION move CONNECTION '{connection} password={scene.password}'"
    scene.ask(f"{command} PUBLICATION move", port=port)
    while scene.ask("SELECT 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'", port=port):
        time.sleep(0.1)


def catch_up_and_cut(scene: Scene, port: int) -> None:
    """Wait for the last sale of the old server, and take the subscription away."""
    [(end,)] = scene.ask("SELECT pg_current_wal_lsn()")
    while not scene.ask("SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= %s", end):
        time.sleep(0.05)
    scene.ask("DROP SUBSCRIPTION move", port=port)
    scene.ask("DROP PUBLICATION move")


def counters(scene: Scene, port: int) -> None:
    """A subscription does not carry the sequences: set them by hand."""
    [(value,)] = scene.ask("SELECT last_value FROM orders_id_seq")
    scene.ask("SELECT setval('orders_id_seq', %s)", value, port=port)


@right
def logical_replication(scene: Scene):
    """The new server follows the old one, and the shop is closed only for the change."""
    new_cluster(scene)
    port = start_beside(scene)
    replicate(scene, port)
    scene.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(scene)  # from here on customers are refused
    catch_up_and_cut(scene, port)
    counters(scene, port)
    open_at(scene, port)  # and to here
    scene.stop()


@right
def dump_with_the_shop_closed(scene: Scene):
    """Close the shop, dump everything, restore it, open the shop: simple, and the longest break."""
    new_cluster(scene)
    port = start_beside(scene)
    scene.run("pg_dumpall --globals-only --file=roles.sql")
    close_the_shop(scene)
    scene.run(f"""
        pg_dump --format=custom --file=shop.dump shop
        psql --quiet --port={port} --dbname=postgres --file=roles.sql
        pg_restore --port={port} --dbname=postgres --create --exit-on-error shop.dump
        vacuumdb --port={port} --analyze-only --dbname=shop
        """)
    open_at(scene, port)
    scene.stop()


@wrong(LOSSES, "could have been saved")
def dump_while_it_sells(scene: Scene):
    """Dump and restore while the shop is open, and change afterwards: sales fall in between."""
    new_cluster(scene)
    port = start_beside(scene)
    scene.run("pg_dumpall --file=all.sql")
    scene.sell_well(10)
    scene.run(f"psql --quiet --port={port} --dbname=postgres --file=all.sql")
    open_at(scene, port)
    scene.stop()


@wrong(LOSSES, "could have been saved")
def pg_upgrade_of_a_copy(scene: Scene):
    """Run pg_upgrade on a copy, so that the shop need not close: it sells on with the old one."""
    new_cluster(scene)
    scene.run("pg_basebackup --pgdata=copy --checkpoint=fast")
    port, old_bin = scene.free_port(), scene.facts["old_bin"]
    scene.run(f"""
        '{old_bin}/pg_ctl' start -D copy -l copy.log -w -o "-p {port}"
        '{old_bin}/pg_ctl' stop -D copy -w
        """)
    upgrade(scene, old="copy")
    scene.sell_well(5)
    port = start_beside(scene)
    open_at(scene, port)
    scene.stop()


@wrong(NOT_REPAIRED, "PostgreSQL 16")
def new_programs_on_old_data(scene: Scene):
    """Start the programs of 18 on the data of 16: they refuse, so the old ones come back."""
    scene.stop()
    try:
        scene.start()
    except LabError:
        assert "not compatible with this version" in scene.log()
    scene.run(f"'{scene.facts['old_bin']}/pg_ctl' start -D data -l data.log -w")


@wrong(NOT_REPAIRED, "duplicate key")
def without_the_counters(scene: Scene):
    """Replicate, and forget the sequences: the new server hands out old numbers again."""
    new_cluster(scene)
    port = start_beside(scene)
    replicate(scene, port)
    scene.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(scene)
    catch_up_and_cut(scene, port)
    open_at(scene, port)
    scene.stop()


@wrong(COLLATERAL, "large objects")
def without_the_large_objects(scene: Scene):
    """Replicate, and forget the large objects: a subscription carries only rows."""
    new_cluster(scene)
    port = start_beside(scene)
    replicate(scene, port, large_objects=False)
    scene.run(f"vacuumdb --port={port} --analyze-only --dbname=shop")
    close_the_shop(scene)
    catch_up_and_cut(scene, port)
    counters(scene, port)
    open_at(scene, port)
    scene.stop()


@wrong(NOT_REPAIRED, "password authentication failed")
def without_the_roles(scene: Scene):
    """pg_dump of the database alone: the roles are not in it, and the till cannot log in."""
    new_cluster(scene)
    port = start_beside(scene)
    close_the_shop(scene)
    scene.run(
        f"""
        pg_dump --format=custom --file=shop.dump shop
        pg_restore --port={port} --dbname=postgres --create shop.dump
        """,
        fails=True,
    )  # 'role "shop" does not exist', and the rows are there
    open_at(scene, port)
    scene.stop()


@wrong(COLLATERAL, "without a password")
def with_the_door_open(scene: Scene):
    """pg_upgrade into a cluster as initdb makes it: pg_hba.conf says trust, and it stays so."""
    new_cluster(scene, "--auth=trust")
    scene.stop()
    upgrade(scene)
    settings_of_the_old_one(scene, "postgresql.conf")
    scene.start("new")
