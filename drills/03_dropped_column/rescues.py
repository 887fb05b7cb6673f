"""The ways to bring the telephone numbers back, right and wrong."""

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

TO_THE_MIGRATION = """
restore_command = 'cp ../archive/%f %p'
recovery_target_xid = '{xid}'
recovery_target_inclusive = off
recovery_target_action = promote
archive_mode = off
"""
FORWARD = '''\
"""bring back customers.phone

Revision ID: {revision}
Revises: {below}
Create Date: 2026-11-23 12:00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "{revision}"
down_revision: str | None = "{below}"


def upgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.Text))


def downgrade() -> None:
    op.drop_column("customers", "phone")
'''
FILL = r"""
BEGIN;
CREATE TEMP TABLE old (id integer PRIMARY KEY, phone text);
\copy old FROM phones.csv
UPDATE customers SET phone = old.phone FROM old
    WHERE customers.id = old.id AND customers.phone IS NULL;
COMMIT;
"""


def find_the_drop(env: DrillEnvironment) -> str:
    """The number of the transaction that dropped the column."""
    # The catalog keeps a row for a dropped column; its xmin is who wrote it last. (The xmin of
    # alembic_version tells the same, as long as no other migration was run after this one.)
    [(xid,)] = env.ask(
        "SELECT xmin::text FROM pg_attribute WHERE attrelid = 'customers'::regclass"
        " AND attisdropped"
    )
    env.archive.switch()
    return xid


def recover_to(env: DrillEnvironment, name: str, xid: str, port: int) -> int:
    """A copy of the base backup, recovered to just before a transaction."""
    env.files.copy("backups/base", name)
    env.files.write(f"{name}/postgresql.auto.conf", TO_THE_MIGRATION.format(xid=xid), append=True)
    env.files.write(f"{name}/recovery.signal", "")
    return env.clusters.start(name, port)


def phones_before(env: DrillEnvironment) -> None:
    """The numbers of the moment before the migration, in phones.csv."""
    port = recover_to(env, "rescue", find_the_drop(env), env.clusters.free_port())
    phones_of(env, port)
    env.clusters.stop("rescue")


def phones_of(env: DrillEnvironment, port: int, database: str = "shop") -> None:
    copy = r"\copy (SELECT id, phone FROM customers) TO phones.csv"
    env.run(f'psql --port={port} --dbname={database} --command="{copy}"')


def psql(env: DrillEnvironment, statements: str) -> None:
    env.files.write("repair.sql", statements)
    env.run("psql --set=ON_ERROR_STOP=1 --file=repair.sql")


def a_new_revision(env: DrillEnvironment) -> None:
    """Write the next migration, and run it."""
    [(below,)] = env.ask("SELECT version_num FROM alembic_version")
    revision = f"{int(below) + 1:04}"
    file = f"migrations/versions/{revision}_bring_back_customers_phone.py"
    env.files.write(file, FORWARD.format(revision=revision, below=below))
    env.run("alembic upgrade head")


@right
def forward(env: DrillEnvironment):
    """Bring the column back by a new migration, and fill it from a copy recovered beside."""
    phones_before(env)
    a_new_revision(env)
    psql(env, FILL)


@right
def column_by_hand_and_stamp(env: DrillEnvironment):
    """Add the column and its numbers in one transaction, then write the migration and stamp it."""
    phones_before(env)
    psql(env, FILL.replace("BEGIN;", "BEGIN;\nALTER TABLE customers ADD COLUMN phone text;"))
    [(below,)] = env.ask("SELECT version_num FROM alembic_version")
    revision = f"{int(below) + 1:04}"
    file = f"migrations/versions/{revision}_bring_back_customers_phone.py"
    env.files.write(file, FORWARD.format(revision=revision, below=below))
    env.run("alembic stamp head")


@right
def downgrade_and_remove_it(env: DrillEnvironment):
    """Downgrade, fill, and take the migration out: right only while it did nothing else."""
    phones_before(env)
    env.run("alembic downgrade 0002")
    psql(env, FILL)
    [file] = env.folder.glob("migrations/versions/0003_*.py")
    file.unlink()


@wrong(NOT_REPAIRED, "with another phone")
def downgrade(env: DrillEnvironment):
    """Downgrade by one: the column comes back, empty."""
    env.run("alembic downgrade -1")


@wrong(NOT_REPAIRED, "without phone")
def stamp(env: DrillEnvironment):
    """Stamp the revision of before: only the number is changed."""
    env.run("alembic stamp 0002")


@wrong(COLLATERAL, "the next deploy runs what is in between")
def downgrade_and_fill(env: DrillEnvironment):
    """Downgrade, and fill the column from a copy; but the migration is still there to be run."""
    phones_before(env)
    env.run("alembic downgrade 0002")
    psql(env, FILL)


@wrong(COLLATERAL, "missing: column customers.phone")
def by_hand(env: DrillEnvironment):
    """Add the column by hand and fill it: no migration knows about it."""
    phones_before(env)
    psql(env, "ALTER TABLE customers ADD COLUMN phone text;" + FILL)


@wrong(COLLATERAL, "was edited after it had been run")
def edit_the_migration(env: DrillEnvironment):
    """Add the column by hand, and take the DROP out of the migration that was run."""
    phones_before(env)
    psql(env, "ALTER TABLE customers ADD COLUMN phone text;" + FILL)
    [file] = env.folder.glob("migrations/versions/0003_*.py")
    text = file.read_text("utf-8").replace('op.drop_column("customers", "phone")', "pass")
    env.files.write(f"migrations/versions/{file.name}", text)


@wrong(LOSSES, "the new telephone number of customer")
def phones_of_last_night(env: DrillEnvironment):
    """Fill the column from last night's dump: who told a new number today loses it."""
    a_new_revision(env)
    env.run("createdb night")
    env.run("pg_restore --dbname=night backups/night.dump")
    phones_of(env, env.port, "night")
    env.run("dropdb night")
    psql(env, FILL)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(env: DrillEnvironment):
    """Restore last night's dump over the database."""
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def the_whole_cluster_back(env: DrillEnvironment):
    """Recover the whole cluster to the moment before the migration, and go on with that."""
    xid = find_the_drop(env)
    env.clusters.stop()
    recover_to(env, "rescue", xid, env.port)


@wrong(LOSSES, "the new address of customer")
def the_table_of_the_copy(env: DrillEnvironment):
    """Put the table of the copy in place of the live one: addresses changed since are lost."""
    port = recover_to(env, "rescue", find_the_drop(env), env.clusters.free_port())
    env.run(f"pg_dump --port={port} --table=customers --file=customers.sql shop")
    env.clusters.stop("rescue")
    psql(env, "BEGIN;\nDROP TABLE customers CASCADE;\n\\i customers.sql\nCOMMIT;\n")
