"""What stands on the cards of the tables' picture: facts and marks, no drawing."""

import re
from dataclasses import dataclass

from migrationlab.postgres.catalog import (
    Catalog,
    Change,
    Column,
    Constraint,
    Index,
    Table,
    difference,
)

VERSION_TABLE = "alembic_version"  # where the database stands is the other picture's matter
OTHERS = "other changes"  # the kind of the card for what is neither a table nor an enum

# Settings that say what kind of table it is; other ones are shown only when they change.
SETTINGS_SHOWN = ("partition by", "partition of", "inherits", "unlogged")
COLUMN_KINDS = ("column", "not null", "default", "identity", "generated", "collation", "comment")

_ON_DELETE = re.compile(r" ON DELETE (CASCADE|SET NULL|SET DEFAULT|RESTRICT)")
# 'new'::order_status, 0::numeric: PostgreSQL writes the type to every constant, people do not.
_CAST = re.compile(r"('(?:[^']|'')*'|\b\d+)::(?:character varying|[\w.]+|\"[^\"]+\")(?:\[\])?")


@dataclass(frozen=True)
class Mark:
    """A line of text and its sign: "+", "-", "~", or "" where nothing changed."""

    sign: str
    text: str


@dataclass(frozen=True)
class Row:
    """A column. `keys` holds some of "PK", "FK", "UQ"; the `details` stand below it."""

    name: str
    type: str
    keys: tuple[str, ...]
    not_null: bool
    sign: str
    details: tuple[Mark, ...]


@dataclass(frozen=True)
class Card:
    """A table, view or enum. `sign` is "~" where it stayed and anything on it changed."""

    name: str
    kind: str
    sign: str
    rows: tuple[Row, ...]
    notes: tuple[Mark, ...]

    @property
    def key(self) -> str:
        """What tells it from the other cards. Links name tables, so a table's key is its name;
        an enum that went and a table that came can share one."""
        return self.name if self.is_table else f"{self.kind} {self.name}"

    @property
    def is_table(self) -> bool:
        return self.kind.endswith("table")


@dataclass(frozen=True)
class Link:
    """A foreign key, from a column of one table to a column of another (or the same) one."""

    table: str
    column: str
    to_table: str
    to_column: str
    sign: str


def contents(catalog: Catalog, before: Catalog | None) -> tuple[list[Card], list[Link]]:
    """The cards (tables, views, enums, the rest, each by name) and the links between tables.

    The signs come from `catalog.difference`: the picture and a check never disagree.
    """
    changes = difference(before, catalog) if before else []
    was = before or Catalog()
    cards, links = [], []
    for name in sorted((set(catalog.tables) | set(was.tables)) - {VERSION_TABLE}):
        mine = [change for change in changes if change.table == name]
        card, own = _table(was.tables.get(name), catalog.tables.get(name), mine)
        cards.append(card)
        links += own
    cards.sort(key=lambda card: not card.is_table)  # a stable sort: views after tables
    for name in sorted(set(catalog.enums) | set(was.enums)):
        compare = before is not None
        cards.append(_enum(name, was.enums.get(name), catalog.enums.get(name), compare))
    rest = [Mark(c.sign, c.text) for c in changes if c.table is None and c.kind != "enum"]
    if rest:
        cards.append(Card("", OTHERS, "~", (), tuple(rest)))
    return cards, links


def _enum(name: str, old: tuple | None, now: tuple | None, compare: bool) -> Card:
    if not compare or old is None or now is None or old == now:
        sign = "" if not compare or old == now else "+" if old is None else "-"
        return Card(name, "enum", sign, (), (Mark("", " · ".join(now or old) or "no label"),))
    marks = [Mark("" if one in old else "+", one) for one in now]
    marks += [Mark("-", one) for one in old if one not in now]
    if not any(mark.sign for mark in marks):
        marks.append(Mark("~", "another order than before"))
    return Card(name, "enum", "~", (), tuple(marks))


def _table(old: Table | None, now: Table | None, changes: list[Change]) -> tuple[Card, list[Link]]:
    table = now or old
    whole = ""
    if changes and (old is None or now is None):
        whole = "+" if old is None else "-"
        changes = []  # the card's own sign says it all
    parts = old or table
    columns = _merged(parts.columns, table.columns, changes)
    about = {
        name: [c for c in changes if c.name == name and c.kind in COLUMN_KINDS] for name in columns
    }
    keys = _things(parts.constraints, table.constraints, changes, "constraint")
    references = [(c, sign) for c, sign in keys if c.kind == "foreign key" and c.columns]
    rows = tuple(_row(column, about[column.name], table, references) for column in columns.values())
    told = [change for one in about.values() for change in one]
    told += [
        change
        for change in changes
        if change.kind == "constraint"
        and change.sign in "+-"
        and any(change.name == c.name for c, _ in references)
    ]
    notes = [_note(c) for c, sign in keys if not sign and not _in_rows(c)]
    notes += [
        _index(i) for i, sign in _things(parts.indexes, table.indexes, changes, "index") if not sign
    ]
    for name, sign in _things(parts.triggers, table.triggers, changes, "trigger", by_key=True):
        notes += [] if sign else [f"trigger {name}"]
    notes += [f"{name} {table.settings[name]}" for name in SETTINGS_SHOWN if name in table.settings]
    marks = [Mark("", note) for note in notes]
    marks += [Mark(c.sign, _without(c.text, table.name)) for c in changes if c not in told]
    card = Card(table.name, table.kind, whole or ("~" if changes else ""), rows, tuple(marks))
    links = [
        Link(table.name, c.columns[0], c.references, (*c.referenced_columns, "")[0], whole or sign)
        for c, sign in references
        if c.references
    ]
    return card, links


