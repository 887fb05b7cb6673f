"""Read a whole schema in a handful of queries, however many tables there are."""

import re

from migrationlab.postgres.borrowed_connection import reading
from migrationlab.postgres.catalog.schema_objects import (
    Catalog,
    Column,
    Constraint,
    Index,
    Sequence,
    Table,
)

# With this path pg_get_*def() and format_type() write names in public bare and all others in full,
# whatever the connection's own search_path is. pg_temp last: a temporary table hides nothing.
SETTINGS = {"search_path": "public, pg_temp"}

KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
CONSTRAINTS = {
    "p": "primary key",
    "f": "foreign key",
    "u": "unique",
    "c": "check",
    "x": "exclude",
    "n": "not null",
}
IDENTITY = {"a": "ALWAYS", "d": "BY DEFAULT"}
GENERATED = {"s": "STORED", "v": "VIRTUAL"}

# What people write, where format_type() gives the standard's long name.
SHORT_TYPES = [
    (re.compile(r"\bcharacter varying\b"), "varchar"),
    (re.compile(r"\bcharacter(?=\()"), "char"),
    (re.compile(r"\btimestamp(\(\d\))? with time zone"), r"timestamptz\1"),
    (re.compile(r"\btimestamp(\(\d\))? without time zone"), r"timestamp\1"),
    (re.compile(r"\btime(\(\d\))? with time zone"), r"timetz\1"),
    (re.compile(r"\btime(\(\d\))? without time zone"), r"time\1"),
]

# Objects of an extension belong to the extension: they are not listed one by one.
NOT_OF_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{0}'::regclass
    AND e.objid = {1}.oid AND e.deptype = 'e')"""

SCHEMAS = f"""
SELECT n.oid, n.nspname FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND (%(schemas)s::text[] IS NULL OR n.nspname = ANY(%(schemas)s))
AND {NOT_OF_EXTENSION.format("pg_namespace", "n")}
ORDER BY n.nspname
"""

RELATIONS = f"""
SELECT c.oid, c.relnamespace, c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'),
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END,
    c.relpersistence = 'u', c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    pg_get_expr(c.relpartbound, c.oid),
    CASE WHEN c.relhassubclass OR c.relispartition OR c.relkind = 'r' THEN
        (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
         FROM pg_inherits WHERE inhrelid = c.oid) END,
    CASE WHEN c.relacl IS NOT NULL THEN
        (SELECT string_agg(line, '; ' ORDER BY line) FROM (
            SELECT CASE grantee WHEN 0 THEN 'public' ELSE grantee::regrole::text END || ': ' ||
                string_agg(privilege_type, ', ' ORDER BY privilege_type) AS line
            FROM aclexplode(c.relacl) WHERE grantee <> c.relowner GROUP BY grantee) lines) END
FROM pg_class c
WHERE c.relnamespace = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
AND c.relpersistence <> 't' AND {NOT_OF_EXTENSION.format("pg_class", "c")}
ORDER BY c.relname
"""

COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid, true),
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    col_description(a.attrelid, a.attnum), a.attnum
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

# A constraint with a parent is a partition's copy: it follows its parent.
CONSTRAINT_ROWS = """
SELECT c.conrelid, c.conname, c.contype::text, pg_get_constraintdef(c.oid, true), c.convalidated,
    c.conkey, c.confrelid, c.confkey
