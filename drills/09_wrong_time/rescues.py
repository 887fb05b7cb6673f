"""The ways to repair a recovery to the wrong time, right and wrong."""

import time

from migrationlab.api import LOSSES, Scene, right, wrong

COPY = """
restore_command = 'cp ../archive/%f %p'
recovery_target_timeline = '1'
recovery_target_inclusive = off
recovery_target_action = promote
archive_mode = off
"""
ROWS = """
INSERT INTO orders SELECT * FROM before.orders ON CONFLICT DO NOTHING;
INSERT INTO orders SELECT * FROM last.orders ON CONFLICT DO NOTHING;
INSERT INTO vouchers SELECT * FROM before.vouchers ON CONFLICT DO NOTHING;
INSERT INTO vouchers SELECT * FROM last.vouchers ON CONFLICT DO NOTHING;
"""
CHANGES = """
UPDATE customers live SET email = last.email
FROM last.customers last JOIN fork.customers fork USING (id)
WHERE live.id = last.id AND last.email <> fork.email AND live.email = fork.email;
UPDATE books live SET price = last.price
FROM last.books last JOIN fork.books fork USING (id)
WHERE live.id = last.id AND last.price <> fork.price AND live.price = fork.price;
"""


def find_the_delete(scene: Scene) -> str:
    """The number of the transaction that deleted many rows, and not those of the carts."""
    timeline_1 = [name for name in scene.segments() if name.startswith("00000001")]
    first, last = scene.first_segment(), timeline_1[-1]
    # It ends with an error where the WAL ends: that is no fault.
    heap = scene.run(f"pg_waldump --rmgr=Heap --path=archive {first} {last}", fails=True)
    [(file,)] = scene.ask("SELECT substr(pg_relation_filepath('carts'), 6)")
    deletes = [line for line in heap.splitlines() if "desc: DELETE" in line]
    guilty = {line.split("tx:")[1].split(",")[0].strip() for line in deletes if file not in line}
    [xid] = guilty
    return xid


def recover_to(scene: Scene, name: str, settings: str, port: int = 0) -> int:
    """A copy of the base backup, recovered beside the live cluster (or on its port)."""
    scene.copy("backups/base", name)
    scene.write(f"{name}/postgresql.auto.conf", settings, append=True)
    scene.write(f"{name}/recovery.signal", "")
    return scene.start(name, port or scene.free_port())


def fetch(scene: Scene, name: str, target: str = "", settings: str = COPY) -> None:
    """Recover a copy, and bring its tables into the live database, as a schema of that name."""
    port = recover_to(scene, name, settings + target)
    scene.run(f"psql --port={port} --command='ALTER SCHEMA public RENAME TO {name}'")
    scene.run(f"pg_dump --port={port} --schema={name} --file={name}.sql shop")
    scene.stop(name)
    scene.run(f"psql --quiet --set=ON_ERROR_STOP=1 --single-transaction --file={name}.sql")


def merge(scene: Scene, *statements: str) -> None:
    scene.write("merge.sql", "\n".join(statements))
    scene.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=merge.sql")


def tidy(scene: Scene) -> None:
    scene.run("psql --command='DROP SCHEMA IF EXISTS fork, before, last CASCADE'")


