"""The two cheat sheets: made from the bank, one page, nothing beside the paper, no network."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
from PIL import Image, ImageChops
from typer.testing import CliRunner

from migrationlab.cli.exam_commands import app
from migrationlab.errors import LabError
from migrationlab.exam.asking import cram
from migrationlab.exam.bank import load_questions
from migrationlab.exam.bank.question import LANGUAGES, TOPICS
from migrationlab.exam.bank.strict_fields import fields
from migrationlab.exam.takeaway import cheat_html, cheat_pdf, cheat_sheets

ALL = [(topic, language) for topic in TOPICS for language in LANGUAGES]
READABLE = 8
"""Smaller letters, in points, are hard to read on paper."""
A4 = (595.28, 841.89)
MARGIN, GUTTER = 10 / 210, 5 / 210
"""Shares of the page's width that stay white: the edges, and the strip between the columns."""

each = pytest.mark.parametrize("topic, language", ALL)


def shape(value):
    """The structure of a sheet without its texts."""
    if isinstance(value, str):
        return bool(value)
    return [shape(inner) for inner in value]


def made(topic, language):
    """(trees, groups, traps, outline) as nested lists."""
    sheet = cheat_sheets.sheet(topic, language)
    return [
        [[tree.shape, tree.ask, [vars(branch).values() for branch in tree.branches]]
         for tree in sheet.trees],
        [[group.label, [vars(one).values() for one in group.commands]] for group in sheet.groups],
        [vars(trap).values() for trap in sheet.traps],
        sheet.outline,
    ]  # fmt: skip


@each
def test_a_sheet_is_from_the_bank(topic, language):
    """Assert that every command and every trap stands in the bank, word for word."""
    sheet = cheat_sheets.sheet(topic, language)
    questions = load_questions.every()
    lines = {line for question in questions for line in question.commands}
    said = {
        (one.said, one.repair, question.lesson)
        for question in questions
        for one in question.words[language].mistakes
    }
    assert {one.line for group in sheet.groups for one in group.commands} <= lines
    assert {(trap.said, trap.repair, trap.lesson) for trap in sheet.traps} <= said
    (big,) = (one for one in cram.big(language) if one.topic == topic)
    assert (sheet.answer, sheet.outline) == (big.answer, big.outline)
    assert len(sheet.traps) >= 8 and sum(len(group.commands) for group in sheet.groups) >= 10
    assert [tree.shape for tree in sheet.trees] == ["cases", "steps"]


@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_are_whole_and_alike(topic):
    """Assert that the languages have the same parts, none empty, and not the same words."""
    english, danish = (made(topic, language) for language in LANGUAGES)
    assert shape(english) == shape(danish)
    assert "False" not in str(shape(english))
    assert english != danish


@each
def test_the_pdf_is_one_page(topic, language):
    """Assert that it is one A4 page, as the file itself says, in letters that can be read."""
    sheet = cheat_sheets.sheet(topic, language)
    data = cheat_pdf.pdf(sheet)
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1
    assert re.findall(rb"/Type\s*/Pages\s*/Count\s+(\d+)", data) == [b"1"]
    (box,) = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", data)
    assert [float(side) for side in box] == pytest.approx(A4, abs=0.1)
    assert cheat_pdf.fitting(sheet) >= READABLE


@each
def test_no_text_runs_over(topic, language):
    """Assert that the page's edges and the strip between the two columns are white."""
    page = Image.open(io.BytesIO(cheat_pdf.png(cheat_sheets.sheet(topic, language)))).convert("L")
    width, height = page.size
    edge = int(width * MARGIN)
    inside = ImageChops.invert(page).getbbox()
    assert edge <= inside[0] and inside[2] <= width - edge
    assert edge * 0.8 <= inside[1] and inside[3] <= height - edge * 0.8
    half = width * GUTTER / 2
    # Only the top (title, answer, the outline's heading) and the footer go across.
    top, bottom = int(height * 0.14), int(height * 0.94)
    strip = page.crop((int(width / 2 - half), top, int(width / 2 + half), bottom))
    assert strip.getextrema()[0] > 250


def test_the_same_sheet_gives_the_same_file():
    """Assert that nothing in the PDF depends on the moment at which it is made."""
    sheet = cheat_sheets.sheet("backup", "en")
    assert cheat_pdf.pdf(sheet) == cheat_pdf.pdf(sheet)


def test_a_line_that_is_too_long_would_be_seen():
    """Assert that the test above can fail: one long word sticks out into the strip."""
    sheet = cheat_sheets.sheet("migrate", "en")
    long = replace(sheet.groups[0], commands=(cheat_sheets.Command("x" * 90, "too long"),))
    page = Image.open(io.BytesIO(cheat_pdf.png(replace(sheet, groups=(long,))))).convert("L")
    width, height = page.size
    strip = page.crop((int(width * 0.49), int(height * 0.3), int(width * 0.51), int(height * 0.94)))
    assert strip.getextrema()[0] < 128


