"""The pictures say what is so, in shape and in words, and can be read without their colours."""

import random
import re
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from migrationlab.errors import LabError
from migrationlab.paths import PROJECT
from migrationlab.pictures import palette, revision_graph, svg, tables
from migrationlab.pictures.branch_lanes import BASE, assign, top_down, with_ancestors
from migrationlab.pictures.card_contents import contents
from migrationlab.pictures.card_layout import arrange, grid_for, route
from migrationlab.pictures.revision_files import read_chain
from migrationlab.postgres.catalog import (
    Catalog,
    Column,
    Constraint,
    Index,
    Sequence,
    Table,
    difference,
    snapshot,
)

SPACE = "{http://www.w3.org/2000/svg}"
NASTY = """<script>alert("x")</script> & 'æøå' 🐘 ]]>"""


# ------------------------------------------------------------------------------- helpers

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


@pytest.fixture
def project(tmp_path):
    """An Alembic project without revisions, whose env.py must not be run."""
    folder = tmp_path / "bog & handel's"
    (folder / "alembic" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = .\n"
    )
    (folder / "alembic" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    return folder


@pytest.fixture
def shop(project):
    """Four revisions in a row."""
    revision_file(project, "0001", None, "create accounts table")
    revision_file(project, "0002", "0001", "create authors and books")
    revision_file(project, "0003", "0002", "create orders")
    revision_file(project, "0004", "0003", "order status becomes an enum")
    return project


@pytest.fixture
def branched(project):
    """0001, then a branch of one and a branch of two, their merge, and a head."""
    revision_file(project, "0001")
    revision_file(project, "a1", "0001")
    revision_file(project, "b1", "0001")
    revision_file(project, "b2", "b1")
    revision_file(project, "m", ("a1", "b2"), "merge")
    revision_file(project, "z", "m")
    return project


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


# ------------------------------------------------------------------- the revision graph


def test_it_says_where_the_database_is_and_what_is_applied(shop):
    picture = revision_graph(shop, {"0003"})
    assert picture.words.startswith("This database is at 0003: 1 revision is not yet applied.")
    assert line(picture, "0004") == (
        "  0004  order status becomes an enum  [not yet applied; head]"
    )
    assert line(picture, "0003").startswith("* ")
    assert line(picture, "0003").endswith("[applied]  <- this database is here")
    assert "[applied]" in line(picture, "0001")
    assert picture.words.count("this database is here") == 1


def test_applied_and_not_applied_differ_in_fill_line_and_word(shop):
    picture = revision_graph(shop, {"0003"})
    applied = classes(picture, "node-applied")
    pending = classes(picture, "node-pending")
    # Three revisions, base and the legend; one revision and the legend.
    assert (len(applied), len(pending)) == (5, 2)
    assert all("stroke-dasharray" not in e.attrib for e in applied)
    assert all("stroke-dasharray" in e.attrib for e in pending)
    assert all("stroke-dasharray" in e.attrib for e in classes(picture, "edge-pending"))
    assert not any("stroke-dasharray" in e.attrib for e in classes(picture, "edge-applied"))
    assert palette.LIGHT["applied"] != palette.LIGHT["panel"]
    assert {"applied", "not yet applied"} <= set(texts(picture))


def test_newest_on_top_like_alembic_history(shop):
    words = revision_graph(shop, {"0004"}).words
    assert [words.index(i) for i in ("0004  ", "0003  ", "0002  ", "0001  ", "base  ")] == sorted(
        words.index(i) for i in ("0004  ", "0003  ", "0002  ", "0001  ", "base  ")
    )
    assert words.startswith("This database is at 0004: everything is applied.")


def test_a_database_without_a_version_is_at_base(shop):
    picture = revision_graph(shop, set())
    assert picture.words.startswith("This database is at base: 4 revisions are not yet applied.")
    assert line(picture, "base").endswith("<- this database is here")
    assert len(classes(picture, "here-band")) == 1


def test_branches_and_merges_are_named_and_drawn(branched):
    picture = revision_graph(branched, {"a1", "b1"})
    assert "branch point: a1 and b1 follow" in line(picture, "0001")
    assert "merges a1 and b2" in line(picture, "m")
    assert line(picture, "a1").endswith("<- this database is here")
    assert line(picture, "b1").endswith("<- this database is here")
    assert "[not yet applied]" in line(picture, "b2")
    assert len(classes(picture, "here-band")) == 2
    chain = read_chain(branched)
    place, edges = assign(chain, top_down(chain, set()))
    assert len({place["a1"], place["b2"]}) == 2, "branches stand side by side"
    assert {(e.upper, e.lower) for e in edges} == {
        ("z", "m"),
        ("m", "a1"),
        ("m", "b2"),
        ("b2", "b1"),
        ("b1", "0001"),
        ("a1", "0001"),
        ("0001", BASE),
    }


def test_two_heads_are_both_marked(branched):
    (branched / "alembic/versions/z_x.py").unlink()
    (branched / "alembic/versions/m_x.py").unlink()
    picture = revision_graph(branched, {"b1"})
    assert "head" in line(picture, "a1")
    assert "head" in line(picture, "b2")
    assert "3 revisions" not in picture.words


def test_depends_on_is_drawn_dotted_and_counts_as_applied(shop):
    revision_file(shop, "r1", None, "reports", depends="0002")
    picture = revision_graph(shop, {"r1"})
    assert "depends on 0002" in line(picture, "r1")
    assert "[applied" in line(picture, "0002")
    assert "[not yet applied]" in line(picture, "0003")
    assert "1.5 4" in {e.get("stroke-dasharray") for e in drawing(picture).iter()}


def test_an_id_that_no_file_has_stands_apart_with_a_warning(shop):
    picture = revision_graph(shop, {"e5f6a7b8c9d0"})
    assert "This database is at e5f6a7b8c9d0, which is not in these files." in picture.words
    assert "Warning: No file here has the id e5f6a7b8c9d0" in picture.words
    assert picture.words.count("[cannot tell") == 4, "nobody knows what is applied"
    assert "applied" not in picture.words
    assert len(classes(picture, "warning")) == 1


def test_a_known_and_an_unknown_id_together(shop):
    picture = revision_graph(shop, {"0002", "gone"})
    assert "[applied]" in line(picture, "0001")
    assert "[cannot tell]" in line(picture, "0003")
    assert picture.words.count("<- this database is here") == 2


def test_no_revision_yet_is_a_friendly_picture(project):
    picture = revision_graph(project, set())
    assert picture.words.startswith("There is no revision yet.")
    assert "alembic revision -m" in picture.words
    assert any("alembic revision -m" in text for text in texts(picture))


def test_a_long_chain_folds_its_middle_and_keeps_what_matters(project):
    for number in range(1, 31):
        revision_file(project, f"{number:04}", f"{number - 1:04}" if number > 1 else None)
    picture = revision_graph(project, {"0021"})
    assert "16 more: 0003 to 0018  [applied]" in picture.words
    assert "4 more: 0024 to 0027  [not yet applied]" in picture.words
    for kept in ("0030", "0021", "0020", "0001", "base"):
        assert line(picture, kept)
    assert len(picture.words.splitlines()) < 16
    assert float(drawing(picture).get("height")) < 650


def test_twelve_revisions_are_all_shown(project):
    for number in range(1, 13):
        revision_file(project, f"{number:04}", f"{number - 1:04}" if number > 1 else None)
    picture = revision_graph(project, {"0012"})
    assert "more:" not in picture.words


def random_chain(project, seed: int) -> None:
    rng = random.Random(seed)
    names: list[str] = []
    for number in range(rng.randint(1, 25)):
        down = rng.sample(names, min(len(names), rng.choice([0, 1, 1, 1, 1, 2])))
        names.append(f"r{number:02}")
        revision_file(project, names[-1], tuple(down) or None)


@pytest.mark.parametrize("seed", range(20))
def test_no_line_runs_over_a_revision_that_it_does_not_belong_to(project, seed):
    random_chain(project, seed)
    chain = read_chain(project)
    heads = sorted(set(chain) - {p for r in chain.values() for p in r.parents})
    applied = with_ancestors(chain, heads[:1])
    order = top_down(chain, applied)
    assert sorted(order) == sorted(chain)
    row = {one: number for number, one in enumerate([*order, BASE])}
    place, edges = assign(chain, order)
    for edge in edges:
        assert row[edge.upper] < row[edge.lower]
        between = [one for one in row if row[edge.upper] < row[one] < row[edge.lower]]
        assert edge.lane not in [place[one] for one in between]
    # What is applied lies below what is not.
    states = [one in applied for one in order]
    assert states == sorted(states)
    picture = revision_graph(project, heads[:1])
    assert_fits(picture)


BROKEN = {
    "not Python": ("def x(:\n", "0002_x.py, line 1"),
    "an unknown name": ("revision = '0002'\nfoo\n", "0002_x.py, line 2: name 'foo'"),
    "a missing module": ("import not_there\n", "0002_x.py, line 1: No module named"),
    "no revision id": ("x = 1\n", "revision id from filename 0002_x.py"),
    "an end of Python": ("import sys\nsys.exit(0)\n", "0002_x.py, line 2"),
    "a lost parent": (REVISION.format(id="0002", down="zzz", depends=None, message=""), "zzz"),
    "a lost dependency": (
        REVISION.format(id="0002", down="0001", depends="yyy", message=""),
        "yyy",
    ),
    "an id used twice": (
        REVISION.format(id="0003", down="0001", depends=None, message=""),
        "Two revision files have the same id, 0003",
    ),
    "a circle": (REVISION.format(id="0002", down="0004", depends=None, message=""), "Cycle"),
    "zero bytes": ("revision = '0002'\n\0", "Python cannot read this"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_revision_file_gives_one_sentence(shop, what):
    content, fragment = BROKEN[what]
    (shop / "alembic/versions/0002_x.py").write_text(content)
    with pytest.raises(LabError) as caught:
        revision_graph(shop, {"0001"})
    assert fragment in caught.value.what
    assert "\n" not in caught.value.what
    assert ". " not in caught.value.what
    assert caught.value.todo


def test_no_project_gives_one_sentence(tmp_path):
    with pytest.raises(LabError, match=r"no alembic\.ini"):
        revision_graph(tmp_path, set())
    with pytest.raises(LabError, match="no folder"):
        revision_graph(tmp_path / "nowhere", set())
    (tmp_path / "pyproject.toml").write_text("[tool.alembic\n")
    with pytest.raises(LabError, match=r"pyproject\.toml cannot be read"):
        revision_graph(tmp_path, set())


@pytest.mark.parametrize("template", ["generic", "pyproject"])
def test_it_reads_what_alembic_itself_makes(tmp_path, template):
    """`pyproject`: the settings are in pyproject.toml, alembic.ini holds only the URL."""
    for arguments in (["init", "-t", template, "migrations"], ["revision", "-m", "first step"]):
        subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=60,
        )
    picture = revision_graph(tmp_path, set())
    assert "first step" in picture.words
    if template == "pyproject":
        assert "script_location" not in (tmp_path / "alembic.ini").read_text()


def test_reading_leaves_no_trace(shop, monkeypatch):
    (shop / "alembic.ini").write_text(
        "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n"
    )
    (shop / "helping_models.py").write_text("WORD = 'help'\n")
    file = shop / "alembic/versions/0001_x.py"
    file.write_text("import helping_models\n" + file.read_text())
    before = sorted(shop.rglob("*"))
    path, folder = sys.path[:], Path.cwd()
    # Relative to the folder, as `alembic` run inside it would find it.
    revision_graph(shop, {"0001"})
    assert sys.path == path
    assert Path.cwd() == folder
    assert "helping_models" not in sys.modules
    assert sorted(shop.rglob("*")) == before, "no __pycache__ either"
    monkeypatch.chdir(shop.parent)
    assert "4 revisions" in revision_graph(shop.name, set()).words


def test_reading_the_projects_own_chain_keeps_libraries_loaded():
    """The project's folder holds .venv as well: what comes from there must stay imported."""
    code = (
        "import sys\nfrom migrationlab.pictures import revision_graph\n"
        "print(revision_graph('.', set()).words)\n"
        "assert 'alembic.script' in sys.modules and 'sqlalchemy' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        check=True,
        timeout=60,
        capture_output=True,
        encoding="utf-8",
        env=utf8(),
    )
    for file in (PROJECT / "alembic" / "versions").glob("*.py"):
        assert file.name.partition("_")[0] in done.stdout


# ----------------------------------------------------------------------------- the tables


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


@pytest.mark.parametrize("names", [("OLD", "NEW"), ("NEW", "OLD")])
def test_nothing_that_difference_finds_is_left_out(names):
    old, now = (globals()[f"EVERYTHING_{name}"] for name in names)
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


# ---------------------------------------------------------------------------------- both


def both_pictures(project):
    revision_file(project, "0001", None, NASTY.replace('"', "'"))
    nasty = table(
        NASTY, Column(NASTY, NASTY, default=NASTY), comment=NASTY, triggers={NASTY: NASTY}
    )
    old = catalog(AUTHORS, enums={NASTY: (NASTY,)})
    return revision_graph(project, {NASTY}), tables(catalog(nasty, AUTHORS), old)


def test_names_are_text_and_never_markup(project):
    for picture in both_pictures(project):
        assert "<script" not in picture.svg
        assert not [e for e in drawing(picture).iter() if e.tag == f"{SPACE}script"]
        shown = " ".join(drawing(picture).itertext())
        assert "<script>alert(" in shown, "it stands there to be read"


def test_characters_that_xml_or_the_eye_cannot_take(project):
    bell = table("bell\x07 and \u202e turned\n line")
    picture = tables(catalog(bell))
    assert "\x07" not in picture.svg
    assert "\u202e" not in picture.svg
    drawing(picture)
    assert_fits(picture)


def test_nothing_is_fetched_from_anywhere(project):
    for picture in both_pictures(project):
        assert re.findall(r"https?:[^\"' ]*", picture.svg) == ["http://www.w3.org/2000/svg"]
        for word in ("href=", "src=", "url(", "@import", "<image", "<foreignObject", " on"):
            assert not any(
                word in f"{k}=" or word in v
                for e in drawing(picture).iter()
                for k, v in e.attrib.items()
            ), word
        style = drawing(picture).find(f"{SPACE}style").text
        assert "url(" not in style
        assert "@import" not in style


def test_the_same_facts_are_there_for_a_screen_reader_and_a_terminal(shop):
    for picture in (revision_graph(shop, {"0002"}), tables(SHOP)):
        root = drawing(picture)
        title, described = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")
        assert root.get("role") == "img"
        assert root.get("aria-labelledby").split() == [title.get("id"), described.get("id")]
        assert described.text == picture.words == repr(picture)
        assert picture._repr_html_() == picture.svg


def test_two_pictures_on_one_page_have_different_ids(shop):
    one, other = revision_graph(shop, {"0002"}), revision_graph(shop, {"0003"})
    ids = [e.get("id") for p in (one, other) for e in drawing(p).iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 4


def test_a_slide_can_be_made_of_it(tmp_path):
    tables(SHOP).save(tmp_path / "slide.svg")
    assert ElementTree.parse(tmp_path / "slide.svg").getroot().tag == f"{SPACE}svg"


def utf8() -> dict:
    import os

    return {**os.environ, "PYTHONIOENCODING": "utf-8"}


def test_the_same_facts_give_the_same_text_always(branched, tmp_path):
    """Sets of strings come in another order with every start of Python."""
    code = (
        "import sys; sys.path.insert(0, 'tests/pictures')\n"
        "from test_pictures import SHOP, EVERYTHING_NEW, EVERYTHING_OLD, random_catalog\n"
        "from migrationlab.pictures import revision_graph, tables\n"
        "print(revision_graph(sys.argv[1], {'a1', 'b1', 'gone', 'lost'}).svg)\n"
        "print(tables(EVERYTHING_NEW, EVERYTHING_OLD).svg, tables(random_catalog(3)).svg)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, str(branched)],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            timeout=60,
            env={**utf8(), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    ("ink", ground)
    for ground in (
        "panel",
        "card",
        "head",
        "here_band",
        "added_tint",
        "changed_tint",
        "removed_tint",
    )
]
TEXT_ON += [
    ("muted", ground)
    for ground in (
        "panel",
        "card",
        "head",
        "here_band",
        "added_tint",
        "changed_tint",
        "removed_tint",
    )
]
TEXT_ON += [("here_ink", "here"), ("card", "muted")]  # the marker, the letters PK on their badge
SHAPES_ON = [
    (shape, ground)
    for ground in ("panel", "card")
    for shape in ("added", "changed", "removed", "applied", "muted")
] + [("edge", "panel")]


@pytest.mark.parametrize("theme", ["LIGHT", "DARK"])
def test_contrast_is_enough_for_weak_eyes_and_projectors(theme):
    """WCAG 2.2 level AA: 4.5 for text, 3 for shapes that carry meaning."""
    colours = getattr(palette, theme)
    for text, ground in TEXT_ON:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for shape, ground in SHAPES_ON:
        assert contrast(colours[shape], colours[ground]) >= 3, (shape, ground)


def test_marks_differ_for_the_colour_blind():
    """Okabe and Ito's colours, taken as they are."""
    okabe_ito = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
    for colours in (palette.LIGHT, palette.DARK):
        marks = [colours[name] for name in ("added", "changed", "removed")]
        assert set(marks) | {colours["applied"], colours["here"]} <= okabe_ito
        assert len(set(marks)) == 3


def test_every_class_that_is_used_has_a_style(shop):
    styled = set(re.findall(r"\.([\w-]+)", palette.stylesheet()))
    known = styled | {"mathjax_ignore", "tex2jax_ignore", "revisions", "tables"}
    for picture in (revision_graph(shop, {"0002", "gone"}), tables(EVERYTHING_NEW, EVERYTHING_OLD)):
        used = {name for e in drawing(picture).iter() for name in e.get("class", "").split()}
        assert used <= known


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


LONG = "a name that is much longer than any card or any row can hold, without a sensible end"


def test_long_names_stay_inside(project):
    revision_file(project, "x" * 32, None, LONG * 3)
    for current in ({"x" * 32}, {"y" * 32}, set()):
        assert_fits(revision_graph(project, current))
    long = LONG.replace(" ", "_")
    kept = table(long, Column(long, long, True, f"'{long}'"), keys={f"{long}_id": long})
    more = with_column(kept, Column("plus_" + long, "text"))
    for old, now in ((None, kept), (kept, more), (more, kept)):
        assert_fits(tables(catalog(now, enums={long: (long, "b")}), catalog(old) if old else None))
    assert LONG[:40].replace(" ", "_") in tables(catalog(kept)).svg, "the whole name is a tip"


def test_headlines_with_many_names_take_two_lines():
    now = catalog(*(table(f"a_rather_long_name_{n}") for n in range(9)))
    picture = tables(now, catalog(*(table(f"b_rather_long_name_{n}") for n in range(9))))
    assert "6 more" in picture.words
    assert_fits(picture)


def test_chromium_draws_it(tmp_path):
    """A browser's own measure: no text is wider than the place that was planned for it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no chromium here")
    page = tmp_path / "page.html"
    script = (
        "<script>document.title = [...document.querySelectorAll('text')].filter(t => {"
        "const b = t.getBoundingClientRect(); return b.right > 808 || b.left < 8})"
        ".map(t => t.textContent).join('|') + '!'</script>"
    )
    body = "".join(tables(random_catalog(seed)).svg for seed in range(3))
    body += tables(EVERYTHING_NEW, EVERYTHING_OLD).svg
    page.write_text(
        f"<!doctype html><meta charset=utf-8><title></title>{body}{script}", encoding="utf-8"
    )
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=90,
        encoding="utf-8",
        check=True,
    )
    assert re.search(r"<title>(.*?)</title>", done.stdout)[1] == "!"
