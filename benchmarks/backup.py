"""Backups that prove themselves: what the proof costs, what it sees, and what a kill leaves.

python -m benchmarks backup                                       the quick size, among the others
python -m benchmarks.backup --rows 100000 --rows 1000000 --rows 5000000
python -m benchmarks.backup --damages 1000 --kills 200            damaged files, random kills
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import psutil
import typer
from psycopg2 import sql

from benchmarks import machine
from benchmarks.measure import Aim, Row, Side, in_turn, seconds
from benchmarks.place import new_server, run
from migrationlab import backup, paths
from migrationlab.backup import client_programs, manifest
from migrationlab.errors import LabError
from migrationlab.postgres import databases

TIMES = 3
ROWS = 100_000
FORMATS = ("custom", "directory", "plain")
NAME = "benchmark_live"

PROOF_BELOW_RESTORE = Aim("the proof costs less than the restore", lambda row: row.ratio < 2)

CONTENT = """
CREATE TABLE customers (id int PRIMARY KEY, name text, email text UNIQUE, since date);
INSERT INTO customers SELECT n, 'Åse Ærø ' || n, 'a' || n || '@example.com',
    date '2020-01-01' + n % 2000 FROM generate_series(1, {customers}) n;
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer_id int REFERENCES customers,
    price numeric(9, 2),
    at timestamptz,
    note text
);
INSERT INTO orders (customer_id, price, at, note)
SELECT 1 + n % {customers}, n % 9973 / 7.0, timestamptz '2020-01-01+00' + n * interval '1 second',
    CASE n % 4 WHEN 0 THEN NULL ELSE md5(n::text) END FROM generate_series(1, {orders}) n;
