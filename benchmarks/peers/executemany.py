"""SQLAlchemy: reflect the SQLite file, make its tables there, and insert in chunks."""

import sqlalchemy

TITLE = "SQLAlchemy, reflection and executemany"
ROWS = 10_000


def available() -> str:
    return ""


def move(file, url: str, schema=None) -> None:
    source, target = sqlalchemy.create_engine(f"sqlite:///{file}"), sqlalchemy.create_engine(url)
    metadata = sqlalchemy.MetaData()
    metadata.reflect(source)
    for table in metadata.tables.values():
        for column in table.columns:
            column.type = column.type.as_generic()  # SQLite's DATETIME is no type of PostgreSQL
            column.server_default = None  # nor is 0 a default for a boolean there
    with source.connect() as reading, target.begin() as writing:
        metadata.create_all(writing)
        for table in metadata.sorted_tables:
            found = reading.execution_options(yield_per=ROWS).execute(sqlalchemy.select(table))
            for rows in found.mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in rows])
    source.dispose()
    target.dispose()
