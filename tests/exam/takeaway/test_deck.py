"""The Anki deck: whole, the same ids for ever, read by zipfile and sqlite3 as Anki would."""

import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from typer.testing import CliRunner

from migrationlab import paths
from migrationlab.cli.exam_commands import app
from migrationlab.exam.asking import cram
from migrationlab.exam.bank import glossary, load_questions
from migrationlab.exam.bank.question import KINDS, LANGUAGES, TOPICS
from migrationlab.exam.takeaway import deck, deck_file

MADE = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FIELDS = {"questions": deck.QUESTION_FIELDS, "follow_ups": deck.QUESTION_FIELDS}
FIELDS["terms"] = deck.TERM_FIELDS

each = pytest.mark.parametrize("language", LANGUAGES)


@cache
def written(language):
    return deck_file.write(language, MADE)


class Read:
    """A deck as somebody reads it who knows Anki's format, and not genanki."""

    def __init__(self, data, folder):
        with zipfile.ZipFile(io.BytesIO(data)) as read:
            assert read.testzip() is None
            assert sorted(read.namelist()) == ["collection.anki2", "media"]
            assert json.loads(read.read("media")) == {}
            file = folder / f"{hashlib.sha256(data).hexdigest()}.anki2"
            file.write_bytes(read.read("collection.anki2"))
        connection = sqlite3.connect(file)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        models, decks, version = connection.execute("SELECT models, decks, ver FROM col").fetchone()
        assert version == 11
        self.models, self.decks = json.loads(models), json.loads(decks)
        self.notes = {
            guid: {"id": id, "model": str(model), "mod": mod, "tags": tags.split(), "texts": texts}
            for id, guid, model, mod, tags, texts in connection.execute(
                "SELECT id, guid, mid, mod, tags, flds FROM notes"
            )
        }
        self.cards = connection.execute(
            "SELECT id, nid, did, ord, type, queue, reps FROM cards"
        ).fetchall()
        (count,) = connection.execute("SELECT count(*) FROM notes").fetchone()
        assert count == len(self.notes)  # no guid twice
        connection.close()

    def fields(self, guid):
        """name -> text of a note."""
        note = self.notes[guid]
        names = [field["name"] for field in self.models[note["model"]]["flds"]]
        return dict(zip(names, note["texts"].split("\x1f"), strict=True))

    def cards_of(self, guid):
        return sorted(card[3] for card in self.cards if card[1] == self.notes[guid]["id"])


@pytest.fixture
def read(tmp_path):
    return lambda data: Read(data, tmp_path)


@each
def test_the_whole_bank_is_in_it(language, read):
    """Assert that every question, follow-up and term is a note, and nothing else is."""
    keys = {f"big {topic}" for topic in TOPICS} | {f"term {id}" for id in glossary.every()}
    for question in load_questions.every():
        count = len(question.words[language].follow_ups)
        keys |= {question.id} | {f"{question.id} follow-up {n}" for n in range(1, count + 1)}
    found = deck.notes(language)
    assert {note.key for note in found} == keys and len(found) == len(keys)
    assert set(read(written(language)).notes) == {deck_file.guid(language, key) for key in keys}


@each
def test_a_question_and_its_answer(language, read):
    """Assert that the card asks the question, and has answer, outline, commands and place."""
    there = read(written(language))
    for question in load_questions.every():
        words, fields = (
            question.words[language],
            there.fields(deck_file.guid(language, question.id)),
        )
        text = {name: plain(value) for name, value in fields.items()}
        assert text["Question"] == plain_text(words.question)
        assert text["Answer"] == plain_text(words.answer)
        assert fields["Outline"].count("<li>") == len(words.outline)
        assert all(plain_text(point) in text["Outline"] for point in words.outline)
        assert plain_text("\n".join(question.commands)) in text["Show"]
        assert fields["Where"].count("<li>") == len(question.where)
        assert bool(fields["Right"]) == (question.task is not None)
        if question.task and question.task.code:
            assert question.task.code.split()[0] in text["Shown"]
        for number, one in enumerate(words.follow_ups, 1):
            guid = deck_file.guid(language, f"{question.id} follow-up {number}")
            shown = {name: plain(value) for name, value in there.fields(guid).items()}
            assert shown["Question"] == plain_text(one.question)
            assert shown["Answer"] == plain_text(one.answer)
            assert shown["Context"] == plain_text(words.question)
    for one in cram.big(language):
        fields = there.fields(deck_file.guid(language, f"big {one.topic}"))
        assert plain(fields["Question"]) == plain_text(one.question)


def plain(html):
    """The text of a field, as a reader sees it, with single spaces."""
    without = re.sub(r"<[^>]*>", " ", html)
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", without)
    for sign, letter in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("#x27", "'"), ("amp", "&")):
        without = without.replace(f"&{sign};", letter)
    return " ".join(without.split())


def plain_text(text):
    return " ".join(text.replace("`", " ").split())


