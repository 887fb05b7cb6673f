"""SQLite → PostgreSQL: the tool against its peers, and against the limit.

python -m benchmarks transfer                                the quick size, among the others
python -m benchmarks.transfer --rows 200000 --rows 1000000 --rows 5000000 --shop 1
python -m benchmarks.transfer --kills 100                    killed at random moments
"""

import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg2
import typer

from benchmarks import machine, old_files, peers
from benchmarks.measure import Aim, Row, Side
from benchmarks.place import new_server
from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.postgres import databases

TIMES = 3
ROWS, SCALE = 200_000, 0.1
SLOW = ("pandas_default", "pandas_multi", "executemany", "values")
SLOW_UP_TO = 1_000_000  # rows; beyond, they take many minutes and tell nothing new

OURS, LIMIT, STDIN = "ours", "limit", "stdin"
NEAR_THE_LIMIT = Aim("at most 1.15 times the limit", lambda row: row.ratio <= 1.15)
FOUR_TIMES = Aim("at least 4 times as fast", lambda row: row.ratio <= 1 / 4)
PROVED_TWICE = Aim("at least twice as fast, with proof", lambda row: row.ratio <= 1 / 2)
TWO_AND_A_HALF = Aim("at least 2.5 times as fast", lambda row: row.ratio <= 1 / 2.5)


@dataclass
class Way:
    """One way to move the file: its name, its job for transfer_sides, and what was measured."""

    name: str
    title: str
    job: dict
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    phases: list[dict] = field(default_factory=list)
    failure: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def side(self) -> Side:
        return Side(f"{self.title} ({max(self.memory):.0f} MB)", tuple(self.seconds))


@dataclass
class Trial:
    """One file, and every way in turn."""

    what: str
    rows: int
    ways: dict[str, Way]

    def row(self, ours: str, other: str, aim: Aim | None = None) -> Iterator[Row]:
        """A line of the report; none when one of the two could not be measured."""
        one, two = self.ways.get(ours), self.ways.get(other)
        if one and two and one.seconds and two.seconds:
            mine = one.side()
            yield Row(Side(f"{self.what}: {mine.what}", mine.seconds), two.side(), aim)


def measure(server, times: int) -> Iterator[Row]:
    """The quick size."""
    yield from one_table(server, ROWS, times)
    yield from whole_shop(server, SCALE, times)


def one_table(server, rows: int, times: int, others=True, slow=SLOW_UP_TO) -> Iterator[Row]:
    with folder() as place:
        file = place / "one.sqlite3"
        old_files.one_table(file, rows)
        names = peers_for(rows, others, slow)
        trial = run(server, f"one table, {rows:,} rows", rows, file, "one", place, times, names)
    yield from trial.row("ours moving", "limit", NEAR_THE_LIMIT)
    yield from trial.row("ours1 moving", "limit")
    yield from trial.row("ours moving", "limit2")
    yield from trial.row("ours", "limit")
    yield from trial.row("ours", "stdin")
    yield from trial.row("proved", "limit")
    yield from trial.row("ours1", "limit")
    yield from trial.row("plan", "read")
    yield from trial.row("ours", "pgloader", FOUR_TIMES)
    for name in peers.NAMES:
        if name != "pgloader":
            yield from trial.row("proved", name)


def whole_shop(server, scale: float, times: int, others=True, slow=SLOW_UP_TO) -> Iterator[Row]:
    with folder() as place:
        file = place / "shop.sqlite3"
        rows = old_files.shop(file, scale)
        names = peers_for(rows, others, slow)
        what = f"8 tables, {rows:,} rows, 8 keys and 17 indexes"
        trial = run(server, what, rows, file, "shop", place, times, names)
    yield from trial.row("ours moving", "limit2")
    yield from trial.row("ours1 moving", "limit")
    yield from trial.row("ours", "limit")
    yield from trial.row("proved", "limit")
    yield from trial.row("plan", "read")
    yield from trial.row("ours", "pgloader", TWO_AND_A_HALF)
    yield from trial.row("proved", "pgloader", PROVED_TWICE)
    for name in peers.NAMES:
        if name != "pgloader":
            yield from trial.row("proved", name)


