"""Follow-ups about the student's own database as it is now, and their answers, computed.

Each function looks at a Standing and gives a Live question, or None where it makes no sense.
"""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from migrationlab import commands, paths, stairway
from migrationlab.course import bookshop_setup, reset
from migrationlab.errors import LabError
from migrationlab.exam.examiner_texts import say
from migrationlab.postgres import catalog, databases, fingerprint
from migrationlab.postgres.catalog import VERSION_TABLE

SCRATCH = "lab_oral"
ARRIVES_AT = re.compile(r" -> (\w+)")  # in a line of `alembic history`


@dataclass(frozen=True)
class Standing:
    """The database and the folder (with alembic.ini, or None) that the student is asked about.

    where   what `lab.py shell` takes to get there: a lesson, an exercise, "" for the bookshop
    """

    server: object
    database: str
    folder: Path | None = None
    where: str = ""

    def ask(self, query: str, *parameters) -> list[tuple]:
        with closing(self.server.connect(self.database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []

    def snapshot(self) -> catalog.Catalog:
        with closing(self.server.connect(self.database)) as connection:
            return catalog.snapshot(connection)

    def prints(self, database: str = "") -> dict:
        with closing(self.server.connect(database or self.database)) as connection:
            return fingerprint.fingerprint(connection)

    def revision(self) -> str:
        """The revision in alembic_version; "" when there is none, or more than one."""
        if not self.ask("SELECT to_regclass('public.alembic_version') IS NOT NULL")[0][0]:
            return ""
        rows = self.ask("SELECT version_num FROM public.alembic_version")
        return rows[0][0] if len(rows) == 1 else ""

    def run(self, line: str) -> str:
        """What a command line prints in the folder, on this database. Raises LabError."""
        printed = []
        for command in commands.split(line):
            code = commands.stream(
                command,
                folder=self.folder,
                environment=self.server.environment(self.database),
                write=printed.append,
            )
            if code:
                raise LabError(f"{line}: {''.join(printed)[-400:]}")
        return "".join(printed)


def standing(server, where: str = "") -> Standing:
    """What a student has open: a lesson's or an exercise's database, or the bookshop.

    Made at its start when nobody has worked there yet. Raises LabError.
    """
    if not where:
        bookshop_setup.prepare(server, progress=lambda text: None)
        return Standing(server, server.database, paths.PROJECT)
    space = reset.find_workspace(server, where)
    space.open()
    project = next(
        (place for place in (space.folder, *space.folder.glob("*/")) if _is_project(place)), None
    )
    return Standing(server, space.database, project, where)


def _is_project(folder: Path) -> bool:
    return (folder / "alembic.ini").exists()


@dataclass(frozen=True)
class Live:
    """A question with its right answer.

    names  the right answer as a set of words: names of tables, a number, a revision, yes or no;
           {"none"} when nothing is the answer
    why    how one finds out, a command or a query
    """

    topic: str
    question: str
    names: frozenset[str]
    why: str

    @property
    def right(self) -> str:
        return ", ".join(sorted(self.names))

    def accepts(self, answer: str) -> bool:
        """Whether the words are the right ones; four characters of a revision are enough."""
        said = set(re.findall(r"[\w.]+", answer.lower()))
        said = {one.strip(".") for one in said} - {"and", "og", "the", "tables", "rows", ""}
        wanted = {name.lower() for name in self.names}
        if said == wanted:
            return True
        (only,) = wanted if len(wanted) == 1 else ("",)
        return (
            len(said) == 1 and len(only) >= 6 and only.startswith(min(said)) and len(min(said)) >= 4
        )


def _none(names, language: str) -> frozenset[str]:
    return frozenset(names) or frozenset({say(language, "none")})


def tables(standing: Standing) -> dict:
    found = standing.snapshot().tables
    return {name: t for name, t in found.items() if t.kind == "table" and name != VERSION_TABLE}


def where_it_stands(standing: Standing, language: str) -> Live | None:
    """The revision in the database."""
    revision = standing.revision()
    if not revision:
        return None
    return Live(
        "migrate", say(language, "live_head"), frozenset({revision}),
        "alembic current  |  SELECT version_num FROM alembic_version",
    )  # fmt: skip


def what_is_pending(standing: Standing, language: str) -> Live | None:
    """How many revisions `upgrade head` would run."""
    revision = standing.revision()
    if not revision or not standing.folder:
        return None
    said = standing.run(f"alembic history --rev-range {revision}:head")
    count = sum(found != revision for found in ARRIVES_AT.findall(said))
    return Live(
        "migrate", say(language, "live_pending"), frozenset({str(count)}),
        f"alembic history --rev-range {revision}:head",
    )  # fmt: skip


def what_downgrade_loses(standing: Standing, language: str) -> Live | None:
    """The tables in which `downgrade -1` would cost values; tried on a copy."""
    revision = standing.revision()
    if not revision or not standing.folder:
        return None
    before = standing.prints()
    with databases.temporary(standing.server, SCRATCH, copy_of=standing.database) as copy:
        if stairway.downgrade(standing.folder, standing.server, copy):
            return None  # it does not run at all: another question
        after = standing.prints(copy)
    lost = [
        line.partition(":")[0].partition(" (")[0] for line in fingerprint.rows_differ(before, after)
    ]
    return Live(
        "migrate", say(language, "live_downgrade", revision), _none(lost, language),
        "python3 lab.py stairway FOLDER --rows-from URL",
    )  # fmt: skip


def without_primary_key(standing: Standing, language: str) -> Live | None:
    """The tables that have none."""
    there = tables(standing)
    bare = [name for name, table in there.items() if not table.primary_key]
    if not there:
        return None
    return Live(
        "migrate", say(language, "live_no_key"), _none(bare, language),
        "psql: \\d TABLE, for each; or pg_constraint with contype = 'p'",
    )  # fmt: skip


def most_rows(standing: Standing, language: str) -> Live | None:
    """The table with the most rows, when there is only one such."""
    counts = {name: one.count for name, one in standing.prints().items() if name != VERSION_TABLE}
    most = max(counts.values(), default=0)
    best = [name for name, count in counts.items() if count == most]
    if not most or len(best) > 1:
        return None
    return Live(
        "backup", say(language, "live_most"), frozenset(best), "SELECT count(*) FROM each table"
    )


def truncated_with(standing: Standing, language: str) -> Live | None:
    """What TRUNCATE … CASCADE would empty as well, for the table with the most behind it."""
    behind: dict[str, set[str]] = {}
    for name, table in tables(standing).items():
        for key in table.foreign_keys:
            behind.setdefault(key.references, set()).add(name)
    if not behind:
        return None
    whole = {}
    for name in behind:
        found, todo = set(), [name]
        while todo:
            for other in behind.get(todo.pop(), set()) - found - {name}:
                found.add(other)
                todo.append(other)
        whole[name] = found
    table = max(sorted(whole), key=lambda name: len(whole[name]))
    if not whole[table]:
        return None
    return Live(
        "migrate", say(language, "live_truncate", table), frozenset(whole[table]),
        f"\\d {table}, under “Referenced by”; and so on for each of them",
    )  # fmt: skip


def back_ten_minutes(standing: Standing, language: str) -> Live | None:
    """Whether the cluster could be recovered to a moment: it needs archived WAL."""
    ((mode,),) = standing.ask("SELECT current_setting('archive_mode')")
    answer = say(language, "yes" if mode != "off" else "no")
    return Live(
        "backup", say(language, "live_ten_minutes"), frozenset({answer}),
        "SHOW archive_mode; and is there a base backup?",
    )  # fmt: skip


def may_be_null(standing: Standing, language: str) -> Live | None:
    """The columns of the first table with both kinds that may be NULL."""
    for name, table in sorted(tables(standing).items()):
        columns = table.columns.values()
        optional = [one.name for one in columns if not one.not_null]
        if optional and len(optional) < len(table.columns):
            return Live(
                "migrate", say(language, "live_null", name), frozenset(optional), f"\\d {name}"
            )
    return None


ASKED: tuple[Callable[[Standing, str], Live | None], ...] = (
    where_it_stands,
    what_downgrade_loses,
    back_ten_minutes,
    what_is_pending,
    truncated_with,
    without_primary_key,
    most_rows,
    may_be_null,
)


def questions(standing: Standing, language: str, chance, count: int) -> list[Live]:
    """`count` of them that make sense here, in a drawn order."""
    found = []
    for ask in chance.sample(ASKED, len(ASKED)):
        if len(found) < count and (live := ask(standing, language)):
            found.append(live)
    return found
