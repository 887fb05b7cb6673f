"""psycopg2's execute_values: many rows in one INSERT."""

from psycopg2.extras import execute_values

from benchmarks.peers import Schema, script

TITLE = "psycopg2, execute_values"


def available() -> str:
    return ""


def move(file, url: str, schema: Schema) -> None:
    def load(cursor, table, names, rows):
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES %s"
        execute_values(cursor, statement, rows, page_size=1000)

    script.move(file, url, schema, load)
