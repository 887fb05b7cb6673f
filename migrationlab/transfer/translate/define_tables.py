"""Decide what each table is in PostgreSQL: keys, rules, indexes and their names."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from migrationlab.transfer.plan.postgres_names import free, quoted, short
from migrationlab.transfer.plan.table_definition import (
    CheckDefinition,
    ColumnDefinition,
    ForeignKeyDefinition,
    IndexDefinition,
    IndexPartDefinition,
    KeyDefinition,
    TableDefinition,
)
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.sqlite.sqlite_schema import ForeignKey, Index, fold
from migrationlab.transfer.translate.defaults import default
from migrationlab.transfer.translate.expressions import (
    BINARY,
    NOCASE,
    RTRIM,
    ByHand,
    Translator,
    condition,
)
from migrationlab.transfer.translate.expressions import converted as as_kind

CHANGES = ("CASCADE", "SET NULL", "SET DEFAULT")  # actions that write into the child's columns


def decide(plan: Plan, taken: Iterable[str] = ()) -> None:
    """Fill `definition` of every table and `generated` of its columns, and add to `plan.by_hand`.

    Call it once, when types, names and `identity` are known and before anything is loaded: a
    generated column that cannot be translated is an ordinary one, and its values are copied.
    `taken` are names of relations that the target schema has already. Raises nothing: what
    PostgreSQL is not given is a sentence in `plan.by_hand`.
    """
    names = Names({table.name for table in plan.tables} | set(taken))
    for table in plan.tables:
        generate(table, plan.by_hand)
    for table in plan.tables:
        names.constraints[table.name] = set()
        columns = columns_of(table, names, plan.by_hand)
        checks = checks_of(table, names, plan.by_hand)
        table.definition = TableDefinition(table.name, columns, checks)
    for table in plan.tables:
        give_keys(table, names, plan.by_hand)
    for table in plan.tables:
        give_foreign_keys(plan, table, names)


@dataclass
class Names:
    """The names in use: tables, indexes and sequences share one space, constraints one a table."""

    relations: set[str]
    constraints: dict[str, set[str]] = field(default_factory=dict)

    def relation(self, wanted: str) -> str:
        return free(wanted, self.relations)

    def constraint(self, table: str, wanted: str) -> str:
        return free(wanted, self.constraints[table])

    def key(self, table: str, wanted: str) -> str:
        """Of a constraint that has an index of the same name."""
        name = free(wanted, self.relations | self.constraints[table])
        self.relations.add(name)
        self.constraints[table].add(name)
        return name


@contextmanager
def reporting(by_hand: list[str], sentence: str) -> Iterator[None]:
    """Put the sentence and the reason into the list when the block raises ByHand."""
    try:
        yield
    except ByHand as reason:
        by_hand.append(f"{sentence}: {reason}.")


class Generating(Translator):
    """PostgreSQL's generated columns may not be made from one another."""

    def generated(self, plan) -> None:
        raise ByHand(f"{plan.source.name} is a generated column too")


def generate(table: TablePlan, by_hand: list[str]) -> None:
    """Set `generated` of the columns whose expression can be translated."""
    for column in table.columns:
        column.generated = ""
    for column in table.columns:
        if not column.source.generated:
            continue
        with reporting(
            by_hand,
            f"{table.source.name}: the column {column.source.name} AS "
            f"({column.source.expression or '…'}) becomes an ordinary one with its values of today",
        ):
            if not column.source.expression:
                raise ByHand("its expression could not be read")
            if column.convert or column.null_for or column.true_for or column.false_for:
                raise ByHand("its values are converted")
            part = Generating(table).whole(column.source.expression)
            if part.kind not in (column.kind, "null"):
                part = as_kind(part, column.kind)
            column.generated = part.sql


def columns_of(table: TablePlan, names: Names, by_hand: list[str]) -> tuple[ColumnDefinition, ...]:
    key = {fold(name) for name in table.source.primary_key}
    definitions = []
    for column in table.columns:
        sequence, text = "", ""
        if column.identity:
            usual = sequence_name(table.name, column.name)
            name = names.relation(usual)
            sequence = "" if name == usual else name
        elif not column.generated and not column.source.generated:
            with reporting(
                by_hand,
                f"{table.source.name}: the DEFAULT of {column.source.name} "
                f"({column.source.default}) must be written by hand",
            ):
                text = default(column, table)
        definitions.append(
            ColumnDefinition(
                column.name,
                column.type,
                not column.nullable or fold(column.source.name) in key,
                text,
                column.identity,
                sequence,
                column.generated,
            )
        )
    return tuple(definitions)


def sequence_name(table: str, column: str) -> str:
    """The name that PostgreSQL gives an identity's sequence. Source: makeObjectName()."""
    one, two = table.encode(), column.encode()
    while len(one) + len(two) > 63 - len("__seq"):
        if len(one) > len(two):
            one = one[:-1]
        else:
            two = two[:-1]
    return f"{one.decode(errors='ignore')}_{two.decode(errors='ignore')}_seq"


def checks_of(table: TablePlan, names: Names, by_hand: list[str]) -> tuple[CheckDefinition, ...]:
    found = []
    for check in table.source.checks:
        with reporting(
            by_hand,
            f"{table.source.name}: the CHECK ({check.expression}) must be written by hand",
        ):
            sql = condition(Translator(table).whole(check.expression)).sql
            name = names.constraint(table.name, check.name or f"{table.name}_check")
            found.append(CheckDefinition(name, sql))
    return tuple(found)