CREATE INDEX ON orders (at);
SELECT lo_from_bytea(0, decode(md5('x'), 'hex'));
"""


def measure(server, times: int) -> Iterator[Row]:
    """The quick size."""
    yield from one_size(server, ROWS, times)


def one_size(server, rows: int, times: int) -> Iterator[Row]:
    """Backup, verify and restore of so many rows against the plain programs."""
    with shop(server, rows) as (name, place):
        plain = Plain(server, name, place / "plain.dump")
        shelf = place / "shelf"
        made: list[backup.Backup] = []

        def make() -> float:
            for old in made:
                shutil.rmtree(old.folder)
            made.clear()
            return seconds(lambda: made.append(backup.make(server.url(name), shelf)))

        def verify() -> float:
            return seconds(lambda: insist(backup.verify(made[0].folder, on=here)))

        def restore() -> float:
            try:
                return seconds(lambda: backup.restore(made[0].folder, server.url(NAME)))
            finally:
                drop(server, NAME)

        here = server.url("postgres")
        ours, theirs = in_turn(times, make, plain.dump)
        size = made[0].bytes / 1e6
        what = f"{rows:,} rows, {size:,.1f} MB"
        yield row(f"{what}: backup", ours, "pg_dump", theirs)
        proved, restored = in_turn(times, verify, plain.restore)
        yield row(
            f"{what}: verify, on the same server",
            proved,
            "createdb, pg_restore",
            restored,
            PROOF_BELOW_RESTORE,
        )
        yield row(
            f"{what}: backup and verify",
            map(sum, zip(ours, proved, strict=True)),
            "pg_dump, createdb, pg_restore",
            map(sum, zip(theirs, restored, strict=True)),
        )
        mine, analyzed = in_turn(times, restore, plain.restore_and_analyze)
        yield row(
            f"{what}: restore, compared and analyzed",
            mine,
            "createdb, pg_restore, ANALYZE",
            analyzed,
            PROOF_BELOW_RESTORE,
        )


def row(what: str, ours, other: str, theirs, aim: Aim | None = None) -> Row:
    return Row(Side(what, tuple(ours)), Side(other, tuple(theirs)), aim)


def insist(verdict) -> None:
    if not verdict.ok:
        raise LabError(f"A good backup is called bad: {verdict}")


class Plain:
    """The plain programs, one process each; every method gives its seconds."""

    def __init__(self, server, name: str, file: Path):
        self.server, self.name, self.file = server, name, file
        self.environment = server.environment(name)

    def dump(self) -> float:
        command = (str(self.server.bin / "pg_dump"), "-Fc", f"--file={self.file}")
        return seconds(lambda: run(*command, environment=self.environment))

    def restore(self, analyze: bool = False) -> float:
        def action() -> None:
            execute(self.server, "postgres", f"CREATE DATABASE {NAME} TEMPLATE template0")
            command = (str(self.server.bin / "pg_restore"), f"--dbname={NAME}", str(self.file))
            run(*command, environment=self.environment)
            if analyze:
                execute(self.server, NAME, "ANALYZE")

        try:
            return seconds(action)
        finally:
            drop(self.server, NAME)

    def restore_and_analyze(self) -> float:
        return self.restore(analyze=True)


@contextmanager
def shop(server, rows: int) -> Iterator[tuple[str, Path]]:
    """A database with so many rows, and a folder."""
    customers = max(1, rows // 10)
    with (
        databases.temporary(server, "benchmark_shop") as name,
        tempfile.TemporaryDirectory(prefix="migrationlab-backup-") as place,
    ):
        execute(server, name, CONTENT.format(customers=customers, orders=rows - customers))
        execute(server, name, "VACUUM ANALYZE")
        yield name, Path(place)


def execute(server, name: str, statement) -> list[tuple]:
    with closing(server.connect(name)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def drop(server, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    execute(server, "postgres", statement)


# Damaged files


def truncated(folder: Path, chance: random.Random) -> None:
    file = some_file(folder, chance)
    os.truncate(file, chance.randrange(file.stat().st_size))


def flipped(folder: Path, chance: random.Random) -> None:
    file = some_file(folder, chance)
    raw = bytearray(file.read_bytes())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    file.write_bytes(raw)


def swapped(folder: Path, chance: random.Random) -> None:
    """Two files, or two blocks of the only one."""
    files = dump_files(folder)
    if len(files) > 1:
        one, two = chance.sample(files, 2)
        kept = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(kept)
        return
    raw = bytearray(files[0].read_bytes())
    block = min(512, len(raw) // 4)
    a, b = sorted(chance.sample(range(0, len(raw) - block, block), 2))
    raw[a : a + block], raw[b : b + block] = raw[b : b + block], raw[a : a + block]
    files[0].write_bytes(raw)


def emptied(folder: Path, chance: random.Random) -> None:
    some_file(folder, chance).write_bytes(b"")


KINDS = (truncated, flipped, swapped, emptied)


def dump_files(folder: Path) -> list[Path]:
    return [folder / name for name in manifest.contents(folder) if name != manifest.GLOBALS]


def some_file(folder: Path, chance: random.Random) -> Path:
    """The larger, the likelier: a disk does not ask for names."""
    files = dump_files(folder)
    return chance.choices(files, [file.stat().st_size for file in files])[0]


def damages(server, count: int, say: Callable = print) -> dict[str, Counter]:
    """Format and kind -> how many were damaged, and how many each way of looking has seen.

    sha256: verify, with any options. list: `pg_restore -l`. read: `pg_restore -f` to nowhere.
    code: the exit code of pg_restore, or of psql with ON_ERROR_STOP, into an empty database.
    fit: verify when the manifest was made to fit to the damaged files; what it lets through has
    the same rows and the same schema all the same. Raises LabError when a damage is not seen.
    """
    chance = random.Random(count)
    seen: dict[str, Counter] = {}
    with shop(server, 600) as (name, place):
        good = {
            format: backup.make(server.url(name), place / "good", format=format)
            for format in FORMATS
        }
        for number in range(count):
            format, kind = FORMATS[number % 3], KINDS[number // 3 % len(KINDS)]
            folder = place / "damaged"
            shutil.copytree(good[format].folder, folder)
            before = manifest.damages(manifest.load(folder))
            kind(folder, chance)
            tally = seen.setdefault(f"{format}, {kind.__name__}", Counter())
            if not before and unchanged(good[format].folder, folder):
                shutil.rmtree(folder)
                continue  # two equal blocks have changed places
            tally["damaged"] += 1
            for way, found in looks(server, folder, format):
                tally[way] += found
            shutil.rmtree(folder)
            if number % 50 == 49:
                say(f"{number + 1} damages: {dict(sum(seen.values(), Counter()))}")
    total = sum(seen.values(), Counter())
    if total["sha256"] != total["damaged"]:
        raise LabError(f"verify has not seen every damage: {dict(total)}")
    return seen


def unchanged(one: Path, two: Path) -> bool:
    names = manifest.contents(one)
    return all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


def looks(server, folder: Path, format: str) -> Iterator[tuple[str, bool]]:
    yield "sha256", not backup.verify(folder, quick=True).ok
    dump = str(manifest.load(folder).dump())
    restore = str(server.bin / "pg_restore")
    if format != "plain":
        yield "list", fails(server, "postgres", restore, "-l", dump)
        yield "read", fails(server, "postgres", restore, f"--file={os.devnull}", dump)
    with databases.temporary(server, "benchmark_damaged") as name:
        if format == "plain":
            words = (str(server.bin / "psql"), "-Xq", "--set=ON_ERROR_STOP=1", f"--file={dump}")
        else:
            words = (restore, "--exit-on-error", f"--dbname={name}", dump)
        yield "code", fails(server, name, *words)
    reseal(folder)
    try:
        yield "fit", not backup.verify(folder, on=server.url("postgres")).ok
    except LabError:
        yield "fit", True


def fails(server, name: str, *command: str) -> bool:
    """Whether a program ends with another exit code than 0, or not within a minute."""
    try:
        done = subprocess.run(
            command,
            env=server.environment(name),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def reseal(folder: Path) -> None:
    """Make the manifest fit to the files as they are."""
    noted = json.loads((folder / manifest.NAME).read_text("utf-8"))
    noted["files"] = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": manifest.digest(folder / name)}
        for name in manifest.contents(folder)
    }
    noted["sha256"] = manifest.seal(noted)
    (folder / manifest.NAME).write_text(json.dumps(noted), "utf-8")


# Kills

KILLED = (
    "import json, sys; from migrationlab import backup; print('ready', flush=True);"
    " job = json.loads(sys.argv[1]); tell = lambda what, *_: print(what, flush=True);"
    " getattr(backup, job.pop('do'))(*job.pop('with'), progress=tell, **job)"
)
LAST = {"make": "checking the files", "restore": "analyzing"}  # the step before all is decided
SUM = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM orders t"


def kills(server, count: int, say: Callable = print, rows: int = 20_000) -> Counter:
    """Kill backup and restore at random moments, half of them with all that they have started.

    Raises LabError when there is ever half a backup that loads as one, or no original in service.
    """
    chance = random.Random(count)
    found: Counter = Counter()
    with shop(server, rows) as (name, place):
        shelf = place / "shelf"
        good = backup.make(server.url(name), place / "good")
        whole = execute(server, name, SUM)
        execute(server, name, "DELETE FROM orders WHERE id % 3 = 0")
        old = execute(server, name, SUM)
        make = {"do": "make", "with": [server.url(name), str(shelf)]}
        restore = {"do": "restore", "with": [str(good.folder), server.url(name)], "replace": name}
        takes = {what["do"]: _kill(what, "ready", None)[1] for what in (make, restore)}
        shutil.rmtree(shelf)
        _back(server, name, found, whole, old)
        found.clear()
        while found["kills"] < count:
            job = chance.choice([make, restore])
            what = job["do"]
            late = chance.random() < 0.5
            step = LAST[what] if late else "ready"
            delay = chance.uniform(0, takes[what] * (0.3 if late else 1.1))
            killed, taken = _kill(job, step, delay, everything=chance.random() < 0.5)
            found["kills"] += killed
            if not killed and not late:
                takes[what] = (takes[what] + taken) / 2  # the machine is busier now, or less
            elif delay > takes[what]:
                takes[what] *= 1.1
            if job is make:
                _look_at(shelf, found)
            else:
                _back(server, name, found, whole, old)
            if killed and found["kills"] % 20 == 0:
                say(str(dict(found)))
    return found


def _kill(job: dict, step: str, delay: float | None, everything: bool = False):
    """Kill it so many seconds after a step began: (whether it was killed, seconds since then)."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, json.dumps(job)],
        cwd=paths.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while (line := process.stdout.readline()) and line.strip() != step:
        pass
    began = time.perf_counter()
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        children = []
        with suppress(psutil.NoSuchProcess):  # it has ended just now
            children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children if everything else []:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        psutil.wait_procs(children)  # else pg_dump goes on writing while we look
    process.stdout.close()
    return process.returncode < 0, time.perf_counter() - began


