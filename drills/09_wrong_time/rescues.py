"""The ways to repair a recovery to the wrong time, right and wrong."""

import time

from migrationlab.api import LOSSES, DrillEnvironment, right, wrong

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


def find_the_delete(env: DrillEnvironment) -> str:
    """The number of the transaction that deleted many rows, and not those of the carts."""
    timeline_1 = [name for name in env.archive.segments() if name.startswith("00000001")]
    first, last = env.archive.first_segment(), timeline_1[-1]
    # It ends with an error where the WAL ends: that is no fault.
    heap = env.run(f"pg_waldump --rmgr=Heap --path=archive {first} {last}", fails=True)
    [(file,)] = env.ask("SELECT substr(pg_relation_filepath('carts'), 6)")
    deletes = [line for line in heap.splitlines() if "desc: DELETE" in line]
    guilty = {line.split("tx:")[1].split(",")[0].strip() for line in deletes if file not in line}
    [xid] = guilty
    return xid


def recover_to(env: DrillEnvironment, name: str, settings: str, port: int = 0) -> int:
    """A copy of the base backup, recovered beside the live cluster (or on its port)."""
    env.files.copy("backups/base", name)
    env.files.write(f"{name}/postgresql.auto.conf", settings, append=True)
    env.files.write(f"{name}/recovery.signal", "")
    return env.clusters.start(name, port or env.clusters.free_port())


def fetch(env: DrillEnvironment, name: str, target: str = "", settings: str = COPY) -> None:
    """Recover a copy, and bring its tables into the live database, as a schema of that name."""
    port = recover_to(env, name, settings + target)
    env.run(f"psql --port={port} --command='ALTER SCHEMA public RENAME TO {name}'")
    env.run(f"pg_dump --port={port} --schema={name} --file={name}.sql shop")
    env.clusters.stop(name)
    env.run(f"psql --quiet --set=ON_ERROR_STOP=1 --single-transaction --file={name}.sql")


def merge(env: DrillEnvironment, *statements: str) -> None:
    env.files.write("merge.sql", "\n".join(statements))
    env.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=merge.sql")


def tidy(env: DrillEnvironment) -> None:
    env.run("psql --command='DROP SCHEMA IF EXISTS fork, before, last CASCADE'")


