"""The table that takes the rows which could not go, whole, with the reasons."""

import json

from psycopg2 import sql
from psycopg2.extras import execute_values

from migrationlab.transfer.load.rejected_rows import RejectedRows, bad_rows
from migrationlab.transfer.plan.transfer_plan import Plan

TABLE = "transfer_quarantine"
CREATE = """
CREATE TABLE IF NOT EXISTS {} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file text NOT NULL,
    source_table text NOT NULL,
    row_key text NOT NULL,
    reasons text[] NOT NULL,
    row_data jsonb NOT NULL
)
"""
COMMENT = (
    "Rows that a transfer from SQLite could not move faithfully. row_data has each column as a "
    "SQLite literal, so that nothing of it is lost."
)


def write(cursor, connection, plan: Plan, marks: RejectedRows) -> None:
    """Write all marked rows; nothing is made when there are none."""
    if not any(marks.rows.values()):
        return
    place = sql.Identifier(plan.schema, TABLE)
    cursor.execute(sql.SQL(CREATE).format(place))
    cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(place, sql.Literal(COMMENT)))
    insert = sql.SQL(
        "INSERT INTO {} (source_file, source_table, row_key, reasons, row_data) VALUES %s"
    ).format(place)
    for table in plan.tables:
        rows = (
            (plan.file, table.source.name, key, reasons, json.dumps(data, ensure_ascii=False))
            for key, reasons, data in bad_rows(connection, plan, marks, table)
        )
        execute_values(cursor, insert.as_string(cursor), rows, page_size=500)
