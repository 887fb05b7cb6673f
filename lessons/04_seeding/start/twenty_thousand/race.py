"""load() of load.py against COPY alone: the same 20,000 rows, in turns, the best of several rounds.

    python race.py [RESULT]        RESULT: a file for the numbers, as JSON
"""

import io
import json
import sys
import time
from pathlib import Path

import psycopg2
from load import load
from rows import COLUMNS, rows

LIMIT = 25  # load() may take so many times as long as COPY alone
ROUNDS, MORE_ROUNDS = 3, 3
NAMES = ", ".join(COLUMNS)


def main() -> dict:
    connection = psycopg2.connect("")
    reviews = rows()
    file = make_right_rows(connection, reviews)
    table = number_of_table(connection)
    result = {"commits": commits_by_itself(connection, load, reviews[:100])}
    best = {"copy": float("inf"), "load": float("inf")}
    number = 0
    while number < ROUNDS + MORE_ROUNDS:
        number += 1
        for name, run in (
            ("copy", lambda: copy_alone(connection, file)),
            ("load", lambda: load(connection, reviews)),
        ):
            best[name] = min(best[name], seconds(connection, run))
        if number_of_table(connection) != table:
            return result | {"replaced": True}
        if wrong := wrong_rows(connection):
            return result | {"wrong": wrong}
        ratio = best["load"] / best["copy"]
        print(f"COPY alone {best['copy']:.3f} s, load() {best['load']:.3f} s: {ratio:.1f} times")
        # Further rounds can only help who is near the limit.
        if number >= ROUNDS and not LIMIT < ratio < 2 * LIMIT or number == 2 and ratio > 2 * LIMIT:
            break
    return result | best | {"ratio": ratio, "limit": LIMIT}


def make_right_rows(connection, reviews) -> io.BytesIO:
    """The table right_rows, which every load is compared with, and COPY's own file of it."""
    records = [dict(zip(COLUMNS, row)) for row in reviews]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE right_rows AS SELECT {NAMES} FROM reviews LIMIT 0")
        cursor.execute(
            "INSERT INTO right_rows SELECT * FROM json_populate_recordset(NULL::right_rows, %s)",
            [json.dumps(records, default=str)],
        )
        file = io.BytesIO()
        cursor.copy_expert("COPY right_rows TO STDOUT", file)
    connection.commit()
    return file


def number_of_table(connection) -> int | None:
    """Another number when somebody has dropped the table and made it anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('reviews')::oid")
        (number,) = cursor.fetchone()
    connection.commit()
    return number


def commits_by_itself(connection, load, few) -> bool:
    """Whether rows stay when the caller rolls back."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reviews")
        connection.commit()
        load(connection, few)
        connection.rollback()
        cursor.execute("SELECT count(*) FROM reviews")
        return cursor.fetchone()[0] > 0


def copy_alone(connection, file) -> None:
    file.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY reviews ({NAMES}) FROM STDIN", file)


def seconds(connection, run) -> float:
    """How long `run` and its commit take on an empty table."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reviews")
    connection.commit()
    began = time.perf_counter()
    run()
    connection.commit()
    return time.perf_counter() - began


def wrong_rows(connection) -> dict | None:
    """What is not as it must be: the number of rows, or one value of one row. None if all is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM right_rows), (SELECT count(*) FROM reviews)")
        wanted, count = cursor.fetchone()
        cursor.execute(
            f"SELECT {', '.join(f'a.{c}' for c in COLUMNS)}, {', '.join(f'b.{c}' for c in COLUMNS)}"
            " FROM right_rows AS a LEFT JOIN reviews AS b USING (isbn, written_on) WHERE NOT ("
            + " AND ".join(f"a.{c} IS NOT DISTINCT FROM b.{c}" for c in COLUMNS)
            + ")"  # no LIMIT 1: for one row the planner would compare each with each
        )
        pair = cursor.fetchone()
    connection.commit()
    if count != wanted:
        return {"column": "number of rows", "expected": wanted, "found": count}
    if pair is None:
        return None
    one, other = pair[: len(COLUMNS)], pair[len(COLUMNS) :]
    return next(
        {"column": column, "expected": a, "found": b}
        for column, a, b in zip(COLUMNS, one, other)
        if a != b
    )


if __name__ == "__main__":
    result = main()
    if result["commits"]:
        print("load() commits by itself")
    if result.get("replaced"):
        print("load() has dropped the table reviews and made another one")
    if wrong := result.get("wrong"):
        print("not the right rows: {column}, expected {expected!r}, found {found!r}".format(**wrong))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(result, default=str), "utf-8")
