"""20,000 reviews as the old system gives them: the same ones every time."""

import datetime
from decimal import Decimal

COLUMNS = ("isbn", "reader", "body", "stars", "written_on", "price_paid")

READERS = (None, "", "Søren Ærø", 'Åse "Ås" Lund', "O'Brien, Pat", "null", "Jens\tKjær", "李雷")
BODIES = (
    "God bog.",
    'Hun sagde: "Læs den!", og det gjorde jeg.',
    "To linjer:\nden ene, og den anden.",
    "Kolonner\tmed\ttabulator",
    r"Filen ligger i C:\nye\tekster\bog.txt",
    "Ender med en skråstreg \\",
    "",
    "Komma, semikolon; og 'apostrof' 100 % $1 {ja} %s",
    "Rødgrød med fløde 🍓 og smørrebrød " * 6,
    "Gammel\r\nWindows-linje",
)


def rows() -> list[tuple]:
    """Tuples in the order of COLUMNS. None means NULL, and '' means ''."""
    first = datetime.date(2010, 1, 1)
    return [
        (
            f"978879{n % 4000:07d}",
            READERS[n % 8],
            BODIES[n % 10],
            None if n % 11 == 0 else n % 5 + 1,
            first + datetime.timedelta(days=n // 4),
            Decimal(n % 30_000) / 100,
        )
        for n in range(20_000)
    ]
