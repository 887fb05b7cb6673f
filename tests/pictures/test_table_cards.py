"""The picture of the tables shows every table, and every change since before."""

from contextlib import closing
from dataclasses import replace

import pytest

from migrationlab.pictures import palette, svg, tables
from migrationlab.pictures.card_contents import contents
from migrationlab.pictures.card_layout import arrange, grid_for, route
from migrationlab.postgres.catalog import (
    Catalog,
    Column,
    Constraint,
    Index,
    Table,
    difference,
    snapshot,
)
from tests.pictures import picture_tools
from tests.pictures.picture_tools import (
    AUTHORS,
    BOOKS,
    SHOP,
    SPACE,
    assert_fits,
    catalog,
    classes,
    drawing,
    line,
    random_catalog,
    table,
    texts,
    with_column,
)


def test_tables_show_columns_keys_and_references():
    picture = tables(SHOP)
    assert picture.words.startswith("2 tables, 1 enum.")
    assert "table books" in picture.words
    assert "id bigint, primary key, not null" in picture.words
    assert line(picture, "author_id").endswith(
        "foreign key, not null, -> authors.id, on delete cascade"
    )
    assert "title text, not null" in picture.words
    assert line(picture, "price").strip() == "price integer"
    assert "new | paid" in picture.words
    assert {"PK", "FK", "NOT NULL", "NULL allowed"} <= set(texts(picture))
    # One line for the foreign key, from its column to the other table.
    assert len(classes(picture, "halo")) == 1
    assert not set(texts(picture)) & {"+", "~", "−"}


def test_unique_defaults_checks_and_indexes():
    accounts = table(
        "accounts",
        Column("email", "text", True),
        Column("status", "status", True, default="'new'::status"),
        Column("total", "numeric", generated="(price * 2) STORED"),
        indexes={
            "ix_a": Index("ix_a", "CREATE INDEX ix_a ON accounts USING btree (lower(email))"),
            "ix_b": Index("ix_b", "CREATE INDEX ix_b ON accounts USING gin (status)", False),
        },
    )
    more = {
        "uq": Constraint("uq", "unique", "UNIQUE (email)", columns=("email",)),
        "uq2": Constraint("uq2", "unique", "UNIQUE (email, status)", columns=("email", "status")),
        "ck": Constraint("ck", "check", "CHECK (total >= 0::numeric) NOT VALID", False, ("total",)),
    }
    picture = tables(catalog(replace(accounts, constraints={**accounts.constraints, **more})))
    assert line(picture, "email").strip() == "email text, unique, not null"
    assert "default 'new'" in line(picture, "status"), "without PostgreSQL's ::status"
    assert "= (price * 2) STORED" in line(picture, "total")
    assert "unique (email, status)" in picture.words
    assert "check total >= 0 NOT VALID" in picture.words
    assert "index (lower(email))" in picture.words
    assert "index gin (status) INVALID" in picture.words
    assert "UQ" in texts(picture)


def test_a_new_a_changed_and_a_removed_table():
    old = catalog(AUTHORS, BOOKS, table("reviews", keys={"book_id": "books"}))
    changed = with_column(BOOKS, Column("price", "numeric(10,2)", True, default="0"))
    changed = with_column(changed, Column("isbn", "text"))
    changed = replace(changed, columns={n: c for n, c in changed.columns.items() if n != "title"})
    picture = tables(catalog(AUTHORS, changed, table("orders")), old)
    assert picture.words.startswith("New: orders; changed: books; removed: reviews.")
    words = picture.words.splitlines()
    assert "+ table orders (new)" in words
    assert "~ table books (changed)" in words
    assert "- table reviews (removed)" in words
    assert "  table authors" in words
    assert line(picture, "isbn").startswith("  + isbn")
    assert line(picture, "title").startswith("  - title")
    assert line(picture, "price").startswith("  ~ price numeric(10,2)")
    assert "      ~ integer -> numeric(10,2)" in words
    assert "      + NOT NULL" in words
    assert "      + default 0" in words
    assert {"+", "~", "−", "new", "changed", "removed"} <= set(texts(picture))


