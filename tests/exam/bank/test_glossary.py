"""The glossary: enough terms, whole in both languages, none twice."""

import pytest

from migrationlab.errors import LabError
from migrationlab.exam.bank import glossary

TERMS = list(glossary.every().values())
LEAST = 80


def test_there_are_enough_terms():
    """Assert that the words of the exam are there, all of them."""
    assert len(TERMS) >= LEAST


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.id)
def test_a_term_is_told_in_one_sentence(term):
    """Assert that each language has one whole sentence, and not the same one."""
    for sentence in term.sentences.values():
        assert sentence[0].isupper() or sentence.startswith("psql")
        assert sentence.endswith(".") and ". " not in sentence
        assert 4 <= len(sentence.split()) <= 25
    assert term.sentences["en"] != term.sentences["da"]


@pytest.mark.parametrize("language", ["en", "da"])
def test_no_word_means_two_things(language):
    """Assert that no form belongs to two terms: a learner looks up one word."""
    forms = [form.lower() for term in TERMS for form in term.words[language]]
    assert sorted(form for form in set(forms) if forms.count(form) > 1) == []


@pytest.mark.parametrize(
    "text, found",
    [
        ("Backuppen ligger her.", True),
        ("en Backup", True),
        ("Der er tre backups.", True),
        ("en filbackup", False),
    ],
)
def test_a_term_is_found_with_its_endings(text, found):
    """Assert that endings do not matter, and that the middle of a word does not count."""
    assert glossary.find("backup").stands_in(text, "da") is found


def test_a_wrong_entry_is_named():
    """Assert that the complaint says which term and which field."""
    with pytest.raises(LabError, match="my.yaml, head: siger is missing"):
        glossary.read("head: {en: head, da: head, says: The newest one.}", "my.yaml")
    with pytest.raises(LabError, match="no term 'nonsense'"):
        glossary.find("nonsense")