def where_it_was_left(scene: Scene) -> str:
    """The LSN at which the live cluster's timeline left timeline 1."""
    [(line,)] = scene.ask("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
    return (scene.folder / "archive" / f"{line}.history").read_text("utf-8").split()[1]


def fetch_all(scene: Scene) -> None:
    """Timeline 1 three times: where the live cluster left it, before the DELETE, at its end."""
    fetch(scene, "fork", f"recovery_target_lsn = '{where_it_was_left(scene)}'\n")
    fetch(scene, "before", f"recovery_target_xid = '{find_the_delete(scene)}'\n")
    fetch(scene, "last")


@right
def what_timeline_1_has_more(scene: Scene):
    """Recover timeline 1 beside, and bring what is missing into the live cluster."""
    fetch_all(scene)
    merge(scene, ROWS, CHANGES)
    tidy(scene)


def look_at(scene: Scene, name: str, target: str) -> None:
    """Let the copy go on to a target and wait there; take its rows along as files."""
    settings = COPY.replace("recovery_target_action = promote", "recovery_target_action = pause")
    # Each target takes the place of the one before: two in one file are refused.
    scene.write("steps/postgresql.auto.conf", settings + target)
    port = scene.free_port()
    scene.run(f'pg_ctl start -D steps -l steps.log -w -o "-p {port}"')
    while scene.ask("SELECT pg_get_wal_replay_pause_state()", port=port) != [("paused",)]:
        time.sleep(0.05)
    take(scene, name, port)


def take(scene: Scene, name: str, port: int) -> None:
    """The rows of a copy as files, and from there into a schema of the live database."""
    lines = [f"CREATE SCHEMA {name};"]
    for table in ("orders", "vouchers", "customers", "books"):
        file = f"{name}_{table}.csv"
        scene.run(f"psql --port={port} --command='\\copy {table} TO {file} CSV'")
        lines.append(f"CREATE TABLE {name}.{table} (LIKE {table});")
        lines.append(f"\\copy {name}.{table} FROM {file} CSV")
    scene.stop("steps")
    scene.write(f"{name}.sql", "\n".join(lines) + "\n")
    scene.run(f"psql --quiet --set=ON_ERROR_STOP=1 --single-transaction --file={name}.sql")


@right
def one_copy_in_three_steps(scene: Scene):
    """One copy that pauses at the fork and before the DELETE, and then goes on to the end."""
    scene.copy("backups/base", "steps")
    scene.write("steps/recovery.signal", "")
    look_at(scene, "fork", f"recovery_target_lsn = '{where_it_was_left(scene)}'\n")
    look_at(scene, "before", f"recovery_target_xid = '{find_the_delete(scene)}'\n")
    scene.write("steps/postgresql.auto.conf", COPY)
    take(scene, "last", scene.start("steps", scene.free_port()))
    merge(scene, ROWS, CHANGES)
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def the_default_timeline(scene: Scene):
    """Recover beside to the time of the DELETE, and leave the timeline as it is by default."""
    xid = find_the_delete(scene)
    first, last = scene.first_segment(), max(n for n in scene.segments() if n[7] == "1")
    commits = scene.run(f"pg_waldump --rmgr=Transaction --path=archive {first} {last}", fails=True)
    [line] = [line for line in commits.splitlines() if f"tx: {xid:>10}," in line]
    moment = line.split("COMMIT ")[1].split(" UTC")[0]
    default = COPY.replace("recovery_target_timeline = '1'", "")
    fetch(scene, "before", f"recovery_target_time = '{moment} UTC'\n", default)
    before = [line for line in ROWS.splitlines() if "before." in line]
    merge(scene, *before)
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def the_default_timeline_by_number(scene: Scene):
    """Stop at the transaction's number on the default timeline: there it is another transaction."""
    xid = find_the_delete(scene)
    while scene.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int")[0][0] <= int(xid):
        scene.sell(10)  # until the live cluster has given that number once more
    scene.archive_now()
    default = COPY.replace("recovery_target_timeline = '1'", "")
    fetch(scene, "before", f"recovery_target_xid = '{xid}'\n", default)
    merge(scene, *[line for line in ROWS.splitlines() if "before." in line])
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def only_up_to_the_delete(scene: Scene):
    """Bring over what was there before the DELETE, and forget what was sold after it."""
    fetch(scene, "before", f"recovery_target_xid = '{find_the_delete(scene)}'\n")
    merge(scene, *[line for line in ROWS.splitlines() if "before." in line])
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def only_new_rows(scene: Scene):
    """Bring over the missing orders and vouchers, and forget the prices and addresses."""
    fetch_all(scene)
    merge(scene, ROWS)
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def old_changes_over_new_ones(scene: Scene):
    """Bring over prices and addresses without asking whether the live ones are newer."""
    fetch_all(scene)
    over = "UPDATE {0} live SET {1} = last.{1} FROM last.{0} last WHERE live.id = last.id;"
    merge(scene, ROWS, over.format("customers", "email"), over.format("books", "price"))
    tidy(scene)


@wrong(LOSSES, "with another id")
def with_new_numbers(scene: Scene):
    """Bring the missing orders over with new numbers, though the customers have the old ones."""
    fetch_all(scene)
    names = "receipt, customer_id, book_id, price, ordered_at"
    rows = ROWS.replace("INTO orders SELECT *", f"INTO orders ({names}) SELECT {names}")
    merge(scene, rows, CHANGES)
    tidy(scene)


@wrong(LOSSES, "could have been saved")
def the_copy_in_service(scene: Scene):
    """Recover once more, to the right moment, and put that in service: timeline 2 is lost."""
    xid = find_the_delete(scene)
    scene.stop()
    recover_to(scene, "again", COPY + f"recovery_target_xid = '{xid}'\n", scene.port)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(scene: Scene):
    """Restore last night's dump over the database."""
    scene.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    scene.run("pg_restore --dbname=postgres --create backups/night.dump")
