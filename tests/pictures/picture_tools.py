"""Chains, tables and pictures for the tests of pictures."""

import os
import random
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from migrationlab.pictures import svg
from migrationlab.postgres.catalog import Catalog, Column, Constraint, Index, Sequence, Table

SPACE = "{http://www.w3.org/2000/svg}"


NASTY = """<script>alert("x")</script> & 'æøå' 🐘 ]]>"""


REVISION = '''"""{message}

Revision ID: {id}
"""
revision = {id!r}
down_revision = {down!r}
depends_on = {depends!r}
'''


def revision_file(folder: Path, id: str, down=None, message="", depends=None) -> Path:
    file = folder / "alembic" / "versions" / f"{id}_x.py"
    file.write_text(REVISION.format(**locals()), encoding="utf-8")
    return file


def drawing(picture) -> ElementTree.Element:
    """The picture, read by a strict XML parser."""
    return ElementTree.fromstring(picture.svg)


def classes(picture, name: str) -> list[ElementTree.Element]:
    return [e for e in drawing(picture).iter() if name in e.get("class", "").split()]


def texts(picture) -> list[str]:
    return ["".join(t for t in e.itertext() if t) for e in drawing(picture).iter(f"{SPACE}text")]


def line(picture, start: str) -> str:
    """The one line of the words that is about `start`."""
    found = [w for w in picture.words.splitlines() if re.match(rf"\W*{re.escape(start)}\b", w)]
    assert len(found) == 1, picture.words
    return found[0]


def table(name: str, *columns: Column, keys: dict[str, str] | None = None, **more) -> Table:
    """A table with the primary key id, and foreign keys {column: table} to other tables' id."""
    keys = keys or {}
    columns = [Column("id", "bigint", True), *columns]
    columns += [Column(column, "bigint", True) for column in keys]
    constraints = [Constraint(f"pk_{name}", "primary key", "PRIMARY KEY (id)", columns=("id",))]
    constraints += [
        Constraint(
            f"fk_{name}_{column}",
            "foreign key",
            f"FOREIGN KEY ({column}) REFERENCES {to}(id) ON DELETE CASCADE",
            columns=(column,),
            references=to,
            referenced_columns=("id",),
        )
        for column, to in keys.items()
    ]
    return Table(
        name,
        columns={c.name: c for c in columns},
        constraints={c.name: c for c in constraints},
        **more,
    )


def catalog(*found: Table, **more) -> Catalog:
    return Catalog(tables={t.name: t for t in found}, **more)


def with_column(of: Table, column: Column) -> Table:
    return replace(of, columns={**of.columns, column.name: column})


BOOKS = table(
    "books",
    Column("title", "text", True),
    Column("price", "integer"),
    keys={"author_id": "authors"},
)


AUTHORS = table("authors", Column("name", "varchar(80)"))


SHOP = catalog(AUTHORS, BOOKS, enums={"status": ("new", "paid")})


def random_chain(project, seed: int) -> None:
    rng = random.Random(seed)
    names: list[str] = []
    for number in range(rng.randint(1, 25)):
        down = rng.sample(names, min(len(names), rng.choice([0, 1, 1, 1, 1, 2])))
        names.append(f"r{number:02}")
        revision_file(project, names[-1], tuple(down) or None)


# A change of every kind that `difference` can find.
EVERYTHING_OLD = catalog(
    AUTHORS,
    replace(
        BOOKS,
        comment="all",
        settings={"fillfactor": "70"},
        triggers={"t1": "x"},
        policies={"p1": "y"},
        indexes={
            "ix1": Index("ix1", "CREATE INDEX ix1 ON books USING btree (title)"),
            "ix2": Index("ix2", "CREATE INDEX ix2 ON books USING btree (price)"),
        },
    ),
    Table("cheap", "view", {"id": Column("id", "bigint")}, definition="SELECT 1"),
    Table("turned", "view", {"id": Column("id", "bigint")}, definition="SELECT 1"),
    enums={"status": ("new",)},
    domains={"d": "text"},
    types={"pair": "(a int)"},
    sequences={"s": Sequence("s", "bigint START 1")},
    functions={"f()": "one"},
    extensions={"citext": "1.6"},
    schemas=("audit",),
)


EVERYTHING_NEW = catalog(
    with_column(AUTHORS, Column("name", "text", True, "'x'", "ALWAYS", "(1) STORED", "C", "hello")),
    replace(
        BOOKS,
        constraints={
            "renamed_pk": replace(BOOKS.constraints["pk_books"], name="renamed_pk"),
            "ck": Constraint("ck", "check", "CHECK (price > 0)", columns=("price",)),
            "fk_books_author_id": replace(
                BOOKS.constraints["fk_books_author_id"],
                definition="FOREIGN KEY (author_id) REFERENCES authors(id)",
            ),
        },
        indexes={
            "ix9": Index("ix9", "CREATE INDEX ix9 ON books USING btree (title)"),
            "ix2": Index("ix2", "CREATE INDEX ix2 ON books USING btree (price)", False),
        },
        settings={"fillfactor": "90", "unlogged": "yes"},
        triggers={"t2": "x"},
        policies={},
    ),
    Table("cheap", "view", {"id": Column("id", "bigint")}, definition="SELECT 2"),
    table("turned"),
    enums={"status": ("new", "old")},
    domains={"d": "int"},
    types={},
    sequences={"s": Sequence("s", "bigint START 2")},
    functions={"f()": "two", "g()": "x"},
    extensions={},
    schemas=(),
)


def random_catalog(seed: int) -> Catalog:
    rng = random.Random(seed)
    names = [
        f"{rng.choice(['cart', 'a_very_long_name_for_a_table_in_a_shop', 'x'])}_{n}"
        for n in range(rng.randint(1, 12))
    ]
    return catalog(
        *(
            table(
                name,
                *(
                    Column(f"c{n}", rng.choice(["text", "timestamptz", "numeric(10,2)"]))
                    for n in range(rng.randint(0, 8))
                ),
                keys={
                    f"{to}_id": to for to in rng.sample(names, rng.randint(0, min(3, len(names))))
                },
            )
            for name in names
        )
    )


def utf8() -> dict:
    return {**os.environ, "PYTHONIOENCODING": "utf-8"}


def assert_fits(picture) -> None:
    """No text leaves the picture, and the picture is not wider than a notebook's column."""
    root = drawing(picture)
    width, height = float(root.get("width")), float(root.get("height"))
    assert width <= 820
    places = [(root, 0.0, 0.0)]
    while places:
        element, x, y = places.pop()
        if move := re.match(r"translate\(([\d.]+) ([\d.]+)\)", element.get("transform", "")):
            x, y = x + float(move[1]), y + float(move[2])
        if element.tag == f"{SPACE}text":
            text = (element.text or "") + "".join(child.tail or "" for child in element)
            style = element.get("class").split()
            size = {"big": 15, "code": 12, "small": 11, "tiny": 9}
            size = next((size[name] for name in style if name in size), 13)
            wide = svg.width_of(text, size, mono="mono" in style, bold="bold" in style)
            left = x + float(element.get("x"))
            left -= {"end": wide, "middle": wide / 2}.get(element.get("text-anchor"), 0)
            assert left >= 0, text
            assert left + wide <= width, text
            assert y + float(element.get("y")) <= height, text
        places += [(child, x, y) for child in element]
