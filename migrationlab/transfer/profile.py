"""What a table really holds: one scan that counts, for every column, what does not fit its type.

The counting is SQLite's; Python is asked only about texts with a character outside printable ASCII.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from migrationlab.transfer import kinds
from migrationlab.transfer.kinds import KINDS, TEXTUAL
from migrationlab.transfer.model import ColumnPlan, Table, TablePlan
from migrationlab.transfer.quoting import literal, name

AT_ONCE = 250  # columns in one scan: SQLite has a limit of 2,000 results
SPLIT = 100_000  # rows from which a table is scanned in as many parts as there are connections
LOOK = "lab_look"
PLAIN = literal("*[^]^-~ -[]*")  # finds anything but printable ASCII without the backslash
FAULTS = {1: "invalid_utf8", 2: "nul_character"}
CLASS_OF = {"integer": "integer", "bytea": "blob"} | dict.fromkeys(TEXTUAL, "text")


@dataclass
class Found:
    """One column: how many values, how many of them do not fit, bytes of the longest one."""

    values: int = 0
    faults: int = 0
    longest: int = 0
    escape: bool = False


@dataclass
class Measured:
    rows: int = 0
    columns: dict[str, Found] = field(default_factory=dict)


class Looker:
    """The function that looks at one text: 0 for a good one, else a key of FAULTS.

    It remembers for each column whether COPY must escape something.
    """

    def __init__(self, connection):
        self.escape: set[int] = set()
        self.encoding = connection.pragma("encoding")
        connection.create_scalar_function(LOOK, self.look, 2, deterministic=True)

    def look(self, number: int, raw: bytes) -> int:
        if raw.isascii() if self.encoding == "UTF-8" else False:
            text = raw.decode("ascii")
        else:
            try:
                text = raw.decode(self.encoding)
            except UnicodeDecodeError:
                return 1
        if "\0" in text:
            return 2
        if any(sign in text for sign in "\\\t\n\r"):
            self.escape.add(number)
        return 0


def value(column: ColumnPlan) -> str:
    """The SQL of a column's value after the user's null_for."""
    x = name(column.source.name)
    if not column.null_for:
        return x
    from migrationlab.transfer.quoting import texts

    return (
        f"CASE WHEN typeof({x}) = 'text' AND {x} COLLATE BINARY IN ({texts(column.null_for)})"
        f" THEN NULL ELSE {x} END"
    )


def fault(column: ColumnPlan, number: int) -> str:
    """SQL: whether the value, which is not NULL, does not fit."""
    x = value(column)
    parts = [f"({condition})" for _, condition in KINDS[column.kind].faults(x, column)]
    if column.kind in TEXTUAL:
        odd = f"{x} GLOB {PLAIN} OR instr({x}, char(0))"
        parts.append(f"(({odd}) AND {LOOK}({number}, CAST({x} AS BLOB)))")
        parts.append(f"octet_length({x}) > {kinds.FIELD_LIMIT}")
    return " OR ".join(parts)


def classify(column: ColumnPlan) -> str:
    """SQL: the kind of problem of a value that does not fit, NULL for one that does."""
    x = value(column)
    cases = [
        f"WHEN {condition} THEN {literal(kind)}"
        for kind, condition in KINDS[column.kind].faults(x, column)
    ]
    if column.kind in TEXTUAL:
        look = f"{LOOK}(0, CAST({x} AS BLOB))"
        odd = f"({x} GLOB {PLAIN} OR instr({x}, char(0))) AND"
        # First: what is no text must not be measured or searched as one.
        cases[1:1] = [f"WHEN {odd} {look} = {n} THEN {literal(k)}" for n, k in FAULTS.items()]
        cases.append(f"WHEN octet_length({x}) > {kinds.FIELD_LIMIT} THEN 'too_large'")
    return f"CASE WHEN {x} IS NULL THEN NULL {' '.join(cases)} END"


def measure(connections, plan: TablePlan, columns: list[ColumnPlan]) -> Measured:
    """Count in one scan; a large table in as many parts as there are connections, side by side."""
    parts = ranges(connections[0], plan.source, len(connections))
    with ThreadPoolExecutor(len(connections)) as pool:
        jobs = [
            pool.submit(_scan, connection, plan.source, columns, where)
            for connection, where in zip(connections, parts, strict=False)
        ]
        return _sum([job.result() for job in jobs], columns)


def ranges(connection, table: Table, parts: int) -> list[str]:
    """WHERE clauses (or "") that together cover the table, each about as many rowids."""
    if not table.rowid or parts < 2:
        return [""]
    rowid = f"{name(table.name)}.{table.rowid}"
    query = f"SELECT min({rowid}), max({rowid}) FROM {name(table.name)}"
    # Two queries: SQLite answers each from one end of the tree, and both at once with a scan.
    low = connection.execute(query.replace(f", max({rowid})", "")).fetchone()[0]
    high = connection.execute(query.replace(f"min({rowid}), ", "")).fetchone()[0]
    if low is None or high - low < SPLIT:
        return [""]
    step = (high - low) // parts + 1
    bounds = [low + step * number for number in range(1, parts)]
    edges = [None, *bounds, None]
    return [
        " AND ".join(
            [f"{rowid} >= {start}"] * (start is not None) + [f"{rowid} < {end}"] * (end is not None)
        )
        for start, end in zip(edges, edges[1:], strict=False)
    ]


def _scan(connection, table: Table, columns: list[ColumnPlan], where: str) -> Measured:
    looker = Looker(connection)
    kinds.register(connection)
    measured = Measured()
    clause = f" WHERE {where}" if where else ""
    for start in range(0, max(len(columns), 1), AT_ONCE):
        some = columns[start : start + AT_ONCE]
        wanted = ["count(*)"]
        for number, column in enumerate(some, start):
            x = value(column)
            wanted.append(f"count({x})")
            wanted.append(f"count(*) FILTER (WHERE {x} IS NOT NULL AND ({fault(column, number)}))")
            sized = column.kind in (*TEXTUAL, "bytea")
            wanted.append(f"max(octet_length({x}))" if sized else "0")
        query = f"SELECT {', '.join(wanted)} FROM {name(table.name)}{clause}"
        measured.rows, *numbers = connection.execute(query).fetchone()
        for number, column in enumerate(some, start):
            values, faults, longest = numbers[(number - start) * 3 :][:3]
            measured.columns[column.source.name] = Found(
                values, faults, longest or 0, number in looker.escape
            )
    return measured


def _sum(parts: list[Measured], columns: list[ColumnPlan]) -> Measured:
    whole = Measured(sum(part.rows for part in parts))
    for column in columns:
        found = [part.columns[column.source.name] for part in parts]
        whole.columns[column.source.name] = Found(
            sum(one.values for one in found),
            sum(one.faults for one in found),
            max(one.longest for one in found),
            any(one.escape for one in found),
        )
    return whole


def faults_by_kind(connection, table: Table, column: ColumnPlan) -> dict[str, int]:
    """How many values have which kind of problem."""
    Looker(connection)
    kinds.register(connection)
    query = f"SELECT {classify(column)} AS fault, count(*) FROM {name(table.name)} GROUP BY 1"
    return {kind: count for kind, count in connection.execute(query) if kind}


def classes(connection, table: Table, column: ColumnPlan) -> dict[str, int]:
    """How many values of which storage class, as stored."""
    x = name(column.source.name)
    query = f"SELECT typeof({x}), count(*) FROM {name(table.name)} GROUP BY 1 ORDER BY 2 DESC"
    return dict(connection.execute(query))


def examples(connection, table: Table, column: ColumnPlan, condition: str, limit: int = 3):
    """(row key, value) pairs as text, the first `limit` rows for which `condition` is true."""
    query = (
        f"SELECT {key_text(table)}, {printed(name(column.source.name))} FROM {name(table.name)}"
        f" WHERE {condition} LIMIT {limit}"
    )
    return tuple(connection.execute(query))


def key_text(table: Table) -> str:
    """SQL: the key of a row as text, "id=7" or "order_id=7, line=2"."""
    if table.integer_key:
        return f"{literal(table.integer_key + '=')} || {name(table.integer_key)}"
    columns = table.primary_key
    if not columns:
        return f"'rowid=' || {table.rowid}" if table.rowid else "'a row without a key'"
    return " || ', ' || ".join(f"{literal(c + '=')} || {printed(name(c))}" for c in columns)


def printed(x: str) -> str:
    """SQL: a value as a literal of at most 60 characters; what cannot be read as text, in hex."""
    short = f"substr(CAST({x} AS BLOB), 1, 40)"
    return (
        f"CASE typeof({x}) WHEN 'null' THEN 'NULL' WHEN 'integer' THEN CAST({x} AS TEXT)"
        f" WHEN 'real' THEN CAST({x} AS TEXT)"
        f" WHEN 'blob' THEN 'X''' || hex(substr({x}, 1, 20)) || ''''"
        f" ELSE CASE WHEN ({x} GLOB {PLAIN} OR instr({x}, char(0)))"
        f" AND {LOOK}(-1, CAST({x} AS BLOB)) THEN 'bytes ' || hex({short})"
        f" ELSE '''' || substr({x}, 1, 60) || '''' END END"
    )
