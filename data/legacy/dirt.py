"""THE table: what stands in the old shop's file in the place of a good value, row by row.

`kind` says what is wrong with it:

not_a_number      a text in a column of numbers
not_an_integer    2.5 copies
out_of_range      an integer of more than 64 bits: SQLite has made it a floating point number
not_a_boolean     neither 0 nor 1
not_a_date        no day in the form YYYY-MM-DD
not_a_timestamp   no moment in the form YYYY-MM-DD HH:MM:SS
too_long          longer than the VARCHAR(n) says, which SQLite does not read
invalid_utf8      letters in Latin-1, from the time before Unicode
nul_character     a NUL in a text: most programs end there
blob_in_text      bytes in a column of text
broken_foreign_key  refers to a row that is not there
mixed_classes     numbers and texts in a column without a type
harmless          a good value that many programs harm
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dirt:
    """One value. `key` is the primary key of its row."""

    table: str
    key: tuple
    column: str
    kind: str
    value: object


@dataclass(frozen=True)
class RawText:
    """A text whose bytes are no UTF-8."""

    bytes: bytes


def latin_1(text: str) -> RawText:
    return RawText(text.encode("latin-1"))


def _of(table: str, column: str, kind: str, **values) -> list[Dirt]:
    """Dirt of one kind in one column; r12="…" stands for the row with the key 12."""
    return [Dirt(table, (int(name[1:]),), column, kind, value) for name, value in values.items()]


DIRT: tuple[Dirt, ...] = (
    # The first accounts came from a list that counted seconds since 1970.
    *(
        Dirt("accounts", (id,), "created_at", "not_a_timestamp", 1364806800 + 3600 * id)
        for id in range(1, 13)
    ),
    *_of("accounts", "birthday", "not_a_date", r14="", r25="0000-00-00", r38="", r52="31/01/1984"),
    *_of("accounts", "birthday", "not_a_date", r53="01/02/1990", r77=""),
    *_of("accounts", "newsletter", "not_a_boolean", r44=2, r57="yes", r63="N", r64="yes"),
    *_of("accounts", "phone", "too_long", r33="+45 31 42 53 64 (kun om aftenen)"),
    *_of("accounts", "full_name", "invalid_utf8", r70=latin_1("Søren Østergaard")),
    *_of("accounts", "full_name", "nul_character", r91="Ida\0Dahl"),
    *_of("authors", "born", "not_a_number", r7="", r19="ca. 1850"),
    *_of("authors", "name", "invalid_utf8", r23=latin_1("Åse Bjørnholt")),
    *_of("books", "pages", "not_a_number", r11="abc", r27="", r48="1_000", r71=""),
    *_of("books", "price", "not_a_number", r29="Ring for pris"),
    *_of("books", "published", "not_a_date", r8="", r31="31/01/2024", r46=2014, r59=2456658.5),
    *_of("books", "in_print", "not_a_boolean", r36="yes", r62="N"),
    *_of("books", "blurb", "blob_in_text", r83=b"\x00\x01\xff\xfe"),
    *_of("books", "author_id", "broken_foreign_key", r90=0),
    *_of("orders", "ordered_at", "not_a_timestamp", r3=1365152400, r4=1365170000, r5=1365181000),
    *_of("orders", "shipped", "not_a_date", r17="", r29="0000-00-00", r34="31/01/2024"),
    *_of("orders", "shipped", "not_a_date", r45="today", r58=2456510.5, r74="", r88="17/05/2014"),
    *_of("orders", "shipped", "not_a_date", r97="01/02/2014"),
    *_of("orders", "paid", "not_a_boolean", r66=2),
    *_of("orders", "total", "not_a_number", r104="1.299,00"),
    *_of("orders", "payment_ref", "out_of_range", r120=12345678901234567890.0),
    *_of("orders", "account_id", "broken_foreign_key", r71=41, r112=82, r138=41, r160=0),
    *_of("orders", "note", "nul_character", r145="Ring\0først"),
    *_of("orders", "note", "harmless", r150="\\N", r151="\tTab, \\ og 'citat'", r152="NULL"),
    Dirt("Order Details", (21, 1), "Quantity", "not_an_integer", 2.5),
    Dirt("reviews", (18,), "written_at", "not_a_timestamp", ""),
    *_of("reviews", "written_at", "not_a_timestamp", r25=1500000000, r26=1500086400),
    *_of("reviews", "visible", "not_a_boolean", r9="N", r14="yes", r33="N"),
    *_of("reviews", "body", "invalid_utf8", r51=latin_1("Læseværdig på Ærø")),
    *_of("reviews", "body", "blob_in_text", r60=b"Flot bog"),
    *_of("reviews", "account_id", "broken_foreign_key", r72=41),
    Dirt("settings", ("vat_percent",), "value", "mixed_classes", 25),
    Dirt("settings", ("free_delivery_from",), "value", "mixed_classes", 499.5),
    Dirt("settings", ("last_invoice",), "value", "mixed_classes", 48211),
    Dirt("statistics", ("2013-04-02", "krimi"), "seconds", "harmless", 1e300),
    Dirt("statistics", ("2013-04-03", "digte"), "hits", "harmless", 2**53 + 1),
    Dirt("statistics", ("2013-04-05", "børn"), "seconds", "harmless", float("inf")),
)

# Rows that are there besides: what most of them refer to was deleted, and they stayed.
# (41 and 82 are among the ids that were given out and deleted, see rows.GAP.)
EXTRA_ROWS = {
    "Order Details": [
        (41, 5, 1, 149.0, None),
        (41, 6, 1, 271.0, 1),
        (82, 7, 2, 308.95, 2),
        (21, 1, 1, 86.95, None),
        (22, 0, 1, 99.0, 1),
    ]
}
DIRT += tuple(
    Dirt("Order Details", (order, book), column, "broken_foreign_key", value)
    for order, book, column, value in (
        (41, 5, "Order ID", 41),
        (41, 6, "Order ID", 41),
        (82, 7, "Order ID", 82),
        (22, 0, "Book ID", 0),
    )
)

# Rules that PostgreSQL cannot keep as they are: (table, column, what).
RULES = (
    ("Order Details", "Warehouse ID", "impossible_foreign_key"),
    ("settings", "value", "mixed_classes"),
)

HARMLESS = "harmless"


def dirty(table: str = "", *kinds: str) -> list[Dirt]:
    """The dirt in a table (or in all), of these kinds (or of all that are no good values)."""
    return [
        dirt
        for dirt in DIRT
        if dirt.table == (table or dirt.table)
        and (dirt.kind in kinds if kinds else dirt.kind != HARMLESS)
    ]


def replacements() -> dict[str, dict[tuple, dict[str, object]]]:
    """table -> key -> column -> the value that stands there in the place of the good one."""
    found: dict[str, dict[tuple, dict[str, object]]] = {}
    for dirt in DIRT:
        found.setdefault(dirt.table, {}).setdefault(dirt.key, {})[dirt.column] = dirt.value
    return found
