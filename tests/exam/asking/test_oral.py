"""The oral: live questions computed from the real database, demonstrations judged by its state."""

import random
from contextlib import closing
from datetime import UTC, datetime

import pytest

from migrationlab import commands
from migrationlab.course import reset
from migrationlab.exam.asking import demonstrations, graded_answers, learn, live_questions, oral
from migrationlab.exam.asking.live_questions import Live, Standing
from migrationlab.exam.bank.question import LANGUAGES
from migrationlab.exam.examiner_texts import say
from migrationlab.postgres import databases
from tests.exam.asking.student import Student
from tests.exam.asking.test_learn import Clock, empty_progress  # noqa: F401 - a fixture
from tests.stairway.chain_tools import execute

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def standing(server, database):
    """A small database without a project."""
    execute(
        server,
        database,
        "CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL, born date);"
        "CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors);"
        "CREATE TABLE reviews (book int REFERENCES books, words text);"
        "INSERT INTO authors SELECT n, 'Å' || n FROM generate_series(1, 3) n;"
        "INSERT INTO books SELECT n, 1 FROM generate_series(1, 5) n",
    )
    return Standing(server, database)


@pytest.fixture(scope="module")
def project(server):
    """The workspace of a lesson with a chain of its own, at its start."""
    reset.find_workspace(server, "3").reset()
    return live_questions.standing(server, "3")


def names(question):
    return set(question.names)


def test_answers_come_from_the_catalog(standing):
    """Assert that each answer is what the catalog says, and changes with it."""
    assert names(live_questions.without_primary_key(standing, "en")) == {"reviews"}
    assert names(live_questions.truncated_with(standing, "en")) == {"books", "reviews"}
    assert names(live_questions.most_rows(standing, "en")) == {"books"}
    assert names(live_questions.may_be_null(standing, "da")) == {"born"}
    assert names(live_questions.back_ten_minutes(standing, "da")) == {"nej"}
    assert live_questions.where_it_stands(standing, "en") is None
    execute(
        standing.server,
        standing.database,
        "ALTER TABLE reviews ADD PRIMARY KEY (book); DROP TABLE books CASCADE",
    )
    assert names(live_questions.without_primary_key(standing, "en")) == {"none"}
    assert names(live_questions.without_primary_key(standing, "da")) == {"ingen"}
    assert live_questions.truncated_with(standing, "en") is None


def test_the_answers_about_revisions_are_what_alembic_does(server):
    """Assert on the bookshop that head, pending and the losses of downgrade -1 are real."""
    found = live_questions.standing(server)
    head = live_questions.where_it_stands(found, "en")
    assert names(head) == {found.revision()} and found.revision() in found.run("alembic heads")
    assert names(live_questions.what_is_pending(found, "en")) == {"0"}
    with databases.temporary(server, "test_oral", copy_of=found.database) as copy:
        older = Standing(server, copy, found.folder)
        before = older.prints()
        losing = live_questions.what_downgrade_loses(older, "en")
        older.run("alembic downgrade -1")
        assert names(live_questions.what_is_pending(older, "en")) == {"1"}
        gone = {name for name in before if older.prints().get(name) != before[name]}
        assert names(losing) - {"none"} <= gone


@pytest.mark.parametrize(
    ("right", "answer", "good"),
    [
        ({"books", "reviews"}, "Books and reviews", True),
        ({"books", "reviews"}, "reviews, books", True),
        ({"books", "reviews"}, "books", False),
        ({"books"}, "books reviews", False),
        ({"3f2a9b1c0d4e"}, "3f2a", True),
        ({"3f2a9b1c0d4e"}, "3f2", False),
        ({"3f2a9b1c0d4e"}, "9b1c", False),
        ({"none"}, "none.", True),
        ({"none"}, "", False),
        ({"12"}, "12 rows", True),
        ({"12"}, "1", False),
    ],
)
def test_what_counts_as_the_answer(right, answer, good):
    """Assert that order and small words do not matter, and everything else does."""
    assert Live("migrate", "?", frozenset(right), "").accepts(answer) is good


def test_a_backup_is_judged_by_the_copy(standing):
    """Assert that no copy, an empty one and an altered one are refused, and a real one passes."""
    wanted = demonstrations.BackupDemonstration(standing)
    assert wanted.copy in wanted.question("en")
    assert "no database" in wanted.judge("en").words
    databases.create(standing.server, wanted.copy, note="a test")
    try:
        assert "not like the original" in wanted.judge("en").words
        databases.drop(standing.server, wanted.copy)
        databases.clone(standing.server, standing.database, wanted.copy, note="a test")
        assert wanted.judge("da").right
        execute(standing.server, wanted.copy, "UPDATE authors SET name = 'X' WHERE id = 1")
        assert not wanted.judge("en").right
    finally:
        databases.drop(standing.server, wanted.copy)