def test_marks_have_a_line_style_each():
    assert len(set(palette.DASHES[sign] for sign in "+~-")) == 3
    old = catalog(AUTHORS, BOOKS)
    new = catalog(with_column(AUTHORS, Column("born", "date")), table("orders"))
    frames = {
        name: {
            e.get("stroke-dasharray", "")
            for e in classes(tables(new, old), f"line-{name}")
            if e.tag == f"{SPACE}rect"
        }
        for name in ("added", "changed", "removed")
    }
    assert frames == {
        "added": {palette.DASHES["+"]},
        "changed": {palette.DASHES["~"]},
        "removed": {palette.DASHES["-"]},
    }


def test_a_removed_column_stands_where_it_was():
    gone = replace(BOOKS, columns={n: c for n, c in BOOKS.columns.items() if n != "title"})
    cards, _ = contents(catalog(AUTHORS, gone), catalog(AUTHORS, BOOKS))
    assert [row.name for row in cards[1].rows] == ["id", "title", "price", "author_id"]


def test_a_foreign_key_that_came_and_one_that_went():
    without = replace(BOOKS, constraints={"pk_books": BOOKS.constraints["pk_books"]})
    came = tables(catalog(AUTHORS, BOOKS), catalog(AUTHORS, without))
    assert "      + -> authors.id, on delete cascade" in came.words.splitlines()
    went = tables(catalog(AUTHORS, without), catalog(AUTHORS, BOOKS))
    assert "      - -> authors.id, on delete cascade" in went.words.splitlines()
    lines = [
        e
        for e in classes(went, "line-removed")
        if e.get("stroke-width") == "2" and e.tag == f"{SPACE}path"
    ]
    assert lines, "the line that went is drawn as well"
    assert "foreign key, not null" not in line(went, "author_id")


def test_enum_labels_that_came_and_went():
    old = replace(SHOP, enums={"status": ("new", "paid"), "size": ("s",), "colour": ("red",)})
    now = replace(SHOP, enums={"status": ("new", "sent"), "mood": ("good",), "colour": ("red",)})
    words = tables(now, old).words
    assert "~ enum status (changed)\n    new\n  + sent\n  - paid" in words
    assert "+ enum mood (new)\n    good" in words
    assert "- enum size (removed)\n    s" in words
    assert "  enum colour\n    red" in words
    turned = replace(SHOP, enums={"status": ("paid", "new")})
    assert "~ another order than before" in tables(turned, SHOP).words


@pytest.mark.parametrize("names", [("OLD", "NEW"), ("NEW", "OLD")])
def test_nothing_that_difference_finds_is_left_out(names):
    old, now = (getattr(picture_tools, f"EVERYTHING_{name}") for name in names)
    changes = difference(old, now)
    cards, _ = contents(now, old)
    signed = {card.name: [card.sign] * (card.sign in "+-") for card in cards}
    for card in cards:
        marks = [*card.notes, *(detail for row in card.rows for detail in row.details)]
        signed[card.name] += [m.sign for m in marks if m.sign]
        # ~ on a row only points to its details.
        signed[card.name] += [row.sign for row in card.rows if row.sign in ("+", "-")]
    for name in {c.table for c in changes if c.table}:
        mine = [change for change in changes if change.table == name]
        assert len(signed[name]) >= len(mine), (name, mine)
    loose = [c for c in changes if c.table is None and c.kind != "enum"]
    assert len(signed[""]) == len(loose)
    assert_fits(tables(now, old))


def test_without_a_difference_nothing_is_marked():
    picture = tables(SHOP, SHOP)
    assert picture.words.startswith("Nothing changed: 2 tables, 1 enum.")
    assert not set(texts(picture)) & {"+", "~", "−", "new", "changed", "removed"}


def test_unchanged_tables_fold_when_there_are_many():
    old = catalog(*(table(f"t{n}", Column("x", "text")) for n in range(8)))
    now = catalog(*old.tables.values(), table("orders", keys={"t0_id": "t0"}))
    picture = tables(now, old)
    assert "  table t0 (unchanged)" in picture.words.splitlines()
    assert texts(picture).count("2 columns, same") == 8
    assert "t0_id bigint" in picture.words
    few = tables(catalog(AUTHORS, BOOKS, table("orders")), catalog(AUTHORS, BOOKS))
    assert "title text" in few.words


