"""Which values have died between two looks at a database, column by column.

A look keeps every row as text in temporary tables of the watcher's own session: they depend on no
type of the chain, so that a downgrade can drop what it likes, and they are gone with the session.
"""

import itertools
from dataclasses import dataclass, field

from psycopg2 import sql

from migrationlab.postgres.catalog import Catalog, Table, key_parts
from migrationlab.postgres.fingerprint import SETTINGS

EXAMPLES = 4
LONGEST = 60  # characters of an example
VALUES, ROWS, ALTERED = "values", "rows", "altered"
NUMBERS = itertools.count(1)  # for the names of temporary tables
# The columns by which people know a row, the best first; without one, its key says which.
LABELS = ("full_name", "name", "title", "first_name", "email", "code", "label")


@dataclass(frozen=True)
class Loss:
    """What of one column, or of a table's rows (column ""), is not what it was.

    kind "values": `lost` of `of` values are gone or others now; "rows": rows are gone; "altered":
    values stand where there was NULL. `examples`: (whose, before, after), None for NULL or gone;
    of a row only whose it was.
    """

    table: str
    column: str
    lost: int
    of: int
    kind: str = VALUES
    examples: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table

    def __str__(self) -> str:
        whole = self.kind == ROWS
        examples = ", ".join(e[0] if whole else told(*e) for e in self.examples)
        rest = ", …" if self.lost > len(self.examples) else ""
        what = {
            VALUES: f"{self.lost} of {self.of} values",
            ROWS: f"{self.lost} of {self.of} rows",
            ALTERED: f"{self.lost} of {self.of} rows had NULL and have a value now",
        }[self.kind]
        return f"{self.place}: {what}" + (f" ({examples}{rest})" if examples else "")

    @classmethod
    def from_json(cls, value: dict) -> "Loss":
        return cls(**value | {"examples": [tuple(e) for e in value["examples"]]})


def told(whose: str, before: str | None, after: str | None) -> str:
    """One example: “Søren Ørsted: +45 20 30 40 51”, and what stands there now, if anything."""
    now = f" → {shown(after)}" if after is not None else ""
    return (f"{whose}: " if whose else "") + shown(before) + now


def shown(value: str | None) -> str:
    """A value as people tell it from nothing: NULL, and '' for the empty text."""
    return "NULL" if value is None else value or "''"


@dataclass(frozen=True)
class Kept:
    """One table as it was remembered."""

    relation: str  # the temporary table's name
    table: Table
    rows: int


