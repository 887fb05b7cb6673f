"""From what a page says to what the shop may believe. No database here: texts in, values out."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

DEAREST = Decimal("99999999.99")  # what books.price can hold
SIGNS = {"€": "EUR", "£": "GBP"}
KRONER = {"da": "DKK", "sv": "SEK", "nb": "NOK", "nn": "NOK"}  # kr. says the language of the page
# The first three letters are enough in Danish, Swedish, Norwegian and English.
MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "mai": 5, "may": 5, "jun": 6, "jul": 7}
MONTHS |= {"aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12, "des": 12}


@dataclass(frozen=True)
class Book:
    isbn: str  # 13 digits
    title: str
    price: Decimal
    currency: str
    priced_on: date | None
    published_on: date | None


class Reject(Exception):
    """No book can be made of this page: a code for counting, and words for a person."""

    def __init__(self, reason: str, explanation: str):
        super().__init__(explanation)
        self.reason, self.explanation = reason, explanation


def book(said: dict[str, str | None]) -> Book:
    """The book that a row of crawl_books is about. Raises Reject."""
    lang = said["lang"] or ""
    price, currency = money(said["price"] or "", lang)
    return Book(
        isbn=isbn(said["isbn"] or ""),
        title=title(said["title"] or ""),
        price=price,
        currency=currency,
        priced_on=day(said["priced"] or "", lang),
        published_on=day(said["published"] or "", lang),
    )


def isbn(text: str) -> str:
    """13 digits. The ten characters of before 2007 are turned into them."""
    if not text:
        raise Reject("no_isbn", "The page names no ISBN.")
    bare = re.sub(r"[\s-]", "", text).upper()
    if re.fullmatch("[0-9]{9}[0-9X]", bare):
        values = [10 if sign == "X" else int(sign) for sign in bare]
        if sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0:
            first = "978" + bare[:9]
            return f"{first}{-_weighed(first) % 10}"
    if re.fullmatch("[0-9]{13}", bare) and _weighed(bare) % 10 == 0:
        return bare
    raise Reject("bad_isbn", f"“{text}” is no ISBN: length or check digit are wrong.")


def _weighed(digits: str) -> int:
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))


def title(text: str) -> str:
    """One line without needless spaces, and with the letters that were meant."""
    text = " ".join(mended(text).replace("\u200b", "").split())
    if not text:
        raise Reject("no_title", "The page has no title.")
    return unicodedata.normalize("NFC", text)


def mended(text: str) -> str:
    """SÃ¸ren → Søren: UTF-8 that was once taken for Windows-1252."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text  # it was right


def money(text: str, lang: str) -> tuple[Decimal, str]:
    """(amount, currency)."""
    if not re.search("[0-9]", text):
        raise Reject("no_price", f"“{text}” is no price." if text else "The page names no price.")
    # One number and no other: “2 for 100 kr.” is not 2.
    found = re.fullmatch(r"[^0-9]*?([-−]?[0-9][0-9.,\s]*)[^0-9]*", text)
    price = amount(found[1]) if found else None
    if price is None or not 0 < price <= DEAREST:
        raise Reject("bad_price", f"“{text}” cannot be the price of a book.")
    return price, currency(text, lang)


def amount(number: str) -> Decimal | None:
    """1.299,00 and 1,299.00 and 1 299 and 1.299 are the same number; None if it is none.

    The last dot or comma is before the decimals, unless three digits follow it.
    """
    sign = -1 if number[0] in "-−" else 1
    bare = re.sub(r"\s", "", number.lstrip("-−")).rstrip(".,")
    *groups, last = re.split("[.,]", bare)
    if groups and len(last) > 3:
        return None
    if groups and len(last) < 3:
        return sign * Decimal(f"{''.join(groups)}.{last}")
    return sign * Decimal("".join(groups) + last)


def currency(text: str, lang: str) -> str:
    if code := re.search(r"\b(DKK|SEK|NOK|EUR|GBP)\b", text.upper()):
        return code[1]
    for sign, name in SIGNS.items():
        if sign in text:
            return name
    if re.search(r"\bkr\b", text.lower()) and lang[:2] in KRONER:
        return KRONER[lang[:2]]
    raise Reject("no_currency", f"“{text}” does not say which currency, nor does the page.")


def day(text: str, lang: str) -> date | None:
    """The day that is meant; None when the page names none. A month counts as its first day."""
    if not text:
        return None
    try:
        return date(*_year_month_day(text, lang))
    except ValueError:  # such as 31 February
        raise Reject("bad_date", f"“{text}” is no day of any calendar.") from None


def _year_month_day(text: str, lang: str) -> tuple[int, int, int]:
    def matches(pattern: str) -> re.Match | None:
        return re.fullmatch(pattern, text.lower())

    if found := matches(r"(\d{4})-(\d\d?)-(\d\d?)"):
        return int(found[1]), int(found[2]), int(found[3])
    if found := matches(r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})"):
        return int(found[3]), int(found[2]), int(found[1])
    if found := matches(r"(\d\d?)\.(\d{4})"):
        return int(found[2]), int(found[1]), 1
    if found := matches(r"(\d\d?)/(\d\d?)/(\d{4})"):
        return int(found[3]), *_month_and_day(int(found[1]), int(found[2]), text, lang)
    if found := matches(r"(\d\d?)\.? ([a-z]+) (\d{4})"):
        return int(found[3]), MONTHS.get(found[2][:3], 0), int(found[1])
    if found := matches(r"([a-z]+) (\d\d?), (\d{4})"):
        return int(found[3]), MONTHS.get(found[1][:3], 0), int(found[2])
    raise Reject("bad_date", f"“{text}” is no date.")


def _month_and_day(one: int, other: int, text: str, lang: str) -> tuple[int, int]:
    """01/03/2026 is the 3 January in America and the 1 March everywhere else.

    "English" alone does not say where: then only a number above 12 shows which one is the day.
    """
    if lang == "en-US":
        return one, other
    if lang not in ("en", ""):
        return other, one
    if one > 12 or one == other:
        return other, one
    if other > 12:
        return one, other
    raise Reject("unclear_date", f"“{text}”: nobody can know which one is the month.")
