"""What is different between two snapshots: one Change, one plain sentence part, for each thing."""

from migrationlab.postgres.catalog.pairing import Named, pair
from migrationlab.postgres.catalog.schema_objects import (
    Catalog,
    Change,
    Column,
    Constraint,
    Index,
    Table,
)

VERSION_TABLE = "alembic_version"
TOO_LONG = 200  # a change with longer definitions than this is named, not shown

# The parts of a column that may be there or not: the attribute (it is also the word for it), and
# how a value reads in front of "on accounts.email".
PARTS = {
    "default": "default {}",
    "identity": "GENERATED {} AS IDENTITY",
    "generated": "generated value {}",
    "collation": "collation {}",
    "comment": "comment “{}”",
}


def difference(
    before: Catalog,
    after: Catalog,
    *,
    ignore: tuple[str, ...] = (VERSION_TABLE,),
    names: bool = True,
) -> list[Change]:
    """What makes `after` out of `before`, always in the same order; empty when they are alike.

    For a check, `before` is what was expected and `after` what was found. `ignore` names tables
    (keys of Catalog.tables). A constraint or index that differs in nothing but its name gives one
    Change of the kind "constraint name" or "index name"; with `names=False` it gives none. A
    column that was renamed gives one − and one +: see `possible_renames`.
    """
    changes = definitions("schema", dict.fromkeys(before.schemas), dict.fromkeys(after.schemas))
    changes += definitions("extension", before.extensions, after.extensions)
    changes += definitions("enum", labels(before), labels(after))
    changes += definitions("domain", before.domains, after.domains)
    changes += definitions("type", before.types, after.types)
    for name in sorted((before.tables.keys() | after.tables.keys()) - set(ignore)):
        old, now = before.tables.get(name), after.tables.get(name)
        if old and now and old.kind == now.kind:
            changes += within(old, now)
        else:
            changes += [whole("-", old)] if old else []
            changes += [whole("+", now)] if now else []
    changes += definitions(
        "sequence", own(before.sequences, "-", changes), own(after.sequences, "+", changes)
    )
    changes += definitions("function", before.functions, after.functions)
    return changes if names else [c for c in changes if not c.kind.endswith(" name")]


def labels(catalog: Catalog) -> dict[str, str]:
    return {name: f"({', '.join(values)})" for name, values in catalog.enums.items()}


def own(sequences: dict, sign: str, changes: list[Change]) -> dict[str, str]:
    """The sequences that did not come or go together with their column: those are told already."""
    told = {
        (c.table, c.name)
        for c in changes
        if c.sign == sign and c.kind in ("table", "column", "identity")
    }
    return {
        name: s.definition + (f" OWNED BY {'.'.join(s.owned_by)}" if s.owned_by else "")
        for name, s in sequences.items()
        if not s.owned_by or told.isdisjoint([s.owned_by, (s.owned_by[0], s.owned_by[0])])
    }


def definitions(kind: str, before: dict, after: dict, table: str | None = None) -> list[Change]:
    """Things with a name and a definition: −, + and, where the definition is another one, ~."""
    changes = []
    for name in sorted(before.keys() | after.keys()):
        subject = f"{kind} {name}" + (f" on {table}" if table else "")
        if name not in after:
            changes.append(single("-", kind, table, name, subject, before[name] or ""))
        elif name not in before:
            changes.append(single("+", kind, table, name, subject, after[name] or ""))
        elif before[name] != after[name]:
            changes.append(altered(kind, table, name, subject, before[name], after[name]))
    return changes


def single(sign: str, kind: str, table: str | None, name: str, subject: str, says: str) -> Change:
    """What is on one side only."""
    text = f"{subject} {says}".strip()
    if len(text) > TOO_LONG or "\n" in text:
        text = subject
    return Change(sign, kind, table, name, text, *(("", says) if sign == "+" else (says, "")))


def altered(kind: str, table: str | None, name: str, subject: str, old: str, now: str) -> Change:
    """What is on both sides and says another thing."""
    text = f"{subject}: {old} → {now}"
    if len(text) > TOO_LONG or "\n" in text:
        text = f"{subject} has another definition"
    return Change("~", kind, table, name, text, old, now)


def whole(sign: str, table: Table) -> Change:
    """A table or view on one side only: one change, not one for each column."""
    subject = f"{table.kind} {table.name}"
    return single(
        sign, noun(table), table.name, table.name, subject, f"({', '.join(table.columns)})"
    )


def noun(table: Table) -> str:
    return "table" if table.kind.endswith("table") else table.kind


