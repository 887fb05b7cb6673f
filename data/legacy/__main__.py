"""`python -m data.legacy FILE`: make the old shop's SQLite file."""

import argparse
import sys
from pathlib import Path

from data.legacy import make


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m data.legacy", description="Make the old bookshop's SQLite file."
    )
    parser.add_argument("file", type=Path, help="where it goes; an older one made here is replaced")
    parser.add_argument("--rows", type=int, default=9000, help="about so many rows in all (9000)")
    parser.add_argument("--clean", action="store_true", help="every value as its column says")
    options = parser.parse_args()
    try:
        counts = make(options.file, rows_in_all=options.rows, clean=options.clean)
    except OSError as error:
        sys.exit(f"The file cannot be made: {error}")
    size = options.file.stat().st_size / 1024
    print(f"{options.file}: {size:,.0f} KB, {sum(counts.values()):,} rows")
    for table, count in counts.items():
        print(f"{count:>8,}  {table}")


if __name__ == "__main__":
    main()
