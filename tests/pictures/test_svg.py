"""Both pictures: text and never markup, readable without their colours, the same every time."""

import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from migrationlab.paths import PROJECT
from migrationlab.pictures import palette, revision_graph, tables
from migrationlab.postgres.catalog import Column
from tests.pictures.picture_tools import (
    AUTHORS,
    EVERYTHING_NEW,
    EVERYTHING_OLD,
    NASTY,
    SHOP,
    SPACE,
    assert_fits,
    catalog,
    drawing,
    random_catalog,
    revision_file,
    table,
    utf8,
    with_column,
)


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


def test_the_same_facts_give_the_same_text_always(branched, tmp_path):
    """Sets of strings come in another order with every start of Python."""
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.pictures.picture_tools import EVERYTHING_NEW, EVERYTHING_OLD, random_catalog\n"
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