def test_too_much_is_refused():
    """Assert that a sheet that is no longer one page is told, and not printed on two."""
    sheet = cheat_sheets.sheet("backup", "da")
    with pytest.raises(LabError, match="does not fit on one page"):
        cheat_pdf.pdf(replace(sheet, traps=sheet.traps * 4))


class Page(HTMLParser):
    """What a browser would load, the tags that are open, and the text."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.loaded += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@each
def test_the_html_needs_nothing_else(topic, language):
    """Assert that the page is whole, loads nothing, and knows dark, light and paper."""
    sheet = cheat_sheets.sheet(topic, language)
    text = cheat_html.html(sheet)
    page = Page(text)
    assert (page.open, page.loaded) == ([], [])
    assert not re.search(r"https?:|url\(|@import|<script", text)
    assert f'<html lang="{language}">' in text
    assert "prefers-color-scheme: dark" in text and "@page { size: A4" in text
    shown = " ".join(page.text.split())
    for group in sheet.groups:
        for one in group.commands:
            assert " ".join(one.line.split()) in shown
    for trap in sheet.traps:
        assert trap.said in shown and trap.repair in shown
    assert shown.count("↓") == len(sheet.trees[1].branches) - 1


def test_signs_of_html_are_text():
    """Assert that <> and & of a command are shown, and not taken for tags."""
    sheet = cheat_sheets.sheet("migrate", "en")
    assert escape("email <> lower(email)") in re.sub("</?span>", "", cheat_html.html(sheet))
    assert cheat_html._code("a & b") == "<code>a &amp; b</code>"


@pytest.mark.slow
@each
def test_chromium_prints_one_page(topic, language, tmp_path):
    """Assert that a browser prints one page, and that nothing is wider than a phone."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no chromium here")
    text = cheat_html.html(cheat_sheets.sheet(topic, language))
    (tmp_path / "sheet.html").write_text(text, "utf-8")
    phone = (
        f'<!doctype html><meta charset=utf-8><title></title><iframe width=360 height=700 srcdoc="'
        f'{escape(text)}" onload="document.title = this.contentDocument.documentElement.scrollWidth'
        '"></iframe>'
    )
    (tmp_path / "phone.html").write_text(phone, "utf-8")

    def run(*arguments):
        quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync"
        command = [chromium, *quiet.split(), f"--user-data-dir={tmp_path / 'profile'}", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=90, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    printed = tmp_path / "printed.pdf"
    sheet = (tmp_path / "sheet.html").as_uri()
    run("--no-pdf-header-footer", f"--print-to-pdf={printed}", sheet)
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
    shown = run("--dump-dom", (tmp_path / "phone.html").as_uri())
    assert int(re.search(r"<title>(\d+)</title>", shown)[1]) <= 360


@pytest.mark.parametrize("of", ["06-1 pg_nothing", "06-1 pg_dump", "06-1"])
def test_a_command_that_is_not_one_is_named(of):
    """Assert that a command that is not there, or not the only one, is told."""
    told = fields({"of": of, "why": {"en": "why", "da": "hvorfor"}}, "my.yaml, lines[1]")
    with pytest.raises(LabError, match=r"my.yaml, lines\[1\]: of question 06-1, \d commands"):
        cheat_sheets._command(told, "en")


@pytest.mark.parametrize("entry", ["06-1 9", "06-1 0", "06-1", "06-1 one"])
def test_a_trap_that_is_not_there_is_named(entry):
    """Assert that the complaint says which, and what there is."""
    with pytest.raises(LabError, match=f"no trap '{entry}'"):
        cheat_sheets._trap(entry, "en")


def test_wrong_words_for_the_command(tmp_path):
    """Assert that a wrong topic and a wrong language get an answer, and no file."""
    for arguments in (["restore"], ["migrate", "--lang", "de"]):
        done = CliRunner().invoke(app, ["cheat", *arguments, "--to", str(tmp_path / "new")])
        assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
        assert not (tmp_path / "new").exists()


def test_the_command_writes_the_files(tmp_path):
    """Assert that both sheets come in both forms, into a folder that is made."""
    folder = tmp_path / "til eksamen på fredag"
    done = CliRunner().invoke(app, ["cheat", "--lang", "da", "--to", str(folder)])
    assert done.exit_code == 0, done.output
    names = sorted(file.name for file in folder.iterdir())
    assert names == [
        f"cheat-sheet-{topic}-da.{end}" for topic in sorted(TOPICS) for end in ("html", "pdf")
    ]
    assert all(name in done.output for name in names)
    assert "Sådan tager man backup" in (folder / names[0]).read_text("utf-8")
    CliRunner().invoke(app, ["cheat", "migrate", "--to", str(folder)])
    assert (folder / "cheat-sheet-migrate-en.pdf").read_bytes().startswith(b"%PDF-")
    assert not (folder / "cheat-sheet-backup-en.pdf").exists()
