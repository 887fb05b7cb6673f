"""The Anki deck as a file (.apkg), through genanki.

Every id is made from a key, so that Anki knows a note again when a newer file is imported: its
texts become the new ones, and the learner's history stays. Anki takes over only what is newer by
its date; so each file has the moment at which it was made, and the same moment gives the same
bytes.

Fields and templates belong to their model: whoever adds a field must give MODELS a new number.
"""

import hashlib
import io
import re
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import genanki

from migrationlab.exam.examiner_texts import say
from migrationlab.exam.takeaway.deck import QUESTION_FIELDS, TERM_FIELDS, Note, notes, word

MODELS = 1
PARTS = ("questions", "follow_ups", "terms")
STYLE = Path(__file__).with_name("deck.css")
_ASKED = """<p class="kind">{{Kind}} · {{Id}}</p>
{{#Context}}<p class="context">AFTER {{Context}}</p>{{/Context}}
<p class="question">{{Question}}</p>
{{Shown}}"""
_ANSWERED = """{{FrontSide}}
<hr id="answer">
{{#Right}}<div class="right"><b>RIGHT</b> {{Right}}</div>{{/Right}}
<p>{{Answer}}</p>
{{#Outline}}<h2>POINTS</h2>{{Outline}}{{/Outline}}
{{#Show}}<h2>SHOW</h2>{{Show}}{{/Show}}
{{#Where}}<div class="where"><b>READ</b> {{Where}}</div>{{/Where}}"""
_TERM = '<p class="kind">{0}</p><p class="question">{{{{{1}}}}}</p>'
_MEANT = """<hr id="answer">
<p class="question">{{Term}}{{#Other}} · <i>{{Other}}</i>{{/Other}}</p>
<p>{{Sentence}}</p>"""


def write(language: str, made: datetime) -> bytes:
    """The deck in one language as the bytes of an .apkg file. Raises LabError."""
    return package(notes(language), language, made)


def package(all_notes: list[Note], language: str, made: datetime) -> bytes:
    """These notes as the bytes of an .apkg file."""
    models = {"questions": _question_model(language), "terms": _term_model(language)}
    models["follow_ups"] = models["questions"]
    name, about = word(language, "name"), word(language, "about")
    decks = {
        part: genanki.Deck(
            number(f"deck {language} {part}"), f"{name}::{word(language, part)}", about
        )
        for part in PARTS
    }
    for place, note in enumerate(all_notes):
        decks[note.part].add_note(
            genanki.Note(
                model=models[note.part],
                fields=list(note.fields),
                tags=["migrationlab", *note.tags],
                guid=guid(language, note.key),
                due=place,
            )
        )
    return _same_bytes(genanki.Package(list(decks.values())), made)


def guid(language: str, key: str) -> str:
    """The name under which Anki knows a note for ever."""
    return genanki.guid_for("migrationlab", language, key)


def number(key: str) -> int:
    """The id of a deck or a model: as large as Anki's own, and the same for ever."""
    digest = hashlib.sha256(f"migrationlab {key}".encode()).digest()
    return (1 << 30) + int.from_bytes(digest[:8]) % (1 << 30)


def _question_model(language: str) -> genanki.Model:
    labels = {
        "AFTER": word(language, "after"),
        "RIGHT": word(language, "right"),
        "POINTS": say(language, "points"),
        "SHOW": say(language, "show"),
        "READ": word(language, "read"),
    }
    front, back = (
        re.sub(r"\b[A-Z]{4,}\b", lambda found: labels[found[0]], text)
        for text in (_ASKED, _ANSWERED)
    )
    return genanki.Model(
        number(f"model {language} question {MODELS}"),
        f"{word(language, 'name')}: {word(language, 'questions')}",
        fields=[{"name": name} for name in QUESTION_FIELDS],
        templates=[{"name": word(language, "questions"), "qfmt": front, "afmt": back}],
        css=STYLE.read_text("utf-8"),
    )


def _term_model(language: str) -> genanki.Model:
    """Term → sentence; and where the other language has another word, both ways."""
    asked = {"meaning": "Term", "to_other": "Term", "from_other": "Other"}
    templates = []
    for name, field in asked.items():
        front = _TERM.format(word(language, name), field)
        if name != "meaning":
            front = "{{#Other}}" + front + "{{/Other}}"
        back = "{{FrontSide}}\n" + _MEANT
        templates.append({"name": word(language, name), "qfmt": front, "afmt": back})
    return genanki.Model(
        number(f"model {language} term {MODELS}"),
        f"{word(language, 'name')}: {word(language, 'terms')}",
        fields=[{"name": name} for name in TERM_FIELDS],
        templates=templates,
        css=STYLE.read_text("utf-8"),
    )


def _same_bytes(package: genanki.Package, made: datetime) -> bytes:
    """The package with `made` as its only date: genanki's own ZIP has the date of a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "deck.apkg")
        package.write_to_file(file, timestamp=made.timestamp())
        with zipfile.ZipFile(file) as read:
            parts = {name: read.read(name) for name in read.namelist()}
    moment = made.astimezone(UTC).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # the same on every system
            written.writestr(entry, data)
    return out.getvalue()
