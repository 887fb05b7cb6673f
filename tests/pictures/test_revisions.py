"""The revision graph says where a database stands, whatever the chain looks like."""

import subprocess
import sys
from pathlib import Path

import pytest

from migrationlab.errors import LabError
from migrationlab.paths import PROJECT
from migrationlab.pictures import palette, revision_graph
from migrationlab.pictures.branch_lanes import BASE, assign, top_down, with_ancestors
from migrationlab.pictures.read_revisions import read_chain
from tests.pictures.picture_tools import (
    REVISION,
    assert_fits,
    classes,
    drawing,
    line,
    random_chain,
    revision_file,
    texts,
    utf8,
)


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
