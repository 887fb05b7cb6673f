"""Write a decided plan's schema as an Alembic revision."""

import json
import re
from pathlib import Path

from migrationlab.transfer.plan.postgres_names import quoted
from migrationlab.transfer.plan.table_definition import (
    ColumnDefinition,
    ForeignKeyDefinition,
    IndexDefinition,
    IndexPartDefinition,
)
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.translate import ddl
from migrationlab.transfer.translate.define_tables import sequence_name
from migrationlab.transfer.translate.manual_work import left_over, one_line

# PostgreSQL's types in SQLAlchemy's words; {} is what stands in brackets.
TYPES = {
    "bigint": "sa.BigInteger()",
    "integer": "sa.Integer()",
    "smallint": "sa.SmallInteger()",
    "numeric": "sa.Numeric({})",
    "double precision": "sa.Double()",
    "real": "sa.REAL()",
    "boolean": "sa.Boolean()",
    "date": "sa.Date()",
    "timestamp without time zone": "sa.DateTime()",
    "timestamp with time zone": "sa.DateTime(timezone=True)",
    "time without time zone": "sa.Time()",
    "text": "sa.Text()",
    "character varying": "sa.String({})",
    "character": "sa.CHAR({})",
    "bytea": "sa.LargeBinary()",
    "json": "sa.JSON()",
    "jsonb": "postgresql.JSONB()",
    "uuid": "sa.Uuid()",
}
# Keywords that SQLAlchemy 2.1 leaves without quotes and PostgreSQL takes for no name then.
UNQUOTED = ("collation", "concurrently", "lateral", "system_user", "tablesample")
WITH_NUMBERS = ("numeric", "character varying", "character")

RAW = '''
class Raw(sa.types.UserDefinedType):
    """A type of PostgreSQL that SQLAlchemy has no name for."""

    cache_ok = True

    def __init__(self, words):
        self.words = words

    def get_col_spec(self, **settings):
        return self.words

'''


def alembic_revision(plan: Plan, revision_id: str, down_revision: str | None = None) -> str:
    """A revision file: the schema as operations of Alembic, and a downgrade that drops it all."""
    schema = "" if plan.schema == "public" else plan.schema
    sequences = {
        sequence_name(table.name, column.name)
        for table in plan.tables
        for column in table.definition.columns
        if column.identity
    }
    # A table with the name of another one's sequence comes first: the sequence then gives way.
    tables = sorted(plan.tables, key=lambda table: table.name not in sequences)
    up = (
        []
        if not schema
        else [f"op.execute({text(f'CREATE SCHEMA IF NOT EXISTS {quoted(schema)}')})"]
    )
    for step in (create_table, create_indexes, create_foreign_keys):
        up += [line for table in tables for line in step(table, schema)]
    down = [line for table in tables for line in drop_foreign_keys(table, schema)]
    for table in reversed(tables):
        down += [
            call("op.drop_index", [name(index.name)], {"table_name": name(table.name)}, schema)
            for index in reversed((*table.definition.folded, *table.definition.indexes))
        ]
        down.append(call("op.drop_table", [name(table.name)], {}, schema))
    body = "\n".join(up)
    dialect = "from sqlalchemy.dialects import postgresql\n" if "postgresql.JSONB" in body else ""
    head = f"""The schema of {one_line(Path(plan.file).name)}

Revision ID: {revision_id}
Revises: {down_revision or ""}
"""
    comments = left_over(plan, "#")
    return (
        f"{docstring(head)}\n"
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"{dialect}"
        "\n"
        f"revision = {string(revision_id)}\n"
        f"down_revision = {string(down_revision) if down_revision else None}\n"
        "branch_labels = None\n"
        "depends_on = None\n"
        f"{RAW if ' Raw(' in body else ''}"
        "\n\ndef upgrade() -> None:\n"
        f"{indented(up)}"
        "\n\ndef downgrade() -> None:\n"
        f"{indented(down)}" + "".join(f"{line}\n" for line in (["", *comments] if comments else []))
    )


