"""The till: a process that sells as long as the drill runs, whatever happens to the database.

`python -m migrationlab.drills.workload.shop_workload FOLDER SEED`. It reads shop.conf each time it
connects, as a shop reads its settings when it is started: who moves the database writes the new
address there.
"""

import os
import random
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from migrationlab.drills import definitions
from migrationlab.drills.environment import drill_environment
from migrationlab.drills.workload import ledger, random_sales
from migrationlab.drills.workload.workload_process import END, PAUSE, PAUSED

QUICK, SLOW, BUSY = 0.02, 0.5, 1500  # seconds between two sales, the second after so many sales
HOURS = 3  # then the shop closes by itself, and with it the drill
GIVES_UP = {"connect_timeout": "3", "options": "-c statement_timeout=2000 -c lock_timeout=1000"}
"""A customer does not wait for ever: a sale that hangs is refused."""


class Workload:
    """`folder` is the drill's; its .drill/ holds the ledger and the files that stop the till.

    A drill whose shop does not run on PostgreSQL gives a subclass, by workload(folder, seed) in
    its drill.py.
    """

    errors: type[Exception] = psycopg2.Error  # what the database says no with

    def __init__(self, folder: Path, seed: int):
        self.folder, self.notes = folder, folder / ".drill"
        self._chance = random.Random(seed)
        self._n = 0
        self._closing = time.time() + HOURS * 3600

    def run(self) -> None:
        self._go_on_after(max([0, *(sale.n for sale in ledger.read(self.notes / ledger.FILE))]))
        with (self.notes / ledger.FILE).open("a", encoding="utf-8") as book:
            while self._is_open():
                try:
                    with closing(self.connect()) as connection:
                        while self._is_open() and not self.is_closed(connection):
                            self._sell(connection, book)
                except self.errors as error:  # the server is away: the customer leaves
                    self._try(book)
                    self._refuse(book, error)
                    time.sleep(0.15)

    def connect(self):
        connection = psycopg2.connect("service=shop", application_name="till", **GIVES_UP)
        connection.autocommit = True
        return connection

    def is_closed(self, connection) -> bool:
        return bool(connection.closed)

    def sale(self, n: int, chance: random.Random) -> dict:
        """What the customer number n wants; see random_sales.draw."""
        return random_sales.draw(n, chance)

    def write(self, connection, sold: dict) -> dict[str, str] | None:
        """Write it and commit; what the database itself has set, or None: there is no such row."""
        statement, columns = random_sales.STATEMENTS[sold["what"]]
        with connection.cursor() as cursor:
            cursor.execute(statement, random_sales.parameters(sold))
            if cursor.rowcount != 1:
                return None
            return dict(zip(columns, cursor.fetchone() if columns else (), strict=True))

    def _go_on_after(self, last: int) -> None:
        """After a restart the customers go on where they were: their first wishes were granted."""
        while self._n < last:
            self._draw()

    def _is_open(self) -> bool:
        while (self.notes / PAUSE).exists() and not (self.notes / END).exists():
            (self.notes / PAUSED).touch()
            time.sleep(0.02)
        with suppress(OSError):
            (self.notes / PAUSED).unlink(missing_ok=True)
        # A drill that was removed while we slept is over as well.
        there = self.notes.exists() and not (self.notes / END).exists()
        return there and time.time() < self._closing

    def _draw(self) -> dict:
        self._n += 1
        return self.sale(self._n, self._chance)

    def _try(self, book) -> dict:
        sold = self._draw()
        ledger.note(book, n=self._n, tried_at=time.time(), said=ledger.TRY, **sold)
        return sold

    def _sell(self, connection, book) -> None:
        sold = self._try(book)
        try:
            answer = self.write(connection, sold)
        except self.errors as error:
            # Without a connection, COMMIT may have happened: nobody has told us.
            closed = self.is_closed(connection)
            self._refuse(book, error, ledger.UNKNOWN if closed else ledger.NO)
            if closed:
                return
        else:
            if answer is None:
                self._refuse(book, "no such row")
            else:
                ledger.note(book, n=self._n, at=time.time(), said=ledger.OK, values=answer)
        time.sleep(QUICK if self._n < BUSY else SLOW)

    def _refuse(self, book, error, said=ledger.NO) -> None:
        why = (str(error).strip().splitlines() or ["no reason was given"])[0]
        ledger.note(book, n=self._n, at=time.time(), said=said, why=why)


def main(folder: str, seed: str) -> None:
    os.environ["PGSERVICEFILE"] = str(Path(folder, "shop.conf"))
    drill = definitions.find(drill_environment.load(Path(folder)).drill)
    make = getattr(drill.script, "workload", Workload)
    workload = make(Path(folder), int(seed))
    workload.run()
    if workload.notes.exists() and not (workload.notes / END).exists():
        # Closing time: nobody has ended the drill.
        drill_environment.load(workload.folder).clusters.stop_all()


if __name__ == "__main__":
    main(*sys.argv[1:3])
