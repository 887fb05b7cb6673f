"""psycopg2's copy_expert, fed with lines that Python makes of each value."""

from benchmarks.peers import Schema, script

TITLE = "psycopg2, COPY from Python rows"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def available() -> str:
    return ""


def move(file, url: str, schema: Schema) -> None:
    def load(cursor, table, names, rows):
        cursor.copy_expert(f"COPY {table} ({', '.join(names)}) FROM STDIN", Lines(rows))

    script.move(file, url, schema, load)


def line(row) -> str:
    return "\t".join([_text(value) for value in row]) + "\n"


def _text(value) -> str:
    if value is None:
        return "\\N"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)


class Lines:
    """A file that copy_expert can read, made while it is read."""

    def __init__(self, rows):
        self.rows, self.rest = rows, ""

    def read(self, size: int) -> str:
        parts, length = [self.rest], len(self.rest)
        while length < size and (row := next(self.rows, None)) is not None:
            parts.append(line(row))
            length += len(parts[-1])
        whole = "".join(parts)
        self.rest = whole[size:]
        return whole[:size]
