"""Plans for the tests of what is made in PostgreSQL, without looking at any values."""

import apsw

from migrationlab.transfer.plan.postgres_names import target_name
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, Plan, TablePlan
from migrationlab.transfer.sqlite.read_schema import read
from migrationlab.transfer.sqlite.sqlite_schema import Affinity, Column, Table
from migrationlab.transfer.sqlite.value_conversion import kind_of

TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DATETIME": "timestamp without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIME": "time without time zone",
    "UUID": "uuid",
    "JSON": "json",
}
BY_AFFINITY = {
    Affinity.INTEGER: "bigint",
    Affinity.REAL: "double precision",
    Affinity.TEXT: "text",
    Affinity.BLOB: "bytea",
    Affinity.NUMERIC: "numeric",
}


def type_of(column: Column) -> str:
    declared = column.declared.upper()
    if declared.startswith("DECIMAL"):
        return declared.lower().replace("decimal", "numeric")
    if declared.startswith("VARCHAR"):
        return declared.lower().replace("varchar", "character varying")
    return TYPES.get(declared) or BY_AFFINITY[column.affinity]


def plan_of(connection: apsw.Connection, **types: str) -> Plan:
    """A plan that is not decided yet; `types` are PostgreSQL's, by column name."""
    schema = read(connection)
    plan = Plan("shop.sqlite3", "public", False, [table_plan(t, types) for t in schema.tables])
    plan.texts = schema.views | schema.triggers | schema.virtual
    return plan


def table_plan(table: Table, types: dict[str, str]) -> TablePlan:
    columns = []
    for column in table.columns:
        type_ = types.get(column.name) or type_of(column)
        plan = ColumnPlan(column, target_name(column.name), type_, kind_of(type_))
        plan.nullable = not column.not_null
        plan.identity = column.name == table.integer_key
        columns.append(plan)
    found = TablePlan(table, "public", target_name(table.name), columns)
    found.foreign_keys = [key for key in table.foreign_keys if not key.fault]
    return found


def made(statements: str, **types: str) -> Plan:
    connection = apsw.Connection(":memory:")
    connection.execute(statements)
    return plan_of(connection, **types)
