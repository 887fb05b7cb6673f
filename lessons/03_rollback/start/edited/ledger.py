"""A ledger of applied revisions: Alembic then refuses to go on when one of them was edited.

Put this file beside alembic.ini. In env.py import it, and where the database is asked:

    context.configure(..., on_version_apply=ledger.note, include_name=ledger.hide)
    with context.begin_transaction():
        ledger.refuse_edited(context.get_context())
        context.run_migrations()

A project without models does not need include_name. Where env.py prints SQL (--sql),
on_version_apply alone makes the entries a part of the script; nothing can be compared there.

Comments, formatting and docstrings may be edited. Revisions that were applied before the ledger
came have no entry and are not compared; neither is a revision that was only stamped.
"""

import ast
import hashlib
from pathlib import Path

import sqlalchemy as sa
from alembic.script.revision import RevisionError
from alembic.util import CommandError

LEDGER = sa.table(
    "alembic_ledger", sa.column("revision", sa.String), sa.column("sha256", sa.String)
)
COLUMNS = "revision varchar(32) PRIMARY KEY, sha256 varchar(64) NOT NULL"


def hide(name, type_, parent_names):
    """Autogenerate must not see the ledger: it would propose to drop a table without a model."""
    return (type_, name) != ("table", LEDGER.name)


def note(*, ctx, step, heads, run_args):
    """Alembic calls this after each step, in the step's transaction."""
    if step.is_stamp:
        return  # no revision was run
    ctx.execute(f"CREATE TABLE IF NOT EXISTS {LEDGER.name} ({COLUMNS})")
    ctx.execute(LEDGER.delete().where(LEDGER.c.revision == step.up_revision_id))
    if step.is_upgrade:
        sha256 = fingerprint(step.up_revision.path)
        ctx.execute(LEDGER.insert().values(revision=step.up_revision_id, sha256=sha256))
    elif not heads:  # everything was taken back, the ledger too
        ctx.execute(f"DROP TABLE {LEDGER.name}")


def refuse_edited(ctx):
    """Raise CommandError if the file of an applied revision is not as it was when it was run."""
    if ctx.as_sql or not sa.inspect(ctx.connection).has_table(LEDGER.name):
        return
    entries = dict(ctx.connection.execute(sa.select(LEDGER)).all())
    try:
        applied = list(ctx.script.iterate_revisions(ctx.get_current_heads(), "base"))
    except RevisionError:
        return  # the file of an applied revision is missing: Alembic itself says so
    for revision in applied:
        ran = entries.get(revision.revision)
        if ran and ran != fingerprint(revision.path):
            raise CommandError(
                f"{Path(revision.path).name} was edited after it had been applied here. "
                "Put the file back as it was, and write a new revision for the change."
            )


def fingerprint(path):
    """The sha256 of what a Python file does."""
    tree = ast.parse(Path(path).read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            if ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
    return hashlib.sha256(repr(shape(tree)).encode()).hexdigest()


def shape(node):
    """A syntax tree as lists. Empty fields are left out: newer versions of Python have more."""
    if isinstance(node, ast.AST):
        fields = [(name, shape(value)) for name, value in ast.iter_fields(node)]
        return [type(node).__name__, *(field for field in fields if field[1] not in ("None", []))]
    return [shape(item) for item in node] if isinstance(node, list) else repr(node)