def docstring(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""\n'


def indented(calls: list[str]) -> str:
    lines = "\n".join(calls or ["pass"]).split("\n")  # a text may hold other line breaks
    return "".join(f"    {line}\n" for line in lines)


def create_table(table: TablePlan, schema: str) -> list[str]:
    definition = table.definition
    primary = next((key.columns for key in definition.keys if key.primary), ())
    arguments = [name(definition.name)]
    arguments += [column(one, one.name in primary) for one in definition.columns]
    arguments += [
        f"sa.CheckConstraint({string(escaped(check.condition))}, name={name(check.name)})"
        for check in definition.checks
    ]
    for key in definition.keys:
        word = "sa.PrimaryKeyConstraint" if key.primary else "sa.UniqueConstraint"
        arguments.append(f"{word}({names(key.columns)}, name={name(key.name)})")
    return [call("op.create_table", arguments, {}, schema, wide=True)]


def column(definition: ColumnDefinition, primary: bool) -> str:
    words = [name(definition.name), type_of(definition.type)]
    if definition.identity:
        words.append("sa.Identity()")
    elif primary:
        words.append("autoincrement=False")  # else SQLAlchemy makes a serial of an integer key
    if definition.generated:
        words.insert(2, f"sa.Computed({string(escaped(definition.generated))}, persisted=True)")
    if definition.default:
        words.append(f"server_default={text(definition.default)}")
    if definition.not_null:
        words.append("nullable=False")
    return f"sa.Column({', '.join(words)})"


def type_of(type_: str) -> str:
    numbers = re.search(r"\(([0-9, ]*)\)$", type_)
    plain = type_[: numbers.start()] if numbers else type_
    if plain in TYPES and (not numbers or plain in WITH_NUMBERS):
        inside = numbers[1].replace(",", ", ").replace("  ", " ") if numbers else ""
        return TYPES[plain].format(inside)
    return f"Raw({string(type_)})"


def create_indexes(table: TablePlan, schema: str) -> list[str]:
    return [
        create_index(table.name, index, schema)
        for index in (*table.definition.folded, *table.definition.indexes)
    ]


def create_index(table: str, index: IndexDefinition, schema: str) -> str:
    parts = ", ".join(index_part(part) for part in index.parts)
    settings = {"unique": "True"} if index.unique else {}
    if index.where:
        settings["postgresql_where"] = text(index.where)
    arguments = [name(index.name), name(table), f"[{parts}]"]
    return call("op.create_index", arguments, settings, schema)


def index_part(part: IndexPartDefinition) -> str:
    if part.column and not part.descending:
        return name(part.column)
    return text(ddl.index_part(part))


def create_foreign_keys(table: TablePlan, schema: str) -> list[str]:
    return [create_foreign_key(table.name, key, schema) for key in table.definition.foreign_keys]


def create_foreign_key(table: str, key: ForeignKeyDefinition, schema: str) -> str:
    if any("." in one for one in (key.parent, *key.parent_columns)):
        # Alembic would take what stands before the dot for the table.
        where = f"{quoted(schema)}." if schema else ""
        statement = ddl.foreign_key(where + quoted(table), key, where + quoted(key.parent))
        return f"op.execute({text(statement)})"
    settings = {}
    if schema:
        settings |= {"source_schema": string(schema), "referent_schema": string(schema)}
    if key.on_update != "NO ACTION":
        settings["onupdate"] = string(key.on_update)
    if key.on_delete != "NO ACTION":
        settings["ondelete"] = string(key.on_delete)
    if key.deferred:
        settings |= {"deferrable": "True", "initially": string("DEFERRED")}
    arguments = [name(key.name), name(table), name(key.parent)]
    arguments += [f"[{names(key.columns)}]", f"[{names(key.parent_columns)}]"]
    return call("op.create_foreign_key", arguments, settings)


def drop_foreign_keys(table: TablePlan, schema: str) -> list[str]:
    kind = {"type_": string("foreignkey")}
    return [
        call("op.drop_constraint", [name(key.name), name(table.name)], kind, schema)
        for key in table.definition.foreign_keys
    ]


def call(word: str, arguments: list[str], settings: dict, schema: str = "", *, wide=False) -> str:
    """A call on one line where it fits, else with an argument on each line."""
    if schema:
        settings = settings | {"schema": string(schema)}
    arguments = arguments + [f"{key}={value}" for key, value in settings.items()]
    line = f"{word}({', '.join(arguments)})"
    if not wide and len(line) <= 96:
        return line
    return f"{word}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def names(columns: tuple[str, ...]) -> str:
    return ", ".join(name(column) for column in columns)


def name(word: str) -> str:
    """A table's or column's name; SQLAlchemy does not know the newest keywords."""
    if word in UNQUOTED:
        return f"sa.sql.quoted_name({string(word)}, quote=True)"
    return string(word)


def text(sql: str) -> str:
    return f"sa.text({string(escaped(sql))})"


def escaped(sql: str) -> str:
    """For sa.text(), where :name stands for a parameter."""
    return sql.replace(":", "\\:")


def string(text: str) -> str:
    """A Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)