def give_keys(table: TablePlan, names: Names, by_hand: list[str]) -> None:
    """Fill the keys and indexes of the table's definition."""
    source = table.source
    keys, folded, indexes = [], [], []
    if source.primary_key:
        with reporting(by_hand, f"{source.name}: the primary key cannot be made"):
            columns = tuple(moved(table, name).name for name in source.primary_key)
            name = names.key(table.name, source.key_name or f"{table.name}_pkey")
            keys.append(KeyDefinition(name, columns, primary=True))
    for index in source.indexes:
        if index.origin == "pk" and not keys:
            continue  # told already
        title = "the UNIQUE constraint" if index.origin == "u" else f"the index {index.name}"
        listed = ", ".join(part.column or part.expression for part in index.parts)
        with reporting(by_hand, f"{source.name}: {title} ({listed}) must be made by hand"):
            parts = parts_of(table, index)
            simple = all(part.column for part in parts)
            if index.origin == "pk":
                if not simple:
                    name = names.relation(f"{table.name}_pkey_folded")
                    folded.append(IndexDefinition(name, parts, unique=True))
            elif index.origin == "u" and simple:
                columns = tuple(part.column for part in parts)
                usual = "_".join((table.name, *columns, "key"))
                name = names.key(table.name, index.constraint or usual)
                keys.append(KeyDefinition(name, columns))
            elif index.origin == "u":
                usual = "_".join((table.name, *(part.column for part in index.parts), "key_folded"))
                name = names.relation(index.constraint or usual)
                folded.append(IndexDefinition(name, parts, unique=True))
            else:
                where = index.where and condition(Translator(table).whole(index.where)).sql
                indexes.append(
                    IndexDefinition(names.relation(index.name), parts, index.unique, where)
                )
    table.definition = replace(
        table.definition, keys=tuple(keys), folded=tuple(folded), indexes=tuple(indexes)
    )


def moved(table: TablePlan, name: str):
    """The plan of a column that a key or an index needs. Raises ByHand when it is left behind."""
    column = table.column(name)
    if column is None:
        raise ByHand(f"the column {name} is left behind")
    return column


def parts_of(table: TablePlan, index: Index) -> tuple[IndexPartDefinition, ...]:
    """The parts of an index; a text that SQLite folds is folded by an expression."""
    parts = {}
    for part in index.parts:
        collation = part.collation.upper()
        if part.column:
            column = moved(table, part.column)
            if column.kind == "json":
                raise ByHand(f"{part.column} is json, which has no order in PostgreSQL")
            kind, sql, name = column.kind, quoted(column.name), column.name
        elif part.expression:
            found = Translator(table).whole(part.expression)
            kind, sql, name = found.kind, found.operand, ""
        else:
            raise ByHand("its CREATE INDEX could not be read")
        if kind == "text" and collation == NOCASE:
            sql, name = f'lower({sql} COLLATE "C")', ""
        elif kind == "text" and collation == RTRIM:
            sql, name = f"rtrim({sql}, ' ')", ""
        elif kind == "text" and collation != BINARY:
            raise ByHand(f"the collation {part.collation} is the application's own")
        # PostgreSQL refuses a column that a key names twice; SQLite takes no notice of it.
        definition = IndexPartDefinition(name, "" if name else sql, part.descending)
        parts.setdefault((name, definition.expression), definition)
    return tuple(parts.values())


def give_foreign_keys(plan: Plan, table: TablePlan, names: Names) -> None:
    """Fill the foreign keys of the table's definition, and give parents the keys that they need."""
    found = []
    for key in table.foreign_keys:
        with reporting(
            plan.by_hand,
            f"{table.source.name}: the foreign key ({', '.join(key.columns)}) to {key.parent} "
            "is left out",
        ):
            found.append(foreign_key(plan, table, key, names))
    table.definition = replace(table.definition, foreign_keys=tuple(found))


def foreign_key(
    plan: Plan, table: TablePlan, key: ForeignKey, names: Names
) -> ForeignKeyDefinition:
    if key.fault:
        raise ByHand(key.fault)
    parent = plan.table(key.parent)
    if parent is None:
        raise ByHand(f"the table {key.parent} is left behind")
    columns = [moved(table, name) for name in key.columns]
    parent_columns = tuple(moved(parent, name).name for name in key.parent_columns)
    if any(column.generated for column in columns):
        if key.on_update in CHANGES or key.on_delete in CHANGES[1:]:
            raise ByHand("PostgreSQL allows no such action on a generated column")
    insist_on_key(parent, parent_columns, names)
    usual = "_".join((table.name, *(column.name for column in columns), "fkey"))
    return ForeignKeyDefinition(
        names.constraint(table.name, key.name or usual),
        tuple(column.name for column in columns),
        parent.name,
        parent_columns,
        key.on_update,
        key.on_delete,
        key.deferred,
    )


def insist_on_key(parent: TablePlan, columns: tuple[str, ...], names: Names) -> None:
    """Give the parent a plain UNIQUE constraint where it only has one on folded texts.

    What is unique without regard to case is unique with it, so the rows cannot break it.
    """
    definition = parent.definition
    plain = [key.columns for key in definition.keys]
    plain += [
        tuple(part.column for part in index.parts)
        for index in definition.indexes
        if index.unique and not index.where
    ]
    if not any(set(columns) == set(key) for key in plain):
        name = names.key(parent.name, short("_".join((parent.name, *columns, "key"))))
        parent.definition = replace(
            definition, keys=(*definition.keys, KeyDefinition(name, columns))
        )
