"""`lab`: everything that a notebook asks the lab for. Thin, over the functions the CLI uses too."""

import json
import os
from pathlib import Path

import psycopg2.errors
import sqlalchemy
from IPython import get_ipython
from IPython.display import HTML, display

from migrationlab import server
from migrationlab.course import lessons, wholesaler_site, workspace
from migrationlab.errors import LabError
from migrationlab.exercises import attempt, hints_and_solutions, progress_board, run_check
from migrationlab.exercises.verdict import Verdict
from migrationlab.notebook import sql_magic
from migrationlab.notebook.revision_magic import RevisionMagic
from migrationlab.notebook.session_magic import SessionMagic
from migrationlab.notebook.terminal_magic import TerminalMagic
from migrationlab.postgres import catalog, databases

STRICT = (
    "MIGRATIONLAB_STRICT"  # set when solutions are proved: a check that is not right then raises
)


class NotRight(LabError):
    """A check was not right while solutions were being proved."""


class Lab:
    """The notebook's door to one open workspace at a time."""

    def __init__(self):
        self._server = None
        self._space: workspace.Workspace | None = None
        self._sessions: SessionMagic | None = None

    def open(self, lesson: str) -> None:
        """Open a lesson at its start state; what was there before is set aside.

        The current folder becomes the lesson's working folder, and %sql,
        %%session, %%terminal and %%revision work on its database.
        """
        space = workspace.of_lesson(self._find_server(), lessons.find(lesson))
        self._leave()
        kept = space.reset()
        self._enter(space)
        _say(f"Lesson {space.key} is at its start.", space, kept)

    def exercise(self, exercise: str) -> None:
        """Open an exercise: new at its start state, or as it was left."""
        found = lessons.find_exercise(exercise)
        space = workspace.of_exercise(self._find_server(), found)
        self._leave()
        new = space.open()
        self._enter(space)
        where = "is at its start" if new else "is as you left it"
        _say(f"Exercise {found.id} {where}.", space, None)

    def reset(self) -> None:
        """Back to the start state of what is open; the work is set aside, never deleted."""
        space = self._opened()
        self._leave()
        kept = space.reset()
        self._enter(space)
        _say(f"{space.key} is back at its start.", space, kept)

    def close(self) -> None:
        """Close this notebook's sessions; the database and the folder stay as they are."""
        self._leave()
        self._space = None

    def checkpoint(self, name: str) -> None:
        """Keep the present state of folder and database under a name."""
        space = self._opened()
        databases.insist_on_no_transaction(space.server, space.database)  # ours would be lost too
        self._leave()
        try:
            space.checkpoint(name)
        finally:
            self._enter(space)
        print(f"Checkpoint “{name}” made.")

    def goto(self, name: str) -> None:
        """Back to a checkpoint; the present state is set aside."""
        space = self._opened()
        self._leave()
        try:
            kept = space.goto(name)
        finally:
            self._enter(space)
        _say(f"{space.key} is at checkpoint “{name}”.", space, kept)

    def check(self, what: str) -> Verdict | progress_board.Board:
        """The verdict on an exercise ("2.3"), or on a whole set ("2"), checked again."""
        found = self._find_server()
        if "." in str(what):
            verdict = run_check.run(found, str(what))
            verdicts = [verdict]
            answer = verdict
        else:
            verdicts = run_check.run_set(found, lessons.find(what))
            answer = progress_board.of_verdicts(verdicts)
        if os.environ.get(STRICT) and not all(verdict.right for verdict in verdicts):
            raise NotRight("\n".join(str(v) for v in verdicts if not v.right))
        return answer

    def hint(self, exercise: str) -> hints_and_solutions.Text:
        """The next hint of an exercise."""
        return hints_and_solutions.hint(exercise)

    def solution(self, exercise: str) -> hints_and_solutions.Text:
        """The solution and why it is right, after a pass or when asked for twice."""
        return hints_and_solutions.solution(exercise)

    def progress(self) -> progress_board.Board:
        """How far you have come, in all lessons."""
        return progress_board.of_progress()

    def answer(self, *unnamed, **answers) -> None:
        """Give answers to a question, such as lab.answer(a="DDL", b="DML")."""
        if unnamed or not answers:
            raise LabError(
                "An answer needs its name.", expected='such as lab.answer(a="DDL", b="DML")'
            )
        file = self._opened().folder / attempt.ANSWERS
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        known.update(answers)
        file.write_text(json.dumps(known, ensure_ascii=False, indent=1), "utf-8")
        print("Noted: " + ", ".join(f"{name} = {value}" for name, value in answers.items()))

    def catalogue(self) -> wholesaler_site.Website:
        """The wholesaler's web site, served on this machine until the kernel ends.

        As text it is its address, which %%terminal has as CATALOGUE_URL; .log() lists the requests.
        """
        return wholesaler_site.running()

    def graph(self):
        """A picture of the revisions in the open folder and where the database stands."""
        from migrationlab.pictures import revision_graph

        return revision_graph(self.folder, self._versions())

    def tables(self, since: str | None = None):
        """A picture of the tables; what changed since "start" or a checkpoint is marked."""
        from migrationlab.pictures import tables

        space = self._opened()
        now = self._snapshot(space.database)
        if since is None:
            return tables(now)
        return tables(now, before=self._snapshot(space.baseline(since)))

    def stairway(self, rows: str = "invented", seed: str | None = None):
        """The loss meter on the revisions of the open folder: which values would die.

        On rows that the lab invents (or `seed` puts in, "module:function"), or with rows="mine"
        on those of the open database. Works in a throw-away copy; nothing of yours is touched.
        """
        from migrationlab import stairway
        from migrationlab.pictures import loss_meter

        if rows not in ("invented", "mine"):
            raise LabError(f"There are no rows {rows!r}.", expected='"invented" or "mine"')
        space, mine = self._opened(), rows == "mine"
        source = {"copy_of": space.database} if mine else {}
        with databases.temporary(space.server, space.database, **source) as scratch:
            steps = stairway.measure(space.folder, space.server, scratch, seed=seed, own_rows=mine)
        return loss_meter(steps)

    def drill(self, name: str = "", level: int = 1, seed: int | None = None):
        """Begin a disaster drill; without a name, the list of them.

        %%terminal works in the drill's folder until its stop(), or until another lesson is opened.
        """
        from migrationlab.drills import drill_list
        from migrationlab.notebook import drill_control

        return drill_control.begin(name, level, seed) if name else drill_list.overview()

    def learn(self, topic: str = "", lang: str = "en", minutes: float = 15):
        """Questions of the oral exam that are due, one at a time; `q` ends."""
        from migrationlab.exam.asking import conversation, learn

        learn.learn(conversation.Notebook(), language=lang, minutes=minutes, topic=topic)

    def predict(self, topic: str = "", lang: str = "en", minutes: float = 10):
        """A snippet: say what happens; then it really runs."""
        from migrationlab.exam.asking import conversation, predict

        found = self._find_server()
        predict.predict(conversation.Notebook(), found, language=lang, minutes=minutes, topic=topic)

    def oral(self, topic: str = "", lang: str = "en", seed: int | None = None):
        """A whole oral exam; its follow-ups are about what is open in this notebook."""
        from migrationlab.exam.asking import conversation, live_questions, oral

        found = self._find_server()
        where = self._space.key if self._space else ""
        standing = live_questions.standing(found, where)
        oral.oral(conversation.Notebook(), standing, language=lang, topic=topic, seed=seed)

    def cram(self, lang: str = "en", minutes: float = 30):
        """The night before: both big questions, and the follow-ups that come most."""
        from migrationlab.exam.asking import conversation, cram

        cram.cram(conversation.Notebook(), language=lang, minutes=minutes)

    def readiness(self):
        """How ready you are, lesson by lesson, and how well you know what you know."""
        from migrationlab.exam.asking import learn, readiness

        return readiness.readiness(learn.now())

    @property
    def folder(self) -> Path:
        """The open working folder."""
        return self._opened().folder

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the open database."""
        return self._opened().url

    def engine(self) -> sqlalchemy.Engine:
        """A SQLAlchemy engine for the open database that keeps no connection open by itself."""
        return sqlalchemy.create_engine(self.url, poolclass=sqlalchemy.NullPool)

    def _find_server(self):
        # Asked again every time: the server may have been stopped and started meanwhile.
        self._server = server.find()
        return self._server

    def _opened(self) -> workspace.Workspace:
        if self._space is None:
            raise LabError(
                "Nothing is open.",
                todo='Run the first cell: lab.open("02") or lab.exercise("2.1").',
            )
        return self._space

    def _place(self) -> tuple[Path, dict]:
        space = self._opened()
        return space.folder, space.server.environment(space.database)

    def _connect(self, **parameters):
        space = self._opened()
        return space.server.connect(space.database, **parameters)

    def _leave(self) -> None:
        """Close this notebook's own sessions: a database in use cannot be renamed or copied."""
        sql_magic.disconnect()
        if self._sessions:
            self._sessions.close_all()

    def _enter(self, space: workspace.Workspace) -> None:
        self._space = space
        if not (space.exists() and space.folder.is_dir()):
            return  # a failed reset has been reported already
        os.chdir(space.folder)
        shell = get_ipython()
        if shell is None:
            return
        if self._sessions is None:
            sql_magic.load(shell)
            self._sessions = SessionMagic(shell, self._connect)
            for magic in (self._sessions, RevisionMagic(shell, self._place)):
                shell.register_magics(magic)
        shell.register_magics(TerminalMagic(shell, self._place))  # a drill may have had it
        programs = str(space.server.bin)
        if programs not in os.environ["PATH"].split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([programs, os.environ["PATH"]])
        sql_magic.connect(space.url)

    def _versions(self) -> set[str]:
        with self.engine().connect() as connection:
            if not sqlalchemy.inspect(connection).has_table("alembic_version"):
                return set()
            rows = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version"))
            return set(rows.scalars())

    def _snapshot(self, database: str) -> catalog.Catalog:
        patience = "-c lock_timeout=2s"
        connection = self._opened().server.connect(database, options=patience)
        try:
            return catalog.snapshot(connection)
        except psycopg2.errors.LockNotAvailable:
            raise LabError(
                "A transaction that is still open locks a table: its picture cannot be drawn.",
                todo="COMMIT or ROLLBACK it, then run this cell again.",
            ) from None
        finally:
            connection.close()


def _say(headline: str, space: workspace.Workspace, kept: str | None) -> None:
    text = f"<b>{headline}</b> Database <code>{space.database}</code>, "
    text += f"folder <code>work/{space.folder_name}</code>."
    if kept:
        text += f" Your earlier work was set aside as <code>{kept}</code>."
    display(HTML(f"<div>{text}</div>"))


lab = Lab()
