"""The ways to get the shop back from its dumps, right and wrong."""

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, LabError, Scene, right, wrong

PASSWORDS = "--auth=scram-sha-256 --encoding=UTF8"


def new_server(scene: Scene, options: str = PASSWORDS) -> None:
    """An empty server where the old one was: same folder, same port, same administrator."""
    scene.write("password", scene.password)  # what PGPASSWORD says
    scene.run(f"initdb --pgdata=data --username=postgres --pwfile=password {options}")
    (scene.folder / "password").unlink()
    scene.start()  # the port is in PGPORT


def make_roles(scene: Scene) -> None:
    """The roles come first: the dumps only name them."""
    if (scene.folder / "backups/roles.sql").exists():
        scene.run("psql --dbname=postgres --file=backups/roles.sql")
        return
    shop = scene.shop()  # shop.conf knows the till's password, the dumps' GRANTs who else there was
    scene.ask(f"CREATE ROLE shop LOGIN PASSWORD '{shop['password']}'", database="postgres")
    scene.ask("CREATE ROLE bookkeeping", database="postgres")


def orders_inside(scene: Scene, file: str) -> int:
    """How many orders a dump brings back into an empty database; -1 when it is not whole."""
    scene.run("dropdb --if-exists proof\ncreatedb --template=template0 --encoding=UTF8 proof")
    try:
        if file.endswith(".dump"):
            scene.run(f"pg_restore --exit-on-error --dbname=proof {file}")
        elif "PostgreSQL database dump complete" in (scene.folder / file).read_text("latin1"):
            scene.run(f"psql --set=ON_ERROR_STOP=1 --dbname=proof --file={file}")
        else:
            return -1  # psql would stop in the middle and say nothing
    except LabError:
        return -1
    return scene.ask("SELECT count(*) FROM orders", database="proof")[0][0]


@right
def prove_each_and_take_the_best(scene: Scene):
    """Restore each dump into a scratch database, and take the one that brings back most."""
    new_server(scene)
    make_roles(scene)
    dumps = [f"backups/{path.name}" for path in (scene.folder / "backups").glob("[1-6]-*")]
    best = max(dumps, key=lambda file: orders_inside(scene, file))
    scene.run(f"pg_restore --create --dbname=postgres --exit-on-error {best}")
    scene.run("psql --command=ANALYZE\ndropdb proof")


def dump(scene: Scene, kind: str) -> str:
    return scene.facts["dumps"][kind]


@wrong(NOT_REPAIRED, "till cannot")
def the_newest_one(scene: Scene):
    """`pg_restore -l` reads the newest one without an error, so restore that."""
    new_server(scene)
    make_roles(scene)
    scene.run(f"pg_restore --list {dump(scene, 'cut')}")
    scene.run(f"pg_restore --create --dbname=postgres {dump(scene, 'cut')}", fails=True)


@wrong(NOT_REPAIRED, "rows missing")
def the_newest_one_mended_by_hand(scene: Scene):
    """Restore the newest one, errors or not, and give the till its rights by hand."""
    the_newest_one(scene)
    scene.ask("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO shop")


@wrong(NOT_REPAIRED, "rows missing")
def the_plain_one(scene: Scene):
    """Restore the plain SQL file: psql ends with exit code 0."""
    new_server(scene)
    make_roles(scene)
    scene.run("createdb --template=template0 --encoding=UTF8 shop")
    scene.run(f"psql --single-transaction --set=ON_ERROR_STOP=1 --file={dump(scene, 'plain_cut')}")


@wrong(NOT_REPAIRED, "rows missing")
def one_without_an_error(scene: Scene):
    """Restore a file that has no fault, but in which something is not inside."""
    new_server(scene)
    make_roles(scene)
    scene.run("createdb --template=template0 --encoding=UTF8 shop")
    scene.run(f"pg_restore --dbname=shop {dump(scene, 'odd')}", fails=True)


@wrong(NOT_REPAIRED, 'failed for user "shop"')
def without_the_roles(scene: Scene):
    """Restore the best one and forget that roles are in no dump of a database."""
    new_server(scene)
    scene.run(f"pg_restore --create --dbname=postgres {dump(scene, 'good')}", fails=True)


@wrong(LOSSES, "could have been saved")
def an_older_one(scene: Scene):
    """Restore the first dump that is whole, and do not look whether there is a newer one."""
    new_server(scene)
    make_roles(scene)
    scene.run(f"pg_restore --create --dbname=postgres --exit-on-error {dump(scene, 'older')}")


@wrong(COLLATERAL, "bookkeeping")
def only_the_tills_role(scene: Scene):
    """Make the till's role by hand, and give it again what fails because of another role."""
    new_server(scene)
    scene.ask("CREATE ROLE shop LOGIN PASSWORD 'receipts'", database="postgres")
    scene.run(f"pg_restore --create --dbname=postgres {dump(scene, 'good')}", fails=True)
    scene.ask("GRANT SELECT, INSERT, UPDATE ON orders, vouchers TO shop")


@wrong(COLLATERAL, "without a password")
def trusting_everybody(scene: Scene):
    """Make the new server with initdb's defaults: nobody needs a password."""
    new_server(scene, options="--auth=trust --encoding=UTF8")
    make_roles(scene)
    scene.run(f"pg_restore --create --dbname=postgres --exit-on-error {dump(scene, 'good')}")


@wrong(COLLATERAL, "SQL_ASCII")
def the_wrong_encoding(scene: Scene):
    """Make the database with createdb in a server without UTF-8: it takes any bytes from now on."""
    new_server(scene, options="--auth=scram-sha-256 --encoding=SQL_ASCII --no-locale")
    make_roles(scene)
    scene.run("createdb shop")
    scene.run(f"pg_restore --dbname=shop --exit-on-error {dump(scene, 'good')}")


@wrong(COLLATERAL, "administrator postgres cannot log in")
def another_administrator(scene: Scene):
    """Make the new server with another superuser, and restore without the old owners."""
    scene.write("password", "secret")
    scene.run(f"initdb --pgdata=data --username=me --pwfile=password {PASSWORDS}")
    scene.run("pg_ctl start -D data -l data.log -w")
    me = {"PGUSER": "me", "PGPASSWORD": "secret"}
    roles = "CREATE ROLE shop LOGIN PASSWORD 'receipts'; CREATE ROLE bookkeeping"
    scene.run(f'psql --dbname=postgres --command="{roles}"', **me)
    scene.run(f"pg_restore --create --no-owner --dbname=postgres {dump(scene, 'good')}", **me)
