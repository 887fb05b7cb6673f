"""Write names, texts and values so that SQLite reads them as they are."""


def name(text: str) -> str:
    """A SQLite identifier, always quoted."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQLite text literal."""
    return "'" + text.replace("'", "''") + "'"


def texts(values) -> str:
    """The inside of `IN (…)`."""
    return ", ".join(literal(value) for value in values)


def carried(x: str) -> str:
    """Two results from which `again` makes the same value: Python could not take every text."""
    return f"CASE typeof({x}) WHEN 'text' THEN CAST({x} AS BLOB) ELSE {x} END, typeof({x}) = 'text'"


def again(count: int, first: int = 1) -> list[str]:
    """`count` values of `carried`, as parameters from number `first` on."""
    numbers = range(first, first + 2 * count, 2)
    return [f"iif(?{n + 1}, CAST(?{n} AS TEXT), ?{n})" for n in numbers]