def test_a_migration_is_judged_by_column_revision_and_rows(project):
    """Assert that an ALTER TABLE by hand is no migration, and a real revision is one."""
    assert isinstance(
        demonstrations.choose(project, "migrate"), demonstrations.BackupDemonstration
    )  # it is below head
    project.run("alembic upgrade head")
    ledger = "alembic_ledger (note text)"  # what lesson 03 puts beside alembic_version
    execute(project.server, project.database, f"CREATE TABLE {ledger}")
    wanted = demonstrations.choose(project, "migrate")
    assert isinstance(wanted, demonstrations.MigrationDemonstration)
    assert wanted.column in wanted.judge("en").words
    by_hand = f"ALTER TABLE {wanted.table} ADD COLUMN {wanted.column} text"
    execute(project.server, project.database, by_hand)
    assert "not a migration" in wanted.judge("en").words
    execute(project.server, project.database, by_hand.replace("ADD", "DROP").replace(" text", ""))
    project.run('alembic revision -m "a remark"')
    (file,) = (project.folder / "alembic" / "versions").glob("*_a_remark.py")
    text = file.read_text("utf-8")
    step = f"    op.execute('ALTER TABLE {wanted.table} ADD COLUMN {wanted.column} text')\n"
    step += "    op.execute(\"INSERT INTO alembic_ledger VALUES ('a remark')\")\n"
    begin = text.index("    pass")
    file.write_text(text[:begin] + step + text[begin:], "utf-8")
    project.run("alembic upgrade head")
    assert wanted.judge("da").right
    execute(project.server, project.database, f"DELETE FROM {wanted.table}")
    assert "rows have changed" in wanted.judge("en").words


class Candidate(Student):
    """Answers every prompt of an oral; the live answers are looked up, as one who knows."""

    def __init__(self, language, share=1.0, standing=None):
        super().__init__(self._say)
        self.language, self.share, self.standing = language, share, standing

    def _say(self, prompt):
        asked = {
            "sure": "2",
            "had": say(self.language, "all") if self.share else say(self.language, "none"),
            "did_you": say(self.language, "yes") if self.share else say(self.language, "no"),
        }
        for name, answer in asked.items():
            if prompt == say(self.language, name):
                return answer
        if prompt == say(self.language, "show_done"):
            return self._show()
        if prompt == f"{say(self.language, 'answer')}:" and self.share:
            return self._look()
        return ""

    def _look(self):
        question = self.heard[-1].split("\n\n")[1]
        for ask in live_questions.ASKED:
            found = ask(self.standing, self.language)
            if found and found.question == question:
                return found.right
        raise AssertionError(question)

    def _show(self):
        if not self.share:
            return "skip"
        name = self.heard[-1].split("`")[-2]
        environment = self.standing.server.environment(self.standing.database)
        for line in (f"createdb {name}", f"pg_dump --format=custom --file=/tmp/{name}.dump",
                     f"pg_restore --dbname={name} /tmp/{name}.dump"):  # fmt: skip
            (command,) = commands.split(line)
            code = commands.stream(
                command, folder=commands.Path("/tmp"), environment=environment, write=print
            )
            assert code == 0
        return ""


def drop_copies(server):
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'oral\\_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_oral(server, standing, language):
    """Assert that one who knows it gets 12, with the backup really made, and it is kept."""
    candidate = Candidate(language, standing=standing)
    try:
        found = oral.oral(
            candidate, standing, language=language, topic="backup", seed=3, clock=Clock(step=200)
        )
    finally:
        drop_copies(server)
    assert found.parts == {"presentation": 1.0, "follow_ups": 1.0, "live": 1.0, "shown": 1.0}
    assert found.mark == "12" and "12" in candidate.text
    (review,) = graded_answers.read()
    assert (review.mode, review.question, review.share) == ("oral", found.question.id, 1.0)
    words = found.question.words[language]
    assert all(words.marks[mark] in candidate.text for mark in words.marks)


def test_one_who_knows_nothing(standing):
    """Assert that nothing gives -3, and that it says what to read."""
    candidate = Candidate("en", share=0.0, standing=standing)
    found = oral.oral(candidate, standing, topic="backup", seed=1, clock=Clock())
    assert found.mark == "-3" and "To read again" in candidate.text and "Short:" in candidate.text


def test_an_oral_that_is_broken_off(standing):
    """Assert that what was reached counts, the rest does not, and nothing is recorded before."""
    early = oral.oral(Student([""]), standing, topic="backup", seed=1)
    assert early.mark == "-3" and graded_answers.read() == []
    later = oral.oral(Student(["", "1", "", "all"]), standing, topic="backup", seed=1)
    assert later.parts["presentation"] == 1.0 and later.parts["live"] is None
    assert later.mark == "02" and len(graded_answers.read()) == 1


@pytest.mark.parametrize(
    ("parts", "mark"),
    [((1, 1, 1, 1), "12"), ((1, 1, 0.5, 0), "10"), ((0.5, 0.75, 1, 0), "7"),
     ((1, 0.4, 0, 0), "4"), ((1, 0, 0, 0), "02"), ((0.5, 0, 0, 0), "00"), ((0, 0, 0, 1), "-3")],
)  # fmt: skip
def test_the_scale(parts, mark):
    """Assert the 7-point scale on its weights."""
    question = learn.chosen("")[0]
    found = oral.Oral(question, dict(zip(oral.PARTS, map(float, parts), strict=True)))
    assert found.mark == mark


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_for_two(standing, language):
    """Assert that the examiner's sheet has the answers, and the student's has none of them."""
    examiner, student = oral.sheets(standing, language=language, topic="migrate", seed=2)
    question = oral.draw("migrate", random.Random(2))
    words = question.words[language]
    assert words.question in examiner and words.question in student
    for text in (*words.outline, *(one.answer for one in words.follow_ups)):
        assert text in examiner and text not in student


def test_seldom_answered_questions_are_drawn(standing):
    """Assert that what is known well is not drawn again at once."""
    for question in learn.chosen("backup")[:4]:
        graded_answers.record("learn", question.id, 1.0, 3, START)
    known = {question.id for question in learn.chosen("backup")[:4]}
    drawn = {oral.draw("backup", random.Random(seed)).id for seed in range(12)}
    assert not drawn & known