def growth(found: list[Row], sizes: list[int]) -> Iterator[Row]:
    """Whether the time grows as the rows do, from each size to the next."""
    sides = {}
    for row in found:
        for size in sizes:
            if row.ours.what.startswith(f"one table, {size:,} rows: ours with proof"):
                sides[size] = row.ours
    for small, large in zip(sizes, sizes[1:], strict=False):
        most = large / small * 1.1
        aim = Aim(f"at most {most:.1f} times the time", lambda row, most=most: row.ratio <= most)
        yield Row(sides[large], sides[small], aim)


@contextmanager
def folder() -> Iterator[Path]:
    """A place for files that the server, another user, may read."""
    with tempfile.TemporaryDirectory(prefix="migrationlab-transfer-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def peers_for(rows: int, others: bool, slow: int) -> list[str]:
    """The peers that are here and not too slow for so many rows."""
    here = [name for name in peers.NAMES if others and not peers.module(name).available()]
    return [name for name in here if name not in SLOW or rows <= slow]


def run(server, what, rows, file, schema, place, times, names) -> Trial:
    """Every way `times` times, each time beginning with another one."""
    ways = list(all_ways(file, schema, place, names))
    prepare(server, file, schema, place)
    for number in range(times):
        shift = number * len(ways) // times
        for way in ways[shift:] + ways[:shift]:
            if not way.failure:
                once(server, way)
    for way in ways:
        if way.failure:
            print(f"{what}, {way.title}: {way.failure}", file=sys.stderr)
    ways += without_looking(ways)
    return Trial(what, rows, {way.name: way for way in ways})


def without_looking(ways: list[Way]) -> Iterator[Way]:
    """The same runs without the seconds that the plan took: what the limit is the limit of."""
    for way in ways:
        if way.name in ("ours", "ours1") and way.seconds:
            copied = [
                seconds - phases["looking"]
                for seconds, phases in zip(way.seconds, way.phases, strict=True)
            ]
            title = way.title.replace("without proof", "without proof and plan")
            yield Way(f"{way.name} moving", title, way.job, copied, way.memory, way.phases)


def all_ways(file, schema, place, names) -> Iterator[Way]:
    for name, title, prove, streams in (
        ("ours", "ours without proof", False, 2),
        ("proved", "ours with proof", True, 2),
        ("ours1", "ours without proof, one stream", False, 1),
    ):
        job = {"kind": "ours", "file": str(file), "prove": prove, "streams": streams}
        yield Way(name, title, job)
    yield Way("plan", "the plan alone", {"kind": "plan", "file": str(file)})
    yield Way("read", "SQLite reads every value", {"kind": "read", "file": str(file)})
    common = {"kind": "limit", "schema": schema}
    for name, title, origin, streams in (
        ("limit", "the limit: the server copies ready files", "server", 1),
        ("limit2", "the limit in two streams", "server", 2),
        ("stdin", "ready files through psycopg2", "client", 1),
    ):
        job = {**common, "from": origin, "streams": streams}
        yield Way(name, title, {**job, "files": str(place / str(streams))})
    for name in names:
        job = {"kind": "peer", "peer": name, "file": str(file), "schema": schema}
        yield Way(name, peers.module(name).TITLE, job)


def prepare(server, file, schema, place: Path) -> None:
    """Write the files that COPY can read, whole and in halves."""
    from benchmarks.peers import copy_rows, script

    with databases.temporary(server, "benchmark") as name:
        url = server.url(name)
        made = {"one": old_files.ONE, "shop": old_files.WHOLE}[schema]
        copy_rows.move(str(file), url, peers.Schema(made.tables, "SELECT"))
        with closing(psycopg2.connect(script.plain(url))) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT relname FROM pg_stat_user_tables")
            for streams in (1, 2):
                (place / str(streams)).mkdir()
            for (table,) in cursor.fetchall():
                whole = place / "1" / f"{table}.copy"
                with whole.open("wb") as target:
                    cursor.copy_expert(f"COPY {table} TO STDOUT", target)
                halve(whole, place / "2")


def halve(whole: Path, place: Path) -> None:
    """Two files, cut at the end of a line near the middle."""
    half = whole.stat().st_size // 2
    with whole.open("rb") as source:
        for number in range(2):
            with (place / f"{whole.stem}.{number}.copy").open("wb") as target:
                while (number or source.tell() < half) and (line := source.readline()):
                    target.write(line)


def once(server, way: Way) -> None:
    """In a process and a database of its own."""
    with databases.temporary(server, "benchmark") as name:
        job = json.dumps({**way.job, "url": server.url(name)})
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.transfer_sides", job],
            cwd=paths.PROJECT,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception)?: ", line)]
        way.failure = (errors or lines)[-1][:300]
        return
    found = json.loads(done.stdout.splitlines()[-1])
    way.seconds.append(found["seconds"])
    way.memory.append(found["memory"])
    way.phases.append(found["phases"] or {})


