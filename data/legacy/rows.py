"""What should stand in the old shop's tables: rows without a fault, a stream for each table."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from data.wholesaler import words
from data.wholesaler.books import isbn_13

SEED = 20130401  # the day on which the old shop opened
OPENED = datetime(2013, 4, 1, 9, 0)
DAYS = 4600  # until the autumn of 2025
GAP = 41  # every 41st id was given out and deleted

FIRST = (
    "Ane Søren Åse Mikkel Signe Bjørn Lærke Jens Ida Øjvind Maja Per Astrid Noor Élise Bo Rasmus"
)
LAST = "Østergaard Sørensen Åkjær Lund Bjørnholt Hansen Nygård Kjær Dahl Mogensen Ravn Høj Friis"
GROUPS = ("krimi", "romaner", "digte", "børn", "håndarbejde")
BODIES = (
    "Læst på én aften. ❤️",
    "Kedelig.",
    "Min mor på 83 elskede den 📚",
    "Slutningen var for let at gætte …",
    'Han siger "ja", og så er den forbi.',
    "",
    "God, men det er C:\\temp\\bog.pdf ikke.",
    "Æblerne på side 112 er de bedste.\nResten er også godt.",
    "👍🏽",
    None,
)
NOTES = (None, None, None, None, "Gave 🎁", "Ring først", "Hos naboen, nr. 7\n(den røde dør)", "")
SETTINGS = {
    "shop_name": "Ærø Bog & Papir",
    "vat_percent": "25",
    "free_delivery_from": "499.5",
    "opening_hours": "10–17.30, lørdag 10–14",
    "newsletter_footer": "",
    "last_invoice": "48211",
    "colour": "#0072B2",
    "holiday_until": None,
    "theme_version": "1.10",
}


@dataclass(frozen=True)
class Sizes:
    """How many rows each table has; those of "Order Details" follow from the orders."""

    accounts: int = 600
    authors: int = 60
    books: int = 400
    orders: int = 2000
    reviews: int = 900
    statistics: int = 700

    @classmethod
    def about(cls, rows: int) -> "Sizes":
        """Sizes with about so many rows in all; never below what the dirt needs."""
        usual = cls()
        factor = rows / 9000
        smallest = {"accounts": 120, "books": 100, "orders": 200, "reviews": 120, "statistics": 40}
        return cls(
            **{
                name: max(smallest.get(name, number), round(number * factor))
                for name, number in vars(usual).items()
            }
        )


class Dice:
    """Of all methods of Random only random() is promised to give the same in every Python."""

    def __init__(self, *seed: object):
        self._random = Random(f"{SEED} {seed}").random

    def below(self, number: int) -> int:
        return int(self._random() * number)

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def one_in(self, number: int) -> bool:
        return self.below(number) == 0


def every(sizes: Sizes) -> Iterator[tuple[str, Iterator[tuple]]]:
    """(table, its rows), parents before children."""
    account_ids = ids(sizes.accounts)
    yield "accounts", accounts(account_ids)
    yield "authors", authors(sizes.authors)
    yield "books", books(sizes.books, sizes.authors)
    order_ids = ids(sizes.orders)
    yield "orders", (order for order, _ in orders(order_ids, account_ids, sizes.books))
    yield (
        "Order Details",
        (line for _, lines in orders(order_ids, account_ids, sizes.books) for line in lines),
    )
    yield "reviews", reviews(sizes.reviews, account_ids, sizes.books)
    yield "settings", iter(SETTINGS.items())
    yield "statistics", statistics(sizes.statistics)


def ids(number: int) -> list[int]:
    """So many ids from 1 on, with gaps."""
    return [n for n in range(1, number + number // (GAP - 1) + 2) if n % GAP][:number]


def accounts(account_ids: list[int]) -> Iterator[tuple]:
    dice = Dice("accounts")
    first, last = FIRST.split(), LAST.split()
    phone = None
    for id in account_ids:
        name = dice.pick(first), dice.pick(last)
        email = f"{_ascii(name[0])}.{_ascii(name[1])}{id}@{dice.pick(('mail', 'post'))}.example"
        # A deleted account's number may be somebody else's today: the next one's.
        deleted = _moment(dice) if id % 30 == 0 else None
        if id % 30 != 1 or phone is None:
            phone = f"+45 {20 + id % 80} {id // 80 % 90 + 10} {id // 7200 + 10} {id % 90 + 10}"
        born = date(1935, 1, 1) + timedelta(dice.below(26000))
        yield (
            id,
            email if id % 9 else email.capitalize(),
            " ".join(name),
            None if dice.one_in(8) and deleted is None and id % 30 != 1 else phone,
            born.isoformat() if dice.one_in(2) else None,
            None if dice.one_in(6) else dice.below(2),
            _text(OPENED + timedelta(hours=7 * id, minutes=dice.below(400))),
            _text(deleted) if deleted else None,
        )


def authors(number: int) -> Iterator[tuple]:
    dice = Dice("authors")
    for id in range(1, number + 1):
        name = f"{dice.pick(words.FIRST_NAMES.split())} {dice.pick(words.LAST_NAMES.split())}"
        yield id, name, None if dice.one_in(5) else 1850 + dice.below(150)


def books(number: int, authors: int) -> Iterator[tuple]:
    for id in range(1, number + 1):
        dice = Dice("book", id)
        lang = dice.pick(("da", "da", "da", "sv", "nb"))
        start, middle, end = (dice.pick(part.split("|")) for part in words.TITLES[lang])
        day = date(1995, 1, 1) + timedelta(dice.below(10500))
        yield (
            id,
            isbn_13(f"97887{id:07d}"),
            f"{start} {middle}{end if end[:1] in ':,' else end and ' ' + end}",
            None if dice.one_in(20) else 1 + dice.below(authors),
            None if dice.one_in(10) else 48 + dice.below(700),
            price_of(id),
            None if dice.one_in(12) else day.isoformat(),
            0 if dice.one_in(7) else 1,
            cover(id) if id % 5 == 0 else None,
            None if dice.one_in(3) else f"En bog om {dice.pick(GROUPS)}, {id % 97} kapitler.",
        )


def price_of(book: int) -> float:
    """In kroner. SQLite stores 149.0 as the integer 149, and 129.95 as a floating point number."""
    return float(f"{49 + book * 37 % 300}.{('00', '95', '50')[book % 3]}")


def orders(
    order_ids: list[int], account_ids: list[int], books: int
) -> Iterator[tuple[tuple, list[tuple]]]:
    """(row of orders, rows of "Order Details"), order by order."""
    for place, id in enumerate(order_ids):
        dice = Dice("order", id)
        at = OPENED + timedelta(days=place * DAYS / len(order_ids), minutes=dice.below(1440))
        chosen = sorted({1 + dice.below(books) for _ in range(1 + dice.below(4))})
        lines = [
            (
                id,
                book,
                1 + dice.below(3) // 2,
                price_of(book),
                None if dice.one_in(4) else 1 + dice.below(3),
            )
            for book in chosen
        ]
        status = dice.pick(("new", "paid", "shipped", "shipped", "shipped", "cancelled"))
        sent = (at + timedelta(days=1 + dice.below(9))).date().isoformat()
        total = round(sum(quantity * price for _, _, quantity, price, _ in lines), 2)
        yield (
            (
                id,
                dice.pick(account_ids),
                _text(at),
                sent if status == "shipped" else None,
                int(status in ("paid", "shipped")),
                total,
                # 18 digits, as the bank gives them: more than a double can hold
                10**17 + id * 97_000_000_000_003 % 10**15 * 613 + 1 if status != "new" else None,
                status,
                dice.pick(NOTES),
            ),
            lines,
        )


def reviews(number: int, account_ids: list[int], books: int) -> Iterator[tuple]:
    seen = set()
    for id in range(1, number + 1):
        dice = Dice("review", id)
        book, account = 1 + dice.below(books), dice.pick(account_ids)
        if dice.one_in(9) or (book, account) in seen:
            account = None
        seen.add((book, account))
        yield (
            id,
            book,
            account,
            1 + dice.below(5),
            dice.pick(BODIES),
            _text(_moment(dice)),
            None if dice.one_in(15) else int(not dice.one_in(6)),
        )


def statistics(number: int) -> Iterator[tuple]:
    dice = Dice("statistics")
    for place in range(number):
        day = OPENED.date() + timedelta(days=place // len(GROUPS))
        hits = dice.below(4000)
        yield day.isoformat(), GROUPS[place % len(GROUPS)], hits, dice.below(10**6) / 1000


def cover(book: int) -> bytes:
    """A picture of 8 × 8 dots in one of many colours, as a BMP file."""
    width = height = 8
    size = 54 + 3 * width * height
    colour = bytes((book * 53 % 256, book * 101 % 256, book * 197 % 256))
    head = struct.pack("<2sIHHI", b"BM", size, 0, 0, 54)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, size - 54, 2835, 2835, 0, 0)
    return head + info + colour * (width * height)


def _moment(dice: Dice) -> datetime:
    return OPENED + timedelta(days=dice.below(DAYS), seconds=dice.below(86400))


def _text(moment: datetime) -> str:
    """As CURRENT_TIMESTAMP writes it: no zone, and nobody remembers which one was meant."""
    return moment.isoformat(sep=" ", timespec="seconds")


def _ascii(name: str) -> str:
    name = name.lower()
    for letter, plain in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("é", "e")):
        name = name.replace(letter, plain)
    return name
