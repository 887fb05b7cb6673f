"""Feed COPY: SQLite renders whole chunks of rows as text, Python only hands the bytes on.

A thread reads ahead while the server works. Both wait without holding Python's lock.
"""

from queue import Empty, Full, Queue
from threading import Event, Thread

from psycopg2 import sql

from migrationlab.transfer.plan import value_profile
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, TablePlan
from migrationlab.transfer.plan.value_profile import value
from migrationlab.transfer.sqlite import value_conversion
from migrationlab.transfer.sqlite.quoting import again, carried, name
from migrationlab.transfer.sqlite.value_conversion import KINDS

CHUNK = 256 * 1024  # bytes, about: fewer cost calls, more cost memory
AHEAD = 4  # chunks
MOST_ROWS = 10_000  # in a chunk
ARGUMENTS = 500  # of one concat_ws; SQLite's limit is 1,000


def copied(table: TablePlan) -> list[ColumnPlan]:
    """The columns that COPY fills; PostgreSQL computes the generated ones."""
    return [column for column in table.columns if not column.generated]


def line(table: TablePlan) -> str:
    """SQL: a row as a line of COPY's text format, without its end."""
    fields = []
    for column in copied(table):
        x = value(column)
        text = KINDS[column.kind].copy(x, column)
        nullable = "null" in column.stored or column.null_for
        fields.append(rf"ifnull({nulls_through(x, text)}, '\N')" if nullable else text)
    return join(fields, "char(9)")


def nulls_through(x: str, text: str) -> str:
    """`text` is made for values; hex(NULL), for one, is no NULL."""
    return text if text == x else f"CASE WHEN {x} IS NOT NULL THEN {text} END"


def join(fields: list[str], separator: str) -> str:
    """concat_ws(), nested where there are more fields than a function may have arguments."""
    if len(fields) <= ARGUMENTS:
        return f"concat_ws({separator}, {', '.join(fields)})"
    parts = [fields[n : n + ARGUMENTS] for n in range(0, len(fields), ARGUMENTS)]
    return join([join(part, separator) for part in parts], separator)


def chunks(connection, table: TablePlan, where: str = ""):
    """Yield (bytes, rows) until the table, or the part of it that `where` names, is at its end."""
    return rendered(connection, table, line(table), "char(10)", where)


def rendered(connection, table: TablePlan, text: str, end: str, where: str = ""):
    """Yield (bytes, rows): the SQL expression `text` of some rows, each with `end` behind it."""
    utf8 = connection.pragma("encoding") == "UTF-8"
    body = f"group_concat(line, {end}) || {end}"
    # As a blob, so that Python need not decode and encode it.
    body = f"CAST({body} AS BLOB)" if utf8 else body
    if table.source.rowid:
        found = _by_rowid(connection, table, text, body, where)
    elif _key_is_in_order(table):
        found = _by_key(connection, table, text, body, where)
    else:
        found = _one_by_one(connection, table, text, end, where, utf8)
    for part, rows in found:
        yield (part if utf8 else part.encode()), rows


def _key_is_in_order(table: TablePlan) -> bool:
    """Whether the rows of a table WITHOUT ROWID can be read key after key."""
    keys = table.source.primary_key
    known = ("BINARY", "NOCASE", "RTRIM")
    return bool(keys) and all(table.source.column(key).collation in known for key in keys)


def _sizes(table: TablePlan) -> tuple[str, int]:
    """(SQL of the bytes in a row's texts and blobs, the most that a row can have)."""
    sized = [c for c in copied(table) if c.kind in (*value_conversion.TEXTUAL, "bytea")]
    sizes = [f"coalesce(octet_length({name(c.source.name)}), 0)" for c in sized]
    return " + ".join(sizes) or "0", sum(c.longest for c in sized)


def _next_count(count: int, bytes_: int) -> int:
    """How many rows to ask for next, so that a chunk comes near CHUNK."""
    return max(1, min(MOST_ROWS, count * 4, int(count * CHUNK / max(bytes_, 1)) + 1))