def _merged(old: dict, now: dict, changes: list[Change]) -> dict[str, Column]:
    """The columns as they are now; those that went stand where they were."""
    gone = {c.name for c in changes if c.kind == "column" and c.sign == "-"}
    names = list(now)
    last = -1
    for name in old:
        if name in now:
            last = names.index(name)
        elif name in gone:
            last += 1
            names.insert(last, name)
    return {name: now.get(name) or old[name] for name in names}


def _things(old: dict, now: dict, changes: list[Change], kind: str, *, by_key: bool = False):
    """Constraints, indexes or triggers that are there or went, each with its sign."""
    signs = {c.name: c.sign for c in changes if c.kind in (kind, f"{kind} name")}
    # A change of name is listed under the old one.
    renamed = {c.after: "~" for c in changes if c.kind == f"{kind} name"}
    gone = {name: old[name] for name, sign in signs.items() if sign == "-" and name in old}
    both = {**now, **gone}
    return [
        (name if by_key else both[name], signs.get(name) or renamed.get(name, "")) for name in both
    ]


def _row(column: Column, changes: list[Change], table: Table, references) -> Row:
    details = []
    came = next((c.sign for c in changes if c.kind == "column" and c.sign in "+-"), "")
    changed = {c.kind for c in changes}
    where = f"{table.name}.{column.name}"
    for change in changes:
        if change.kind == "column":  # ~: another type; the rest is the row's own sign
            if change.sign == "~":
                details.append(Mark("~", f"{change.before} → {change.after}"))
        else:
            details.append(Mark(change.sign, _without(change.text, where)))
    if column.default is not None and "default" not in changed:
        details.append(Mark("", f"default {_plain(column.default)}"))
    if column.generated and "generated" not in changed:
        details.append(Mark("", f"= {column.generated}"))
    own = [(c, sign) for c, sign in references if c.columns[0] == column.name]
    details += [Mark("" if came else sign, _target(c)) for c, sign in own]
    identity = " identity" if column.identity and "identity" not in changed else ""
    sign = came or ("~" if changes or any(sign for _, sign in own) else "")
    return Row(
        column.name,
        column.type + identity,
        _keys(column.name, table),
        column.not_null,
        sign,
        tuple(details),
    )


def _keys(name: str, table: Table) -> tuple[str, ...]:
    """The marks of a column. A UNIQUE over several columns says nothing about one of them."""
    mine = [c for c in table.constraints.values() if name in c.columns]
    marks = {"PK": "primary key", "FK": "foreign key"}
    keys = [mark for mark, kind in marks.items() if any(c.kind == kind for c in mine)]
    alone = any(c.kind == "unique" and c.columns == (name,) for c in mine)
    return (*keys, "UQ") if alone else tuple(keys)


def _target(key: Constraint) -> str:
    columns = ", ".join(key.referenced_columns)
    columns = f"({columns})" if len(key.referenced_columns) > 1 else columns
    found = _ON_DELETE.search(key.definition)
    rule = f", on delete {found[1].lower()}" if found else ""
    return f"→ {key.references}.{columns}{rule}" + ("" if key.validated else ", NOT VALID")


def _in_rows(key: Constraint) -> bool:
    """Whether the keys and details of the rows have said it already."""
    if key.kind in ("primary key", "foreign key"):
        return True
    return key.kind == "unique" and len(key.columns) == 1


def _note(key: Constraint) -> str:
    says = key.definition
    if key.kind == "check" and says.startswith("CHECK ("):
        inner, _, state = says.removeprefix("CHECK (").rpartition(")")
        return f"check {_plain(inner)}{state}"
    if key.kind == "unique":
        return f"unique {says.removeprefix('UNIQUE ')}"
    return says


def _plain(expression: str) -> str:
    return _CAST.sub(r"\1", expression)


def _index(index: Index) -> str:
    says = index.definition.partition(" USING ")[2].removeprefix("btree ")
    state = "" if index.valid else " INVALID"
    return f"{'unique ' if index.unique else ''}index {says}{state}"


def _without(text: str, where: str) -> str:
    """A change's sentence without the place that the card already shows."""
    return re.sub(rf" (on|of) {re.escape(where)}(?![\w.])", "", text, count=1)
