"""pandas with method="multi": several rows in one INSERT."""

from benchmarks.peers import pandas_default

TITLE = 'pandas.to_sql, method="multi"'
available = pandas_default.available


def move(file, url: str, schema=None) -> None:
    # psycopg2 puts the values into the statement itself: the number of parameters has no limit.
    pandas_default.move(file, url, method="multi", rows=1000)
