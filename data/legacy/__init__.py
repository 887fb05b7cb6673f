"""The old bookshop's SQLite file: eight tables, some thousand rows, and all the dirt of ten years.

    python -m data.legacy old_shop.sqlite3
    python -m data.legacy clean.sqlite3 --clean --rows 100000

`schema` holds the tables, `rows` what should stand in them, and `dirt` is THE table of what stands
there instead. The same rows on every machine: all comes from a fixed seed. Standard library only.
"""

from data.legacy.making import make

__all__ = ["make"]
