"""Run a project's own Alembic chain in a scratch database and say what each revision does.

*Stairway* is the technique and the tool; what it shows a learner is called the *loss meter*.

Per revision, on whatever rows are there: look → upgrade → look → downgrade → as before? → upgrade
→ as after the first? A trip base → head → base alone lets `def downgrade(): pass` through.
"""

import json
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from migrationlab import paths, warm_process
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.stairway.step_result import Step

__all__ = ["Step", "climb", "downgrade", "measure", "upgrade"]

TIMEOUT = 60.0  # seconds for a whole run
# For each session of the chain; nobody wants a scratch database's rows after a power cut.
LIMITS = "-c lock_timeout=5s -c statement_timeout=30s -c synchronous_commit=off"
CHILD = "migrationlab.stairway.child_process"


def climb(
    folder: Path | str,
    server,
    database: str,
    *,
    seed: str | Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> list[Step]:
    """Try every revision that `database` does not have yet; it ends at the head.

    `database` is a scratch database: downgrades lose data. Its rows are what the revisions are
    tried on. `seed` adds rows before each revision and after it (then `down_with_new_rows` is
    tried too), so it must do nothing where its rows are: "module:function", called with a
    SQLAlchemy connection, or SQL for each revision, {"0001": "INSERT … ON CONFLICT DO NOTHING"}.

    The first Step with an error may be the last one. [] when nothing is left to run.
    Raises LabError when the run itself is impossible, never for a student's mistake.
    """
    job = {"do": "climb", "seed": dict(seed) if isinstance(seed, Mapping) else seed}
    return steps(folder, server, database, job, timeout)


def measure(
    folder: Path | str,
    server,
    database: str,
    *,
    seed: str | Mapping[str, str] | None = None,
    own_rows: bool = False,
    timeout: float = TIMEOUT,
) -> list[Step]:
    """The loss meter: climb(), and for each revision the values that do not come back.

    Where `seed` leaves a table or a new column empty, rows are invented. With `own_rows` nothing is
    put in; what `database` holds is measured on, its applied revisions too (from the head down).
    `database` is a scratch database in either case. Raises LabError as climb() does.
    """
    seed = dict(seed) if isinstance(seed, Mapping) else seed
    job = {"do": "measure", "seed": seed, "own_rows": own_rows}
    if not own_rows:
        return steps(folder, server, database, job, timeout)
    # On the way down to the base the rows go, and the missing revisions are to meet them: so in a
    # copy, and at the same time.
    with (
        databases.temporary(server, database, template=database) as beside,
        begun(folder, server, beside, {"do": "measure applied"}, timeout) as finish,
    ):
        above = steps(folder, server, database, job, timeout)
        found = with_error(*finish())
    if found and not found[-1].revision:  # the chain cannot be run at all
        return found
    return found + above


def steps(folder, server, database: str, job: dict, timeout: float) -> list[Step]:
    """The Steps of a job, the last one with the error that ended it, if any."""
    return with_error(*run(folder, server, database, job, timeout))


def with_error(found: list[Step], at: list[str], error: str) -> list[Step]:
    if error:
        revision, doing = at
        text = f"{doing}: {error}" if revision else error
        found.append(Step(revision, error=text))
    return found


def upgrade(folder, server, database: str, target: str = "head", *, timeout=TIMEOUT) -> str:
    """Upgrade `database` with the folder's own chain: the error's text, or ""."""
    return run(folder, server, database, {"do": "upgrade", "target": target}, timeout)[2]


def downgrade(folder, server, database: str, target: str = "-1", *, timeout=TIMEOUT) -> str:
    """Downgrade `database` with the folder's own chain: the error's text, or ""."""
    return run(folder, server, database, {"do": "downgrade", "target": target}, timeout)[2]


def run(folder, server, database, job: dict, timeout: float) -> tuple[list[Step], list[str], str]:
    """The steps that were finished, the (revision, what) that was begun last, the error or ""."""
    with begun(folder, server, database, job, timeout) as finish:
        return finish()


@contextmanager
def begun(folder, server, database, job: dict, timeout: float) -> Iterator[Callable]:
    """A job at work. The function that waits for it and returns what run() does; afterwards
    nothing of it is left, whatever happens."""
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise LabError(f"There is no folder {folder}.")
    name = f"stairway {secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        result, output = Path(temporary, "result"), Path(temporary, "output")
        question = Path(temporary, "job")
        result.touch()
        question.write_text(json.dumps(job | {"folder": str(folder)}), "utf-8")
        # Files, not pipes: a process that the student's code starts may keep a pipe open.
        with question.open("rb") as asked, output.open("wb") as noise:
            process = warm_process.start(
                ["-m", CHILD, str(result)],
                folder=paths.PROJECT,
                environment=environment(server, database, name),
                stdin=asked,
                stdout=noise,
                stderr=noise,
                imports=[CHILD],
                beside=[folder],
            )
        deadline = time.monotonic() + timeout

        def finish() -> tuple[list[Step], list[str], str]:
            finished = wait(process, deadline)
            end(process, server, database, name)
            # The piece after the last newline is empty, or a line that a killed process began.
            facts = [json.loads(line) for line in result.read_text("utf-8").split("\n")[:-1]]
            said = output.read_text("utf-8", errors="replace").strip()
            return read(facts, said, process.returncode if finished else None, timeout)

        try:
            yield finish
        finally:
            end(process, server, database, name)


def read(facts: list[dict], said: str, exit_code: int | None, timeout: float):
    """What run() returns, from what the process noted and printed; no exit code: it hung."""
    steps, at, error = [], ["", ""], None
    for fact in facts:
        if "broken" in fact:
            raise LabError(fact["broken"])
        if "step" in fact:
            steps.append(Step.from_json(fact["step"]))
        at, error = fact.get("at", at), fact.get("error", error)
    if not facts:
        raise LabError(f"The stairway could not start: {last_line(said)}")
    if exit_code is None:
        error = f"it was not finished after {timeout:g} seconds: it waits, or it runs for ever"
    elif error is None:
        error = f"it ended the program (exit code {exit_code}): {last_line(said)}"
    return steps, at, error


def environment(server, database: str, name: str) -> dict[str, str]:
    """What the chain's process sees. `name` marks its sessions in pg_stat_activity."""
    variables = server.environment(database)
    options = " ".join(filter(None, [variables.get("PGOPTIONS"), LIMITS]))
    return variables | {
        "PGAPPNAME": name,
        "PGOPTIONS": options,
        "PYTHONIOENCODING": "utf-8",
    }


def wait(process, deadline: float) -> bool:
    """Whether the process ended in time."""
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def end(process, server, database: str, name: str) -> None:
    """Leave nothing running: not the process, not what it started, not its sessions."""
    if process.poll() is not None:
        return
    warm_process.end(process)
    with closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s",
            (name,),
        )


def last_line(text: str) -> str:
    return text.splitlines()[-1] if text else "it printed nothing"
