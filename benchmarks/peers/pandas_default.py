"""pandas: read_sql and to_sql, table by table. No keys, no indexes; types are guessed."""

import sqlite3
from contextlib import closing

TITLE = "pandas.to_sql"


def available() -> str:
    try:
        import pandas  # noqa: F401
        import sqlalchemy  # noqa: F401
    except ImportError:
        return "pandas is not installed"
    return ""


def move(file, url: str, schema=None, method: str | None = None, rows: int | None = None) -> None:
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with closing(sqlite3.connect(file)) as source, engine.begin() as target:
        query = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
        for (name,) in source.execute(query).fetchall():
            if not name.startswith("sqlite_"):
                quoted = name.replace('"', '""')
                frame = pandas.read_sql(f'SELECT * FROM "{quoted}"', source)
                frame.to_sql(name, target, index=False, method=method, chunksize=rows)
    engine.dispose()