def _look_at(shelf: Path, found: Counter) -> None:
    for folder in shelf.iterdir() if shelf.exists() else ():
        try:
            loaded = manifest.load(folder)
        except LabError:
            if not folder.name.startswith(manifest.UNFINISHED):
                raise LabError(f"Half a backup has a whole one's name: {folder.name}") from None
            found["make: unfinished, and says so"] += 1
        else:
            insist(backup.verify(loaded.folder, quick=True))
            found["make: whole"] += 1
        shutil.rmtree(folder)


def _back(server, name: str, found: Counter, whole, old) -> None:
    """Look what is in service, then make it again what it was before."""
    _end_sessions(server)
    now = execute(server, name, SUM)
    others = [n for n in _names(server) if n.startswith(name) and n != name]
    kept = [n for n in others if "_before_" in n]
    if now == old and not kept:
        found["restore: the old one in service"] += 1
    elif now == whole and len(kept) == 1 and execute(server, kept[0], SUM) == old:
        found["restore: the restored one in service, the old one kept"] += 1
        drop(server, name)
        execute(server, "postgres", f"ALTER DATABASE {kept[0]} RENAME TO {name}")
    else:
        raise LabError(f"A kill left {now} in service, and {others}.")
    left = [n for n in others if "__restoring_" in n]
    if len(others) != len(left) + len(kept):
        raise LabError(f"Nobody knows what these are: {others}")
    found["restore: left, and named so"] += len(left)
    for other in left:
        drop(server, other)


