"""What a schema is made of, as plain values that compare with `==`.

Object ids and the order of a table's columns are left out on purpose: a column that a
downgrade brings back stands last, and that is not a fault.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    name: str
    type: str  # as people write it: "varchar(255)", "timestamptz", "order_status"
    not_null: bool = False
    default: str | None = None  # an SQL expression
    identity: str | None = None  # "ALWAYS" | "BY DEFAULT"
    generated: str | None = None  # "(price * quantity) STORED" | "(…) VIRTUAL"
    collation: str | None = None  # only where it is not the type's own
    comment: str | None = None


@dataclass(frozen=True)
class Constraint:
    """A key, a check or an exclusion. `definition` is what pg_get_constraintdef() says.

    NOT NULL lives in `Column.not_null`; it is a constraint here (kind "not null") only where
    it is NOT VALID or NO INHERIT.
    """

    name: str
    kind: str  # "primary key" | "foreign key" | "unique" | "check" | "exclude" | "not null"
    definition: str
    validated: bool = True
    columns: tuple[str, ...] = ()
    references: str | None = None  # a foreign key's target: a key of Catalog.tables
    referenced_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Index:
    """An index that no constraint made. `definition` is what pg_get_indexdef() says."""

    name: str
    definition: str
    valid: bool = True
    unique: bool = False

    @property
    def shape(self) -> str:
        """The definition without the names: two indexes with the same shape do the same work."""
        return ("unique " if self.unique else "") + self.definition.partition(" USING ")[2]


@dataclass(frozen=True)
class Table:
    name: str  # the key in Catalog.tables
    kind: str = "table"  # "partitioned table" | "view" | "materialized view" | "foreign table"
    columns: dict[str, Column] = field(default_factory=dict)  # in the table's order
    constraints: dict[str, Constraint] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)  # name → definition
    policies: dict[str, str] = field(default_factory=dict)  # of row-level security
    settings: dict[str, str] = field(default_factory=dict)  # "partition by", "unlogged"…
    definition: str | None = None  # a view's query
    comment: str | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the key's columns; empty when there is none."""
        for constraint in self.constraints.values():
            if constraint.kind == "primary key":
                return constraint.columns
        return ()

    @property
    def foreign_keys(self) -> list[Constraint]:
        return [c for c in self.constraints.values() if c.kind == "foreign key"]


@dataclass(frozen=True)
class Sequence:
    name: str
    definition: str  # "bigint START 1 INCREMENT 1 …"; not how far it has counted: that is data
    owned_by: tuple[str, str] | None = None  # (table, column) that it goes away with


@dataclass(frozen=True)
class Catalog:
    """One database's schema. Keys: "name" in the schema public, "schema.name" elsewhere."""

    tables: dict[str, Table] = field(default_factory=dict)  # views too
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)  # labels in their order
    domains: dict[str, str] = field(default_factory=dict)  # "text NOT NULL CHECK (…)"
    types: dict[str, str] = field(default_factory=dict)  # composite and range types
    sequences: dict[str, Sequence] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)  # "name(types)" → CREATE FUNCTION …
    extensions: dict[str, str] = field(default_factory=dict)  # name → version
    schemas: tuple[str, ...] = ()  # the database's own, without public


@dataclass(frozen=True)
class Change:
    """One difference. `text` names it: "column accounts.email: varchar(255) → text"."""

    sign: str  # "+" only after, "-" only before, "~" in both but not alike
    kind: str  # "table" "column" "type" "not null" "default" "constraint" "index" "enum" …
    table: str | None  # a key of Catalog.tables
    name: str  # of the column, constraint, index, enum …
    text: str
    before: str = ""  # the value that `text` shows: a type, a definition
    after: str = ""

    def __str__(self) -> str:
        return f"{'−' if self.sign == '-' else self.sign} {self.text}"
