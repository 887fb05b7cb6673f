"""The examiner's own sentences, in the student's language."""

from functools import cache
from pathlib import Path

from migrationlab.course import yaml_text
from migrationlab.errors import LabError
from migrationlab.exam.bank.question import LANGUAGES


@cache
def _texts() -> dict[str, dict[str, str]]:
    return yaml_text.load((Path(__file__).parent / "texts.yaml").read_text("utf-8"))


def insist(language: str) -> str:
    """The language, when there is such a one. Raises LabError."""
    if language not in LANGUAGES:
        raise LabError(f"There is no language {language!r}.", expected=" or ".join(LANGUAGES))
    return language


def say(language: str, name: str, *values) -> str:
    """One sentence, filled in."""
    return _texts()[name][language].format(*values)
