"""Rows for a chain that has no seed: every table gets some, every new column gets values.

A downgrade that loses data shows it only where there are data.
"""

import re
from graphlib import CycleError, TopologicalSorter

from psycopg2 import Error, errors, sql

from migrationlab.postgres.catalog import Catalog, Column, Table, key_parts

ROWS = 3  # in each table; the last one has NULL wherever it may
TRIES = 30  # to find values that the CHECK constraints let pass

# What a column may get, by its type; {n} is the row's number. Where a CHECK or a key refuses the
# first, the next one is tried. Three letters are a currency, a small number a rating.
TEXTS = (
    "{name}-{n}",
    "{name}{n}@example.dk",
    "{letters}",
    "{n}",
    "+45203040{n:02}",
    "http://x/{n}",
)
NUMBERS = ("{n}", "{n}00", "0.{n}", "20{n:02}", "-{n}")
DAY, TIME = "2026-01-{n:02}", "2026-01-{n:02} 12:00:00+00"
BY_TYPE = {
    "text": TEXTS,
    "varchar": TEXTS,
    "char": TEXTS,
    "citext": TEXTS,
    "smallint": NUMBERS[:2],
    "int": NUMBERS,
    "integer": NUMBERS,
    "bigint": NUMBERS,
    "numeric": ("{n}.25", *NUMBERS),
    "real": ("{n}.25", *NUMBERS),
    "double precision": ("{n}.25", *NUMBERS),
    "money": ("{n}.25",),
    "boolean": ("true", "false"),
    "date": (DAY,),
    "timestamptz": (TIME,),
    "timestamp": (TIME,),
    "timetz": ("12:00:0{n}+00",),
    "time": ("12:00:0{n}",),
    "interval": ("{n} days",),
    "uuid": ("00000000-0000-4000-8000-{n:012}",),
    "json": ('{{"n": {n}}}',),
    "jsonb": ('{{"n": {n}}}',),
    "bytea": ("\\x0{n}",),
    "inet": ("10.0.0.{n}",),
    "tsvector": ("word{n}",),
}