def within(before: Table, after: Table) -> list[Change]:
    table = before.name
    changes = []
    if before.definition != after.definition:
        changes.append(
            altered(
                noun(before),
                table,
                table,
                f"{noun(before)} {table}",
                before.definition,
                after.definition,
            )
        )
    changes += part("comment", table, table, table, before, after)
    changes += columns(before, after)
    changes += paired(
        "constraint",
        table,
        [constraint(c) for c in before.constraints.values()],
        [constraint(c) for c in after.constraints.values()],
    )
    changes += paired(
        "index",
        table,
        [index(i) for i in before.indexes.values()],
        [index(i) for i in after.indexes.values()],
    )
    changes += definitions("trigger", before.triggers, after.triggers, table)
    changes += definitions("policy", before.policies, after.policies, table)
    changes += definitions("setting", settings(before), settings(after), table)
    return changes


def settings(table: Table) -> dict[str, str]:
    return {name: f"({value})" for name, value in table.settings.items()}


def columns(before: Table, after: Table) -> list[Change]:
    """First the columns that are gone, then the rest in the table's order: as one reads it."""
    changes = [
        column("-", before.name, old)
        for name, old in before.columns.items()
        if name not in after.columns
    ]
    for name, now in after.columns.items():
        old, where = before.columns.get(name), f"{after.name}.{name}"
        if old is None:
            changes.append(column("+", after.name, now))
            continue
        if old.type != now.type:
            changes.append(
                altered("column", after.name, name, f"column {where}", old.type, now.type)
            )
        if old.not_null != now.not_null:
            sign = "+" if now.not_null else "-"
            changes.append(Change(sign, "not null", after.name, name, f"NOT NULL on {where}"))
        for attribute in PARTS:
            changes += part(attribute, after.name, name, where, old, now)
    return changes


def column(sign: str, table: str, column: Column) -> Change:
    """A column on one side only. Its Change carries the type alone, so that types compare."""
    words = [f"column {table}.{column.name}", column.type]
    words += ["NOT NULL"] if column.not_null else []
    words += [f"DEFAULT {column.default}"] if column.default else []
    words += [f"GENERATED {column.identity} AS IDENTITY"] if column.identity else []
    words += [f"GENERATED ALWAYS AS {column.generated}"] if column.generated else []
    sides = ("", column.type) if sign == "+" else (column.type, "")
    return Change(sign, "column", table, column.name, " ".join(words), *sides)


def part(attribute: str, table: str, name: str, where: str, before, after) -> list[Change]:
    """A default, a comment … of a column or a table: there, gone, or another one."""
    old, now = getattr(before, attribute), getattr(after, attribute)
    if old == now:
        return []
    if old is not None and now is not None:
        return [altered(attribute, table, name, f"{attribute} of {where}", old, now)]
    sign, says = ("+", now) if old is None else ("-", old)
    text = f"{PARTS[attribute].format(says)} on {where}"
    return [Change(sign, attribute, table, name, text, old or "", now or "")]


def constraint(c: Constraint) -> Named:
    says = c.definition
    for keyword in ("PRIMARY KEY ", "FOREIGN KEY ", "UNIQUE ", "CHECK ", "EXCLUDE "):
        says = says.removeprefix(keyword)
    return Named(c.name, c.kind, says, (c.kind, c.definition), (c.kind, c.columns, c.references))


def index(i: Index) -> Named:
    noun = "unique index" if i.unique else "index"
    says = i.shape.removeprefix("unique ").removeprefix("btree ")
    return Named(i.name, noun, says + ("" if i.valid else " INVALID"), (i.shape, i.valid), i.shape)


def paired(kind: str, table: str, before: list[Named], after: list[Named]) -> list[Change]:
    """Constraints or indexes: a new name alone is told apart from another definition."""
    changes = []
    for old, now in pair(before, after):
        subject = " ".join(f"{(old or now).noun} {(old or now).name} on {table}".split())
        if old is None or now is None:
            sign, thing = ("+", now) if old is None else ("-", old)
            changes.append(single(sign, kind, table, thing.name, subject, thing.says))
            continue
        if old.work != now.work:
            nouns = ("", "") if old.noun == now.noun else (f"{old.noun} ", f"{now.noun} ")
            changes.append(
                altered(kind, table, old.name, subject, nouns[0] + old.says, nouns[1] + now.says)
            )
        if old.name != now.name:
            changes.append(
                altered(
                    f"{kind} name",
                    table,
                    old.name,
                    f"name of the {old.noun} {old.says} on {table}",
                    old.name,
                    now.name,
                )
            )
    return changes