def test_alembic_version_is_left_out():
    number = Column("version_num", "varchar(32)", True)
    version = Table("alembic_version", columns={"version_num": number})
    assert tables(catalog(version)).words.startswith("No tables yet.")
    assert "alembic_version" not in tables(catalog(AUTHORS, version), catalog()).words


def test_an_empty_database_is_a_friendly_picture():
    picture = tables(Catalog())
    assert picture.words.startswith("No tables yet.\nThis database is empty")
    assert any("This database is empty" in text for text in texts(picture))
    assert "No tables yet" in tables(Catalog(), Catalog()).words
    gone = tables(Catalog(), SHOP)
    assert gone.words.startswith("Removed: authors, books, status.")


def test_very_wide_tables_count_their_plain_columns():
    wide = table("wide", *(Column(f"c{n}", "text") for n in range(60)), keys={"up_id": "wide"})
    picture = tables(catalog(wide))
    assert "… and 39 more columns" in texts(picture)
    assert "up_id" in texts(picture), "a key is never left out"
    assert float(drawing(picture).get("height")) < 700


@pytest.mark.parametrize("seed", range(25))
def test_lines_run_between_the_cards_and_cards_do_not_overlap(seed):
    """Circles and tables that refer to themselves are among them."""
    cards, links = contents(random_catalog(seed), None)
    grid = grid_for(cards)
    tall = {card.name: 44 + 20 * len(card.rows) for card in cards}
    boxes, bottom = arrange(cards, links, grid, 60, lambda card: tall[card.name])
    rows = {card.name: [row.name for row in card.rows] for card in cards}
    wires = route(
        links, boxes, grid, lambda name, column: boxes[name].y + 45 + 20 * rows[name].index(column)
    )
    assert len(wires) == len(links)
    for name, box in boxes.items():
        assert box.x >= svg.MARGIN
        assert box.x + box.width <= svg.WIDTH - svg.MARGIN
        assert box.y + box.height <= bottom
        for other in set(boxes) - {name}:
            o = boxes[other]
            apart = (
                box.x + box.width <= o.x
                or o.x + o.width <= box.x
                or box.y + box.height <= o.y
                or o.y + o.height <= box.y
            )
            assert apart, (name, other)
    for wire in wires:
        for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False):
            assert x1 == x2 or y1 == y2, "right angles"
            for name, box in boxes.items():
                across = (
                    max(x1, x2) > box.x
                    and min(x1, x2) < box.x + box.width
                    and max(y1, y2) > box.y
                    and min(y1, y2) < box.y + box.height
                )
                assert not across, (wire, name)
        ends = boxes[wire.link.table], boxes[wire.link.to_table]
        for (x, _), box in zip((wire.points[0], wire.points[-1]), ends, strict=True):
            assert x in (box.x, box.x + box.width)


def test_a_real_database(server, database):
    with closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("""
            CREATE TYPE order_status AS ENUM ('new', 'paid');
            CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                email varchar(80) NOT NULL UNIQUE, created timestamptz NOT NULL DEFAULT now());
            CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
        """)
        before = snapshot(connection)
        cursor.execute("""
            ALTER TABLE accounts ALTER email TYPE text, ADD name text;
            CREATE TABLE "Ordre & <linjer>" (id int PRIMARY KEY, status order_status DEFAULT 'new',
                account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE, CHECK (id > 0));
            CREATE VIEW names AS SELECT name FROM accounts;
            ALTER TYPE order_status ADD VALUE 'sent';
        """)
        picture = tables(snapshot(connection), before)
    assert picture.words.startswith(
        "New: Ordre & <linjer>, names; changed: accounts, order_status."
    )
    assert line(picture, "id bigint").strip() == "id bigint identity, primary key, not null"
    assert "      ~ varchar(80) -> text" in picture.words.splitlines()
    assert "  + name text" in picture.words.splitlines()
    assert "-> accounts.id, on delete cascade" in picture.words
    assert "status order_status, default 'new'" in picture.words
    assert "check id > 0" in picture.words
    assert "+ view names (new)" in picture.words
    assert "  + sent" in picture.words.splitlines()
    assert "alembic_version" not in picture.words
    assert "default now()" in line(picture, "created")
    assert_fits(picture)