KILLED = (
    "import sys; from migrationlab import transfer; print('ready', flush=True);"
    " transfer.transfer(sys.argv[1], sys.argv[2]); print('done', flush=True)"
)
SUM = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} t"


def kills(server, times: int, say: Callable = print) -> tuple[int, int]:
    """Kill the transfer of a small shop at random moments: (as before, whole).

    Raises LabError when the target is ever anything else.
    """
    chance = random.Random(times)
    counts = [0, 0]
    with folder() as place:
        file = place / "shop.sqlite3"
        old_files.shop(file, 0.02)
        whole, seconds = _first(server, file)
        with databases.temporary(server, "kills") as name:
            for number in range(times):
                # Half of them near the end, where everything is decided.
                part = chance.uniform(0, 1.02) if number % 2 else chance.uniform(0.75, 1.02)
                _kill(file, server.url(name), part * seconds)
                found = _fingerprint(server, name)
                if found not in (set(), whole):
                    raise LabError(f"Kill {number + 1} left something between: {sorted(found)}")
                counts[found == whole] += 1
                if found:
                    with closing(server.connect(name)) as connection:
                        tables = ", ".join(table for table, *_ in found)
                        connection.cursor().execute(f"DROP TABLE {tables} CASCADE")
                if number % 20 == 19:
                    say(f"{number + 1} kills: {counts[0]} as before, {counts[1]} whole")
    return counts[0], counts[1]


def _first(server, file: Path) -> tuple[set, float]:
    """What it must look like, and how long it takes in a process of its own."""
    import time

    with databases.temporary(server, "kills") as name:
        _kill(file, server.url(name), None)
        whole = _fingerprint(server, name)
    with databases.temporary(server, "kills") as name:
        began = time.perf_counter()
        _kill(file, server.url(name), None)
        return whole, time.perf_counter() - began - 0.2  # what Python needs to start


def _kill(file: Path, url: str, delay: float | None) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, file, url], cwd=paths.PROJECT, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        process.wait()
    process.stdout.close()


def _fingerprint(server, name: str) -> set:
    """(table, rows, sum of hashes) of every table in public, when the killed sessions are gone."""
    with closing(server.connect(name)) as connection, connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if cursor.fetchone() == (0,):
                break
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
        found = set()
        for (table,) in cursor.fetchall():
            cursor.execute(SUM.format(table))
            found.add((table, *cursor.fetchone()))
        return found


def main(
    rows: Annotated[list[int], typer.Option(help="rows of one table; may be repeated")] = None,
    shop: Annotated[float, typer.Option(help="the shop's size; 1 is 1.58 million rows")] = 0,
    times: Annotated[int, typer.Option(min=1)] = TIMES,
    others: Annotated[bool, typer.Option(help="measure the peers too")] = True,
    slow: Annotated[int, typer.Option(help="rows up to which the slow peers run")] = SLOW_UP_TO,
    kill: Annotated[int, typer.Option("--kills", help="so many random kills")] = 0,
    save: Annotated[Path, typer.Option(help="write the table to this Markdown file")] = None,
):
    """Measure the transfer at chosen sizes, on a server and in a home of its own."""
    from benchmarks import report

    found: list[Row] = []
    about = [machine.describe(), f"other programs used {machine.busy():.0f} % of the processor"]
    with new_server() as server:
        for size in rows or ([] if shop or kill else [ROWS]):
            found += one_table(server, size, times, others, slow)
            print(report.markdown(found, about), flush=True)
        found += growth(found, sorted(rows or []))
        if shop:
            found += whole_shop(server, shop, times, others, slow)
            print(report.markdown(found, about), flush=True)
        if kill:
            before, whole = kills(server, kill)
            about.append(f"killed {kill} times: {before} times as before, {whole} times whole")
            print(about[-1])
    if save:
        save.write_text(report.markdown(found, about), "utf-8")


if __name__ == "__main__":
    typer.run(main)
