"""Base backups, the archive and point-in-time recovery, on clusters of their own."""

import shutil
import time
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from migrationlab.backup.__main__ import main
from migrationlab.backup.connection_url import Address
from migrationlab.backup.recovery import base_backup, find_transaction, point_in_time, wal_archive
from migrationlab.backup.recovery.point_in_time import Target
from migrationlab.errors import LabError
from migrationlab.server import cluster, system_account

DATABASE = "postgres"


@dataclass
class Shop:
    """A live cluster that has lost a table, its archive, and two base backups from before."""

    folder: object
    live: cluster.Cluster
    archive: object
    full: object
    incremental: object
    moment: str
    commits: list

    def ask(self, query: str, of=None):
        with closing((of or self.live).server().connect(DATABASE)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone()[0]

    def recover(self, target, base=None):
        place = cluster.home("lab-recovery-")
        try:
            whole = base or self.full
            return point_in_time.recover(whole, self.archive, place, self.live, target)
        except LabError:
            assert not (place / "data").exists()  # nothing is left but the log
            shutil.rmtree(place)
            raise


@pytest.fixture(scope="module")
def shop():
    folder = cluster.home("lab-shop-")
    place = folder / "archive"
    place.mkdir(mode=0o700)
    system_account.choose(folder / "data").own(place)
    live = cluster.create(folder, **wal_archive.settings(place))
    server = live.start()
    try:
        where = Address(
            server.host, server.port, server.user, DATABASE, 18, password=server.password
        )
        with closing(server.connect(DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE orders (id int PRIMARY KEY, what text)")
            cursor.execute(
                "INSERT INTO orders SELECT n, 'bog ' || n FROM generate_series(1, 500) n"
            )
            full = base_backup.take(where, folder / "full")
            cursor.execute("CREATE TABLE sold (id int PRIMARY KEY)")
            cursor.execute("INSERT INTO sold SELECT generate_series(1, 300)")
            cursor.execute("SELECT pg_create_restore_point('before the drop')")
            incremental = base_backup.take(where, folder / "incremental", incremental=full)
            cursor.execute("INSERT INTO sold VALUES (301)")
            cursor.execute("SELECT clock_timestamp()::text")
            moment = cursor.fetchone()[0]
            time.sleep(0.05)
            cursor.execute("DROP TABLE orders")
            cursor.execute("INSERT INTO sold SELECT generate_series(302, 400)")
            cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
            wait_for(place / cursor.fetchone()[0])
        yield Shop(folder, live, place, full, incremental, moment, find_transaction.commits(place))
    finally:
        live.stop("immediate")
        shutil.rmtree(folder)


def wait_for(path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} was not archived"
        time.sleep(0.02)


@pytest.fixture
def recovered():
    """Takes clusters; stops and removes them at the end."""
    taken = []
    yield taken.append
    for one in taken:
        one.stop("immediate")
        shutil.rmtree(one.data.parent)


def the_drop(shop) -> find_transaction.Commit:
    return [commit for commit in shop.commits if commit.dropped][-1]


def test_the_damage_is_found_in_the_wal(shop):
    """Assert that one transaction removed files, and that it is of the time of the DROP."""
    dropping = [commit for commit in shop.commits if commit.dropped]
    assert len(dropping) == 1
    assert dropping[0].time.isoformat(sep=" ") > shop.moment[:19]


@pytest.mark.parametrize("kind", ["xid", "lsn", "time", "name"])
def test_each_kind_of_target(shop, recovered, kind):
    """Assert that the table is there at a point before the DROP, and how many rows were sold."""
    drop = the_drop(shop)
    target = {
        "xid": Target("xid", str(drop.xid), before=True),
        "lsn": Target("lsn", drop.lsn, before=True),
        "time": Target("time", shop.moment),
        "name": Target("name", "before the drop"),
    }[kind]
    made = shop.recover(target)
    recovered(made)
    assert shop.ask("SELECT count(*) FROM orders", made) == 500
    assert shop.ask("SELECT count(*) FROM sold", made) == (300 if kind == "name" else 301)


def test_one_table_comes_back_and_nothing_else_changes(shop, recovered):
    """Assert that the rescue loses no row that was sold after the damage."""
    made = shop.recover(Target("xid", str(the_drop(shop).xid), before=True))
    recovered(made)
    assert point_in_time.bring_back(made.server(), shop.live.server(), DATABASE, "orders") == 500
    try:
        assert shop.ask("SELECT count(*) FROM orders") == 500
        assert shop.ask("SELECT count(*) FROM sold") == 400
        with pytest.raises(LabError, match="already exists"):
            point_in_time.bring_back(made.server(), shop.live.server(), DATABASE, "orders")
    finally:
        with closing(shop.live.server().connect(DATABASE)) as connection:
            connection.cursor().execute("DROP TABLE orders")


def test_an_incremental_backup_is_combined(shop, recovered):
    """Assert that full and incremental together recover like a full one."""
    chain = [shop.full, shop.incremental]
    whole = base_backup.combine(chain, shop.folder / "combined")
    base_backup.verify(whole)
    made = shop.recover(Target("time", shop.moment), whole)
    recovered(made)
    assert shop.ask("SELECT count(*) FROM sold", made) == 301
    with pytest.raises(LabError, match="after the end of the base backup"):
        shop.recover(Target("name", "before the drop"), whole)  # the backup is younger than that


def test_to_the_end_of_the_archive(shop, recovered):
    """Assert that without a target all of the archive is read."""
    made = shop.recover(None)
    recovered(made)
    assert shop.ask("SELECT count(*) FROM sold", made) == 400
    assert shop.ask("SELECT to_regclass('orders') IS NULL", made)


def test_a_target_that_is_never_reached(shop):
    """Assert one message that names the last moment in the WAL, and no server left running."""
    with pytest.raises(LabError, match="ended before configured recovery target") as caught:
        shop.recover(Target("time", "2099-01-01 00:00:00+00"))
    assert "The last transaction in the WAL is of 20" in str(caught.value)


def test_the_live_cluster_goes_on_untouched(shop):
    """Assert that recoveries wrote nothing into the archive."""
    before = sorted(path.name for path in shop.archive.iterdir())
    assert wal_archive.health(shop.archive).lines == []
    assert not [name for name in before if name.startswith("00000002")]


def copy_of(shop, tmp_path):
    place = tmp_path / "archive"
    shutil.copytree(shop.archive, place)
    return place, wal_archive.segments(place)


def test_a_whole_archive(shop):
    """Assert that nothing is wrong with it, and that the live cluster's archiver works."""
    with closing(shop.live.server().connect()) as connection:
        assert wal_archive.health(shop.archive, connection).lines == []
    assert "whole" in str(wal_archive.health(shop.archive))


@pytest.mark.parametrize("fault", ["gap", "cut", "empty", "renamed", "foreign", "stray"])
def test_every_fault_of_an_archive_is_named(shop, tmp_path, fault):
    """Assert a line for it; and that without a target nobody recovers past it in silence."""
    place, found = copy_of(shop, tmp_path)
    path = found[len(found) // 2].path
    if fault == "gap":
        path.unlink()
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "renamed":
        shutil.copy(found[0].path, path)
    elif fault == "foreign":
        data = bytearray(path.read_bytes())
        data[24:32] = (12345).to_bytes(8, "little")
        path.write_bytes(data)
    else:
        (place / "notes.txt").write_text("do not delete")
    words = {
        "gap": "1 segment is missing",
        "cut": "1,000 bytes",
        "empty": "empty, or not WAL",
        "renamed": "another place",
        "foreign": "another cluster",
        "stray": "notes.txt",
    }
    health = wal_archive.health(place)
    assert words[fault] in str(health)
    with pytest.raises(LabError, match="NOT WHOLE"):
        point_in_time.recover(shop.full, place, tmp_path / "new", shop.live)


def test_an_archiver_that_fails_is_told(shop, tmp_path):
    """Assert that a folder which is gone shows in the health of the live cluster's archive."""
    away = shop.archive.with_name("away")
    shop.archive.rename(away)
    try:
        with closing(shop.live.server().connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_switch_wal()")
                deadline = time.monotonic() + 30
                while not wal_archive.health(away, connection).lines:
                    assert time.monotonic() < deadline
                    cursor.execute("INSERT INTO sold SELECT max(id) + 1 FROM sold")
                    cursor.execute("SELECT pg_switch_wal()")
                    time.sleep(0.1)
            assert "the archiver fails" in str(wal_archive.health(away, connection))
    finally:
        away.rename(shop.archive)
        with closing(shop.live.server().connect()) as connection, connection.cursor() as cursor:
            # Until it works again, the archive is ill for every test after this one too.
            deadline = time.monotonic() + 90
            while wal_archive.health(shop.archive, connection).lines:
                assert time.monotonic() < deadline
                cursor.execute("INSERT INTO sold SELECT max(id) + 1 FROM sold")
                cursor.execute("SELECT pg_switch_wal()")
                time.sleep(0.1)
            cursor.execute("DELETE FROM sold WHERE id > 400")


def test_a_damaged_base_backup_is_refused(shop, tmp_path):
    """Assert that pg_verifybackup's first difference is told."""
    copy = tmp_path / "base"
    shutil.copytree(shop.full, copy)
    victim = next(path for path in (copy / "base").rglob("*") if path.stat().st_size > 8192)
    data = bytearray(victim.read_bytes())
    data[5000] ^= 1
    victim.write_bytes(data)
    with pytest.raises(LabError, match="checksum mismatch"):
        base_backup.verify(copy)


def test_the_same_from_the_command_line(shop, capsys):
    """Assert that a rescue can be typed: look at the archive, find the DROP, recover beside it."""
    live = shop.live.server().url(DATABASE)
    place = cluster.home("lab-recovery-")

    def wal(*words, code=0):
        assert main([str(word) for word in words], program="lab.py wal") == code
        said = capsys.readouterr()
        return said.out + said.err

    try:
        assert "whole" in wal("archive", shop.archive, "--of", live)
        assert "no folder" in wal("archive", place / "nowhere", code=1)
        lines = wal("commits", shop.archive, "--dropped").splitlines()
        assert lines and all("removed" in line for line in lines)
        xid = lines[0].split()[0]
        assert "finds it whole" in wal("base", live, "--to", place / "base")
        more = wal("base", live, "--to", place / "more", "--incremental", place / "base")
        assert "finds it whole" in more
        assert "full" in wal("combine", place / "base", place / "more", "--to", place / "all")
        where = ("--archive", shop.archive, "--like", live, "--to", place / "copy")
        assert "One target" in wal("recover", shop.full, *where, "--xid", 1, "--lsn", 2, code=1)
        said = wal("recover", shop.full, *where, "--xid", xid, "--before")
        port = said.split("port ")[1].split()[0]
        copy = live.replace(f":{shop.live.port}/", f":{port}/")
        assert "exists" in wal("bring-back", "sold", "--from", copy, "--into", live, code=1)
        if shop.ask("SELECT to_regclass('orders') IS NULL"):
            said = wal("bring-back", "orders", "--from", copy, "--into", live)
            assert "500 rows" in said
            shop.ask("DROP TABLE orders; SELECT 1")
        cut = shutil.copytree(shop.archive, place / "cut")
        sorted(cut.glob("0" * 7 + "1*"))[1].unlink()
        assert "NOT WHOLE" in wal("archive", cut, code=3)
    finally:
        data = place / "copy" / "data"
        if data.exists():
            replace(shop.live, data=data).stop("immediate")
        shutil.rmtree(place)
