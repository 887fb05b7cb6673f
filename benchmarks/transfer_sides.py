"""One way to move a file, in a process of its own: python -m benchmarks.transfer_sides JSON

Prints its seconds, without the start of Python and its imports, and the peak of its memory.
"""

import json
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2

from benchmarks import old_files, peers
from benchmarks.peers import Schema

SCHEMAS = {"one": old_files.ONE, "shop": old_files.WHOLE}


def ours(job: dict) -> Callable:
    """The tool itself; job: prove, streams."""
    from migrationlab import transfer

    def move():
        report = transfer.transfer(
            job["file"], job["url"], prove=job["prove"], streams=job["streams"]
        )
        return report.phases

    return move


def plan(job: dict) -> Callable:
    """Only looking at every value."""
    from migrationlab import transfer

    return lambda: transfer.make_plan(job["file"], job["url"]) and None


def peer(job: dict) -> Callable:
    module = peers.module(job["peer"])
    if why := module.available():  # also imports what it needs
        raise SystemExit(why)
    url = job["url"].replace("+psycopg2", "") if job["peer"] == "pgloader" else job["url"]
    return lambda: module.move(job["file"], url, SCHEMAS[job["schema"]])


def read(job: dict) -> Callable:
    """SQLite reads every value of every table, and nobody takes them."""

    def touch():
        with closing(sqlite3.connect(job["file"])) as connection:
            for table in tables(connection):
                columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
                cells = ", ".join(f"max({column[1]})" for column in columns)
                connection.execute(f"SELECT {cells} FROM {table} NOT INDEXED").fetchall()

    return touch


def tables(connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(query).fetchall()]


def limit(job: dict) -> Callable:
    """COPY of files that are ready: the server reads them, or psycopg2 hands them over."""
    schema: Schema = SCHEMAS[job["schema"]]
    files = sorted(Path(job["files"]).glob("*.copy"), key=lambda file: -file.stat().st_size)
    url = re.sub(r"\+\w+://", "://", job["url"])

    def connect():
        return closing(psycopg2.connect(url))

    def copy(file: Path) -> None:
        table = file.name.partition(".")[0]
        with connect() as connection, connection, connection.cursor() as cursor:
            if job["from"] == "server":
                cursor.execute(f"COPY {table} FROM %s", (str(file),))
            else:
                with file.open("rb") as source:
                    cursor.copy_expert(f"COPY {table} FROM STDIN", source, 1 << 18)

    def run(statement: str) -> None:
        with connect() as connection, connection, connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '128MB'")  # as ours
            cursor.execute(statement)

    def move():
        run(schema.tables)
        statements = schema.keys.split(";")
        foreign = [statement for statement in statements if "FOREIGN" in statement]
        own = [statement for statement in statements if "FOREIGN" not in statement]
        # An index is built alone on its table's lock; two of different tables go at once.
        by_table: dict[str, list[str]] = {}
        for statement in own:
            table = re.search(r"(?:TABLE|ON) (\w+)", statement).group(1)
            by_table.setdefault(table, []).append(statement)
        groups = sorted((";".join(group) for group in by_table.values()), key=lambda g: -len(g))
        with ThreadPoolExecutor(job["streams"]) as pool:
            for work, items in ((copy, files), (run, groups), (run, foreign)):
                list(pool.map(work, items))

    return move


KINDS = {"ours": ours, "plan": plan, "peer": peer, "read": read, "limit": limit}


def memory() -> float:
    """The peak of this process and of programs that it started, in MB."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1024**2
    import resource

    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return max(others, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    # On Linux ru_maxrss knows the program that started this one, too.
    return max(others, int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024)


def main() -> None:
    job = json.loads(sys.argv[1])
    action = KINDS[job["kind"]](job)
    began = time.perf_counter()
    phases = action()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "memory": memory(), "phases": phases}))


if __name__ == "__main__":
    main()
