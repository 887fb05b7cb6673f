"""Write a decided plan's schema as SQL for psql; `alembic_revision` writes it for Alembic."""

from pathlib import Path

from migrationlab.transfer.plan.postgres_names import quoted
from migrationlab.transfer.plan.transfer_plan import Plan
from migrationlab.transfer.translate import ddl
from migrationlab.transfer.translate.alembic_revision import alembic_revision
from migrationlab.transfer.translate.manual_work import left_over, one_line

__all__ = ["alembic_revision", "sql_script"]


def sql_script(plan: Plan) -> str:
    """The schema as one transaction for psql; what is left to the hand stands as comments.

    Run it with `psql -X -v ON_ERROR_STOP=1 -f FILE`. The rows are not in it.
    """
    lines = [
        f"-- The schema of {one_line(Path(plan.file).name)} for PostgreSQL; the rows are not here.",
        "-- Run it with: psql -X -v ON_ERROR_STOP=1 -f THIS_FILE",
        "",
        "SET client_encoding = 'UTF8';",
        "BEGIN;",
    ]
    if plan.schema != "public":
        lines.append(f"CREATE SCHEMA IF NOT EXISTS {quoted(plan.schema)};")
    lines.append(f"SET LOCAL search_path TO {quoted(plan.schema)};")
    lines.append("")
    lines += [f"{statement};\n" for statement in ddl.statements(plan)]
    lines += ["COMMIT;", *left_over(plan, "--")]
    return "\n".join(lines) + "\n"
