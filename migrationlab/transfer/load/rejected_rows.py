"""Mark the rows that cannot go, and those that depend on them, without writing to the file.

The marks are temporary tables of each SQLite connection; the file itself stays as it is.
"""

from dataclasses import dataclass, field

from migrationlab.errors import LabError
from migrationlab.transfer.plan import orphan_rows, value_profile
from migrationlab.transfer.plan.problem_texts import REASONS
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.sqlite.quoting import again, carried, literal, name


@dataclass
class RejectedRows:
    """Which rows go to the quarantine: `tables` maps a source table to (mark table, key names).

    `rows` has their keys, each value as two of `quoting.carried`.
    """

    tables: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    rows: dict[str, list[tuple]] = field(default_factory=dict)

    def good(self, table: TablePlan, alias: str = "") -> str:
        """SQL: whether a row of the table stays, "" when all of them do."""
        return "" if not self.rows.get(table.source.name) else f"NOT ({self.bad(table, alias)})"

    def bad(self, table: TablePlan, alias: str = "") -> str:
        mark, keys = self.tables[table.source.name]
        place = alias or name(table.source.name)
        if len(keys) == 1 and keys[0] == table.source.rowid:
            return f"{place}.{keys[0]} IN (SELECT k0 FROM {mark})"
        pairs = " AND ".join(f"m.k{n} IS {place}.{name(key)}" for n, key in enumerate(keys))
        return f"EXISTS (SELECT 1 FROM {mark} AS m WHERE {pairs})"

    def fill(self, connection) -> None:
        """Make the same marks on another connection to the same moment of the file."""
        for table, (mark, keys) in self.tables.items():
            _make(connection, mark, keys)
            slots = ", ".join(again(len(keys)))
            connection.executemany(f"INSERT INTO {mark} VALUES ({slots})", self.rows[table])


def find(connection, plan: Plan) -> RejectedRows:
    """Mark every row with a value that does not fit, and then whatever points to a marked row.

    Raises LabError for a table whose rows cannot be named.
    """
    marks = RejectedRows()
    for number, table in enumerate(plan.tables):
        source = table.source
        keys = (source.rowid,) if source.rowid else source.primary_key
        if not keys:
            raise LabError(f"{source.name}: {REASONS['no_key'][0]}.", todo=REASONS["no_key"][1])
        mark = f"temp.transfer_bad_{number}"
        marks.tables[source.name] = (mark, keys)
        _make(connection, mark, keys)
        value_profile.Looker(connection)
        for condition in _conditions(table):
            _mark(connection, marks, table, condition)
    moved = True
    while moved:  # until nobody depends on a marked row any more
        moved = 0
        for table in plan.tables:
            for key in table.foreign_keys:
                parent = plan.table(key.parent)
                mark = marks.tables[parent.source.name][0]
                empty = not connection.execute(f"SELECT EXISTS (SELECT 1 FROM {mark})").fetchone()[
                    0
                ]
                good = "" if empty else f"NOT ({marks.bad(parent, 'p')})"
                moved += _mark(
                    connection, marks, table, orphan_rows.orphan(table, parent, key, good)
                )
    for source_name, (mark, _) in marks.tables.items():
        keys = ", ".join(carried(f"k{n}") for n in range(len(marks.tables[source_name][1])))
        marks.rows[source_name] = connection.execute(f"SELECT {keys} FROM {mark}").fetchall()
    return marks


def _conditions(table: TablePlan):
    """SQL conditions, each true for rows that cannot go."""
    for column in table.columns:
        problems = {p.kind for p in table.problems if p.column == column.source.name}
        if problems - {"null_in_key", "null_not_allowed"}:
            yield f"({value_profile.classify(column)}) IS NOT NULL"
        if problems & {"null_in_key", "null_not_allowed"}:
            yield f"{value_profile.value(column)} IS NULL"
    broken = {p.reason for p in table.problems if p.kind == "check_violated"}
    for check in table.source.checks:
        if REASONS["check_violated"][0].format(check=check.expression) in broken:
            yield f"NOT ({check.expression})"


