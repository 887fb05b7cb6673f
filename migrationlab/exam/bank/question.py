"""What a question of the oral exam is. Plain data: it knows no file, no terminal, no database."""

from dataclasses import dataclass, field

KINDS = ("explain", "compare", "predict", "fault", "order", "which", "demonstrate")
"""explain      say in your own words what it is and why
compare      say where two or three things differ, and when you take which
predict      say what happens, then it is run (a Task with choices)
fault        find the line that is wrong (a Task with lines and the mended text)
order        put the steps in order, and leave out those that do not belong (a Task with steps)
which        which kind of "migrate", or of backup, is this? (a Task with choices)
demonstrate  "Vis …": show it on a live database
"""

TOPICS = ("migrate", "backup")
"""The two questions that stand over the course."""

LANGUAGES = ("en", "da")
MARKS = (12, 7, 4)


@dataclass(frozen=True)
class Place:
    """Where the answer is taught: a lesson's number ("03") and one of its headings."""

    lesson: str
    heading: str


@dataclass(frozen=True)
class FollowUp:
    """What an examiner asks next, and a good answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class Mistake:
    """What students say aloud that is not right, and the sentence that repairs it."""

    said: str
    repair: str


@dataclass(frozen=True)
class Words:
    """A question in one language.

    answer         three sentences
    outline        the answer of five minutes: 4 to 7 points
    follow_ups     2 to 4, the last one hard
    mistakes       1 to 3
    marks          mark (12, 7, 4) -> what an answer of that mark has
    demonstration  what one would show
    """

    question: str
    answer: str
    outline: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    mistakes: tuple[Mistake, ...]
    marks: dict[int, str]
    demonstration: str


@dataclass(frozen=True)
class Task:
    """What is shown and can be judged without a person.

    code     the snippet as it is shown, or ""
    syntax   "sql", "python", "shell" or "text"
    choices  letter -> {"en": text, "da": text}: the choices, or the shuffled steps
    right    the letter of the right choice (predict, which), or the letters in the right order
             (order); steps that are in no order do not belong
    also     other orders that are right too
    lines    the numbers of the wrong lines; naming one of them is enough (fault)
    mended   the snippet as it should be (fault)
    """

    code: str = ""
    syntax: str = "text"
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    right: tuple[str, ...] = ()
    also: tuple[tuple[str, ...], ...] = ()
    lines: tuple[int, ...] = ()
    mended: str = ""

    def accepts(self, given: tuple[str, ...] | tuple[int, ...]) -> bool:
        """Whether this is right: letters in order, or for a fault the number of a line."""
        if self.lines:
            return len(given) == 1 and given[0] in self.lines
        return tuple(given) in (self.right, *self.also)


@dataclass(frozen=True)
class Begin:
    """The state before a run.

    bookshop  a revision of the bookshop's own chain, or None for an empty database
    seed      whether the bookshop has its rows
    sql       statements after that
    files     a folder of the question's lesson that is copied into the working folder, or ""
    project   whether the working folder holds alembic.ini, alembic/ and bookshop/
    """

    bookshop: str | None = None
    seed: bool = False
    sql: str = ""
    files: str = ""
    project: bool = False


@dataclass(frozen=True)
class Step:
    """One thing that a run does, and what must come of it.

    how       "sql" (in a session, each statement final at once), "shell" (command lines, one a
              line, no pipes) or "file" (write it into the working folder)
    text      the statements, the command lines, or the text of the file
    name      the session's name for sql, the file's path for file
    rows      the rows of the last statement, or None when they are not looked at
    error     the SQLSTATE with which it must fail, or ""
    exit      the exit code of the last command line
    contains  texts that must be in what was printed
    lacks     texts that must not be there
    """

    how: str
    text: str
    name: str = ""
    rows: tuple[tuple, ...] | None = None
    error: str = ""
    exit: int = 0
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What proves a question on a real server. Databases that its steps make are named here."""

    begin: Begin
    steps: tuple[Step, ...]
    databases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question of the bank.

    terms     ids of the glossary; each term's word stands in the answer or the outline
    words     language -> Words
    commands  the command lines of the demonstration
    task      for predict, fault, order and which; otherwise None
    runs      what a test executes, often empty
    """

    id: str
    lesson: str
    kind: str
    topic: str
    where: tuple[Place, ...]
    terms: tuple[str, ...]
    words: dict[str, Words]
    commands: tuple[str, ...]
    task: Task | None = None
    runs: tuple[Run, ...] = ()
