"""What a database is, in numbers that can be kept and compared: the memory of a backup."""

import json
import re
from dataclasses import asdict

from migrationlab.errors import LabError
from migrationlab.postgres import fingerprint as rows
from migrationlab.postgres.borrowed_connection import reading
from migrationlab.postgres.catalog import snapshot
from migrationlab.postgres.catalog.snapshot import key

TABLES = """
SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
"""

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
    )::text[] || ARRAY(SELECT attname || ' ' || attacl::text FROM pg_attribute
        WHERE attrelid = c.oid AND attacl IS NOT NULL AND NOT attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_'
AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname || '.' || p.oid::regprocedure::text, pg_get_userbyid(p.proowner),
    coalesce(p.proacl, acldefault('f', p.proowner))::text[]
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL
SELECT 'type ' || n.nspname || '.' || t.typname, pg_get_userbyid(t.typowner),
    coalesce(t.typacl, acldefault('T', t.typowner))::text[]
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'large object ' || oid, pg_get_userbyid(lomowner),
    coalesce(lomacl, acldefault('L', lomowner))::text[]
FROM pg_largeobject_metadata
UNION ALL
SELECT concat_ws(' ', 'default for', defaclobjtype, nspname), pg_get_userbyid(defaclrole),
    defaclacl::text[]
FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
ORDER BY 1, 2
"""
# The role that made the cluster (10) is in no pg_shdepend: its things are asked for.
ROLES = """
SELECT DISTINCT pg_get_userbyid(role) FROM (
    SELECT refobjid AS role FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND (
        dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        OR classid = 'pg_database'::regclass
        AND objid = (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION SELECT nspowner FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'
    UNION SELECT relowner FROM pg_class c WHERE oid >= 16384 AND NOT EXISTS
        (SELECT FROM pg_depend e WHERE e.objid = c.oid AND deptype = 'e')
    UNION SELECT proowner FROM pg_proc p WHERE oid >= 16384 AND NOT EXISTS
        (SELECT FROM pg_depend e WHERE e.objid = p.oid AND deptype = 'e')
    UNION SELECT typowner FROM pg_type t WHERE oid >= 16384 AND NOT EXISTS
        (SELECT FROM pg_depend e WHERE e.objid = t.oid AND deptype = 'e')
    UNION SELECT lomowner FROM pg_largeobject_metadata
) used WHERE pg_get_userbyid(role) !~ '^pg_' ORDER BY 1
"""
# Through JSON, because the columns of the locale have other names in other versions.
DATABASE = """
SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), pg_database_size(oid),
    shobj_description(oid, 'pg_database'),
    (SELECT jsonb_object_agg(coalesce(rolname, ''), setconfig)
        FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = d.oid),
    ARRAY(SELECT ARRAY[CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee) END,
            privilege_type, is_grantable::text]
        FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) ORDER BY 1),
    to_jsonb(d)