class Inventor:
    """Puts rows in through `watcher`; what it could not fill is in `unfilled`, with the reason."""

    def __init__(self, watcher, ignore: tuple[str, ...]):
        self.watcher, self.ignore = watcher, ignore
        self.unfilled: dict[str, str] = {}

    def fill(self, now: Catalog, before: Catalog | None = None) -> None:
        """Rows for each empty table; values for the columns that `before` does not have."""
        for name in in_order(now):
            table = now.tables[name]
            if name in self.ignore or table.kind not in ("table", "partitioned table"):
                continue
            if self._is_empty(name):
                self._insert(name, table, now)
            else:
                known = before.tables.get(name, table).columns if before else table.columns
                new = table.columns.keys() - known.keys()
                for column in table.columns.values():
                    if column.name in new or self._is_null(name, column):
                        self._update(name, table, column, now)

    def _insert(self, name: str, table: Table, catalog: Catalog) -> None:
        """ROWS rows, or fewer where not so many different ones are to be had."""
        self.unfilled.pop(name, None)
        columns = [c for c in table.columns.values() if not (c.identity or c.generated)]
        serial = [c.name for c in columns if (c.default or "").startswith("nextval(")]
        columns = [c for c in columns if c.name not in serial]
        done = 0
        for n in range(1, ROWS + 1):
            reason = self._insert_row(name, table, columns, catalog, n)
            done += not reason
            if reason and not done:
                self.unfilled[name] = reason

    def _insert_row(self, name, table, columns, catalog, n: int) -> str:
        """Try candidate after candidate; the reason why there is no row, or ""."""
        turn = {column.name: 0 for column in columns}  # which candidate each column is at
        error = None
        for _ in range(TRIES):
            values = {c.name: candidate(c, table, catalog, n, turn[c.name]) for c in columns}
            values |= self._keys(table, n)
            known = {
                column.name: values[column.name]
                for column in columns
                if values[column.name] is not None and (column.not_null or n < ROWS)
            }
            error = self._try(name, known)
            if error is None:
                return ""
            culprits = blamed(error, table) & turn.keys()
            if not culprits:
                break
            for column in culprits:
                turn[column] += 1
        return str(error.diag.message_primary or error).strip()

    def _update(self, name: str, table: Table, column: Column, catalog: Catalog) -> None:
        """Values for a new column in the first rows, whatever its default has put there."""
        if column.generated or column.identity:
            return
        relation = sql.Identifier(*key_parts(name))
        name_ = sql.Identifier(column.name)
        with self.watcher.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT ctid::text FROM {} ORDER BY ctid LIMIT {}").format(
                    relation, sql.Literal(ROWS)
                )
            )
            places = [place for (place,) in cursor.fetchall()]
            if not column.not_null and len(places) == ROWS:
                places.pop()  # a NULL stays: it is what downgrades forget
            change = sql.SQL("UPDATE {} SET {} = %s WHERE ctid = %s::tid").format(relation, name_)
            for n, place in enumerate(places, 1):
                key = self._keys(table, n).get(column.name)
                for turn in range(len(TEXTS)):
                    value = key or candidate(column, table, catalog, n + ROWS, turn)
                    if value is None:
                        return
                    try:
                        cursor.execute(change, (value, place))
                        break
                    except Error:  # a CHECK, a key: the next candidate
                        continue

    def _keys(self, table: Table, n: int) -> dict[str, str | None]:
        """For the columns of foreign keys, the values of a row that is there."""
        values = {}
        for key in table.foreign_keys:
            wanted = sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(c)) for c in key.referenced_columns
            )
            target = sql.Identifier(*key_parts(key.references))
            with self.watcher.cursor() as cursor:
                cursor.execute(
                    sql.SQL(
                        "SELECT {0} FROM {1} ORDER BY 1"
                        " OFFSET (SELECT {2} % greatest(count(*), 1) FROM {1}) LIMIT 1"
                    ).format(wanted, target, sql.Literal(n - 1))
                )
                row = cursor.fetchone() or [None] * len(key.columns)
            values |= dict(zip(key.columns, row, strict=True))
        return values

    def _is_empty(self, name: str) -> bool:
        with self.watcher.cursor() as cursor:
            table = sql.Identifier(*key_parts(name))
            cursor.execute(sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(table))
            return cursor.fetchone()[0]

    def _is_null(self, name: str, column: Column) -> bool:
        """Whether no row has a value in this column."""
        if column.not_null:
            return False
        table, quoted = sql.Identifier(*key_parts(name)), sql.Identifier(column.name)
        with self.watcher.cursor() as cursor:
            query = "SELECT NOT EXISTS (SELECT FROM {} WHERE {} IS NOT NULL)"
            cursor.execute(sql.SQL(query).format(table, quoted))
            return cursor.fetchone()[0]

    def _try(self, name: str, values: dict[str, str]) -> Error | None:
        relation = sql.Identifier(*key_parts(name))
        columns = sql.SQL(", ").join(map(sql.Identifier, values))
        places = sql.SQL(", ").join(sql.Placeholder() * len(values))
        if values:
            query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(relation, columns, places)
        else:
            query = sql.SQL("INSERT INTO {} DEFAULT VALUES").format(relation)
        with self.watcher.cursor() as cursor:
            try:
                cursor.execute(query, list(values.values()))
            except Error as error:
                return error
        return None


def in_order(catalog: Catalog) -> list[str]:
    """The names of the tables, those that others refer to first."""
    graph = {
        name: {key.references for key in table.foreign_keys if key.references in catalog.tables}
        - {name}
        for name, table in catalog.tables.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:
        return list(graph)


def candidate(column: Column, table: Table, catalog: Catalog, n: int, turn: int) -> str | None:
    """The value number `turn` for this column in row `n`; None where nothing is known to fit."""
    base, _, rest = column.type.partition("(")
    if column.type in catalog.enums:
        labels = catalog.enums[column.type]
        return labels[(n - 1 + turn) % len(labels)]
    if column.type.endswith("[]"):
        return "{}"
    patterns = BY_TYPE.get(base.strip())
    if not patterns:
        return None
    words = allowed(column, table) if patterns is TEXTS else []
    turn %= len(patterns) + len(words)
    if turn >= len(patterns):
        return words[turn - len(patterns)]
    letters = "".join(chr(ord("A") + (n + i) % 26) for i in range(3))
    text = patterns[turn].format(name=column.name, n=n, letters=letters)
    length = rest.rstrip(")")
    if patterns is TEXTS and length.isdigit() and len(text) > int(length):
        text = text[-int(length) :]  # the end, where the number is
    return text


def allowed(column: Column, table: Table) -> list[str]:
    """The words that stand in the CHECK constraints of a column: state IN ('waiting', 'done')."""
    checks = [c for c in table.constraints.values() if c.kind == "check"]
    return [
        word
        for check in checks
        if column.name in check.columns
        for word in re.findall(r"'([^']*)'", check.definition)
    ]


def blamed(error: Error, table: Table) -> set[str]:
    """The columns whose values the database did not like."""
    constraint = table.constraints.get(error.diag.constraint_name or "")
    if constraint is not None:
        return set(constraint.columns)
    if isinstance(error, errors.DataError) and error.diag.column_name:
        return {error.diag.column_name}
    return set()
