"""The ways to bring the telephone numbers back, right and wrong."""

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, Scene, right, wrong

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


def find_the_drop(scene: Scene) -> str:
    """The number of the transaction that dropped the column."""
    # The catalog keeps a row for a dropped column; its xmin is who wrote it last. (The xmin of
    # alembic_version tells the same, as long as no other migration was run after this one.)
    [(xid,)] = scene.ask(
        "SELECT xmin::text FROM pg_attribute WHERE attrelid = 'customers'::regclass"
        " AND attisdropped"
    )
    scene.archive_now()
    return xid


def recover_to(scene: Scene, name: str, xid: str, port: int) -> int:
    """A copy of the base backup, recovered to just before a transaction."""
    scene.copy("backups/base", name)
    scene.write(f"{name}/postgresql.auto.conf", TO_THE_MIGRATION.format(xid=xid), append=True)
    scene.write(f"{name}/recovery.signal", "")
    return scene.start(name, port)


def phones_before(scene: Scene) -> None:
    """The numbers of the moment before the migration, in phones.csv."""
    port = recover_to(scene, "rescue", find_the_drop(scene), scene.free_port())
    phones_of(scene, port)
    scene.stop("rescue")


def phones_of(scene: Scene, port: int, database: str = "shop") -> None:
    copy = r"\copy (SELECT id, phone FROM customers) TO phones.csv"
    scene.run(f'psql --port={port} --dbname={database} --command="{copy}"')


def psql(scene: Scene, statements: str) -> None:
    scene.write("repair.sql", statements)
    scene.run("psql --set=ON_ERROR_STOP=1 --file=repair.sql")


def a_new_revision(scene: Scene) -> None:
    """Write the next migration, and run it."""
    [(below,)] = scene.ask("SELECT version_num FROM alembic_version")
    revision = f"{int(below) + 1:04}"
    file = f"migrations/versions/{revision}_bring_back_customers_phone.py"
    scene.write(file, FORWARD.format(revision=revision, below=below))
    scene.run("alembic upgrade head")


@right
def forward(scene: Scene):
    """Bring the column back by a new migration, and fill it from a copy recovered beside."""
    phones_before(scene)
    a_new_revision(scene)
    psql(scene, FILL)


@right
def column_by_hand_and_stamp(scene: Scene):
    """Add the column and its numbers in one transaction, then write the migration and stamp it."""
    phones_before(scene)
    psql(scene, FILL.replace("BEGIN;", "BEGIN;\nALTER TABLE customers ADD COLUMN phone text;"))
    [(below,)] = scene.ask("SELECT version_num FROM alembic_version")
    revision = f"{int(below) + 1:04}"
    file = f"migrations/versions/{revision}_bring_back_customers_phone.py"
    scene.write(file, FORWARD.format(revision=revision, below=below))
    scene.run("alembic stamp head")


@right
def downgrade_and_remove_it(scene: Scene):
    """Downgrade, fill, and take the migration out: right only while it did nothing else."""
    phones_before(scene)
    scene.run("alembic downgrade 0002")
    psql(scene, FILL)
    [file] = scene.folder.glob("migrations/versions/0003_*.py")
    file.unlink()


@wrong(NOT_REPAIRED, "with another phone")
def downgrade(scene: Scene):
    """Downgrade by one: the column comes back, empty."""
    scene.run("alembic downgrade -1")


@wrong(NOT_REPAIRED, "without phone")
def stamp(scene: Scene):
    """Stamp the revision of before: only the number is changed."""
    scene.run("alembic stamp 0002")


@wrong(COLLATERAL, "the next deploy runs what is in between")
def downgrade_and_fill(scene: Scene):
    """Downgrade, and fill the column from a copy; but the migration is still there to be run."""
    phones_before(scene)
    scene.run("alembic downgrade 0002")
    psql(scene, FILL)


@wrong(COLLATERAL, "missing: column customers.phone")
def by_hand(scene: Scene):
    """Add the column by hand and fill it: no migration knows about it."""
    phones_before(scene)
    psql(scene, "ALTER TABLE customers ADD COLUMN phone text;" + FILL)


@wrong(COLLATERAL, "was edited after it had been run")
def edit_the_migration(scene: Scene):
    """Add the column by hand, and take the DROP out of the migration that was run."""
    phones_before(scene)
    psql(scene, "ALTER TABLE customers ADD COLUMN phone text;" + FILL)
    [file] = scene.folder.glob("migrations/versions/0003_*.py")
    text = file.read_text("utf-8").replace('op.drop_column("customers", "phone")', "pass")
    scene.write(f"migrations/versions/{file.name}", text)


@wrong(LOSSES, "the new telephone number of customer")
def phones_of_last_night(scene: Scene):
    """Fill the column from last night's dump: who told a new number today loses it."""
    a_new_revision(scene)
    scene.run("createdb night")
    scene.run("pg_restore --dbname=night backups/night.dump")
    phones_of(scene, scene.port, "night")
    scene.run("dropdb night")
    psql(scene, FILL)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(scene: Scene):
    """Restore last night's dump over the database."""
    scene.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    scene.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def the_whole_cluster_back(scene: Scene):
    """Recover the whole cluster to the moment before the migration, and go on with that."""
    xid = find_the_drop(scene)
    scene.stop()
    recover_to(scene, "rescue", xid, scene.port)


@wrong(LOSSES, "the new address of customer")
def the_table_of_the_copy(scene: Scene):
    """Put the table of the copy in place of the live one: addresses changed since are lost."""
    port = recover_to(scene, "rescue", find_the_drop(scene), scene.free_port())
    scene.run(f"pg_dump --port={port} --table=customers --file=customers.sql shop")
    scene.stop("rescue")
    psql(scene, "BEGIN;\nDROP TABLE customers CASCADE;\n\\i customers.sql\nCOMMIT;\n")
