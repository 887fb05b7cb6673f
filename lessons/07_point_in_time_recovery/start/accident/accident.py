"""An accident that has happened: the archive of a shop, and the base backup from before.

The exercises of lesson 07 work on it. It is made once, on a real PostgreSQL, and kept in `.lab/`.
"""

import hashlib
import json
import os
import shutil
import time
from contextlib import closing
from pathlib import Path

from migrationlab.api import (
    Address,
    LabError,
    base_backup,
    cluster,
    embedded,
    find_transaction,
    locked,
    paths,
    system_account,
)
from migrationlab.api import wal_archive as archive

COPY = r"copy ..\\archive\\%f %p" if os.name == "nt" else "cp ../archive/%f %p"
"""A restore_command as it stands in a settings file, for an archive beside the data directory."""

BEFORE = """
CREATE TABLE orders (id integer PRIMARY KEY, book text NOT NULL);
CREATE TABLE vouchers (code text PRIMARY KEY, worth numeric(10, 2) NOT NULL);
CREATE TABLE import_monday AS SELECT n AS id, md5(n::text) AS line FROM generate_series(1, 500) AS n;
CREATE TABLE import_tuesday AS SELECT n AS id, md5(n::text) AS line FROM generate_series(1, 500) AS n;
INSERT INTO vouchers SELECT 'JUL-' || to_char(n, 'FM000'), 100 FROM generate_series(1, 80) AS n;
"""
FILES = """
SELECT relname || '  ' || pg_relation_filepath(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


def folder() -> Path:
    """Where it is kept; another text of this file makes another one."""
    state = paths.state()
    state.mkdir(parents=True, exist_ok=True)
    here = system_account.choose(state / "lesson-07").can_keep_data(state)
    usable = here and not embedded.UNQUOTABLE & set(str(state))
    text = Path(__file__).read_bytes()
    name = f"lesson-07-accident-{hashlib.sha256(text).hexdigest()[:8]}"
    return (state if usable else embedded.elsewhere()) / name


def make() -> None:
    """Put archive/ and files.txt into the current folder, as they were found after the accident."""
    place = happened()
    shutil.rmtree("archive", ignore_errors=True)
    Path("archive").mkdir()
    for one in archive.segments(place / "archive"):
        shutil.copyfile(one.path, Path("archive", one.path.name))
    shutil.copyfile(place / "files.txt", "files.txt")
    print("archive/ holds the WAL since the base backup; files.txt was written with the backup.")


def report() -> tuple[str, str, str]:
    """The xid, the LSN and the time (UTC) of the transaction that has dropped the vouchers."""
    told = json.loads((happened() / "told.json").read_text("utf-8"))
    return told["xid"], told["lsn"], told["time"]


def archives() -> None:
    """Put five archives of this shop into the folder archives/; four of them have been mistreated."""
    shutil.rmtree("archives", ignore_errors=True)
    for name in "abcde":
        Path("archives", name).mkdir(parents=True)
        for one in archive.segments(happened() / "archive"):
            shutil.copyfile(one.path, Path("archives", name, one.path.name))
        found = [one.path for one in archive.segments(Path("archives", name))]
        if name == "b":
            found[2].unlink()
        elif name == "c":
            found[-1].write_bytes(found[-1].read_bytes()[:300_000])
        elif name == "d":
            shutil.copyfile(found[1], found[3])
        elif name == "e":
            found[1].write_bytes(b"")
    print("archives/a to archives/e: five copies of the archive.")


def happened() -> Path:
    """The folder with full/ (the base backup), archive/ and told.json; made when it is not there."""
    place = folder()
    with locked("lesson-07-accident"):
        if not (place / "told.json").exists():  # the last thing that is written
            for older in place.parent.glob("lesson-07-accident-*"):
                shutil.rmtree(older, ignore_errors=True)
            print("The accident happens now; that takes some seconds …", flush=True)
            _happen(place)
    return place


def _happen(place: Path) -> None:
    place.mkdir(parents=True)
    place.chmod(0o755)
    (place / "archive").mkdir(mode=0o700)
    system_account.choose(place / "data").own(place / "archive")
    quick = {"fsync": "off", "synchronous_commit": "off", "autovacuum": "off"}
    live = cluster.create(place, **archive.settings(place / "archive"), **quick)
    resize = [live.program("pg_resetwal"), "-D", str(live.data), "--wal-segsize=1"]
    live.account.run(resize)
    server = live.start()
    try:
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(BEFORE)
            _orders(cursor, 1, 20)
            cursor.execute(FILES)
            files = "\n".join(row[0] for row in cursor.fetchall()) + "\n"
            (place / "files.txt").write_text(files, "utf-8")
            where = (server.host, server.port, server.user, server.database, 18)
            base_backup.take(Address(*where, password=server.password), place / "full")
            for path in (place / "archive").iterdir():
                if archive.EXTRA.fullmatch(path.name):
                    path.unlink()
            _days(cursor, place / "archive")
    finally:
        live.stop("immediate")
    first = (place / "full" / "backup_label").read_text("utf-8").split()[5].rstrip(")")
    for one in archive.segments(place / "archive"):
        if one.path.name < first:
            one.path.unlink()
    vouchers = next(line.split()[1] for line in files.splitlines() if line.startswith("vouchers "))
    commits = find_transaction.commits(place / "archive")
    [drop] = [one for one in commits if vouchers in one.dropped]
    later = sum(one.xid > drop.xid for one in commits)
    told = {"xid": str(drop.xid), "lsn": drop.lsn, "time": str(drop.time), "later": later}
    told |= {"orders": 170, "vouchers": 95, "user": live.user, "password": live.password}
    shutil.rmtree(live.data)
    draft = place / "told.json.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(told), "utf-8")
    draft.rename(place / "told.json")


def _days(cursor, place: Path) -> None:
    """Monday and Tuesday of the shop; a segment is archived after each part."""
    _orders(cursor, 21, 80)
    cursor.execute("DROP TABLE import_monday")
    _archived(cursor, place)
    cursor.execute("BEGIN; DROP TABLE vouchers; ROLLBACK")
    for n in range(1, 16):
        cursor.execute("INSERT INTO vouchers VALUES (%s, 200)", (f"GAVE-{n:03}",))
    _orders(cursor, 81, 150)
    _archived(cursor, place)
    _orders(cursor, 151, 170)
    cursor.execute("DROP TABLE vouchers")
    _orders(cursor, 171, 200)
    _archived(cursor, place)
    cursor.execute("DROP TABLE import_tuesday")
    _orders(cursor, 201, 240)
    _archived(cursor, place)
    _orders(cursor, 241, 260)
    _archived(cursor, place)


def _orders(cursor, first: int, last: int) -> None:
    for n in range(first, last + 1):
        cursor.execute("INSERT INTO orders VALUES (%s, %s)", (n, f"Bind {n % 90}"))


def _archived(cursor, place: Path) -> None:
    """End the segment, and wait until the archive has it."""
    cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
    wanted = place / cursor.fetchone()[0]
    deadline = time.monotonic() + 60
    while not wanted.exists():
        if time.monotonic() > deadline:
            raise LabError(f"{wanted.name} was not archived.")
        time.sleep(0.02)
