"""Exercises: check, hint, solution, progress. What a lesson's checks.py imports is here."""

from migrationlab.exercises.run_check import check
from migrationlab.exercises.verdict import NotAttempted, Wrong

__all__ = ["NotAttempted", "Wrong", "check"]
