"""exam.yaml and front matter: every lesson has what students and teachers look for."""

import pytest

from migrationlab.course import lessons

LESSONS = lessons.every()


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
