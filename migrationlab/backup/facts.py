"""What a database is, in numbers that can be kept and compared: the memory of a backup."""

import json
from dataclasses import asdict

from migrationlab import fingerprint as rows
from migrationlab.catalog import snapshot
from migrationlab.catalog.snapshot import key

SEQUENCES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' ORDER BY 1, 2
"""
# No grants noted means the usual ones; written out, so that both compare.
OWNERS = """
SELECT 'schema ' || quote_ident(nspname), pg_get_userbyid(nspowner),
    coalesce(nspacl, acldefault('n', nspowner))::text[]
FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT n.nspname || '.' || c.relname, pg_get_userbyid(c.relowner),
    coalesce(
        c.relacl,
        acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner)
    )::text[]
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_'
AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname || '.' || p.oid::regprocedure::text, pg_get_userbyid(p.proowner),
    coalesce(p.proacl, acldefault('f', p.proowner))::text[]
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
ORDER BY 1
"""
ROLES = """
SELECT DISTINCT pg_get_userbyid(role) FROM (
    SELECT refobjid AS role FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass
    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
) used ORDER BY 1
"""
DATABASE = """
SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), pg_database_size(oid),
    shobj_description(oid, 'pg_database'),
    (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)
FROM pg_database d WHERE datname = current_database()
"""
LARGE_OBJECTS = """
SELECT count(*), sum(hashtextextended(encode(lo_get(oid), 'hex'), 0)) FROM pg_largeobject_metadata
"""


def gather(connection) -> dict:
    """Everything that a restored copy must have, as plain JSON.

    Taken inside the connection's own transaction: whoever exported its snapshot sees the same.
    Raises LabError when rows are hidden or may not be read.
    """
    tables = rows.fingerprint(connection)
    schema = snapshot(connection)
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        owner, encoding, size, comment, settings = cursor.fetchone()
        cursor.execute(SEQUENCES)
        sequences = {}
        for space, name in cursor.fetchall():
            cursor.execute(
                "SELECT last_value, is_called FROM {}.{}".format(
                    *('"' + part.replace('"', '""') + '"' for part in (space, name))
                )
            )
            sequences[key(space, name)] = list(cursor.fetchone())
        cursor.execute(OWNERS)
        owners = {name: [who, sorted(grants or [])] for name, who, grants in cursor.fetchall()}
        cursor.execute(LARGE_OBJECTS)
        count, total = cursor.fetchone()
        cursor.execute(ROLES)
        roles = [name for (name,) in cursor.fetchall()]
        revision = None
        cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT string_agg(version_num, ', ' ORDER BY 1) FROM alembic_version")
            revision = cursor.fetchone()[0]
    found = {
        "database": {
            "owner": owner,
            "encoding": encoding,
            "comment": comment,
            "settings": settings,
        },
        "bytes": size,
        "alembic_revision": revision,
        "tables": {
            name: {"rows": one.count, "fingerprint": str(one.sum)} for name, one in tables.items()
        },
        "schema": asdict(schema),
        "sequences": sequences,
        "large_objects": {"count": count, "fingerprint": str(total or 0)},
        "owners": owners,
        "roles": roles,
    }
    return json.loads(json.dumps(found, default=str))


def differences(before: dict, after: dict, *, owners: bool = True) -> list[str]:
    """One line for each thing that the copy has otherwise; empty when it is whole."""
    lines = []
    for table in sorted(before["tables"].keys() | after["tables"].keys()):
        old, now = before["tables"].get(table), after["tables"].get(table)
        if old is None or now is None:
            lines.append(f"table {table}: {'not in the backup' if old is None else 'missing'}")
        elif old["rows"] != now["rows"]:
            lines.append(f"table {table}: {old['rows']:,} rows, restored {now['rows']:,}")
        elif old != now:
            lines.append(f"table {table}: other values in its {old['rows']:,} rows")
    lines += _unlike("schema", before["schema"], after["schema"])
    lines += _unlike("sequence", before["sequences"], after["sequences"])
    if before["large_objects"] != after["large_objects"]:
        counts = [facts["large_objects"]["count"] for facts in (before, after)]
        lines.append("large objects: {:,}, restored {:,}, or other content".format(*counts))
    if owners:
        lines += _unlike("owner and grants of", before["owners"], after["owners"])
    return lines


def _unlike(what: str, before, after, path: str = "") -> list[str]:
    """Paths at which two JSON values differ, at most down to the parts of one table."""
    if before == after:
        return []
    deep = isinstance(before, dict) and isinstance(after, dict) and path.count(" › ") < 3
    if not deep:
        return [f"{what} {path or 'as a whole'}: {_short(before)}, restored {_short(after)}"]
    lines = []
    for name in sorted(before.keys() | after.keys()):
        inner = f"{path} › {name}" if path else name
        if name not in before:
            lines.append(f"{what} {inner}: not in the backup")
        elif name not in after:
            lines.append(f"{what} {inner}: missing")
        else:
            lines += _unlike(what, before[name], after[name], inner)
    return lines


def _short(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"
