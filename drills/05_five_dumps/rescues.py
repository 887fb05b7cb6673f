"""The ways to get the shop back from its dumps, right and wrong."""

from migrationlab.api import (
    COLLATERAL,
    LOSSES,
    NOT_REPAIRED,
    DrillEnvironment,
    LabError,
    right,
    wrong,
)

PASSWORDS = "--auth=scram-sha-256 --encoding=UTF8"


def new_server(env: DrillEnvironment, options: str = PASSWORDS) -> None:
    """An empty server where the old one was: same folder, same port, same administrator."""
    env.files.write("password", env.password)  # what PGPASSWORD says
    env.run(f"initdb --pgdata=data --username=postgres --pwfile=password {options}")
    (env.folder / "password").unlink()
    env.clusters.start()  # the port is in PGPORT


def make_roles(env: DrillEnvironment) -> None:
    """The roles come first: the dumps only name them."""
    if (env.folder / "backups/roles.sql").exists():
        env.run("psql --dbname=postgres --file=backups/roles.sql")
        return
    shop = (
        env.database.address()
    )  # shop.conf knows the till's password, the dumps' GRANTs who else there was
    env.ask(f"CREATE ROLE shop LOGIN PASSWORD '{shop['password']}'", database="postgres")
    env.ask("CREATE ROLE bookkeeping", database="postgres")


def orders_inside(env: DrillEnvironment, file: str) -> int:
    """How many orders a dump brings back into an empty database; -1 when it is not whole."""
    env.run("dropdb --if-exists proof\ncreatedb --template=template0 --encoding=UTF8 proof")
    try:
        if file.endswith(".dump"):
            env.run(f"pg_restore --exit-on-error --dbname=proof {file}")
        elif "PostgreSQL database dump complete" in (env.folder / file).read_text("latin1"):
            env.run(f"psql --set=ON_ERROR_STOP=1 --dbname=proof --file={file}")
        else:
            return -1  # psql would stop in the middle and say nothing
    except LabError:
        return -1
    return env.ask("SELECT count(*) FROM orders", database="proof")[0][0]


@right
def prove_each_and_take_the_best(env: DrillEnvironment):
    """Restore each dump into a scratch database, and take the one that brings back most."""
    new_server(env)
    make_roles(env)
    dumps = [f"backups/{path.name}" for path in (env.folder / "backups").glob("[1-6]-*")]
    best = max(dumps, key=lambda file: orders_inside(env, file))
    env.run(f"pg_restore --create --dbname=postgres --exit-on-error {best}")
    env.run("psql --command=ANALYZE\ndropdb proof")


def dump(env: DrillEnvironment, kind: str) -> str:
    return env.facts["dumps"][kind]


@wrong(NOT_REPAIRED, "till cannot")
def the_newest_one(env: DrillEnvironment):
    """`pg_restore -l` reads the newest one without an error, so restore that."""
    new_server(env)
    make_roles(env)
    env.run(f"pg_restore --list {dump(env, 'cut')}")
    env.run(f"pg_restore --create --dbname=postgres {dump(env, 'cut')}", fails=True)


@wrong(NOT_REPAIRED, "rows missing")
def the_newest_one_mended_by_hand(env: DrillEnvironment):
    """Restore the newest one, errors or not, and give the till its rights by hand."""
    the_newest_one(env)
    env.ask("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO shop")


@wrong(NOT_REPAIRED, "rows missing")
def the_plain_one(env: DrillEnvironment):
    """Restore the plain SQL file: psql ends with exit code 0."""
    new_server(env)
    make_roles(env)
    env.run("createdb --template=template0 --encoding=UTF8 shop")
    env.run(f"psql --single-transaction --set=ON_ERROR_STOP=1 --file={dump(env, 'plain_cut')}")


@wrong(NOT_REPAIRED, "rows missing")
def one_without_an_error(env: DrillEnvironment):
    """Restore a file that has no fault, but in which something is not inside."""
    new_server(env)
    make_roles(env)
    env.run("createdb --template=template0 --encoding=UTF8 shop")
    env.run(f"pg_restore --dbname=shop {dump(env, 'odd')}", fails=True)


@wrong(NOT_REPAIRED, 'failed for user "shop"')
def without_the_roles(env: DrillEnvironment):
    """Restore the best one and forget that roles are in no dump of a database."""
    new_server(env)
    env.run(f"pg_restore --create --dbname=postgres {dump(env, 'good')}", fails=True)


@wrong(LOSSES, "could have been saved")
def an_older_one(env: DrillEnvironment):
    """Restore the first dump that is whole, and do not look whether there is a newer one."""
    new_server(env)
    make_roles(env)
    env.run(f"pg_restore --create --dbname=postgres --exit-on-error {dump(env, 'older')}")


@wrong(COLLATERAL, "bookkeeping")
def only_the_tills_role(env: DrillEnvironment):
    """Make the till's role by hand, and give it again what fails because of another role."""
    new_server(env)
    env.ask("CREATE ROLE shop LOGIN PASSWORD 'receipts'", database="postgres")
    env.run(f"pg_restore --create --dbname=postgres {dump(env, 'good')}", fails=True)
    env.ask("GRANT SELECT, INSERT, UPDATE ON orders, vouchers TO shop")


@wrong(COLLATERAL, "without a password")
def trusting_everybody(env: DrillEnvironment):
    """Make the new server with initdb's defaults: nobody needs a password."""
    new_server(env, options="--auth=trust --encoding=UTF8")
    make_roles(env)
    env.run(f"pg_restore --create --dbname=postgres --exit-on-error {dump(env, 'good')}")


@wrong(COLLATERAL, "SQL_ASCII")
def the_wrong_encoding(env: DrillEnvironment):
    """Make the database with createdb in a server without UTF-8: it takes any bytes from now on."""
    new_server(env, options="--auth=scram-sha-256 --encoding=SQL_ASCII --no-locale")
    make_roles(env)
    env.run("createdb shop")
    env.run(f"pg_restore --dbname=shop --exit-on-error {dump(env, 'good')}")


@wrong(COLLATERAL, "administrator postgres cannot log in")
def another_administrator(env: DrillEnvironment):
    """Make the new server with another superuser, and restore without the old owners."""
    env.files.write("password", "secret")
    env.run(f"initdb --pgdata=data --username=me --pwfile=password {PASSWORDS}")
    env.run("pg_ctl start -D data -l data.log -w")
    me = {"PGUSER": "me", "PGPASSWORD": "secret"}
    roles = "CREATE ROLE shop LOGIN PASSWORD 'receipts'; CREATE ROLE bookkeeping"
    env.run(f'psql --dbname=postgres --command="{roles}"', **me)
    env.run(f"pg_restore --create --no-owner --dbname=postgres {dump(env, 'good')}", **me)
