"""The books that the wholesaler sells, as they really are: what a perfect web site would say."""

import csv
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from data.wholesaler import words

FIRST, COUNT = 1001, 1200
SEED = 20260608
IN_THE_SHOP = 20  # so many of them the bookshop has in its shelves already

SHOP = Path(__file__).parents[2] / "bookshop" / "data" / "books.csv"
LANGUAGES = ("da",) * 12 + ("sv",) * 3 + ("nb",) * 2 + ("en-GB",) * 2 + ("en-US",)


@dataclass(frozen=True)
class Book:
    """One book; its page is /book/<number>."""

    number: int
    lang: str
    isbn: str  # 13 digits
    title: str
    author: str
    category: str
    price: Decimal
    currency: str
    priced: date  # since when the price holds
    published: date | None


def every() -> list[Book]:
    """All books, the same ones at every call and on every machine."""
    with SHOP.open(encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file))[:IN_THE_SHOP]
    return [_known(FIRST + place, row) for place, row in enumerate(known)] + [
        _invented(number) for number in range(FIRST + len(known), FIRST + COUNT)
    ]


def isbn_13(first_12: str) -> str:
    """The 12 digits and their check digit."""
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(first_12))
    return f"{first_12}{-total % 10}"


def _invented(number: int, lang: str | None = None) -> Book:
    random = Random(SEED + number)

    def pick(choices):
        # Of all methods only random() is promised to give the same in every Python.
        return choices[int(random.random() * len(choices))]

    lang = lang or pick(LANGUAGES)
    start, middle, end = (pick(part.split("|")) for part in words.TITLES[lang[:2]])
    group = words.ISBN_GROUPS[lang]
    serial = str(number * 7919 % 10**7).zfill(7) if len(group) == 2 else f"{number * 7919 + 10**7}"
    published = date(1998, 1, 1) + timedelta(days=int(random.random() * 10_000))
    return Book(
        number=number,
        lang=lang,
        isbn=isbn_13(f"978{group}{serial}"),
        title=f"{start} {middle}{end if end[:1] in ':, ' else f' {end}'}".strip(),
        author=f"{pick(words.FIRST_NAMES.split())} {pick(words.LAST_NAMES.split())}",
        category=pick(tuple(words.CATEGORIES)),
        price=_price(random.random(), lang),
        currency=words.CURRENCIES[lang],
        priced=date(2026, 1, 5) + timedelta(days=int(random.random() * 140)),
        published=published,
    )


def _known(number: int, row: dict[str, str]) -> Book:
    """A book of the shop, at the wholesaler's price."""
    return replace(
        _invented(number, "da"),
        isbn=row["isbn"],
        title=row["title"],
        price=Decimal(row["price"]) + 10,
        published=date(int(row["published_year"]), 9, 1) if row["published_year"] else None,
    )


def _price(random: float, lang: str) -> Decimal:
    """Between 79.95 and 399.95 kroner, or 8.50 and 40.50 pounds or euro."""
    if lang.startswith("en"):
        return Decimal(8 + int(random * 32)) + Decimal("0.50")
    return Decimal(79 + int(random * 32) * 10) + Decimal("0.95")