FROM pg_database d WHERE datname = current_database()
"""
LARGE_OBJECTS = """
SELECT count(*), sum(('x' || left(md5(oid::text::bytea || lo_get(oid)), 16))::bit(64)::bigint)
FROM pg_largeobject_metadata
"""


def hold(cursor, seconds: int) -> None:
    """Keep every table as it is until the end of a transaction that has seen nothing yet.

    TRUNCATE and ALTER TABLE, which older snapshots do not survive, wait: at most `seconds` we wait
    for those that have begun.
    """
    connection = cursor.connection
    cursor.execute(TABLES)
    tables = cursor.fetchone()[0]
    connection.rollback()
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    if tables:
        cursor.execute(f"SET LOCAL lock_timeout = '{seconds}s'")
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE")


def sequences(connection) -> dict[str, list]:
    """Name -> [last_value, is_called], as they are now: they are in no snapshot."""
    with reading(connection, rows.SETTINGS) as cursor:
        cursor.execute(SEQUENCES)
        found = {}
        for space, name in cursor.fetchall():
            quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (space, name))
            cursor.execute(f"SELECT last_value, is_called FROM {quoted}")
            found[key(space, name)] = list(cursor.fetchone())
    return found


def gather(connection) -> dict:
    """Everything that a restored copy must have, as plain JSON.

    Taken inside the connection's own transaction: whoever exported its snapshot sees the same.
    Raises LabError when rows are hidden or may not be read.
    """
    with reading(connection, rows.SETTINGS) as cursor:
        try:
            tables = rows.fingerprint(connection)
        except LabError as error:
            raise LabError(
                error.what,
                todo="Use the owner of the tables, a superuser, or a role with BYPASSRLS.",
            ) from None
        schema = snapshot(connection)
        cursor.execute(DATABASE)
        owner, encoding, size, comment, settings, grants, row = cursor.fetchone()
        cursor.execute(OWNERS)
        owners = {}
        for name, who, rights in cursor.fetchall():
            owners[f"{name} by {who}" if name in owners else name] = [who, sorted(rights)]
        cursor.execute(LARGE_OBJECTS)
        count, total = cursor.fetchone()
        cursor.execute(ROLES)
        roles = [name for (name,) in cursor.fetchall()]
        revision = None
        cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT string_agg(version_num, ', ' ORDER BY 1) FROM alembic_version")
            revision = cursor.fetchone()[0]
    settings = settings or {}
    found = {
        "major": connection.server_version // 10000,
        "database": {
            "owner": owner,
            "encoding": encoding,
            "comment": comment,
            "settings": settings.pop("", None),
            "role_settings": settings,
            "grants": grants,
            "locale": {
                "provider": row.get("datlocprovider", "c"),
                "collate": row["datcollate"],
                "ctype": row["datctype"],
                "name": row.get("datlocale") or row.get("daticulocale"),
                "rules": row.get("daticurules"),
            },
        },
        "bytes": size,
        "alembic_revision": revision,
        "tables": {
            name: {"rows": one.count, "fingerprint": str(one.sum)} for name, one in tables.items()
        },
        "schema": asdict(schema),
        "sequences": sequences(connection),
        "large_objects": {"count": count, "fingerprint": str(total or 0)},
        "owners": owners,
        "roles": roles,
    }
    return json.loads(json.dumps(found, default=str))


def differences(before: dict, after: dict, *, owners: bool = True) -> list[str]:
    """One line for each thing that the copy has otherwise; empty when it is whole."""
    if before["major"] != after["major"]:
        before, after = _in_any_version(before), _in_any_version(after)
    lines = []
    for table in sorted(before["tables"].keys() | after["tables"].keys()):
        old, now = before["tables"].get(table), after["tables"].get(table)
        if old is None or now is None:
            lines.append(f"table {table}: {'not in the backup' if old is None else 'missing'}")
        elif old["rows"] != now["rows"]:
            lines.append(f"table {table}: {old['rows']:,} rows, restored {now['rows']:,}")
        elif old != now:
            lines.append(f"table {table}: other values in its {old['rows']:,} rows")
    lines += _unlike("schema", _schema(before, owners), _schema(after, owners))
    lines += _unlike("sequence", before["sequences"], _within(before, after["sequences"]))
    if before["large_objects"] != after["large_objects"]:
        counts = [facts["large_objects"]["count"] for facts in (before, after)]
        lines.append("large objects: {:,}, restored {:,}, or other content".format(*counts))
    kept = ["comment", "encoding", "settings"]
    if owners:
        lines += _unlike("owner and grants of", before["owners"], after["owners"])
        kept += ["owner", "grants", "role_settings"]
    database = [{name: facts["database"][name] for name in kept} for facts in (before, after)]
    lines += _unlike("database", *database)
    return lines


def _schema(facts: dict, owners: bool) -> dict:
    """The schema, without the grants that the catalog keeps among a table's settings."""
    if owners:
        return facts["schema"]
    tables = {}
    for name, table in facts["schema"]["tables"].items():
        settings = {what: value for what, value in table["settings"].items() if what != "grants"}
        tables[name] = table | {"settings": settings}
    return facts["schema"] | {"tables": tables}


def _in_any_version(facts: dict) -> dict:
    """The facts without what another version of PostgreSQL says otherwise.

    A view's text is worded anew by each version; its columns stay. ALL on a table has been one
    right more (m, MAINTAIN) since version 17.
    """
    owners = {
        name: [who, [re.sub(r"(=.*)m\*?", r"\1", right) for right in rights]]
        for name, (who, rights) in facts["owners"].items()
    }
    schema = json.loads(json.dumps(facts["schema"]))
    for table in schema["tables"].values():
        table["definition"] = None
        if grants := table["settings"].get("grants"):
            table["settings"]["grants"] = re.sub(r"MAINTAIN, |, MAINTAIN\b", "", grants)
    return facts | {"owners": owners, "schema": schema}


def _within(before: dict, now: dict[str, list]) -> dict[str, list]:
    """The sequences, one that has a value between those before and after the dump as before it.

    pg_dump reads them at some moment in between, and the others' nextval() knows no transaction.
    """
    moved = before.get("sequences_after", {})
    found = dict(now)
    for name, after in moved.items():
        low, high = sorted([before["sequences"][name], after])
        if name in now and low <= now[name] <= high:
            found[name] = before["sequences"][name]
    return found


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
