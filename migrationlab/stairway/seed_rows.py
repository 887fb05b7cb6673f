"""The rows that a climb is given, from a function or from SQL."""

import importlib
from collections.abc import Callable

from psycopg2 import Error
from sqlalchemy import NullPool, create_engine

from migrationlab.errors import LabError


def seeder(seed: str | dict[str, str] | None, url: str, watcher) -> Callable | None:
    """`fill(heads)` for Climb. "module:function" is imported now, while the lab can be found."""
    if seed is None:
        return None
    if isinstance(seed, dict):
        return lambda heads: execute(watcher, [seed[head] for head in sorted(heads & seed.keys())])
    module, _, name = seed.partition(":")
    function = getattr(importlib.import_module(module), name)
    engine = create_engine(url, poolclass=NullPool)

    def call(heads):
        with engine.begin() as connection:
            function(connection)

    return call


def execute(watcher, statements: list[str]) -> None:
    with watcher.cursor() as cursor:
        for statement in statements:
            try:
                cursor.execute(statement)
            except Error as error:
                raise LabError(f"The seed's rows do not fit: {str(error).strip()}") from None
