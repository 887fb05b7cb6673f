"""Names in PostgreSQL: quoted where they must be, short enough, and no two alike."""

import hashlib
import re

from migrationlab.transfer.sqlite.sqlite_schema import fold

LIMIT = 63  # bytes; PostgreSQL would cut the rest off

# Words that a name must not be without quotes: pg_get_keywords() of PostgreSQL 18, all but the
# unreserved ones. A test asks the server whether the list is complete.
KEYWORDS = frozenset(
    """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
boolean both case cast char character check coalesce collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except
exists extract false fetch float for foreign freeze from full grant greatest group grouping
having ilike in initially inner inout int integer intersect interval into is isnull join json
json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
json_serialize json_table json_value lateral leading least left like limit localtime
localtimestamp merge_action national natural nchar none normalize not notnull null nullif
numeric offset on only or order out outer overlaps overlay placing position precision primary
real references returning right row select session_user setof similar smallint some substring
symmetric system_user table tablesample then time timestamp to trailing treat trim true union
unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
""".split()
)


def quoted(name: str) -> str:
    """The name as quote_ident() writes it: in quotes unless it is plain, lower and no keyword."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def short(name: str) -> str:
    """The name itself, or its beginning and a hash of the whole, of at most 63 bytes."""
    data = name.encode()
    if len(data) <= LIMIT:
        return name
    digest = hashlib.sha256(data).hexdigest()[:8]
    return data[: LIMIT - len(digest) - 1].decode(errors="ignore") + "_" + digest


def free(wanted: str, taken: set[str]) -> str:
    """The name folded and shortened, with a number if it is taken; it is taken then."""
    name = short(fold(wanted))
    number = 1
    while name in taken:
        name = short(f"{fold(wanted)}{number}")
        number += 1
    taken.add(name)
    return name


SYSTEM = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
"""Column names that every table has already.

Source: https://www.postgresql.org/docs/18/ddl-system-columns.html
"""


MOST_COLUMNS = 1600  # Source: https://www.postgresql.org/docs/18/limits.html


def target_name(name: str) -> str:
    """As PostgreSQL would read it without quotes."""
    return short(fold(name))
