"""exam.yaml: whole in both languages, and every exam box has its question."""

import pytest

from migrationlab import lessons

PARTS = {"question", "answer", "follow_up", "follow_up_answer"}
LESSONS = lessons.every()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_questions_are_whole(lesson):
    """Assert that each question has an id of its lesson, both languages and something to show."""
    assert len(lesson.exam) >= 4
    ids = [question["id"] for question in lesson.exam]
    assert len(set(ids)) == len(ids)
    for question in lesson.exam:
        assert question["id"].startswith(f"{lesson.number}-")
        assert question["demonstrate"]
        for language in ("en", "da"):
            assert set(question[language]) == PARTS
            assert all(str(text).strip() for text in question[language].values())
        assert question["en"]["answer"] != question["da"]["answer"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_front_matter_is_whole(lesson):
    """Assert that students find objectives and key points, and teachers the time it takes."""
    assert 3 <= len(lesson.front["objectives"]) <= 6
    assert 3 <= len(lesson.front["key_points"]) <= 8
    assert lesson.front["minutes"] > 0
    assert lesson.exercises_front["minutes"] > 0
    assert lesson.front["drop_if_short"]
    assert len(lesson.exercises) >= 5
    assert (lesson.folder / "instructor.md").read_text("utf-8").strip()
