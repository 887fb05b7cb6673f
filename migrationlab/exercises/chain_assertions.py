"""What the checks of several lessons ask of a student's chain and of the tables that it makes."""

import ast

from psycopg2 import errors

from migrationlab.exercises.verdict import NotAttempted, Wrong
from migrationlab.postgres.catalog import VERSION_TABLE, Catalog, Column, difference, in_words

TEXTUAL = ("text", "varchar", "char")


def revisions(folder) -> dict[str, str]:
    """file name → text, of every revision in a project's folder."""
    return {file.name: file.read_text("utf-8") for file in folder.glob("*/versions/*.py")}


def begun(attempt) -> None:
    """Raise NotAttempted or Wrong when the student has no revision file of their own."""
    start = attempt.workspace.start.files
    given = revisions(start) if start else {}
    mine = revisions(attempt.folder)
    for name, text in given.items():
        if name not in mine or meaning(mine[name]) != meaning(text):
            raise Wrong(
                f"The file {name} was there before, and you have changed it.",
                expected="a new revision beside it; what is applied is not edited",
                todo="lab.reset() brings it back. Then alembic revision -m …",
            )
    if mine.keys() - given.keys():
        return
    if attempt.changes():
        raise Wrong(
            "The database has changed, and no revision says how.",
            expected="a revision file whose upgrade() makes the change",
            found=in_words(attempt.changes()),
            todo="lab.reset(), then alembic revision -m …",
        )
    raise NotAttempted("There is no new revision file yet.", todo="Make one: alembic revision -m …")


def meaning(text: str) -> str:
    """A Python file without its comments and its layout."""
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return text


def climb(attempt, scratch) -> Catalog:
    """Run the student's revisions up, down and up again, and return the schema they make.

    Raises Wrong at the first fault.
    """
    for step in attempt.climb(scratch):
        name = f"“{step.message}”"
        if step.error and not step.revision:
            raise Wrong("Alembic cannot run your chain.", found=step.error)
        if step.schema_after_down:
            raise Wrong(
                f"downgrade() of {name} does not take back what upgrade() did.",
                expected="after downgrade, the tables as they were before upgrade",
                found=in_words(step.schema_after_down, expected=True),
            )
        if step.rows_after_down:
            raise Wrong(
                f"downgrade() of {name} does not bring the rows back as they were.",
                expected="after downgrade, the same rows as before upgrade",
                found="; ".join(step.rows_after_down),
            )
        if step.error:
            if not step.upgraded:
                what = f"upgrade() of {name} fails."
            elif not step.downgraded:
                what = f"downgrade() of {name} fails."
            else:
                what = f"upgrade() of {name} fails when it is run after its downgrade()."
            raise Wrong(what, found=step.error, todo="Mend the function in the revision file.")
        if step.schema_after_again or step.rows_after_again:
            raise Wrong(
                f"After {name} went up, down and up again, the database is not the same.",
                found=in_words(step.schema_after_again, expected=True)
                or "; ".join(step.rows_after_again),
            )
    return scratch.catalog()


def applied(attempt, scratch, made: Catalog) -> None:
    """Raise Wrong unless the student's database stands where their chain has led `scratch`."""
    head = {row[0] for row in scratch.rows("SELECT version_num FROM alembic_version")}
    if attempt.version() != head:
        raise Wrong(
            "Your chain is right, but your database does not stand at its head.",
            expected=", ".join(sorted(head)),
            found=", ".join(sorted(attempt.version())) or "no revision",
            todo="alembic upgrade head",
        )
    unlike = [
        change
        for change in difference(made, attempt.catalog())
        if not (change.sign == "+" and change.kind == "table")  # a table to try things out
    ]
    if unlike:
        raise Wrong(
            "Your chain is right, but your database is not what it makes.",
            found=in_words(unlike, expected=True),
            todo="Was a file edited after upgrade, or the table changed by hand? "
            "lab.reset(), then run your cells again.",
        )


def column(made: Catalog, table: str, name: str) -> Column:
    """A column of what the chain makes. Raises Wrong if it is not there."""
    if table not in made.tables:
        others = ", ".join(sorted(made.tables.keys() - {VERSION_TABLE})) or "no table"
        raise Wrong(f"upgrade() makes no table {table}.", found=others)
    columns = made.tables[table].columns
    if name not in columns:
        raise Wrong(
            f"The table {table} has no column {name} after your upgrade().",
            found=", ".join(columns),
        )
    return columns[name]


def textual(found: Column, where: str) -> None:
    if not found.type.startswith(TEXTUAL):
        raise Wrong(f"{where} is not text.", expected="text", found=found.type)


def must_be_there(made: Catalog, table: str, name: str) -> None:
    if not column(made, table, name).not_null:
        raise Wrong(
            f"{table}.{name} may be NULL.", expected="NOT NULL", todo="nullable=False does it."
        )


def takes(scratch, statement: str) -> None:
    """Raise Wrong, in the words of a beginner, if the database refuses a good INSERT."""
    error = scratch.refuses(statement)
    if error is None:
        return
    name = error.diag.column_name
    if isinstance(error, errors.NotNullViolation) and name:
        raise Wrong(
            f"An INSERT that says nothing about {name} is refused: {name} gets no value by itself.",
            expected=f"the database fills {name}",
            todo="A key: sa.Identity(). Another column: server_default=… (default=… is only for "
            "Python).",
        )
    raise Wrong("The database refuses a good row.", found=f"{statement}: {first_line(error)}")


def refuses(scratch, statement: str, kind, what: str, todo: str = "") -> None:
    """Raise Wrong(`what`) unless the database refuses the statement with an error of this kind."""
    error = scratch.refuses(statement)
    if error is None:
        raise Wrong(what, found=f"it took {statement}", todo=todo)
    if not isinstance(error, kind):
        raise Wrong(what, found=f"{statement}: {first_line(error)}", todo=todo)


def first_line(error: Exception | str) -> str:
    return str(error).strip().splitlines()[0]


def key_by_itself(made: Catalog, table: str) -> None:
    column(made, table, "id")
    key = made.tables[table].primary_key
    if key != ("id",):
        raise Wrong(
            f"The primary key of {table} is not id.", found=", ".join(key) or "no primary key"
        )


def stands(attempt, wanted: str, words: str) -> None:
    if attempt.version() != {wanted}:
        raise Wrong(
            words,
            expected=wanted,
            found=", ".join(sorted(attempt.version())) or "no revision at all",
        )


def given_revisions_untouched(attempt) -> None:
    """Raise Wrong if the given revisions are not as they were."""
    given, mine = revisions(attempt.workspace.start.files), revisions(attempt.folder)
    for name, text in given.items():
        if name not in mine:
            raise Wrong(f"The revision {name} is gone.", todo="lab.reset() brings it back.")
        if meaning(mine[name]) != meaning(text):
            raise Wrong(
                f"You have edited {name}.",
                expected="the revisions as they are: other databases have been through them",
                todo="lab.reset() brings it back.",
            )