def _by_rowid(connection, table: TablePlan, text: str, body: str, where: str):
    source = name(table.source.name)
    rowid = f"{source}.{table.source.rowid}"
    size, largest = _sizes(table)
    also = f" AND ({where})" if where else ""
    count, last = 200, None
    while True:
        begin, bounds = ("true", ()) if last is None else (f"{rowid} > ?", (last,))
        if largest > value_profile.LONG * len(
            table.columns
        ):  # a few rows may be huge: cut before them
            end = connection.execute(
                "SELECT min(k) FROM (SELECT k, row_number() OVER w AS n, sum(size) OVER w AS total"
                f" FROM (SELECT {rowid} AS k, {size} AS size FROM {source} WHERE {begin}{also}"
                f" ORDER BY {rowid} LIMIT {count}) WINDOW w AS (ORDER BY k))"
                f" WHERE total > {CHUNK} AND n > 1",
                bounds,
            ).fetchone()[0]
            if end is not None:
                begin, bounds = f"{begin} AND {rowid} < ?", (*bounds, end)
        part, last, found = connection.execute(
            f"SELECT {body}, max(k), count(*) FROM (SELECT {rowid} AS k, {text} AS line"
            f" FROM {source} WHERE {begin}{also} ORDER BY {rowid} LIMIT ?)",
            (*bounds, count),
        ).fetchone()
        if not found:
            return
        count = _next_count(found, len(part))
        yield part, found


def _by_key(connection, table: TablePlan, text: str, body: str, where: str):
    """For tables WITHOUT ROWID, which lie in the order of their primary key."""
    source = name(table.source.name)
    keys = ", ".join(f"{source}.{name(column)}" for column in table.source.primary_key)
    number = len(table.source.primary_key)
    after, to = ", ".join(again(number)), ", ".join(again(number, 2 * number + 1))
    kept = ", ".join(carried(f"{source}.{name(column)}") for column in table.source.primary_key)
    largest = max(_sizes(table)[1], 1)
    also = f" AND ({where})" if where else ""
    count, last = 200, ()
    while True:
        if largest > value_profile.LONG * len(table.columns):
            count = max(1, min(count, 32 * CHUNK // largest))
        begin = f"({keys}) > ({after})" if last else "true"
        place = f"SELECT {kept} FROM {source} WHERE {begin}{also} ORDER BY {keys}"
        end = connection.execute(f"{place} LIMIT 1 OFFSET {count - 1}", last).fetchone()
        until = f" AND ({keys}) <= ({to if last else after})" if end else ""
        part, found = connection.execute(
            f"SELECT {body}, count(*) FROM"
            f" (SELECT {text} AS line FROM {source} WHERE {begin}{until}{also})",
            (*last, *(end or ())),
        ).fetchone()
        if found:
            yield part, found
            count = _next_count(found, len(part))
        if not end:
            return
        last = end


def _one_by_one(connection, table: TablePlan, text: str, end: str, where: str, utf8: bool):
    """Where rows have no name, or their key has an order that only the application knows."""
    clause = f" WHERE {where}" if where else ""
    one = f"CAST({text} || {end} AS BLOB)" if utf8 else f"{text} || {end}"
    for (part,) in connection.execute(f"SELECT {one} FROM {name(table.source.name)}{clause}"):
        yield part, 1


class Feed:
    """A file whose read() gives what SQLite has rendered; a thread fills it.

    Used as a context manager: at the end of the block the thread has ended. An error of the
    thread is raised there.
    """

    def __init__(self, connection, table: TablePlan, where: str = "", progress=lambda rows: None):
        self._source = (connection, table, where)
        self._progress = progress
        self._queue: Queue = Queue(AHEAD)
        self._stop = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._fill, daemon=True)
        self._ended = False
        self.rows = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)
            except Empty:
                self._source[0].interrupt()
        self._thread.join()
        if self._error is not None and not self._is_own_interrupt():
            raise self._error

    def _is_own_interrupt(self) -> bool:
        return type(self._error).__name__ == "InterruptError"

    def read(self, size: int = -1) -> bytes:
        """The next chunk, whatever `size` says: psycopg2 sends what it gets. b"" at the end."""
        if self._ended:
            return b""
        text, rows = self._queue.get()
        self._ended = not text
        if self._error is not None:
            raise self._error
        self.rows += rows
        self._progress(rows)
        return text

    def _fill(self) -> None:
        try:
            for item in chunks(*self._source):
                if not self._put(item):
                    return
        except BaseException as error:  # raised again where the block ends
            self._error = error
        self._put((b"", 0))

    def _put(self, item) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return True
            except Full:
                continue
        return False


def copy(cursor, connection, table: TablePlan, schema: str, where: str = "", progress=None) -> int:
    """COPY a table, or the part of it that `where` names; how many rows. Raises LabError."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, table.name),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in copied(table)),
    )
    with Feed(connection, table, where, progress or (lambda rows: None)) as feed:
        cursor.copy_expert(statement, feed, CHUNK)
    return feed.rows