@each
def test_terms_go_both_ways_where_the_words_differ(language, read):
    """Assert that a term has three cards where the languages differ, and otherwise one."""
    there = read(written(language))
    (other,) = (name for name in LANGUAGES if name != language)
    counts = set()
    for id, term in glossary.every().items():
        guid = deck_file.guid(language, f"term {id}")
        fields = {name: plain(value) for name, value in there.fields(guid).items()}
        here, away = term.words[language][0], term.words[other][0]
        differ = here.lower() != away.lower()
        assert fields["Term"] == plain_text(here)
        assert fields["Other"] == (plain_text(away) if differ else "")
        assert fields["Sentence"] == plain_text(term.sentences[language])
        assert there.cards_of(guid) == ([0, 1, 2] if differ else [0])
        counts.add(differ)
    assert counts == {True, False}


@each
def test_anki_finds_what_it_needs(language, read):
    """Assert that models, decks and cards fit together, and that all cards are new."""
    there = read(written(language))
    names = {name: [field["name"] for field in m["flds"]] for name, m in there.models.items()}
    assert sorted(map(tuple, names.values())) == sorted(
        {tuple(fields) for fields in FIELDS.values()}
    )
    for model in there.models.values():
        known = {field["name"] for field in model["flds"]} | {"FrontSide"}
        for template in model["tmpls"]:
            used = re.findall(r"{{[#/^]?(\w+)}}", template["qfmt"] + template["afmt"])
            assert used and set(used) <= known
            assert not re.search(r"\b[A-Z]{4,}\b", template["qfmt"] + template["afmt"])
    parts = {deck["name"].split("::")[-1] for deck in there.decks.values()}
    assert parts >= {deck.word(language, part) for part in deck_file.PARTS}
    ids = {note["id"] for note in there.notes.values()}
    for _, note, home, _, kind, queue, repetitions in there.cards:
        assert note in ids and str(home) in there.decks
        assert (kind, queue, repetitions) == (0, 0, 0)
    assert {card[1] for card in there.cards} == ids  # no note without a card


@each
def test_tags_say_lesson_topic_and_kind(language, read):
    """Assert that one can study a lesson, a topic or a kind on its own."""
    there = read(written(language))
    for question in load_questions.every():
        tags = there.notes[deck_file.guid(language, question.id)]["tags"]
        assert {
            "migrationlab",
            f"lesson::{question.lesson}",
            f"topic::{question.topic}",
            f"kind::{question.kind}",
        } == set(tags)
    found = {tag for note in there.notes.values() for tag in note["tags"]}
    kinds = {tag.split("::")[1] for tag in found if tag.startswith("kind::")}
    assert kinds == {*KINDS, "big", "follow_up", "term"}


def test_an_update_keeps_the_history(read):
    """Assert that a text that was changed has its old guid, in its old deck and model."""
    before = deck.notes("da")
    after = [
        replace(note, fields=(*note.fields[:3], "Et helt nyt spørgsmål?", *note.fields[4:]))
        if note.key == "03-1"
        else note
        for note in before
    ]
    new = deck_file.package(after, "da", MADE + timedelta(days=1))
    old, new = read(written("da")), read(new)
    guid = deck_file.guid("da", "03-1")
    assert set(old.notes) == set(new.notes)
    assert set(old.models) == set(new.models) and set(old.decks) == set(new.decks)
    assert new.fields(guid)["Question"] == "Et helt nyt spørgsmål?" != old.fields(guid)["Question"]
    # Anki takes a note over only when it is newer.
    assert new.notes[guid]["mod"] == old.notes[guid]["mod"] + 24 * 60 * 60


def test_ids_are_those_that_learners_have():
    """Assert that nobody changes how ids are made: the decks that are out there have these."""
    assert deck_file.guid("da", "03-1") == "tr~+f#ikKw"
    assert deck_file.guid("en", "term backup") == "b~1~rb2K92"
    assert deck_file.number("deck da questions") == 1409268519
    assert deck_file.number("model en term 1") == 1316410453


def test_the_languages_do_not_mix(read):
    """Assert that one may import both decks: they share no note, no model and no deck."""
    english, danish = (read(written(language)) for language in LANGUAGES)
    assert not set(english.notes) & set(danish.notes)
    assert not set(english.models) & set(danish.models)
    assert set(english.decks) & set(danish.decks) == {"1"}  # Anki's own default deck
    assert len(english.notes) == len(danish.notes)


def test_the_same_moment_gives_the_same_bytes():
    """Assert that neither the order of sets nor the clock is in the file."""
    program = (
        "import hashlib, datetime; from migrationlab.exam.takeaway import deck_file;"
        "made = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC);"
        "print(hashlib.sha256(deck_file.write('da', made)).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=paths.PROJECT,
        env=os.environ | {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(written("da")).hexdigest()


def test_the_command_writes_a_file(tmp_path):
    """Assert that the file comes where it was asked for, and that a wrong name is told."""
    file = tmp_path / "til telefonen" / "kort.apkg"
    done = CliRunner().invoke(app, ["deck", "--lang", "da", "--to", str(file)])
    assert done.exit_code == 0, done.output
    assert zipfile.is_zipfile(file) and file.name in done.output
    for wrong in (["--to", str(tmp_path / "kort.zip")], ["--lang", "de"]):
        done = CliRunner().invoke(app, ["deck", *wrong])
        assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
    assert sorted(tmp_path.iterdir()) == [file.parent]
