"""Judge the exercises of lesson 07: by the WAL of a real accident, and by really recovering."""

import importlib.util
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from migrationlab.api import Cluster, LabError, NotAttempted, Wrong, check, cluster, system_account

PATIENCE = 15  # seconds for a recovery that takes one


def _accident():
    """The module that the students have in their folder, from the lesson's own files."""
    file = Path(__file__).parent / "start" / "accident" / "accident.py"
    spec = importlib.util.spec_from_file_location("migrationlab_lesson_07_accident", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def given(attempt, names) -> dict[str, str]:
    """The answers as texts. Raises NotAttempted without any, Wrong when some are missing."""
    found = {name: str(attempt.answers.get(name, "")).strip(" .'\"") for name in names}
    if not any(found.values()):
        raise NotAttempted("There is no answer yet.", todo=f'lab.answer({next(iter(names))}="…")')
    if missing := [name for name, text in found.items() if not text]:
        raise Wrong(
            f"Some answers are missing: {', '.join(missing)}.",
            todo=f'Add them: lab.answer({missing[0]}="…"). The others are kept.',
        )
    return found


def number(text: str) -> float | None:
    """A number with or without a unit behind it; None when there is none."""
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(min|mins|minute|minutes|m)?", text.lower())
    return float(match[1].replace(",", ".")) if match else None


def place(lsn: str) -> int | None:
    """An LSN as a number; None when it is none."""
    match = re.fullmatch(r"([0-9A-Fa-f]+)/([0-9A-Fa-f]+)", lsn)
    return (int(match[1], 16) << 32) + int(match[2], 16) if match else None


# 7.1


@check("7.1")
def the_transaction(attempt):
    answer = given(attempt, ("xid", "lsn", "later"))
    from migrationlab.api import find_transaction

    happened = _accident().happened()
    told = json.loads((happened / "told.json").read_text("utf-8"))
    commits = {str(one.xid): one for one in find_transaction.commits(happened / "archive")}
    if answer["xid"] != told["xid"]:
        one = commits.get(answer["xid"])
        if one and one.dropped:
            raise Wrong(
                "This transaction has dropped a table, but not the vouchers.",
                expected="the COMMIT whose rels: has the file of vouchers",
                found=f"rels: {one.dropped[0]} …",
                todo="files.txt tells which file belongs to which table.",
            )
        if one:
            raise Wrong(
                "This transaction was committed, but it has removed no files.",
                found=f"xid {one.xid}, committed at {one.time:%H:%M:%S.%f}",
                todo="A DROP TABLE has rels: in its COMMIT line.",
            )
        raise Wrong(
            "No transaction of this number was committed in this archive.",
            found=answer["xid"],
            todo="The number stands behind tx: in a COMMIT line. ABORT lines changed nothing.",
        )
    if place(answer["lsn"]) != place(told["lsn"]):
        raise Wrong(
            "The xid is right. The LSN is not that of its COMMIT.",
            expected="what stands behind lsn: in this line, such as 0/1A2B3C4D",
            found=answer["lsn"],
            todo="prev is the record before, and a transaction has records of its own before it.",
        )
    if number(answer["later"]) != told["later"]:
        raise Wrong(
            "xid and LSN are right. The number of later transactions is not.",
            expected="the COMMIT lines behind this one, in the whole archive",
            found=answer["later"],
            todo="Does your list go to the last segment? Are ABORT lines counted, or the DROP?",
        )
    return f"Found. To recover the whole cluster to this point would lose {told['later']} others."


# 7.2


@check("7.2")
def recovery_settings(attempt):
    rescue = attempt.folder / "rescue"
    settings = attempt.text("rescue/postgresql.auto.conf")
    written = re.sub(r"#.*", "", settings or "").strip()
    signals = [name for name in SIGNALS if (rescue / name).exists()]
    if not written and not signals:
        raise NotAttempted("There are no settings yet.", todo="Write them in the cell of rescue/.")
    accident = _accident()
    happened = accident.happened()
    told = json.loads((happened / "told.json").read_text("utf-8"))
    with recovering(happened, settings or "", signals, told) as (made, log):
        comes_up(made, log, signals)
        with closing(made.server().connect()) as connection, connection.cursor() as cursor:
            after(cursor, told)
    return f"{told['vouchers']} vouchers and {told['orders']} orders: the last moment before."


SIGNALS = ("recovery.signal", "standby.signal")


@contextmanager
def recovering(happened: Path, settings: str, signals: list[str], told: dict) -> Iterator:
    """A copy of the base backup with the student's settings, started or not, and its log."""
    folder = cluster.home("lab-check-")
    data = folder / "data"
    shutil.copytree(happened / "full", data, symlinks=True)
    shutil.copytree(happened / "archive", folder / "archive")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        # Their copy must not write into the archive that all attempts use.
        file.write(f"\nbasic_archive.archive_directory = '{(folder / 'archive').as_posix()}'\n")
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write(settings + "\n")
    for name in signals:
        (data / name).touch()
    user = system_account.choose(folder / "new")
    _own(user, folder)
    made = Cluster(data, cluster.programs_for(user, folder), user, told["user"], told["password"])
    try:
        try:
            made.start()
        except LabError:
            pass  # the log says why
        yield made, made.log.read_text("utf-8", errors="replace") if made.log.exists() else ""
    finally:
        made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _own(user, folder: Path) -> None:
    if os.name == "nt":
        return
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            user.own(Path(where) / name)
        if Path(where) != folder:
            os.chmod(where, 0o700)


def comes_up(made: Cluster, log: str, signals: list[str]) -> None:
    """Raise Wrong unless the copy is out of its recovery soon, and open for writing."""
    deadline = time.monotonic() + PATIENCE
    paused = False
    while made.port and time.monotonic() < deadline:
        try:
            with closing(made.server().connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    return
                cursor.execute("SELECT pg_get_wal_replay_pause_state()")
                paused = cursor.fetchone()[0] == "paused"
                if paused:
                    break
        except psycopg2.OperationalError:
            break
        time.sleep(0.1)
    if paused:
        raise Wrong(
            "The copy has reached its target, and there it waits: nobody can write.",
            expected="open for writing, by itself",
            found="recovery_target_action is pause, the default",
        )
    if made.port and "standby.signal" in signals:
        raise Wrong(
            "The copy stays in recovery for ever, and waits for more WAL.",
            expected="recovery.signal",
            found="standby.signal, which makes it a replica",
        )
    log = made.log.read_text("utf-8", errors="replace")
    said = [line for line in log.splitlines() if any(kind in line for kind in ENDING)]
    said = [re.sub(r"^.*?(FATAL|PANIC|LOG): +", "", line) for line in said]
    hints = {
        "must specify": "Where does the WAL come from? restore_command.",
        "multiple recovery targets": "One target, not two.",
        "before configured recovery target": "Does restore_command find the archive? Is the target "
        "inside it? A time needs its zone.",
        "could not locate required checkpoint": "Does restore_command find the archive?",
        "unrecognized configuration parameter": "Look at the names of the settings.",
        "shutdown at recovery target": "shutdown stops it there. You want to use it.",
    }
    known = [(line, todo) for line in said for key, todo in hints.items() if key in line]
    found, todo = known[0] if known else ((said or ["nothing in its log"])[0], "")
    raise Wrong(
        "The copy does not come up.",
        expected="a running cluster, recovered to the moment before the DROP",
        found=found,
        todo=todo or "Its log is what you would read at work.",
    )


ENDING = ("FATAL: ", "PANIC: ", "LOG:  unrecognized", "LOG:  syntax error", "shutdown at")


def after(cursor, told: dict) -> None:
    """Raise Wrong unless the rows are those of the last moment before the DROP."""
    cursor.execute("SELECT to_regclass('vouchers') IS NOT NULL, (SELECT count(*) FROM orders)")
    there, orders = cursor.fetchone()
    if orders < told["orders"]:
        cursor.execute("SELECT timeline_id FROM pg_control_checkpoint()")
        [timeline] = cursor.fetchone()
        if timeline == 1:
            raise Wrong(
                "The copy came up, and your target was ignored: this is the base backup alone.",
                expected=f"{told['orders']} orders",
                found=f"{orders} orders",
                todo="A certain empty file makes PostgreSQL look into the archive.",
            )
        raise Wrong(
            "It has stopped too early: orders are missing that were sold before the DROP.",
            expected=f"{told['orders']} orders",
            found=f"{orders} orders",
            todo="How near to the DROP does your target lie?",
        )
    if not there:
        raise Wrong(
            "The vouchers are not there: the recovery has gone too far.",
            expected="to stop just before the transaction that has dropped them",
            found=f"{orders} orders; the last one before the DROP is number {told['orders']}",
            todo="Does a target belong to what is recovered? recovery_target_inclusive.",
        )
    cursor.execute("SELECT count(*) FROM vouchers")
    assert cursor.fetchone()[0] == told["vouchers"]
    cursor.execute(
        "SELECT current_setting('archive_mode') = 'off'"
        " OR current_setting('archive_library') = '' AND current_setting('archive_command') = ''"
        " OR current_setting('archive_library') = 'basic_archive'"
        " AND current_setting('basic_archive.archive_directory', true) = ''"
    )
    if not cursor.fetchone()[0]:
        raise Wrong(
            "The rows are right. But this copy archives into the archive of the live cluster.",
            expected="it leaves the live archive alone",
            found="archive_mode = on, from the base backup's own settings",
        )


# 7.3

LAST = {"a": -1, "b": 1, "c": -2, "d": 2, "e": 0}
WHY_LAST = {
    "a": "nothing is wrong with it",
    "b": "a file is missing, and recovery cannot pass a gap",
    "c": "one file is shorter than the others; PostgreSQL refuses it",
    "d": "one file holds the WAL of another place; somebody has renamed a copy",
    "e": "one file is empty",
}


@check("7.3")
def five_archives(attempt):
    answer = given(attempt, LAST)
    names = sorted(path.name for path in (_accident().happened() / "archive").iterdir())
    names = [name for name in names if re.fullmatch("[0-9A-F]{24}", name)]
    for letter, index in LAST.items():
        found = answer[letter].upper()
        if not re.fullmatch("[0-9A-F]{24}", found):
            raise Wrong(
                f"{letter}: this is no name of a segment.",
                expected="24 hexadecimal digits, as the files are called",
                found=answer[letter],
            )
        if found == names[index]:
            continue
        if found not in names:
            raise Wrong(f"{letter}: no archive has a segment of this name.", found=found)
        if found > names[index]:
            raise Wrong(
                f"{letter}: recovery does not come that far.",
                found=WHY_LAST[letter],
                todo=f"Look at every file of archives/{letter}: name, size, what pg_waldump says.",
            )
        raise Wrong(
            f"{letter}: recovery comes further than that.",
            found=f"{found} is whole, and so is the one behind it",
        )
    return "Only a is whole. In the others recovery ends at the first fault, whatever lies behind."


# 7.4

STEPS = {
    "a": "Find the transaction in the archive with pg_waldump",
    "b": "Copy the base backup into a new folder",
    "c": "Write restore_command, the target and archive_mode = off there; make recovery.signal",
    "d": "Start the copy on another port; wait until pg_is_in_recovery() is false",
    "e": "pg_dump the table from the copy, psql it into the live database in one transaction",
    "f": "Compare the live rows with the ledger",
    "g": "SELECT pg_switch_wal(), and wait until the archive has the segment",
    "h": "Tell everybody: no restart, no tidying up, the archive stays as it is",
}
FORBIDDEN = {
    "x": "To put the base backup in place of the live cluster loses every order since.",
    "y": "pg_resetwal throws WAL away: it is for a cluster that nothing else can start any more.",
    "z": "downgrade makes an empty table, if it does anything. No row comes back.",
}
BEFORE = (
    ("h", "g", "Somebody tidies up in the archive while you switch."),
    ("g", "a", "The DROP may be in the segment that is not archived yet: pg_waldump misses it."),
    ("a", "c", "The target is not known yet."),
    ("b", "c", "There is no folder yet to write it into."),
    ("c", "d", "Without recovery.signal it starts as the base backup alone."),
    ("d", "e", "There is no recovered table yet."),
    ("e", "f", "There is nothing to compare yet."),
)


@check("7.4")
def steps_of_the_rescue(attempt):
    text = given(attempt, ("order",))["order"].lower()
    order = re.findall("[a-z]", re.sub(r"[,;>→\-]", " ", text))
    if strange := [letter for letter in order if letter not in STEPS | FORBIDDEN]:
        raise Wrong(f"There is no step {strange[0]}.", expected="letters of the list")
    if bad := [letter for letter in order if letter in FORBIDDEN]:
        raise Wrong(f"Step {bad[0]} must not happen.", found=FORBIDDEN[bad[0]])
    if twice := [letter for letter in STEPS if order.count(letter) > 1]:
        raise Wrong(f"Step {twice[0]} comes twice.")
    if missing := [letter for letter in STEPS if letter not in order]:
        raise Wrong(f"{len(missing)} of the eight steps are missing.", found=", ".join(missing))
    for first, second, reason in BEFORE:
        if order.index(first) > order.index(second):
            raise Wrong(
                f"Step {second} cannot come before step {first}.",
                expected=f"{first}: {STEPS[first]}",
                found=reason,
            )
    return "In this order nothing is lost, and each step has what it needs."


# 7.5

MINUTES = {
    "rpo_a": (480, "the last copy is the dump of 03:00, and the disk dies at 11:00"),
    "rpo_b": (1, "only what was not archived is lost, and that is one minute at most"),
    "rpo_c": (0, "COMMIT is answered when both machines have it"),
    "rpo_d": (480, "the replica has the mistake as well; the values of before are in the dump"),
    "rpo_e": (120, "nothing has come into the archive since 09:00"),
    "rto_a": (55, "a new machine first, then the restore"),
    "rto_b": (47, "a new machine, the base backup, then five times 2.4 GB at 1 GB a minute"),
}


@check("7.5")
def five_set_ups(attempt):
    answer = given(attempt, MINUTES)
    numbers = {name: number(text) for name, text in answer.items()}
    if strange := [name for name, value in numbers.items() if value is None]:
        raise Wrong(
            f"{strange[0]} is not a number of minutes.",
            expected="such as 90",
            found=answer[strange[0]],
        )
    wrong = [name for name, (minutes, _) in MINUTES.items() if numbers[name] != minutes]
    if wrong:
        raise Wrong(
            f"{len(MINUTES) - len(wrong)} of {len(MINUTES)} are right. "
            f"Think again of {', '.join(wrong)}.",
            found="; ".join(f"{name}: {MINUTES[name][1]}" for name in wrong),
        )
    return "RPO is counted back from the accident, RTO forward. Each set-up has both."


# 7.6

HISTORY = {
    "parent": (
        {"3"},
        {
            "1": "The first line is where timeline 3 comes from. Read the last line.",
            "2": "00000002.history is a branch that nobody has gone on with.",
        },
    ),
    "latest": (
        {"4"},
        {
            "1": "That is 'current': the timeline of the base backup.",
            "3": "There is a newer one, and 'latest' takes the newest.",
        },
    ),
    "segment": (
        {"000000030000000000000055"},
        {
            "000000010000000000000055": "On this way timeline 1 was left at 0/4E0012A8.",
            "000000040000000000000055": "Timeline 4 begins later, at 0/61000000.",
            "000000020000000000000055": "Timeline 2 is not on this way.",
        },
    ),
    "target": (
        {"1", "current", "0x1", "00000001"},
        {
            "latest": "It leaves timeline 1 at 0/4E0012A8, and the target lies behind that.",
            "4": "It leaves timeline 1 at 0/4E0012A8, and the target lies behind that.",
            "3": "It leaves timeline 1 at 0/4E0012A8, and the target lies behind that.",
            "2": "Timeline 2 leaves timeline 1 at 0/5A000128, which is before the target.",
        },
    ),
}


@check("7.6")
def timelines(attempt):
    answer = given(attempt, HISTORY)
    for name, (right, reasons) in HISTORY.items():
        found = answer[name].strip().lower()
        if found in {text.lower() for text in right}:
            continue
        reason = reasons.get(found.upper(), reasons.get(found, ""))
        raise Wrong(
            f"{name} is not right.",
            found=f"{answer[name]}. {reason}".strip(),
            todo="" if reason else "Draw the four timelines as lines, with the LSNs at the forks.",
        )
    return "You can read where each timeline comes from, and choose the one that leads there."
