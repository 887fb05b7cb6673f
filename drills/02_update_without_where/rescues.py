"""The ways to bring the prices back, right and wrong."""

from collections import Counter

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

TO_THE_UPDATE = """
restore_command = 'cp ../archive/%f %p'
recovery_target_xid = '{xid}'
recovery_target_inclusive = off
recovery_target_action = promote
archive_mode = off
"""
REPAIR = r"""
BEGIN;
CREATE TEMP TABLE old (id integer PRIMARY KEY, price numeric(10, 2) NOT NULL);
\copy old FROM prices.csv
UPDATE books SET price = old.price FROM old
    WHERE books.id = old.id AND books.xmin::text IN ('{xids}');
COMMIT;
"""
EVERY_PRICE = r"""
BEGIN;
CREATE TEMP TABLE old (id integer PRIMARY KEY, price numeric(10, 2) NOT NULL);
\copy old FROM prices.csv
UPDATE books SET price = old.price FROM old WHERE books.id = old.id;
COMMIT;
"""
WRITERS = """
SELECT xmin::text FROM books GROUP BY xmin HAVING count(*) > 9 ORDER BY age(xmin) DESC
"""


def recover_to(env: DrillEnvironment, name: str, xid: str, port: int) -> int:
    """A copy of the base backup, recovered to just before a transaction."""
    env.files.copy("backups/base", name)
    env.files.write(f"{name}/postgresql.auto.conf", TO_THE_UPDATE.format(xid=xid), append=True)
    env.files.write(f"{name}/recovery.signal", "")
    return env.clusters.start(name, port)


def prices_of(env: DrillEnvironment, port: int, database: str = "shop") -> None:
    """Write the prices of a copy of the shop into prices.csv."""
    psql = f"psql --port={port} --dbname={database}"
    env.run(psql + r' --command="\copy (SELECT id, price FROM books) TO prices.csv"')


def psql(env: DrillEnvironment, statements: str) -> None:
    env.files.write("repair.sql", statements)
    env.run("psql --set=ON_ERROR_STOP=1 --file=repair.sql")


@right
def only_the_rows_it_wrote(env: DrillEnvironment):
    """Recover beside, and set back only the rows that the accident was the last to write."""
    # Every row tells in xmin which transaction has written it. A single price has a transaction
    # of its own; the accident has nearly all books. At night there is a second number: the script
    # went on, and wrote new titles into rows that had the wrong price already.
    xids = [xid for (xid,) in env.ask(WRITERS)]
    env.archive.switch()
    port = recover_to(env, "rescue", xids[0], env.clusters.free_port())
    prices_of(env, port)
    psql(env, REPAIR.format(xids="', '".join(xids)))
    env.clusters.stop("rescue")


@right
def found_in_the_wal(env: DrillEnvironment):
    """Find the transaction in the WAL, by counting what each has changed in books."""
    env.archive.switch()
    [(file,)] = env.ask("SELECT pg_relation_filepath('books')")
    relation = file.rpartition("/")[2]
    first, last = env.archive.first_segment(), env.archive.segments()[-1]
    # It ends with an error where the WAL ends: that is no fault.
    changes = env.run(f"pg_waldump --rmgr=Heap --path=archive {first} {last}", fails=True)
    counts = Counter(
        line.split("tx:")[1].split(",")[0].strip()
        for line in changes.splitlines()
        if "UPDATE" in line and f"/{relation} " in line
    )
    # One that is in no row any more came before the accident: the prices were right then.
    alive = {xid for (xid,) in env.ask("SELECT xmin::text FROM books")}
    xids = [xid for xid, count in counts.items() if count > 9 and xid in alive]
    port = recover_to(env, "rescue", xids[0], env.clusters.free_port())
    prices_of(env, port)
    psql(env, REPAIR.format(xids="', '".join(xids)))
    env.clusters.stop("rescue")


def night_prices(env: DrillEnvironment) -> None:
    """Last night's dump into a database beside the shop's, and its prices into prices.csv."""
    env.run("createdb night")
    env.run("pg_restore --dbname=night backups/night.dump")
    prices_of(env, env.port, "night")
    env.run("dropdb night")


@wrong(LOSSES, "the new price of book")
def last_nights_prices(env: DrillEnvironment):
    """Put last night's prices over all books: today's prices are lost."""
    night_prices(env)
    psql(env, EVERY_PRICE)


@wrong(LOSSES, "the new price of book")
def last_nights_prices_where_it_is_wrong(env: DrillEnvironment):
    """Put last night's prices into the wrong rows only: what was changed this morning is lost."""
    night_prices(env)
    psql(env, REPAIR.format(xids="', '".join(xid for (xid,) in env.ask(WRITERS))))


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(env: DrillEnvironment):
    """Restore last night's dump over the database."""
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def the_whole_cluster_back(env: DrillEnvironment):
    """Recover the whole cluster to the moment before the UPDATE, and go on with that."""
    [(xid,), *_] = env.ask(WRITERS)
    env.archive.switch()
    env.clusters.stop()
    recover_to(env, "rescue", xid, env.port)


@wrong(LOSSES, "the new price of book")
def every_price_of_the_copy(env: DrillEnvironment):
    """Recover beside, and set back all prices, also those that were changed since."""
    [(xid,), *_] = env.ask(WRITERS)
    env.archive.switch()
    prices_of(env, recover_to(env, "rescue", xid, env.clusters.free_port()))
    psql(env, EVERY_PRICE)
    env.clusters.stop("rescue")


@wrong(NOT_REPAIRED, "orders: 1500 rows missing")
def the_table_of_the_copy(env: DrillEnvironment):
    """Recover beside, and load the copy's table into the live one, emptied with CASCADE."""
    [(xid,), *_] = env.ask(WRITERS)
    env.archive.switch()
    port = recover_to(env, "rescue", xid, env.clusters.free_port())
    env.run(f"pg_dump --port={port} --data-only --table=books --file=books.sql shop")
    env.run("psql --command='TRUNCATE books CASCADE'")
    env.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=books.sql")
    env.clusters.stop("rescue")


@wrong(NOT_REPAIRED, "with another price")
def calculate_back(env: DrillEnvironment):
    """Calculate the old prices from the new ones: what was rounded away does not come back."""
    factor = 1 - env.facts["percent"] / 100
    env.ask(f"UPDATE books SET price = round((price + 1) / {factor:.1f})")


@wrong(NOT_REPAIRED, "with another price")
def what_the_customers_paid(env: DrillEnvironment):
    """Take the price of each book's last order: an order has its own price."""
    env.ask(
        "UPDATE books SET price = paid.price FROM (SELECT DISTINCT ON (book_id) book_id, price"
        " FROM orders ORDER BY book_id, id DESC) AS paid WHERE book_id = books.id"
    )


@wrong(NOT_REPAIRED, "with another price")
def restart(env: DrillEnvironment):
    """Type ROLLBACK, and restart the server: it was committed long ago."""
    env.run("psql --command=ROLLBACK")
    env.clusters.stop()
    env.clusters.start()


@wrong(COLLATERAL, "table old is new")
def left_lying_about(env: DrillEnvironment):
    """Do all of it right, and leave the table with the old prices in the database."""
    xids = [xid for (xid,) in env.ask(WRITERS)]
    env.archive.switch()
    prices_of(env, recover_to(env, "rescue", xids[0], env.clusters.free_port()))
    psql(env, REPAIR.replace("TEMP TABLE", "TABLE").format(xids="', '".join(xids)))
    env.clusters.stop("rescue")