FROM pg_constraint c
WHERE c.conrelid = ANY(%s) AND c.conparentid = 0 AND c.contype IN ('p', 'f', 'u', 'c', 'x', 'n')
AND (c.contype <> 'n' OR NOT c.convalidated OR c.connoinherit)
ORDER BY c.conname
"""

INDEXES = """
SELECT i.indrelid, c.relname, pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid, i.indisunique
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY(%s) AND NOT c.relispartition AND NOT EXISTS (
    SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY c.relname
"""

# Triggers, rules and row-level security policies, in one go: most schemas have none.
EXTRAS = """
SELECT 'trigger', tgrelid, tgname, pg_get_triggerdef(oid, true) ||
    CASE tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' (disabled)' WHEN 'R' THEN ' (replica)'
        ELSE ' (always)' END
FROM pg_trigger WHERE tgrelid = ANY(%(tables)s) AND NOT tgisinternal AND tgparentid = 0
UNION ALL
SELECT 'trigger', ev_class, rulename, pg_get_ruledef(oid, true)
FROM pg_rewrite WHERE ev_class = ANY(%(tables)s) AND rulename <> '_RETURN'
UNION ALL
SELECT 'policy', polrelid, polname, concat_ws(' ',
    CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    'FOR ' || CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    'TO ' || (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END, ', '
        ORDER BY r) FROM unnest(polroles) r),
    'USING (' || pg_get_expr(polqual, polrelid) || ')',
    'WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
FROM pg_policy WHERE polrelid = ANY(%(tables)s)
ORDER BY 1, 2, 3
"""

TYPES = f"""
SELECT 'enum', t.typnamespace, t.typname, NULL,
    ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
FROM pg_type t WHERE t.typtype = 'e' AND t.typnamespace = ANY(%(schemas)s)
AND {NOT_OF_EXTENSION.format("pg_type", "t")}
UNION ALL
SELECT 'domain', t.typnamespace, t.typname, concat_ws(' ',
    format_type(t.typbasetype, t.typtypmod),
    CASE WHEN t.typnotnull THEN 'NOT NULL' END,
    'DEFAULT ' || t.typdefault,
    (SELECT string_agg(pg_get_constraintdef(k.oid, true), ' ' ORDER BY k.conname)
     FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')), NULL
FROM pg_type t WHERE t.typtype = 'd' AND t.typnamespace = ANY(%(schemas)s)
AND {NOT_OF_EXTENSION.format("pg_type", "t")}
UNION ALL
SELECT 'range', t.typnamespace, t.typname, 'range of ' || format_type(r.rngsubtype, NULL), NULL
FROM pg_type t JOIN pg_range r ON r.rngtypid = t.oid WHERE t.typnamespace = ANY(%(schemas)s)
AND {NOT_OF_EXTENSION.format("pg_type", "t")}
ORDER BY 1, 3
"""

SEQUENCES = f"""
SELECT c.relnamespace, c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
    s.seqmin, s.seqmax, s.seqcache, s.seqcycle, d.refobjid, a.attname
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relnamespace = ANY(%s) AND c.relpersistence <> 't'
AND {NOT_OF_EXTENSION.format("pg_class", "c")}
ORDER BY c.relname
"""

# pg_get_functiondef() refuses aggregates: of those only the signature is kept.
FUNCTIONS = f"""
SELECT p.pronamespace, p.proname, pg_get_function_identity_arguments(p.oid),
    CASE WHEN p.prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(p.oid) ELSE 'aggregate' END
FROM pg_proc p
WHERE p.pronamespace = ANY(%s) AND {NOT_OF_EXTENSION.format("pg_proc", "p")}
ORDER BY p.proname, 3
"""

EXTENSIONS = "SELECT extname, extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"


def snapshot(connection, *, schemas: list[str] | None = None) -> Catalog:
    """The schema as it is now (or as the connection's open transaction sees it).

    `connection` is psycopg2's, left as it was found. `schemas` limits it to these; by default all
    but PostgreSQL's own. What an extension made is not listed, only the extension. Not in it:
    owners, grants on anything but tables, comments on anything but tables and columns, statistics
    objects, event triggers, casts, operators.
    """
    with reading(connection, SETTINGS) as cursor:

        def ask(query, parameters=None) -> list[tuple]:
            cursor.execute(query, parameters)
            return cursor.fetchall()

        namespaces = dict(ask(SCHEMAS, {"schemas": schemas}))
        spaces = list(namespaces)
        relations = ask(RELATIONS, (spaces,))
        oids = [row[0] for row in relations]
        columns = ask(COLUMNS, (oids,))
        constraints = ask(CONSTRAINT_ROWS, (oids,))
        indexes = ask(INDEXES, (oids,))
        extras = ask(EXTRAS, {"tables": oids})
        types = ask(TYPES, {"schemas": spaces})
        sequences = ask(SEQUENCES, (spaces,))
        functions = ask(FUNCTIONS, (spaces,))
        extensions = ask(EXTENSIONS)

    keys = {row[0]: key(namespaces[row[1]], row[2]) for row in relations}
    tables = {row[0]: table_of(keys[row[0]], row) for row in relations}
    attributes = {}  # oid → {number: name}
    for oid, *row, number in columns:
        attributes.setdefault(oid, {})[number] = row[0]
        tables[oid].columns[row[0]] = column_of(row)
    for oid, name, kind, definition, validated, numbers, target, target_numbers in constraints:
        tables[oid].constraints[name] = Constraint(
            name,
            CONSTRAINTS[kind],
            definition,
            validated,
            names(attributes.get(oid, {}), numbers),
            keys.get(target),
            names(attributes.get(target, {}), target_numbers),
        )
    for oid, *row in indexes:
        tables[oid].indexes[row[0]] = Index(*row)
    for kind, oid, name, definition in extras:
        (tables[oid].triggers if kind == "trigger" else tables[oid].policies)[name] = definition
    composites = {
        t.name: "(" + ", ".join(f"{c.name} {c.type}" for c in t.columns.values()) + ")"
        for t in tables.values()
        if t.kind == "type"
    }
    named = [
        (kind, key(namespaces[space], name), text, labels)
        for kind, space, name, text, labels in types
    ]
    return Catalog(
        tables=in_order({t.name: t for t in tables.values() if t.kind != "type"}),
        enums={name: tuple(labels) for kind, name, _, labels in named if kind == "enum"},
        domains={name: short(text) for kind, name, text, _ in named if kind == "domain"},
        types=composites | {name: short(text) for kind, name, text, _ in named if kind == "range"},
        sequences=in_order({s.name: s for s in sequences_of(sequences, namespaces, keys)}),
        functions=in_order(
            {
                f"{key(namespaces[space], name)}({short(arguments)})": definition
                for space, name, arguments, definition in functions
            }
        ),
        extensions=dict(extensions),
        schemas=tuple(name for name in namespaces.values() if name != "public"),
    )


def key(schema: str, name: str) -> str:
    """The name under which the catalog and the fingerprint keep a table: "name" or "schema.name".

    A part that has a dot of its own is put in quotes, so that no two tables share a key.
    """
    parts = [name] if schema == "public" else [schema, name]
    return ".".join(f'"{part}"' if "." in part else part for part in parts)


def key_parts(name: str) -> tuple[str, str]:
    """The schema and the name that a key() stands for."""
    part = r'(".+?"|[^".][^.]*)'  # in quotes only where there is a dot in it
    schema, table = re.fullmatch(rf"(?:{part}\.)?{part}", name).groups()
    return (unquoted(schema) if schema else "public"), unquoted(table)


def unquoted(part: str) -> str:
    return part[1:-1] if "." in part else part


def short(text: str) -> str:
    """Type names as people write them: varchar(255) for character varying(255)."""
    for pattern, replacement in SHORT_TYPES:
        text = pattern.sub(replacement, text)
    return text


def in_order(items: dict) -> dict:
    return dict(sorted(items.items()))


def names(attributes: dict[int, str], numbers: list[int] | None) -> tuple[str, ...]:
    return tuple(attributes[number] for number in numbers or () if number in attributes)


def table_of(name: str, row: tuple) -> Table:
    (
        kind,
        comment,
        definition,
        unlogged,
        secure,
        forced,
        options,
        partition_key,
        bound,
        parents,
        grants,
    ) = row[3:]
    settings = dict(option.split("=", 1) for option in options or ())
    if unlogged:
        settings["unlogged"] = "yes"
    if secure:
        settings["row level security"] = "forced" if forced else "on"
    if partition_key:
        settings["partition by"] = partition_key
    if bound:
        settings["partition of"] = f"{parents} {bound}"
    elif parents:
        settings["inherits"] = parents
    if grants:
        settings["grants"] = grants
    return Table(
        name,
        KINDS.get(kind, "type"),
        settings=in_order(settings),
        definition=definition,
        comment=comment,
    )


def column_of(row: list) -> Column:
    name, type_, not_null, identity, generated, expression, collation, comment = row
    return Column(
        name,
        short(type_),
        not_null,
        None if generated else expression,
        IDENTITY.get(identity),
        f"({expression}) {GENERATED[generated]}" if generated else None,
        collation,
        comment,
    )


def sequences_of(rows: list[tuple], namespaces: dict, keys: dict):
    for space, name, type_, start, step, low, high, cache, cycle, table, column in rows:
        definition = (
            f"{type_} START {start} INCREMENT {step} MINVALUE {low} MAXVALUE {high} "
            f"CACHE {cache}{' CYCLE' if cycle else ''}"
        )
        owner = (keys[table], column) if table in keys else None
        yield Sequence(key(namespaces[space], name), definition, owner)
