"""The bank of questions: whole in both languages, linked to its lessons, nothing asked twice."""

import copy
import re
from itertools import combinations

import pytest
import yaml

from migrationlab import paths
from migrationlab.authoring.notebook_cells import lesson_cells
from migrationlab.course import lessons
from migrationlab.errors import LabError
from migrationlab.exam.bank import glossary, load_questions
from migrationlab.exam.bank.parse_question import read
from migrationlab.exam.bank.question import KINDS, LANGUAGES, TOPICS

LESSONS = lessons.every()
ALL = load_questions.every()
LEAST, LEAST_OF_ALL = 8, 60  # questions of a lesson, and of the bank

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
each_question = pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
in_each_language = pytest.mark.parametrize("language", LANGUAGES)

# Words that no Danish sentence has; SQL is written in capitals.
ENGLISH = re.compile(r"\b(the|and|which|with|from|that|are|this)\b")


def sentences(text: str) -> int:
    """How many sentences a text has; a semicolon or a colon does not end one."""
    return len(re.findall(r"[.?!](?=\s+[A-ZÆØÅ“»\"'(]|\s*$)", " ".join(text.split())))


def all_texts(words) -> list[str]:
    return [
        words.question,
        words.answer,
        *words.outline,
        *(text for item in words.follow_ups for text in (item.question, item.answer)),
        *(text for item in words.mistakes for text in (item.said, item.repair)),
        *words.marks.values(),
        words.demonstration,
    ]


@each_lesson
def test_a_lesson_is_read(lesson):
    """Assert that every question is whole and in order, and that there are enough of them."""
    assert len(load_questions.of_lesson(lesson)) >= LEAST
    assert len(ALL) >= LEAST_OF_ALL


def test_all_kinds_and_topics_are_there():
    """Assert that the bank has every kind and both topics."""
    assert {question.kind for question in ALL} == set(KINDS)
    assert {question.topic for question in ALL} == set(TOPICS)


@each_lesson
def test_boxes_name_questions(lesson):
    """Assert that every exam box of the lesson shows a question of its own bank."""
    text = (lesson.folder / "lesson.md").read_text("utf-8")
    boxes = re.findall(r"^:::\{exam\} *(\S+)", text, re.M)
    assert boxes and len(set(boxes)) == len(boxes)
    assert set(boxes) <= {question.id for question in load_questions.of_lesson(lesson)}
    shown = [cell.source for cell in lesson_cells(lesson) if "In the exam" in cell.source]
    assert sum(source.count("**In the exam.**") for source in shown) == len(boxes)


@each_question
def test_links_lead_somewhere(question):
    """Assert that each place is a lesson there is, with a heading it has."""
    for place in question.where:
        assert place.heading in load_questions.headings(lessons.find(place.lesson)), place
    if question.where:
        assert question.lesson in {place.lesson for place in question.where}


@each_question
@in_each_language
def test_the_terms_stand_in_the_answer(question, language):
    """Assert that the model answer or its outline uses each term in this language."""
    words = question.words[language]
    text = "\n".join([words.answer, *words.outline])
    missing = [id for id in question.terms if not glossary.find(id).stands_in(text, language)]
    assert missing == []


@each_question
@in_each_language
def test_the_answer_is_short(question, language):
    """Assert that the short answer is short: three sentences, four at most, no lecture."""
    answer = question.words[language].answer
    assert 1 <= sentences(answer) <= 4


@each_question
@in_each_language
def test_the_marks_tell_in_one_sentence(question, language):
    """Assert that a student reads at a glance what is missing for a better mark."""
    for text in question.words[language].marks.values():
        assert sentences(text) == 1, text
        assert len(text.split()) >= 5, text
    assert len(set(question.words[language].marks.values())) == 3


@each_question
def test_both_languages_say_the_same_things(question):
    """Assert that nothing was left out in translation, and nothing left untranslated."""
    english, danish = (question.words[language] for language in LANGUAGES)
    for name in ("outline", "follow_ups", "mistakes"):
        assert len(getattr(english, name)) == len(getattr(danish, name)), name
    for one, other in zip(all_texts(english), all_texts(danish), strict=True):
        assert one != other, one
        assert not ENGLISH.search(other), other
    if question.task:
        for choice in question.task.choices.values():
            assert choice["en"] == choice["da"] or not ENGLISH.search(choice["da"]), choice