def _names(server) -> list[str]:
    return [name for (name,) in execute(server, "postgres", "SELECT datname FROM pg_database")]


def _end_sessions(server) -> None:
    """What a killed program has begun on the server may go on for a moment."""
    there = "FROM pg_stat_activity WHERE application_name IN ('migrationlab backup', 'pg_restore')"
    while execute(server, "postgres", f"SELECT pid {there}"):
        execute(server, "postgres", f"SELECT pg_terminate_backend(pid, 1000) {there}")


def seen_lines(seen: dict[str, Counter]) -> Iterator[str]:
    """The table of what each way of looking has seen, as Markdown."""
    ways = ("damaged", "sha256", "list", "read", "code", "fit")
    yield f"| damage | {' | '.join(ways)} |"
    yield "| --- |" + " ---: |" * len(ways)
    rows = [*sorted(seen.items()), ("all", sum(seen.values(), Counter()))]
    for what, tally in rows:
        cells = [str(tally[way]) for way in ways]
        if what.startswith("plain"):
            cells[2:4] = ["", ""]
        yield f"| {what} | {' | '.join(cells)} |"


def main(
    rows: Annotated[list[int], typer.Option(help="rows; may be repeated")] = None,
    times: Annotated[int, typer.Option(min=1)] = TIMES,
    damage: Annotated[int, typer.Option("--damages", help="so many damaged backups")] = 0,
    kill: Annotated[int, typer.Option("--kills", help="so many random kills")] = 0,
    save: Annotated[Path, typer.Option(help="write the table to this Markdown file")] = None,
):
    """Measure backups at chosen sizes, on a server and in a home of its own."""
    from benchmarks import report

    found: list[Row] = []
    about = [machine.describe(), f"other programs used {machine.busy():.0f} % of the processor"]
    tail: list[str] = []
    with new_server() as server:
        about.append(f"client programs {client_programs.for_server(18)}")
        for size in rows or ([] if damage or kill else [ROWS]):
            found += one_size(server, size, times)
            print(report.markdown(found, about), flush=True)
        databases.stop_syncing(server)  # what follows counts, and measures no time
        if kill:
            tally = kills(server, kill)
            about.append(f"killed at random: {dict(tally)}")
            print(about[-1], flush=True)
        if damage:
            tail += ["", *seen_lines(damages(server, damage))]
            print("\n".join(tail))
    if save:
        save.write_text(report.markdown(found, about) + "\n".join(tail) + "\n", "utf-8")


if __name__ == "__main__":
    typer.run(main)
