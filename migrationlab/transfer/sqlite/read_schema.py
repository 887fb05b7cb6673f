"""Read a SQLite file's whole schema: from the PRAGMAs, and the rest from the CREATE texts."""

from dataclasses import replace

import apsw

from migrationlab.transfer.sqlite.read_create_table import (
    CreateTable,
    read_create_index,
    read_create_table,
)
from migrationlab.transfer.sqlite.sqlite_schema import (
    Affinity,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    Schema,
    Table,
    fold,
)

ROWID_NAMES = ("rowid", "_rowid_", "oid")
GENERATED = {2: "virtual", 3: "stored"}  # table_xinfo's column `hidden`


def read(connection: apsw.Connection) -> Schema:
    """The schema as the connection (or its open transaction) sees it; nothing is written.

    SQLite's own tables and the shadow tables of virtual ones are left out. What the CREATE texts
    say and no PRAGMA does is lost when a text cannot be read: `unread` then has a sentence.
    Raises apsw.Error for a file that SQLite cannot read.
    """
    texts: dict[str, dict[str, str]] = {"table": {}, "index": {}, "view": {}, "trigger": {}}
    for kind, name, sql in connection.execute(
        "SELECT type, name, sql FROM main.sqlite_master ORDER BY rowid"
    ):
        texts.setdefault(kind, {})[name] = sql or ""
    unread: list[str] = []
    tables, virtual = [], {}
    listed = {
        name: (kind, without_rowid, strict)
        for space, name, kind, _, without_rowid, strict in connection.execute("PRAGMA table_list")
        if space == "main" and not fold(name).startswith("sqlite_")
    }
    for name, sql in texts["table"].items():  # in the order in which they were made
        kind, without_rowid, strict = listed.get(name, ("", 0, 0))
        if kind == "virtual":
            virtual[name] = sql
        elif kind == "table":
            table = Table(name, (), strict=bool(strict), sql=sql)
            tables.append(whole(connection, table, bool(without_rowid), texts["index"], unread))
    return Schema(
        tables=tuple(with_parents(table, tables) for table in tables),
        views=texts["view"],
        triggers=texts["trigger"],
        virtual=virtual,
        unread=tuple(unread),
    )


def whole(connection, table: Table, without_rowid: bool, texts: dict, unread: list) -> Table:
    """The table with all that concerns it alone: its foreign keys' parents are not looked up."""
    rows = pragma(connection, "table_xinfo", table.name)
    created = said(table, [row[1] for row in rows], unread)
    columns, autoincrement = [], False
    for _, name, declared, not_null, default, _, hidden in rows:
        _, collation, _, _, counted = connection.column_metadata("main", table.name, name)
        autoincrement = autoincrement or counted
        columns.append(
            Column(
                name,
                declared,
                affinity(declared, table.strict),
                bool(not_null),
                default,
                GENERATED.get(hidden, ""),
                created.generated.get(name, ""),
                collation,
            )
        )
    indexes = [
        index_of(connection, row, table, created, texts, unread)
        # SQLite lists the newest first.
        for row in reversed(pragma(connection, "index_list", table.name))
    ]
    indexes = tuple(index for index in indexes if index is not None)
    primary_key = tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5])
    # A key of one column without an index of its own is the rowid: SQLite's own rule, so that
    # INTEGER PRIMARY KEY DESC (which has one) needs no exception here.
    is_rowid = len(primary_key) == 1 and not without_rowid
    is_rowid = is_rowid and not any(index.origin == "pk" for index in indexes)
    hidden_names = {fold(column.name) for column in columns}
    free = [] if without_rowid else [name for name in ROWID_NAMES if name not in hidden_names]
    return replace(
        table,
        columns=tuple(columns),
        primary_key=primary_key,
        key_name=created.key_name,
        rowid=free[0] if free else "",
        integer_key=primary_key[0] if is_rowid else "",
        autoincrement=bool(autoincrement),
        counter=counter(connection, table.name) if autoincrement else None,
        foreign_keys=foreign_keys(connection, table, created, unread),
        indexes=indexes,
        checks=tuple(created.checks),
    )


def said(table: Table, columns: list[str], unread: list[str]) -> CreateTable:
    """What the CREATE TABLE says, or an empty one and a sentence in `unread`."""
    try:
        created = read_create_table(table.sql)
        if created.columns != columns:
            raise ValueError("its columns are not those that SQLite names")
        return created
    except ValueError as error:
        unread.append(
            f"{table.name}: its CREATE TABLE could not be read ({error}); CHECK constraints, "
            "generated values and names of constraints in it are not known."
        )
        return CreateTable()


def affinity(declared: str, strict: bool = False) -> Affinity:
    """By SQLite's five rules, in their order: https://www.sqlite.org/datatype3.html#determination_of_column_affinity"""  # noqa: E501
    name = declared.upper()
    if strict and name == "ANY":  # the one type name whose meaning STRICT changes
        return Affinity.BLOB
    if "INT" in name:
        return Affinity.INTEGER
    if any(word in name for word in ("CHAR", "CLOB", "TEXT")):
        return Affinity.TEXT
    if "BLOB" in name or not name:
        return Affinity.BLOB
    if any(word in name for word in ("REAL", "FLOA", "DOUB")):
        return Affinity.REAL
    return Affinity.NUMERIC


