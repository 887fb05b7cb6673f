"""The examiner against a simulated student: whole sessions, interruption, wrong input."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler

from migrationlab.errors import LabError
from migrationlab.exam import examiner_texts
from migrationlab.exam.asking import cram, graded_answers, learn, predict, readiness, schedule
from migrationlab.exam.asking.graded_answers import AGAIN, EASY, GOOD, HARD, Review
from migrationlab.exam.bank.question import LANGUAGES
from migrationlab.exercises import progress
from tests.exam.asking.student import Student

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_progress(home):
    """Each test begins without answers, and leaves the progress as it was."""
    book = progress.file()
    before = book.read_bytes() if book.exists() else None
    book.unlink(missing_ok=True)
    yield
    book.unlink(missing_ok=True)
    if before is not None:
        book.write_bytes(before)


class Clock:
    """A clock that goes on by `step` seconds each time it is read."""

    def __init__(self, at=START, step=20):
        self.at, self.step = at, timedelta(seconds=step)

    def __call__(self):
        self.at += self.step
        return self.at


def knows(language="en", sure="2", points=None):
    """A student who knows everything: answers what the question on the table wants."""

    def answer(prompt):
        asked = learn.say
        question = student.question
        if prompt == asked(language, "write"):
            return "A migration is a file with an upgrade."
        if prompt == asked(language, "sure"):
            return sure
        if prompt == asked(language, "had"):
            return points or asked(language, "all")
        if prompt == asked(language, "line"):
            return str(question.task.lines[0])
        return " ".join(question.task.right)

    questions = {question.id: question for question in learn.chosen("")}

    class Knowing(Student):
        @property
        def question(self):
            head = next(text for text in reversed(self.heard) if text.startswith("###"))
            return questions[head.split()[2]]

    student = Knowing(answer)
    return student


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_session(language):
    """Assert that a student who knows it all gets through the whole bank, in both languages."""
    student = knows(language)
    done = learn.learn(student, language=language, minutes=600, clock=Clock())
    questions = learn.chosen("")
    assert [review.question for review in done.answered] == [q.id for q in questions]
    assert all(review.rating == GOOD for review in done.answered)
    for question in questions:
        assert question.words[language].question in student.text
        assert question.words[language].answer in student.text
    assert "{" not in "".join(student.prompts)


def test_the_time_ends_a_session():
    """Assert that no new question begins when the minutes are over."""
    done = learn.learn(knows(), minutes=3, clock=Clock(step=40))
    assert 1 <= len(done.answered) <= 4 and not done.ended


def test_an_interrupted_session_is_resumed():
    """Assert that what was answered is kept, and that the next session goes on behind it."""
    answers = ["", "2", "all", "", "1", "none", "my answer"]
    first = learn.learn(Student(answers), topic="00", clock=Clock())
    assert first.ended and [review.rating for review in first.answered] == [GOOD, AGAIN]
    later = Clock(START + timedelta(minutes=30))
    second = learn.learn(Student(["q"]), topic="00", clock=later)
    assert second.answered == ()
    todo = schedule.order(
        schedule.plan(graded_answers.read()), [q.id for q in learn.chosen("00")], later()
    )
    assert set(todo[:2]) == {review.question for review in first.answered}  # due again
    assert len(todo) == len(learn.chosen("00"))


def test_wrong_input_is_asked_again():
    """Assert that nonsense changes nothing, and says what is expected."""
    answers = ["", "9", "sure", "", "2", "7 8 99", "some", "1,3", "q"]
    student = Student(answers)
    done = learn.learn(student, topic="00", clock=Clock())
    (review,) = done.answered
    points = len(learn.chosen("00")[0].words["en"].outline)
    assert review.share == round(2 / points, 2) and review.rating == AGAIN
    assert student.text.count("Expected: 0, 1, 2, 3") == 3
    assert student.text.count(f"Numbers from 1 to {points}") == 2


def test_bad_languages_and_topics():
    """Assert that bad options get a message before anything is asked."""
    for options in ({"language": "de"}, {"topic": "cooking"}):
        with pytest.raises(LabError, match="no language|no questions"):
            learn.learn(Student([]), **options)


@pytest.mark.parametrize(
    ("share", "sure", "rating"),
    [(0.0, 3, AGAIN), (0.4, 1, AGAIN), (0.5, 3, HARD), (0.8, 0, HARD), (0.8, 2, GOOD),
     (1.0, 0, HARD), (1.0, 2, GOOD), (1.0, 3, EASY)],
)  # fmt: skip
def test_what_an_answer_is_worth(share, sure, rating):
    """Assert that a guess is never easy, and half an answer comes again."""
    assert graded_answers.rating(share, sure) == rating


def test_the_schedule_is_the_library_s_own():
    """Assert that the plan from our lines is what FSRS makes of the same answers, in one go."""
    times = [START + timedelta(days=day, minutes=day) for day in (0, 0, 1, 4, 11, 12, 40)]
    ratings = [GOOD, GOOD, GOOD, EASY, AGAIN, HARD, GOOD]
    for at, rated in zip(times, ratings, strict=True):
        progress.record_line(f"exam learn 00-1 {rated} 2 0.8 {at.isoformat()}")
    found = schedule.plan(graded_answers.read()).cards["00-1"]
    card, plain = Card(card_id=1, due=START), Scheduler(enable_fuzzing=False)
    for at, rated in zip(times, ratings, strict=True):
        card, _ = plain.review_card(card, Rating(rated), at)
    assert json.dumps(found.to_dict()) == json.dumps(card.to_dict())
    assert schedule.plan([]).cards == {}


def test_what_went_wrong_comes_sooner():
    """Assert that of two questions of one day the forgotten one is due first."""
    right = Review("learn", "00-1", GOOD, 2, 0.9, START)
    forgotten = Review("learn", "00-2", AGAIN, 2, 0.1, START)
    cards = schedule.plan([right, forgotten]).cards
    assert cards["00-2"].due < cards["00-1"].due


def test_streak_and_forecast():
    """Assert that days in a row are counted to today or yesterday, and overdue is today's."""
    given = [
        Review("learn", "00-1", EASY, 3, 1.0, START + timedelta(days=day)) for day in (0, 2, 3, 4)
    ]
    plan = schedule.plan(given)
    last = (START + timedelta(days=4)).date()
    assert plan.streak(last) == plan.streak(last + timedelta(days=1)) == 3
    assert plan.streak(last + timedelta(days=2)) == 0
    far = START + timedelta(days=4000)
    assert plan.forecast(far) == [1, 0, 0, 0, 0, 0, 0] and plan.due(far) == ["00-1"]


