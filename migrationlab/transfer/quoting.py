"""Write names and texts so that SQLite reads them as they are."""


def name(text: str) -> str:
    """A SQLite identifier, always quoted."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQLite text literal."""
    return "'" + text.replace("'", "''") + "'"


def texts(values) -> str:
    """The inside of `IN (…)`."""
    return ", ".join(literal(value) for value in values)