def index_of(connection, row, table: Table, created: CreateTable, texts, unread) -> Index | None:
    """None, and a sentence in `unread`, for one whose parts or condition cannot be read."""
    _, name, unique, origin, partial = row
    sql = texts.get(name, "")
    parts = [part for part in pragma(connection, "index_xinfo", name) if part[5]]
    expressions, where = [""] * len(parts), ""
    if partial or any(part[2] is None for part in parts):
        try:
            said = read_create_index(sql)
            if len(said.parts) != len(parts):
                raise ValueError("its parts are not those that SQLite names")
            expressions, where = said.parts, said.where
        except ValueError as error:
            unread.append(
                f"{table.name}: the CREATE INDEX of {name} could not be read ({error}); "
                "it must be made by hand."
            )
            return None
    found = tuple(
        IndexPart(column or "", "" if column else expression, collation, bool(descending))
        for (_, _, column, descending, collation, _), expression in zip(
            parts, expressions, strict=True
        )
    )
    constraint = ""
    if origin == "u":
        columns = [fold(part.column) for part in found]
        named = [title for keys, title in created.uniques if [*map(fold, keys)] == columns]
        constraint = next(filter(None, named), "")
    elif origin == "pk":
        constraint = created.key_name
    return Index(name, found, bool(unique), origin, where, sql, constraint)


def foreign_keys(connection, table: Table, created: CreateTable, unread) -> tuple[ForeignKey, ...]:
    """In the order in which they were declared; parents as PRAGMA names them."""
    rows: dict[int, list[tuple]] = {}
    for row in pragma(connection, "foreign_key_list", table.name):
        rows.setdefault(row[0], []).append(row)
    numbers = sorted(rows, reverse=True)  # SQLite numbers them from the last to the first
    known = [tuple(fold(row[3]) for row in rows[number]) for number in numbers]
    written = [tuple(map(fold, reference.columns)) for reference in created.references]
    references = created.references
    if known != written:
        references = [None] * len(numbers)
        if created.columns:  # else the whole statement is reported already
            unread.append(
                f"{table.name}: the names of its foreign keys, and whether they are deferred, "
                "could not be read from its CREATE TABLE."
            )
    return tuple(
        ForeignKey(
            number,
            tuple(row[3] for row in rows[number]),
            rows[number][0][2],
            tuple(row[4] for row in rows[number] if row[4] is not None),
            on_update=rows[number][0][5],
            on_delete=rows[number][0][6],
            deferred=bool(reference and reference.deferred),
            name=reference.name if reference else "",
        )
        for number, reference in zip(numbers, references, strict=True)
    )


def with_parents(table: Table, tables: list[Table]) -> Table:
    """The table with the parents of its foreign keys looked up, and what is wrong with them."""
    by_name = {fold(other.name): other for other in tables}
    return replace(
        table,
        foreign_keys=tuple(
            with_parent(key, by_name.get(fold(key.parent))) for key in table.foreign_keys
        ),
    )


def with_parent(key: ForeignKey, parent: Table | None) -> ForeignKey:
    if parent is None:
        return replace(key, fault=f"the table {key.parent} does not exist")
    names = {fold(column.name): column.name for column in parent.columns}
    wanted = key.parent_columns or parent.primary_key
    missing = [name for name in wanted if fold(name) not in names]
    found = tuple(names.get(fold(name), name) for name in wanted)
    shown = ", ".join(found)
    if not found:
        fault = f"{parent.name} has no primary key that it could refer to"
    elif missing:
        fault = f"{parent.name} has no column {missing[0]}"
    elif len(found) != len(key.columns):
        fault = f"it has {len(key.columns)} columns and {parent.name} ({shown}) {len(found)}"
    elif len(set(found)) != len(found) or set(found) not in unique_keys(parent):
        fault = f"{parent.name} ({shown}) is neither a primary key nor unique"
    else:
        fault = ""
    return replace(key, parent=parent.name, parent_columns=found, fault=fault)


def unique_keys(table: Table) -> list[set[str]]:
    """The sets of columns of which no two rows have the same values."""
    return [set(table.primary_key)] + [
        {part.column for part in index.parts}
        for index in table.indexes
        if index.unique and not index.where and all(part.column for part in index.parts)
    ]


def counter(connection, table: str) -> int | None:
    """The largest id that SQLite has given out, None before the first row.

    A program may have written anything into sqlite_sequence: only integers count.
    """
    query = "SELECT max(seq) FROM main.sqlite_sequence WHERE name = ? AND typeof(seq) = 'integer'"
    return connection.execute(query, (table,)).fetchone()[0]


def pragma(connection, word: str, name: str) -> list[tuple]:
    """The rows of a PRAGMA about one table or index."""
    # Not the table-valued pragma_…(): a table of that name in the file would be asked instead.
    quoted = name.replace("'", "''")
    return list(connection.execute(f"PRAGMA main.{word}('{quoted}')"))