def test_readiness_is_honest():
    """Assert that unanswered questions count as not known, and that over-confidence is shown."""
    nothing = readiness.readiness(START)
    assert all(topic.known == 0 for topic in nothing.topics) and "nothing answered" in str(nothing)
    for number, share in enumerate((1.0, 0.0, 0.0), 1):
        graded_answers.record("learn", f"00-{number}", share, 3, START)
    found = readiness.readiness(START)
    first = found.topics[0]
    assert (first.answered, 0 < first.share < 0.5) == (3, True)
    assert found.calibration[3].answers == 3 and found.calibration[3].right == 1
    assert "1 of 3" in str(found) and "few answers" in str(found)
    picture = found._repr_html_()
    assert picture.startswith("<svg") and "1 of 3 right" in picture


def test_lines_of_another_version_are_left_alone():
    """Assert that a line which we do not understand is kept and not counted."""
    progress.record_line("exam duel 00-1 3 2 0.8 2026-12-01T09:00:00+00:00")
    progress.record_line("exam learn 00-1 nine 2 0.8 2026-12-01T09:00:00+00:00")
    assert graded_answers.read() == []
    assert progress.export().count("\nexam ") == 2


@pytest.mark.slow
def test_predict_runs_what_it_asks(server):
    """Assert that after the answer the snippet really runs, and what is printed is the server's."""
    student = knows()
    done = predict.predict(student, server, topic="00", minutes=600, clock=Clock())
    assert done.answered and all(review.share == 1.0 for review in done.answered)
    assert "What the server really said" in student.text
    assert {review.mode for review in done.answered} == {"predict"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_night_before(language):
    """Assert that both big questions, twelve follow-ups and two drills come, and are kept."""

    def answer(prompt):
        if prompt == learn.say(language, "had"):
            return learn.say(language, "all")
        if prompt == learn.say(language, "did_you"):
            return learn.say(language, "half")
        return "1" if prompt == learn.say(language, "sure") else ""

    student = Student(answer)
    done = cram.cram(student, language=language, minutes=90, clock=Clock())
    assert len(done.answered) == 12 and {review.share for review in done.answered} == {0.5}
    for one in cram.big(language):
        assert one.question in student.text and len(one.outline) == 7
    assert student.text.count("lab.py drill start") == 2


def test_both_languages_say_the_same_things():
    """Assert that each text of the examiner is there in both languages, with the same gaps."""
    for name, both in examiner_texts._texts().items():
        assert set(both) == set(LANGUAGES), name
        gaps = [sorted(re.findall(r"\{\d\}", both[language])) for language in LANGUAGES]
        assert gaps[0] == gaps[1], name