def meaningful(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def test_no_two_ask_the_same():
    """Assert that no two questions, follow-ups included, are the same or nearly so."""
    asked = [
        (question.id, text)
        for question in ALL
        for text in (
            question.words["en"].question,
            *(follow_up.question for follow_up in question.words["en"].follow_ups),
        )
    ]
    alike = []
    for (one, first), (other, second) in combinations(asked, 2):
        a, b = meaningful(first), meaningful(second)
        if min(len(a), len(b)) >= 3 and len(a & b) / len(a | b) > 0.7:
            alike.append((one, first, other, second))
        elif " ".join(first.lower().split()) == " ".join(second.lower().split()):
            alike.append((one, first, other, second))
    assert alike == []


@each_question
def test_a_task_can_be_judged(question):
    """Assert that the right answer is taken, and another one is not."""
    if question.task is None:
        return
    task = question.task
    if task.lines:
        assert task.accepts((task.lines[0],)) and not task.accepts((0,))
        return
    assert task.accepts(task.right)
    assert all(task.accepts(order) for order in task.also)
    wrong = [letter for letter in task.choices if (letter,) != task.right]
    assert not any(task.accepts((letter,)) for letter in wrong)
    assert not task.accepts(())


@each_question
def test_choices_do_not_repeat(question):
    """Assert that no two choices say the same, in either language."""
    if question.task:
        for language in LANGUAGES:
            said = [choice[language] for choice in question.task.choices.values()]
            assert len(set(said)) == len(said)


def test_a_question_can_be_found():
    """Assert that a question is found by its id, and that a wrong id is answered with the list."""
    assert load_questions.find("00-1").id == "00-1"
    with pytest.raises(LabError, match="There is no question 00-99"):
        load_questions.find("00-99")


# What the reader says to an author, from a whole question in which one thing is spoilt.

MODEL = yaml.safe_load((paths.LESSONS / LESSONS[0].name / "exam.yaml").read_text("utf-8"))


def spoil(kind: str, change) -> str:
    raw = copy.deepcopy(next(raw for raw in MODEL if raw["kind"] == kind))
    change(raw)
    with pytest.raises(LabError) as caught:
        read(raw, "exam.yaml", "00")
    return str(caught.value)


@pytest.mark.parametrize(
    "kind, change, said",
    [
        ("explain", lambda raw: raw.update(id="07-1"), "id is '07-1'"),
        ("explain", lambda raw: raw.update(kind="riddle"), "kind is 'riddle'"),
        ("explain", lambda raw: raw.update(topic="fun"), "topic is 'fun'"),
        ("explain", lambda raw: raw.update(hint="x"), "unknown hint"),
        ("explain", lambda raw: raw.pop("da"), "da is missing"),
        ("explain", lambda raw: raw["da"].pop("answer"), "da: answer is missing"),
        ("explain", lambda raw: raw["en"].update(outline=["one"]), "outline has 1 entries"),
        ("explain", lambda raw: raw["en"]["marks"].pop(7), "en, marks: 7 is missing"),
        ("explain", lambda raw: raw["en"]["marks"].update({10: "x"}), "marks: unknown 10"),
        (
            "explain",
            lambda raw: raw["en"]["follow_ups"].__delitem__(slice(1, None)),
            "follow_ups has 1 entries",
        ),
        ("explain", lambda raw: raw.update(where=["nowhere"]), "where has 'nowhere'"),
        ("explain", lambda raw: raw.update(task={"code": "x"}), "has no task"),
        ("explain", lambda raw: raw["en"].update(question=7), "question is 7"),
        ("explain", lambda raw: raw.update(commands=[True]), "commands has True"),
        ("predict", lambda raw: raw.pop("task"), "task is missing"),
        ("predict", lambda raw: raw.pop("runs"), "runs is missing"),
        ("predict", lambda raw: raw["task"].update(right="Z"), "'Z' is not among the choices"),
        ("predict", lambda raw: raw["task"].update(lines=[1]), "only a fault has lines"),
        ("predict", lambda raw: raw["runs"][0]["steps"][0].update(exit="x"), "exit is"),
        ("predict", lambda raw: raw["runs"][0]["steps"][0].update(bash="x"), "unknown bash"),
        ("fault", lambda raw: raw["task"].update(lines=[99]), "lines has 99"),
        ("fault", lambda raw: raw["task"].update(mended=raw["task"]["code"]), "same as code"),
        ("fault", lambda raw: raw["task"].pop("mended"), "mended is missing"),
        ("order", lambda raw: raw["task"].update(right=["A", "A"]), "stands twice"),
        ("which", lambda raw: raw["task"].update(also=["A"]), "only an order has also"),
    ],
)
def test_a_mistake_is_named(kind, change, said):
    """Assert that the complaint names the file, the question and the field."""
    message = spoil(kind, change)
    assert said in message
    assert message.startswith("exam.yaml, ")
