"""The glossary: the words of the exam in English and Danish, one sentence each."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrationlab.course import yaml_text
from migrationlab.errors import LabError
from migrationlab.exam.bank.question import LANGUAGES
from migrationlab.exam.bank.strict_fields import fields

FILE = Path(__file__).with_name("glossary.yaml")


@dataclass(frozen=True)
class Term:
    """One term.

    words      language -> the term as it is said, other forms after it, the first is the usual
    sentences  language -> what it is, in one sentence
    """

    id: str
    words: dict[str, tuple[str, ...]]
    sentences: dict[str, str]

    def stands_in(self, text: str, language: str) -> bool:
        """Whether one of the term's forms stands in a text, with or without an ending."""
        plain = " ".join(text.split()).lower()
        return any(
            re.search(rf"(?<!\w){re.escape(form.lower())}", plain) for form in self.words[language]
        )


@cache
def every() -> dict[str, Term]:
    """All terms by their ids, in the order of the file. Raises LabError for a wrong entry."""
    return read(FILE.read_text("utf-8"), FILE.name)


def read(text: str, file: str) -> dict[str, Term]:
    """The terms in a YAML text: id -> {en, da, says, siger}; see glossary.yaml."""
    terms = {}
    for id, raw in (yaml_text.load(text) or {}).items():
        of = fields(raw, f"{file}, {id}")
        of.only("en", "da", "says", "siger")
        words = {language: of.texts(language, 1, 8) for language in LANGUAGES}
        terms[str(id)] = Term(str(id), words, {"en": of.text("says"), "da": of.text("siger")})
    return terms


def find(id: str) -> Term:
    """The term with this id. Raises LabError."""
    if id not in every():
        raise LabError(f"The glossary has no term {id!r}.", todo=f"See {FILE.name}.")
    return every()[id]
