"""Fill the column searches.words, one batch after the other. Stop it and start it as you like.

    python backfill.py [SECONDS]        rests for so long after each batch
"""

import os
import sys
import time

from sqlalchemy import create_engine, text

BATCH = 10_000
REST = float(sys.argv[1]) if len(sys.argv) > 1 else 0

# Where are we? FOR UPDATE: if two of us run, the second waits here until the first has committed.
PLACE = text("SELECT last_id FROM backfill_place FOR UPDATE")

# The last id of the next batch. With the index on id this is quick at any place of the table.
UP_TO = text("""
    SELECT max(id)
      FROM (SELECT id FROM searches WHERE id > :last ORDER BY id LIMIT :batch) AS next_batch
""")

WRITE = text("""
    UPDATE searches SET words = lower(btrim(typed))
     WHERE id > :last AND id <= :up_to AND words IS NULL
""")

REMEMBER = text("UPDATE backfill_place SET last_id = :up_to")


def one_batch(connection):
    """Write the next rows and remember the place: the last id, or None if there are no more."""
    last = connection.scalar(PLACE)
    up_to = connection.scalar(UP_TO, {"last": last, "batch": BATCH})
    if up_to is not None:
        connection.execute(WRITE, {"last": last, "up_to": up_to})
        connection.execute(REMEMBER, {"up_to": up_to})
    return up_to


def main():
    engine = create_engine(os.environ["DATABASE_URL"])
    while True:
        with engine.begin() as connection:  # the transaction is this batch, and no more
            up_to = one_batch(connection)
        if up_to is None:
            print("nothing is left to do")
            return
        print(f"done up to id {up_to}", flush=True)
        time.sleep(REST)


if __name__ == "__main__":
    main()