def where_it_was_left(env: DrillEnvironment) -> str:
    """The LSN at which the live cluster's timeline left timeline 1."""
    [(line,)] = env.ask("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
    return (env.folder / "archive" / f"{line}.history").read_text("utf-8").split()[1]


def fetch_all(env: DrillEnvironment) -> None:
    """Timeline 1 three times: where the live cluster left it, before the DELETE, at its end."""
    fetch(env, "fork", f"recovery_target_lsn = '{where_it_was_left(env)}'\n")
    fetch(env, "before", f"recovery_target_xid = '{find_the_delete(env)}'\n")
    fetch(env, "last")


@right
def what_timeline_1_has_more(env: DrillEnvironment):
    """Recover timeline 1 beside, and bring what is missing into the live cluster."""
    fetch_all(env)
    merge(env, ROWS, CHANGES)
    tidy(env)


def look_at(env: DrillEnvironment, name: str, target: str) -> None:
    """Let the copy go on to a target and wait there; take its rows along as files."""
    settings = COPY.replace("recovery_target_action = promote", "recovery_target_action = pause")
    # Each target takes the place of the one before: two in one file are refused.
    env.files.write("steps/postgresql.auto.conf", settings + target)
    port = env.clusters.free_port()
    env.run(f'pg_ctl start -D steps -l steps.log -w -o "-p {port}"')
    while env.ask("SELECT pg_get_wal_replay_pause_state()", port=port) != [("paused",)]:
        time.sleep(0.05)
    take(env, name, port)


def take(env: DrillEnvironment, name: str, port: int) -> None:
    """The rows of a copy as files, and from there into a schema of the live database."""
    lines = [f"CREATE SCHEMA {name};"]
    for table in ("orders", "vouchers", "customers", "books"):
        file = f"{name}_{table}.csv"
        env.run(f"psql --port={port} --command='\\copy {table} TO {file} CSV'")
        lines.append(f"CREATE TABLE {name}.{table} (LIKE {table});")
        lines.append(f"\\copy {name}.{table} FROM {file} CSV")
    env.clusters.stop("steps")
    env.files.write(f"{name}.sql", "\n".join(lines) + "\n")
    env.run(f"psql --quiet --set=ON_ERROR_STOP=1 --single-transaction --file={name}.sql")


@right
def one_copy_in_three_steps(env: DrillEnvironment):
    """One copy that pauses at the fork and before the DELETE, and then goes on to the end."""
    env.files.copy("backups/base", "steps")
    env.files.write("steps/recovery.signal", "")
    look_at(env, "fork", f"recovery_target_lsn = '{where_it_was_left(env)}'\n")
    look_at(env, "before", f"recovery_target_xid = '{find_the_delete(env)}'\n")
    env.files.write("steps/postgresql.auto.conf", COPY)
    take(env, "last", env.clusters.start("steps", env.clusters.free_port()))
    merge(env, ROWS, CHANGES)
    tidy(env)


@wrong(LOSSES, "could have been saved")
def the_default_timeline(env: DrillEnvironment):
    """Recover beside to the time of the DELETE, and leave the timeline as it is by default."""
    xid = find_the_delete(env)
    first, last = env.archive.first_segment(), max(n for n in env.archive.segments() if n[7] == "1")
    commits = env.run(f"pg_waldump --rmgr=Transaction --path=archive {first} {last}", fails=True)
    [line] = [line for line in commits.splitlines() if f"tx: {xid:>10}," in line]
    moment = line.split("COMMIT ")[1].split(" UTC")[0]
    default = COPY.replace("recovery_target_timeline = '1'", "")
    fetch(env, "before", f"recovery_target_time = '{moment} UTC'\n", default)
    before = [line for line in ROWS.splitlines() if "before." in line]
    merge(env, *before)
    tidy(env)


@wrong(LOSSES, "could have been saved")
def the_default_timeline_by_number(env: DrillEnvironment):
    """Stop at the transaction's number on the default timeline: there it is another transaction."""
    xid = find_the_delete(env)
    while env.ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int")[0][0] <= int(xid):
        env.workload.sell(10)  # until the live cluster has given that number once more
    env.archive.switch()
    default = COPY.replace("recovery_target_timeline = '1'", "")
    fetch(env, "before", f"recovery_target_xid = '{xid}'\n", default)
    merge(env, *[line for line in ROWS.splitlines() if "before." in line])
    tidy(env)


@wrong(LOSSES, "could have been saved")
def only_up_to_the_delete(env: DrillEnvironment):
    """Bring over what was there before the DELETE, and forget what was sold after it."""
    fetch(env, "before", f"recovery_target_xid = '{find_the_delete(env)}'\n")
    merge(env, *[line for line in ROWS.splitlines() if "before." in line])
    tidy(env)


@wrong(LOSSES, "could have been saved")
def only_new_rows(env: DrillEnvironment):
    """Bring over the missing orders and vouchers, and forget the prices and addresses."""
    fetch_all(env)
    merge(env, ROWS)
    tidy(env)


@wrong(LOSSES, "could have been saved")
def old_changes_over_new_ones(env: DrillEnvironment):
    """Bring over prices and addresses without asking whether the live ones are newer."""
    fetch_all(env)
    over = "UPDATE {0} live SET {1} = last.{1} FROM last.{0} last WHERE live.id = last.id;"
    merge(env, ROWS, over.format("customers", "email"), over.format("books", "price"))
    tidy(env)


@wrong(LOSSES, "with another id")
def with_new_numbers(env: DrillEnvironment):
    """Bring the missing orders over with new numbers, though the customers have the old ones."""
    fetch_all(env)
    names = "receipt, customer_id, book_id, price, ordered_at"
    rows = ROWS.replace("INTO orders SELECT *", f"INTO orders ({names}) SELECT {names}")
    merge(env, rows, CHANGES)
    tidy(env)


@wrong(LOSSES, "could have been saved")
def the_copy_in_service(env: DrillEnvironment):
    """Recover once more, to the right moment, and put that in service: timeline 2 is lost."""
    xid = find_the_delete(env)
    env.clusters.stop()
    recover_to(env, "again", COPY + f"recovery_target_xid = '{xid}'\n", env.port)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(env: DrillEnvironment):
    """Restore last night's dump over the database."""
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")