class Memory:
    """What `watcher` remembers of all tables but those in `ignore`; one look at a time."""

    def __init__(self, watcher, catalog: Catalog, ignore: tuple[str, ...]):
        self.watcher, self.ignore = watcher, ignore
        with watcher.cursor() as cursor:
            for name, value in SETTINGS.items():  # the same value is the same text
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        tables = [name for name in catalog.tables if self._counts(name, catalog.tables[name])]
        self.kept = {name: self._keep(name, catalog.tables[name]) for name in tables}

    def _counts(self, name: str, table: Table) -> bool:
        return bool(
            name not in self.ignore
            and table.kind in ("table", "partitioned table")
            and table.columns
        )

    def _keep(self, name: str, table: Table) -> Kept:
        relation = f"kept_{next(NUMBERS)}"
        columns = sql.SQL(", ").join(
            sql.SQL("{0}::text AS {0}").format(sql.Identifier(column)) for column in table.columns
        )
        with self.watcher.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TEMP TABLE {} AS SELECT {} FROM {}").format(
                    sql.Identifier(relation), columns, source(name, table)
                )
            )
            return Kept(relation, table, cursor.rowcount)

    def forget(self) -> None:
        with self.watcher.cursor() as cursor:
            for kept in self.kept.values():
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(kept.relation)))
        self.kept = {}

    def lost(self, now: Catalog) -> list[Loss]:
        """What is not there any more, or not the same, table by table."""
        found = []
        for name, kept in self.kept.items():
            table = now.tables.get(name)
            if table is None:
                found += self._rows(kept, name, kept.rows, self._examples(kept))
                continue
            found += self._gone_columns(kept, name, table)
            if kept.table.primary_key and kept.table.primary_key == table.primary_key:
                found += self._by_key(kept, name, table)
            else:
                found += self._by_value(kept, name, table)
        return [loss for loss in found if loss.lost]

    def appeared(self, now: Catalog) -> list[str]:
        """In words, the tables that have more rows than they had."""
        lines = []
        for name, table in now.tables.items():
            if not self._counts(name, table):
                continue
            before = self.kept[name].rows if name in self.kept else 0
            [[count]] = self._ask(sql.SQL("SELECT count(*) FROM {}").format(source(name, table)))
            if count > before:
                rows = "row is" if count - before == 1 else "rows are"
                lines.append(f"{name}: {count - before} {rows} left behind")
        return lines

    def _gone_columns(self, kept: Kept, name: str, table: Table) -> list[Loss]:
        losses = []
        for column in kept.table.columns:
            if column not in table.columns:
                where = sql.SQL("{} IS NOT NULL").format(sql.Identifier(column))
                count = self._count(kept, where)
                losses.append(
                    Loss(name, column, count, count, VALUES, self._examples(kept, column))
                )
        return losses

    def _by_key(self, kept: Kept, name: str, table: Table) -> list[Loss]:
        """Row by row: the primary key says which row became which."""
        key = table.primary_key
        same = sql.SQL(" AND ").join(
            sql.SQL("o.{0} = n.{0}::text").format(sql.Identifier(column)) for column in key
        )
        both = sql.SQL("{} o {} {} n ON {}")
        left = both.format(
            sql.Identifier(kept.relation), sql.SQL("LEFT JOIN"), source(name, table), same
        )
        inner = both.format(
            sql.Identifier(kept.relation), sql.SQL("JOIN"), source(name, table), same
        )
        gone = sql.SQL("n.{} IS NULL").format(sql.Identifier(key[0]))
        [[count]] = self._ask(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(left, gone))
        losses = self._rows(kept, name, count, self._examples(kept, "", left, gone))
        for column in kept.table.columns:
            if column in key or column not in table.columns:
                continue
            losses += self._changed(kept, name, column, inner)
        return losses

    def _changed(self, kept: Kept, name: str, column: str, joined) -> list[Loss]:
        quoted = sql.Identifier(column)
        differs = sql.SQL("n.{0}::text IS DISTINCT FROM o.{0}").format(quoted)
        query = sql.SQL(
            "SELECT count(*) FILTER (WHERE o.{0} IS NOT NULL AND {1}), count(o.{0}),"
            " count(*) FILTER (WHERE o.{0} IS NULL AND {1}), count(*) FROM {2}"
        ).format(quoted, differs, joined)
        [[lost, of, altered, rows]] = self._ask(query)
        losses = []
        for count, all_, kind, null in (
            (lost, of, VALUES, sql.SQL("IS NOT NULL")),
            (altered, rows, ALTERED, sql.SQL("IS NULL")),
        ):
            if count:
                which = sql.SQL("o.{} {} AND {}").format(quoted, null, differs)
                examples = self._examples(kept, column, joined, which, after=True)
                losses.append(Loss(name, column, count, all_, kind, examples))
        return losses

    def _by_value(self, kept: Kept, name: str, table: Table) -> list[Loss]:
        """Without a key a row is only its values: those that are not found again are lost."""
        common = [column for column in kept.table.columns if column in table.columns]
        if not common:
            return []
        missing = self._missing(kept, name, table, common)
        if not missing:
            return []
        [[now]] = self._ask(sql.SQL("SELECT count(*) FROM {}").format(source(name, table)))
        losses = []
        if now >= kept.rows:
            for column in common:
                values = [v for (v,) in self._missing(kept, name, table, [column]) if v is not None]
                of = self._count(kept, sql.SQL("{} IS NOT NULL").format(sql.Identifier(column)))
                examples = [("", cut(value), None) for value in values[:EXAMPLES]]
                losses += [Loss(name, column, len(values), of, VALUES, examples)] * bool(values)
        texts = [", ".join(v or "NULL" for v in row) for row in missing[:EXAMPLES]]
        shown = [(cut(text), None, None) for text in texts]
        return losses or [Loss(name, "", len(missing), kept.rows, ROWS, shown)]

    def _missing(self, kept: Kept, name: str, table: Table, columns: list[str]) -> list[tuple]:
        names = [sql.Identifier(column) for column in columns]
        return self._ask(
            sql.SQL("SELECT {} FROM {} EXCEPT ALL SELECT {} FROM {} ORDER BY 1").format(
                sql.SQL(", ").join(names),
                sql.Identifier(kept.relation),
                sql.SQL(", ").join(sql.SQL("{}::text").format(column) for column in names),
                source(name, table),
            )
        )

    def _rows(self, kept: Kept, name: str, count: int, examples: list) -> list[Loss]:
        return [Loss(name, "", count, kept.rows, ROWS, examples)] if count else []

    def _examples(
        self, kept: Kept, column: str = "", source_=None, where=None, after: bool = False
    ) -> list[tuple]:
        """A few rows of the remembered table: whose, the value, and the value now."""
        key = kept.table.primary_key
        label = next((name for name in LABELS if name in kept.table.columns and name != column), "")
        whose = [sql.Literal(f"{name} ") + sql.SQL(" || o.") + sql.Identifier(name) for name in key]
        whose = sql.SQL("concat_ws(', ', {})").format(sql.SQL(", ").join(whose or [sql.SQL("''")]))
        if label:
            whose = sql.SQL("coalesce(o.{}, {})").format(sql.Identifier(label), whose)
        value = sql.SQL("o.{}").format(sql.Identifier(column)) if column else sql.SQL("NULL")
        now = sql.SQL("n.{}::text").format(sql.Identifier(column)) if after else sql.SQL("NULL")
        where = where or (sql.SQL("{} IS NOT NULL").format(value) if column else sql.SQL("true"))
        order = sql.SQL("length(o.{0}), o.{0}").format(
            sql.Identifier(key[0] if key else next(iter(kept.table.columns)))
        )
        rows = self._ask(
            sql.SQL("SELECT {}, {}, {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
                whose,
                value,
                now,
                source_ or sql.SQL("{} o").format(sql.Identifier(kept.relation)),
                where,
                order,
                sql.Literal(EXAMPLES),
            )
        )
        return [(cut(whose or ""), cut(before), cut(now)) for whose, before, now in rows]

    def _count(self, kept: Kept, where) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}")
        [[count]] = self._ask(query.format(sql.Identifier(kept.relation), where))
        return count

    def _ask(self, query) -> list[tuple]:
        with self.watcher.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


def source(name: str, table: Table):
    """The table as it stands in FROM. A parent counts without its children, as in a dump."""
    only = sql.SQL("ONLY ") if table.kind == "table" else sql.SQL("")
    return only + sql.Identifier(*key_parts(name))


def cut(text: str | None) -> str | None:
    if text is None or len(text) <= LONGEST:
        return text
    return text[: LONGEST - 1] + "…"
