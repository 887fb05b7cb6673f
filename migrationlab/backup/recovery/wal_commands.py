"""The commands for base backups, the WAL archive and point-in-time recovery on our clusters."""

import shutil
from contextlib import closing
from pathlib import Path

from migrationlab.backup.connection_url import Address, reach
from migrationlab.backup.manifest import NotGood
from migrationlab.backup.recovery import base_backup, find_transaction, point_in_time, wal_archive
from migrationlab.backup.recovery.point_in_time import KINDS, Target
from migrationlab.errors import LabError
from migrationlab.server import cluster, system_account
from migrationlab.server.cluster import Cluster
from migrationlab.server.postgres_server import Server


def add_commands(command) -> None:
    """Add them to a parser; `command(name, do, summary)` gives its add_argument."""
    add = command("base", take, "copy a whole running cluster, or what has changed in it")
    add("url", help="any database of the cluster; the role needs REPLICATION")
    add("--to", required=True, type=Path, metavar="DIR", help="the new folder")
    add("--incremental", type=Path, metavar="DIR", help="only what has changed since this one")
    add = command("combine", combine, "make one full base backup out of a chain")
    add("chain", nargs="+", type=Path, help="the full one, then the incremental ones, oldest first")
    add("--to", required=True, type=Path, metavar="DIR", help="the new folder")
    add = command("archive", health, "look whether a WAL archive is whole")
    add("folder", type=Path, help="the archive")
    add("--of", metavar="URL", help="the live cluster: is it of this one, does archiving work?")
    add = command("commits", commits, "list the transactions in the WAL, to find the one")
    add("folder", type=Path, help="an archive, or a cluster's pg_wal")
    add("--dropped", action="store_true", help="only those that removed tables or indexes")
    add = command("recover", recover, "make a second cluster, as the first was at some moment")
    add("base", type=Path, help="a full base backup; it is copied")
    add("--archive", required=True, type=Path, metavar="DIR", help="the WAL since then")
    add("--to", required=True, type=Path, metavar="DIR", help="the new folder for its data/")
    add("--like", required=True, metavar="URL", help="the live cluster: the copy has its passwords")
    for kind in KINDS:
        add(f"--{kind}", metavar=kind.upper(), help=f"stop at this {kind}; without any, at the end")
    add("--before", action="store_true", help="leave the thing itself out")
    add = command("bring-back", bring_back, "copy one table out of a recovered cluster")
    add("table")
    add("--from", required=True, dest="source", metavar="URL", help="the recovered database")
    add("--into", required=True, metavar="URL", help="the live one, in which it is missing")


def take(options) -> None:
    made = base_backup.take(reach(options.url), options.to, incremental=options.incremental)
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    print(f"{made}: {size / 1e6:,.1f} MB, and pg_verifybackup finds it whole.")


def combine(options) -> None:
    print(f"{base_backup.combine(options.chain, options.to)}: a full base backup.")


def health(options) -> None:
    """Raises NotGood, so the exit code is 3, when the archive is not whole."""
    if not options.folder.is_dir():
        raise LabError(f"There is no folder {options.folder}.", expected="a WAL archive")
    if options.of:
        with closing(reach(options.of).connect()) as connection:
            found = wal_archive.health(options.folder, connection)
    else:
        found = wal_archive.health(options.folder)
    if found.lines or not found.segments:
        raise NotGood(str(found))
    print(found)


def commits(options) -> None:
    for one in find_transaction.commits(options.folder):
        if one.dropped or not options.dropped:
            files = f"  removed {', '.join(one.dropped)}" if one.dropped else ""
            print(f"{one.xid:>10}  {one.lsn:<12}  {one.time:%Y-%m-%d %H:%M:%S.%f} UTC{files}")


def recover(options) -> None:
    targets = [
        Target(kind, text, options.before) for kind in KINDS if (text := vars(options)[kind])
    ]
    if len(targets) > 1:
        raise LabError("One target is enough.", expected=" or ".join(f"--{kind}" for kind in KINDS))
    live = reach(options.like)
    folder = options.to.resolve()
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        owner = system_account.choose(folder / "data")
        if not owner.can_keep_data(folder):
            raise LabError(
                f"The server's user ({owner.name or 'you'}) cannot keep data in {folder}.",
                todo="Name another folder, for instance one in /var/lib or /tmp.",
            )
        owner.own(folder)
        programs = cluster.programs_for(owner, folder, live.major, exact=True)
        like = Cluster(folder / "data", programs, owner, live.user, live.password)
        made = point_in_time.recover(
            options.base.resolve(), options.archive.resolve(), folder, like, *targets
        )
    except BaseException:
        if new and not (folder / "data.log").exists():  # its log says why
            shutil.rmtree(folder, ignore_errors=True)
        raise
    print(
        f"It runs on port {made.port} of 127.0.0.1, with the live cluster's roles and passwords.\n"
        f"To stop it: pg_ctl stop -D {made.data}"
    )


def bring_back(options) -> None:
    source, live = reach(options.source), reach(options.into)
    if source.database != live.database:
        raise LabError(
            f"The databases have two names: {source.database} and {live.database}.",
            expected="the same database, recovered and live",
        )
    count = point_in_time.bring_back(_server(source), _server(live), live.database, options.table)
    print(f"{options.table} is back: {count:,} rows, the same as in the recovered cluster.")


def _server(address: Address) -> Server:
    return Server(
        kind="given",
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        database=address.database,
        bin=Path(),
        owned=False,
        local=False,
        prefix="",
        options=address.options,
    )
