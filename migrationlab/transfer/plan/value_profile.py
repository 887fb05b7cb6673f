"""What a table really holds: one scan that counts, for every column, what does not fit its type.

The counting is SQLite's; Python is asked only about texts with a character outside printable ASCII.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from migrationlab.transfer.plan.transfer_plan import ColumnPlan, TablePlan
from migrationlab.transfer.sqlite import value_conversion
from migrationlab.transfer.sqlite.quoting import literal, name, texts
from migrationlab.transfer.sqlite.sql_functions import DECODE, ENCODINGS
from migrationlab.transfer.sqlite.sqlite_schema import Table
from migrationlab.transfer.sqlite.value_conversion import KINDS, NUMBER, TEXTUAL

AT_ONCE = 250  # columns in one scan: SQLite has a limit of 2,000 results
SPLIT = 100_000  # rows from which a table is scanned in as many parts as there are connections
LOOK = "lab_look"
PLAIN = literal("*[^]^-~ -[]*")  # finds anything but printable ASCII without the backslash
STEP = 2000  # rows in one step of a scan
LONG = 4096  # bytes; longer texts are looked at one by one, so that a step stays small
SPECIAL = "\\\t\n\r"
FAULTS = {1: "invalid_utf8", 2: "nul_character"}
CLASS_OF = {
    "integer": "integer",
    "boolean": "integer",
    "bytea": "blob",
    **dict.fromkeys((*TEXTUAL, "date", "time", "timestamp", "timestamptz"), "text"),
}
"""The storage class of all values of a kind when none is unfit and nothing is converted."""


@dataclass
class Found:
    """One column of a table.

    values, faults, long   how many values, of them unfit ones, and ones of more than LONG bytes
    integers               of a numeric column: values that SQLite stores as integers
    longest                bytes of the longest one, at least LONG
    escape                 whether COPY must escape something
    strange                some text is none; `faults` does not count it yet
    """

    values: int = 0
    faults: int = 0
    long: int = 0
    integers: int = 0
    longest: int = LONG
    escape: bool = False
    strange: bool = False


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
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            return 1
        if "\0" in text:
            return 2
        if any(sign in text for sign in SPECIAL):
            self.escape.add(number)
        return 0

    def look_at_many(self, raw: bytes) -> tuple[bool, bool]:
        """(whether some text is none, whether COPY must escape something) of joined texts."""
        if self.encoding != "UTF-8" or not raw.isascii():
            try:
                text = raw.decode(self.encoding)
            except UnicodeDecodeError:
                return True, True
            return "\0" in text, any(sign in text for sign in SPECIAL)
        return b"\0" in raw, any(sign.encode() in raw for sign in SPECIAL)


def value(column: ColumnPlan) -> str:
    """The SQL of a column's value after the user's decisions about NULL and encodings."""
    x = name(column.source.name)
    if column.convert in ENCODINGS:
        decoded = f"{DECODE}(CAST({x} AS BLOB), {literal(column.convert)})"
        x = f"CASE WHEN typeof({x}) = 'text' AND {x} GLOB {PLAIN} THEN {decoded} ELSE {x} END"
    if column.convert == NUMBER:
        digits = f"typeof({x}) = 'text' AND {is_number(x)}"
        x = f"CASE WHEN {digits} THEN CAST({x} AS NUMERIC) ELSE {x} END"
    if not column.null_for:
        return x
    return (
        f"CASE WHEN typeof({x}) <> 'blob' AND CAST({x} AS TEXT) COLLATE BINARY"
        f" IN ({texts(column.null_for)}) THEN NULL ELSE {x} END"
    )


def is_number(x: str) -> str:
    """SQL: whether a text is a decimal number of at most 15 digits, which a double keeps."""
    return (
        f"{x} NOT GLOB '*[^0-9.-]*' AND {x} GLOB '*[0-9]' AND {x} NOT GLOB '.*'"
        f" AND {x} NOT GLOB '-.*' AND {x} NOT GLOB '*.*.*' AND {x} NOT GLOB '?*-*'"
        f" AND length(replace(replace({x}, '-', ''), '.', '')) <= 15"
    )


def odd(x: str, number: int) -> str:
    """SQL: what is wrong with a text, a key of FAULTS, or 0. One GLOB passes nearly all."""
    return f"(({x} GLOB {PLAIN} OR instr({x}, char(0))) AND {LOOK}({number}, CAST({x} AS BLOB)))"


def classify(column: ColumnPlan) -> str:
    """SQL: the kind of problem of a value that does not fit, NULL for one that does."""
    x = value(column)
    cases = [
        f"WHEN {condition} THEN {literal(kind)}"
        for kind, condition in KINDS[column.kind].faults(x, column)
    ]
    if column.kind in TEXTUAL:
        look = f"{LOOK}(0, CAST({x} AS BLOB))"
        strange = f"({x} GLOB {PLAIN} OR instr({x}, char(0))) AND"
        # First: what is no text must not be measured or searched as one.
        cases[1:1] = [f"WHEN {strange} {look} = {n} THEN {literal(k)}" for n, k in FAULTS.items()]
        cases.append(f"WHEN octet_length({x}) > {value_conversion.FIELD_LIMIT} THEN 'too_large'")
    return f"CASE WHEN {x} IS NULL THEN NULL {' '.join(cases)} END"


def measure(connections, plan: TablePlan, columns: list[ColumnPlan]) -> Measured:
    """Count in one scan; a large table in as many parts as there are connections, side by side."""
    parts = ranges(connections[0], plan.source, len(connections))
    with ThreadPoolExecutor(len(connections)) as pool:
        jobs = [
            pool.submit(_scan, connection, plan.source, columns, where)
            for connection, where in zip(connections, parts, strict=False)
        ]
        whole = _sum([job.result() for job in jobs], columns)
    for column in columns:
        found = whole.columns[column.source.name]
        if found.long:
            found.longest = _longest(connections[0], plan.source, column)
            found.escape = found.strange = True  # the scan has not looked into long texts
        if found.strange and column.kind in TEXTUAL:
            found.faults = sum(faults_by_kind(connections[0], plan.source, column).values())
    return whole


def ranges(connection, table: Table, parts: int) -> list[str]:
    """WHERE clauses (or "") that together cover the table, each about as many rowids."""
    if not table.rowid or parts < 2:
        return [""]
    rowid = f"{name(table.name)}.{table.rowid}"
    # Two queries: SQLite answers each from one end of the tree, and both at once with a scan.
    ends = [
        connection.execute(f"SELECT {end}({rowid}) FROM {name(table.name)}").fetchone()[0]
        for end in ("min", "max")
    ]
    low, high = ends
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
    measured = Measured(columns={column.source.name: Found() for column in columns})
    for start in range(0, max(len(columns), 1), AT_ONCE):
        some = columns[start : start + AT_ONCE]
        wanted = ["count(*)"]
        for number, column in enumerate(some, start):
            wanted += _counts(table, column, number)
        measured.rows = 0
        for rows, *numbers in _in_steps(connection, table, ", ".join(wanted), where):
            measured.rows += rows
            for column in some:
                values, faults, long, integers, text = numbers[:5]
                del numbers[:5]
                found = measured.columns[column.source.name]
                found.values += rows if values is None else values
                found.faults += faults
                found.long += long
                found.integers += integers
                if text is not None:
                    strange, escape = looker.look_at_many(text)
                    found.strange |= strange
                    found.escape |= escape
    for number, column in enumerate(columns):
        measured.columns[column.source.name].escape |= number in looker.escape
    return measured


def _counts(table: Table, column: ColumnPlan, number: int) -> list[str]:
    """SQL of: values, how many do not fit, how many are long, how many are integers, and the
    short texts."""
    x = value(column)
    full = column.source.not_null or column.source.name == table.integer_key
    values = "NULL" if full and not column.null_for else f"count({x})"
    unfit = KINDS[column.kind].unfit(x, column)
    long, integers, text = "0", "0", "NULL"
    if column.kind == "numeric":
        integers = f"count(*) FILTER (WHERE typeof({x}) = 'integer')"
    if column.kind in (*TEXTUAL, "bytea"):
        long = f"count(*) FILTER (WHERE octet_length({x}) > {LONG})"
    if column.kind in TEXTUAL:
        if table.rowid:
            # All texts of a step in one piece: Python looks at it with a few searches in C.
            short = f"CASE WHEN octet_length({x}) <= {LONG} THEN {x} END"
            text = f"CAST(group_concat({short}, char(1)) AS BLOB)"
        else:
            unfit = f"{unfit} OR {odd(x, number)}"
    return [values, f"count(*) FILTER (WHERE {x} IS NOT NULL AND ({unfit}))", long, integers, text]


def _in_steps(connection, table: Table, wanted: str, where: str):
    """The result of an aggregate query for STEP rows after STEP rows; for the whole without rowid.

    Yields one tuple each.
    """
    source = name(table.name)
    clause = f" WHERE {where}" if where else ""
    if not table.rowid:
        yield connection.execute(f"SELECT {wanted} FROM {source}{clause}").fetchone()
        return
    rowid = f"{source}.{table.rowid}"
    also = f" AND {where}" if where else ""
    last = None
    while True:
        begin, bounds = ("true", ()) if last is None else (f"{rowid} > ?", (last,))
        place = f"SELECT {rowid} FROM {source} WHERE {begin}{also} ORDER BY {rowid} LIMIT 1"
        end = connection.execute(f"{place} OFFSET {STEP - 1}", bounds).fetchone()
        until = f" AND {rowid} <= ?" if end else ""
        query = f"SELECT {wanted} FROM {source} WHERE {begin}{until}{also}"
        yield connection.execute(query, (*bounds, *(end or ()))).fetchone()
        if end is None:
            return
        last = end[0]


def _sum(parts: list[Measured], columns: list[ColumnPlan]) -> Measured:
    whole = Measured(sum(part.rows for part in parts))
    for column in columns:
        found = [part.columns[column.source.name] for part in parts]
        whole.columns[column.source.name] = Found(
            sum(one.values for one in found),
            sum(one.faults for one in found),
            sum(one.long for one in found),
            sum(one.integers for one in found),
            LONG,
            any(one.escape for one in found),
            any(one.strange for one in found),
        )
    return whole


def _longest(connection, table: Table, column: ColumnPlan) -> int:
    query = f"SELECT max(octet_length({value(column)})) FROM {name(table.name)}"
    return connection.execute(query).fetchone()[0]


def faults_by_kind(connection, table: Table, column: ColumnPlan) -> dict[str, int]:
    """How many values have which kind of problem."""
    Looker(connection)
    query = f"SELECT {classify(column)} AS fault, count(*) FROM {name(table.name)} GROUP BY 1"
    return {kind: count for kind, count in connection.execute(query) if kind}


def stored(column: ColumnPlan, found: Found, rows: int) -> dict[str, int] | None:
    """How many values of which storage class, when the scan alone tells it; else None."""
    if found.faults or column.null_for or column.convert or column.true_for or column.false_for:
        return None
    if column.kind == "numeric":
        counts = {"integer": found.integers, "real": found.values - found.integers}
    elif column.kind == "double" and column.source.affinity == "REAL":
        counts = {"real": found.values}
    elif column.kind in CLASS_OF:
        counts = {CLASS_OF[column.kind]: found.values}
    else:
        return None
    return {
        kind: count for kind, count in (counts | {"null": rows - found.values}).items() if count
    }


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