def _make(connection, mark: str, keys) -> None:
    """`k0` alone is a rowid; else the keys may be anything, also NULL."""
    connection.execute(f"DROP TABLE IF EXISTS {mark}")
    if len(keys) == 1 and keys[0] in ("rowid", "_rowid_", "oid"):
        connection.execute(f"CREATE TABLE {mark} (k0 INTEGER PRIMARY KEY)")
    else:
        names = ", ".join(f"k{n}" for n in range(len(keys)))
        connection.execute(f"CREATE TABLE {mark} ({names})")


def _mark(connection, marks: RejectedRows, table: TablePlan, condition: str) -> int:
    mark, keys = marks.tables[table.source.name]
    source = name(table.source.name)
    wanted = ", ".join(
        f"{source}.{key if key == table.source.rowid else name(key)}" for key in keys
    )
    before = connection.total_changes()
    connection.execute(
        f"INSERT INTO {mark} SELECT {wanted} FROM {source}"
        f" WHERE ({condition}) AND NOT ({marks.bad(table)})"
    )
    return connection.total_changes() - before


def bad_rows(connection, plan: Plan, marks: RejectedRows, table: TablePlan):
    """Yield (row key, reasons, {column: the value as a SQLite literal}) of each marked row."""
    source = table.source
    if not marks.rows.get(source.name):
        return
    columns = [column.name for column in source.columns]
    faults = []
    for column in table.columns:
        null = "NULL"
        if not column.nullable and not column.generated:
            kind = "null_in_key" if column.source.name in source.primary_key else "null_not_allowed"
            null = literal(kind)
        faults.append(
            f"CASE WHEN {value_profile.value(column)} IS NULL THEN {null}"
            f" ELSE {value_profile.classify(column)} END"
        )
    links_ = []
    for key in table.foreign_keys:
        parent = plan.table(key.parent)
        good = marks.good(parent, "p")
        links_.append((key, orphan_rows.orphan(table, parent, key, good)))
    wanted = [value_profile.key_text(source)]
    # Texts as bytes: those that are no UTF-8 would not reach Python as texts.
    wanted += [
        f"CASE typeof({name(c)}) WHEN 'text' THEN lab_literal(CAST({name(c)} AS BLOB), 'text')"
        f" ELSE lab_literal({name(c)}, typeof({name(c)})) END"
        for c in columns
    ]
    wanted += faults + [condition for _, condition in links_]
    encoding = value_profile.Looker(connection).encoding
    connection.create_scalar_function("lab_literal", lambda v, kind: _literal(v, kind, encoding), 2)
    query = f"SELECT {', '.join(wanted)} FROM {name(source.name)} WHERE {marks.bad(table)}"
    for key, *rest in connection.execute(query):
        values, rest = rest[: len(columns)], rest[len(columns) :]
        data = dict(zip(columns, values, strict=True))
        kinds_, pointing = rest[: len(faults)], rest[len(faults) :]
        reasons = [
            f"{column.source.name} = {_short(data[column.source.name])}: "
            + REASONS[kind][0].format(type=column.type)
            for column, kind in zip(table.columns, kinds_, strict=True)
            if kind
        ]
        reasons += [
            f"{', '.join(link.columns)}: the row of {link.parent} that it points to is not there, "
            "or is in quarantine"
            for (link, _), hit in zip(links_, pointing, strict=True)
            if hit
        ]
        yield key, reasons or ["it breaks a CHECK"], data


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _literal(value, kind: str, encoding: str) -> str:
    """A value as SQLite would read it again, bytes for bytes."""
    if kind == "null":
        return "NULL"
    if kind == "blob":
        return f"X'{value.hex().upper()}'"
    if kind == "integer":
        return str(value)
    if kind == "real":
        return {"inf": "9e999", "-inf": "-9e999"}.get(repr(value), repr(value))
    try:
        text = value.decode(encoding)
        if "\0" not in text:
            return literal(text)
    except UnicodeDecodeError:
        pass
    return f"CAST(X'{value.hex().upper()}' AS TEXT)"
