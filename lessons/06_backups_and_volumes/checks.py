"""Judge the exercises of lesson 06: a backup is restored and compared, never believed."""

import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import yaml

from migrationlab.api import (
    NotAttempted,
    Wrong,
    check,
    commands,
    difference,
    in_words,
    rows_differ,
    student_programs,
)

RESET = "lab.reset() brings back the start of this exercise."


# Restoring and comparing


def restore(target, backup: Path) -> str:
    """Restore a dump of any format into an empty database; the first error, or ""."""
    words = ["pg_restore", "--exit-on-error", "--no-owner", "--dbname", target.database]
    if backup.is_file() and not custom(backup):
        words = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"]
    else:
        # A dump with --schema=public makes that schema itself, which every new database has.
        _, _, contents = run(target, ["pg_restore", "--list", str(backup)])
        if " SCHEMA - public " in contents:
            target.execute("DROP SCHEMA public")
    code, said, _ = run(target, [*words, str(backup)])
    if code == 0:
        return ""
    lines = [line for line in said.splitlines() if "error:" in line.lower()]
    return (lines or said.splitlines()[-1:] or [f"exit code {code}"])[0]


def run(target, words: list[str], seconds: float = 60) -> tuple[int | None, str, str]:
    """Run a client program on a database: exit code (None: it took too long), errors, output."""
    environment = target.server.environment(target.database)
    try:
        ended = subprocess.run(
            [commands.resolve(words[0], environment), *words[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return None, f"it was not finished after {seconds:.0f} seconds", ""
    said, written = (text.decode("utf-8", "replace") for text in (ended.stderr, ended.stdout))
    return ended.returncode, said.strip(), written


def custom(file: Path) -> bool:
    """Whether a file is of pg_dump's custom format."""
    with file.open("rb") as opened:
        return opened.read(5) == b"PGDMP"


def differences(wanted, found) -> str:
    """In words, what a restored database has otherwise than the one that it should be; "" if none.

    The schema first: a table that is missing also has no rows.
    """
    schema = difference(wanted.catalog(), found.catalog(), ignore=())
    if schema:
        return in_words(schema, expected=True)
    rows = rows_differ(wanted.fingerprint(), found.fingerprint(), ignore=())
    numbers = positions(wanted).items() - positions(found).items()
    rows += [f"the sequence {name} stood at {value}" for name, value in sorted(numbers)]
    if large_objects(wanted) != large_objects(found):
        rows.append("the large objects are not the same")
    return "\n".join(rows)


def positions(database) -> dict:
    query = "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"
    return dict(database.rows(query))


def large_objects(database) -> list[tuple]:
    query = "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid"
    return database.rows(query)


# 6.1

METHODS = {"a": "dump", "b": "wal", "c": "none", "d": "replica", "e": "dump", "f": "wal"}
METHOD_REASONS = {
    "a": "a lost day can be typed in again, so the cheapest is enough",
    "b": "one minute may be lost, and two hours of repair are no problem",
    "c": "it can be made anew in twenty minutes from what is backed up",
    "d": "nothing is lost; but fifty minutes of repair are too long: a second server must be there",
    "e": "another major version and another processor cannot read the old files",
    "f": "they want the state of a minute, and a copy that gets the mistake at once has not got it",
}
OTHER_WORDS = {
    "pg_dump": "dump",
    "dumps": "dump",
    "archive": "wal",
    "archiving": "wal",
    "wal archiving": "wal",
    "base backup": "wal",
    "standby": "replica",
    "replication": "replica",
    "nothing": "none",
    "no": "none",
}
MINUTES = {
    "rpo": (
        2120,
        {
            2108: "A dump holds the state of the moment in which it began, not in which it ended.",
            680: "The dump of Tuesday failed. What is the newest state that can be restored?",
            679: "The dump of Tuesday failed. What is the newest state that can be restored?",
            2285: "The RPO is counted back from the mishap. What comes after belongs to the RTO.",
        },
    ),
    "rto": (
        165,
        {
            135: "Nobody had noticed yet, and the shop stood still all the same.",
            95: "Noticing and searching belong to it: the shop stood still meanwhile.",
        },
    ),
}


@check("6.1")
def what_may_be_lost(attempt):
    answers = attempt.answers
    names = [*METHODS, *MINUTES]
    missing = [name for name in names if name not in answers]
    if len(missing) == len(names):
        raise NotAttempted("There is no answer yet.", todo='lab.answer(a="dump", b="wal", …)')
    if missing:
        raise Wrong(
            f"Some answers are missing: {', '.join(missing)}.",
            todo=f"Add them: lab.answer({missing[0]}=…). The others are kept.",
        )
    given = {name: str(answers[name]).strip(" .").lower() for name in METHODS}
    found = {name: OTHER_WORDS.get(word, word) for name, word in given.items()}
    if strange := [name for name in METHODS if found[name] not in METHODS.values()]:
        raise Wrong(
            f"{', '.join(strange)}: not one of the four words.",
            expected="dump, wal, replica or none",
            found=", ".join(repr(answers[name]) for name in strange),
        )
    if wrong := [name for name in METHODS if found[name] != METHODS[name]]:
        raise Wrong(
            f"{len(METHODS) - len(wrong)} of {len(METHODS)} are right. Think again of "
            f"{', '.join(wrong)}.",
            found="; ".join(f"{name}: {METHOD_REASONS[name]}" for name in wrong),
        )
    for name, (right, mistakes) in MINUTES.items():
        number = minutes(answers[name])
        if number is None:
            raise Wrong(
                f"{name} is not a number of minutes.", expected="such as 90", found=answers[name]
            )
        if number != right:
            raise Wrong(
                f"The {name.upper()} in this case is not {number:g} minutes.",
                found=mistakes.get(number, ""),
                todo="From which moment to which other moment? Write both down first.",
            )
    return "Six times the right tool, and the two numbers that a shop must know."


def minutes(value) -> float | None:
    """A number of minutes, also from "2120 minutes"."""
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:min|minutes)?\s*", str(value))
    return float(match[1]) if match else None


# 6.2


@check("6.2")
def own_backup(attempt):
    backup = attempt.folder / "shop.dump"
    if not backup.exists():
        raise NotAttempted(
            "There is no shop.dump in the folder.", todo="One line of pg_dump makes it."
        )
    if backup.is_file() and backup.stat().st_size == 0:
        raise Wrong(
            "shop.dump is empty.",
            expected="what pg_dump writes when it has ended well",
            todo="Read its message: it opens the file before it connects.",
        )
    if not attempt.rows_changed():
        raise Wrong(
            "There is no new customer in your database.",
            todo="Add one, and then make the backup.",
        )
    if backup.is_file() and not custom(backup):
        complete(backup)
    with attempt.empty() as empty:
        if error := restore(empty, backup):
            raise Wrong(
                "Your backup cannot be restored into an empty database.",
                found=error,
                todo="Try it: createdb, then pg_restore --exit-on-error, and read the message.",
            )
        if found := differences(attempt.now, empty):
            raise Wrong(
                "Your backup can be restored, and what comes out is not your database.",
                expected="the same tables, rows, numbers and large objects",
                found=found,
                todo="Was something left out? Or was something changed after the backup was made?",
            )
    return "It was restored into an empty database, and nothing differs. This is a backup."


def complete(file: Path) -> None:
    """Raise Wrong unless a plain dump has its last lines."""
    text = file.read_bytes()
    if b"PostgreSQL database dump" not in text:
        raise Wrong(
            "shop.dump is not a dump that psql or pg_restore can read.",
            expected="a file or folder that pg_dump has made",
        )
    if b"PostgreSQL database dump complete" not in text[-400:]:
        raise Wrong(
            "The end of shop.dump is missing.",
            expected="the last lines: PostgreSQL database dump complete",
        )


# 6.3

ENDS = (".dump", ".sql")


@check("6.3")
def night_script(attempt):
    text = attempt.text("backup.py")
    if text is None:
        raise Wrong("There is no backup.py in the folder any more.", todo=RESET)
    given = (attempt.workspace.start.files / "backup.py").read_text("utf-8")
    without_call = "\n".join(line for line in given.splitlines() if "os.system" not in line)
    if bare(text) in {bare(given), bare(without_call), ""}:
        raise NotAttempted("backup.py is as it was given.", todo="Rewrite it in its cell.")
    with (
        attempt.scratch() as shop,
        student_programs.copied(attempt.folder) as folder,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
    ):
        target = Path(place).resolve()
        yesterday = {"shop-yesterday.dump": b"yesterday", "shop.dump": b"x", "shop.sql": b"-- y\n"}
        for name, content in yesterday.items():
            (target / name).write_bytes(content)
        first = good_night(attempt, shop, folder, target, set(yesterday))
        before = {name: (target / name).read_bytes() for name in first | set(yesterday)}
        bad_night(shop, folder, target)
        for name, content in before.items():
            untouched(target, name, content)
        for rest in set(target.iterdir()) - {target / name for name in before}:
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()  # drafts of the bad night
        good_night(attempt, shop, folder, target, set(before))
    return "Whole or not there, never over an old one, and loud when it fails."


def bare(text: str) -> str:
    """A Python file without comments and layout."""
    return "".join(re.sub(r"#.*", "", text).split())


def named(target: Path) -> set[str]:
    """The names of the files that look like a backup."""
    return {file.name for file in target.iterdir() if file.name.endswith(ENDS)}


def untouched(target: Path, name: str, content: bytes) -> None:
    file = target / name
    if not file.is_file() or file.read_bytes() != content:
        raise Wrong(
            f"{name}, which was in the folder before, is {'another' if file.exists() else 'gone'}.",
            expected="what is there stays: a backup is never overwritten or deleted",
            todo="Give every run a name of its own, for instance with date and time.",
        )


def good_night(attempt, shop, folder: Path, target: Path, known: set[str]) -> set[str]:
    """Run the script on a good server, and raise Wrong unless there is one more whole backup."""
    old = {name: (target / name).read_bytes() for name in known}
    student_programs.next_second()
    outcome = student_programs.run_python(shop, folder, "backup.py", str(target))
    if outcome.error:
        raise Wrong("backup.py fails on a server that is well.", found=outcome.error)
    for name, content in old.items():
        untouched(target, name, content)
    new = named(target) - known
    if rest := [file.name for file in target.iterdir() if file.name not in known | new]:
        raise Wrong(
            "After a good run something is left over in the folder.",
            expected="the two new files, and what was there before",
            found=", ".join(sorted(rest)),
        )
    dumps = [name for name in new if name.endswith(".dump")]
    roles = [name for name in new if name.endswith(".sql")]
    if len(dumps) != 1:
        raise Wrong(
            "After a run there must be one new file that ends in .dump.",
            expected="one, with a name that was not there before",
            found=", ".join(sorted(new)) or "no new file",
        )
    dump = target / dumps[0]
    if not custom(dump):
        raise Wrong(
            f"{dump.name} is not of the custom format.",
            expected="pg_dump --format=custom",
            found="plain SQL under a name that says otherwise"
            if dump.stat().st_size
            else "0 bytes",
        )
    with attempt.empty() as empty:
        if error := restore(empty, dump):
            raise Wrong(f"{dump.name} cannot be restored.", found=error)
        if found := differences(shop, empty):
            raise Wrong(
                f"{dump.name} can be restored, and what comes out is not the database.",
                found=found,
            )
    if len(roles) != 1:
        raise Wrong(
            "The roles are missing.",
            expected="one new file that ends in .sql, made by pg_dumpall --globals-only",
            found=", ".join(sorted(new)),
        )
    written = (target / roles[0]).read_text("utf-8", errors="replace")
    if "CREATE ROLE" not in written or "PostgreSQL database cluster dump complete" not in written:
        raise Wrong(
            f"{roles[0]} does not hold the roles.",
            expected="what pg_dumpall --globals-only writes, to its last line",
            found=next(iter(written.splitlines()), "an empty file"),
        )
    return new


def bad_night(shop, folder: Path, target: Path) -> None:
    """Throw pg_dump out while it works. Wrong if anything then looks like a backup, or like 0."""
    known = named(target)
    outcomes = []

    def night():
        student_programs.next_second()
        outcomes.append(student_programs.run_python(shop, folder, "backup.py", str(target)))

    with locked(shop) as waiting:
        thread = threading.Thread(target=night)
        thread.start()
        pid = None
        while thread.is_alive() and pid is None:
            pid = waiting()
            time.sleep(0.02)
        while_running = named(target) - known
        while thread.is_alive():  # also at a second attempt, if the script makes one
            if pid := waiting():
                shop.value("SELECT pg_terminate_backend(%s)", pid)
            thread.join(0.05)
    [outcome] = outcomes
    if while_running:
        raise Wrong(
            "While pg_dump is still working there is already a file that looks like a backup.",
            expected="another name until it is whole, for instance ….unfinished; then os.replace",
            found=", ".join(sorted(while_running)),
        )
    if outcome.code == 0:
        raise Wrong(
            "pg_dump was thrown out in the middle, and backup.py ended with exit code 0.",
            expected="another exit code: it is all that the night job asks for",
            found=f"it said: {' '.join(outcome.output.split()[-12:])}",
            todo="sys.exit with a text, or let the error go on: both give 1.",
        )
    if outcome.code is None:
        raise Wrong("When pg_dump fails, backup.py does not end.", found=outcome.error)
    if left := named(target) - known:
        raise Wrong(
            "pg_dump was thrown out in the middle, and a file is left that looks like a backup.",
            expected="no new file that ends in .dump or .sql",
            found=", ".join(sorted(left)),
        )


@contextmanager
def locked(shop):
    """Hold a lock that pg_dump must wait for; gives a function: the pid of who waits, or None."""
    waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
    with shop.connect() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        try:
            yield lambda: shop.value(waiting)
        finally:
            cursor.execute("ROLLBACK")


# 6.4

DAYS = {
    "mon": "whole",
    "tue": "damaged",
    "wed": "whole",
    "thu": "table missing",
    "fri": "no rows",
    "sat": "cut",
}
DAY_REASONS = {
    "whole": "pg_restore reads it to the end, and all three tables come with rows",
    "damaged": "its length is all right; pg_restore --file=… says what it cannot do with the data",
    "table missing": "count the tables in its list",
    "no rows": "its list has no TABLE DATA",
    "cut": "pg_restore --file=… comes to an end that is none",
}
OTHER_STATES = {
    "good": "whole",
    "complete": "whole",
    "truncated": "cut",
    "cut off": "cut",
    "corrupt": "damaged",
    "corrupted": "damaged",
    "missing table": "table missing",
    "norows": "no rows",
    "schema only": "no rows",
    "empty": "no rows",
}


@check("6.4")
def six_dumps(attempt):
    answers = {day: attempt.answers.get(day) for day in DAYS}
    unanswered = [day for day in DAYS if answers[day] is None]
    tables = attempt.catalog().tables
    if len(unanswered) == len(DAYS) and not tables:
        raise NotAttempted(
            "There is no answer, and the database is empty.",
            todo="Look at each dump: pg_restore can list it, and read all of it.",
        )
    if unanswered:
        raise Wrong(
            f"Some answers are missing: {', '.join(unanswered)}.",
            todo=f'Add them: lab.answer({unanswered[0]}="…"). The others are kept.',
        )
    given = {
        day: " ".join(str(word).lower().replace("_", " ").split()) for day, word in answers.items()
    }
    found = {day: OTHER_STATES.get(word, word) for day, word in given.items()}
    if strange := [day for day in DAYS if found[day] not in DAY_REASONS]:
        raise Wrong(
            f"{', '.join(strange)}: not one of the five words.",
            expected=", ".join(DAY_REASONS),
            found=", ".join(repr(answers[day]) for day in strange),
        )
    if wrong := [day for day in DAYS if found[day] != DAYS[day]]:
        raise Wrong(
            f"{len(DAYS) - len(wrong)} of {len(DAYS)} are right. Think again of "
            f"{', '.join(wrong)}.",
            found="; ".join(f"{day}: {DAY_REASONS[DAYS[day]]}" for day in wrong),
        )
    if not tables:
        raise Wrong(
            "The database is still empty.",
            expected="the newest whole dump, restored into it",
        )
    for day in ("wed", "mon", "thu", "fri"):
        with attempt.empty() as expected:
            if error := restore(expected, attempt.workspace.start.files / f"{day}.dump"):
                raise RuntimeError(f"{day}.dump: {error}")
            found = differences(expected, attempt.now)
        if day == "wed":
            if not found:
                return "Two of six would have saved the shop, and you took the newer one."
            first = found
        elif not found:
            raise Wrong(
                f"Your database holds the dump {day}.dump.",
                expected="the newest one that is whole",
                found=first,
                todo=f"{RESET} Then restore the other.",
            )
    raise Wrong(
        "Your database is not what the newest whole dump holds.",
        found=first,
        todo=f"{RESET} Then restore into the empty database, with --exit-on-error.",
    )


# 6.5

NIGHT = 85  # reviews in the dump; their numbers went up to 90


@check("6.5")
def one_table(attempt):
    now = attempt.catalog()
    others = [line for line in attempt.rows_changed() if not line.startswith("reviews")]
    if "reviews" not in now.tables and not attempt.changed():
        raise NotAttempted("There is no table reviews yet.", todo="Look what is in night.dump.")
    if others:
        raise Wrong(
            "Rows that have come since the night are not as they were.",
            expected="customers, books and orders as at noon",
            found="; ".join(others),
            todo=f"{RESET} Bring back only what is missing.",
        )
    if "reviews" not in now.tables:
        raise Wrong("There is no table reviews yet.", todo=RESET)
    with attempt.empty() as night:
        if error := restore(night, attempt.workspace.start.files / "night.dump"):
            raise RuntimeError(f"night.dump: {error}")
        if changes := difference(night.catalog(), now, ignore=()):
            raise Wrong(
                "The tables are not what they were in the night.",
                expected="reviews with its primary key, its unique and foreign keys, its index "
                "and its numbering; all the others as they were",
                found=in_words(changes, expected=True),
                todo="pg_restore --table leaves all of this out. What does --use-list do?",
            )
        wanted = night.fingerprint()["reviews"]
        if attempt.now.fingerprint()["reviews"] != wanted:
            raise Wrong(
                "The rows of reviews are not those of the dump.",
                expected=f"{NIGHT} reviews, as they were",
                found=f"{attempt.value('SELECT count(*) FROM reviews')} reviews",
            )
        before, after = positions(night), positions(attempt.now)
    name = "public.reviews_id_seq"
    if after.get(name) != before[name]:
        raise Wrong(
            "The numbering of reviews does not go on where it stood.",
            expected=f"the next review gets the number {before[name] + 1}",
            found=f"the sequence stands at {after.get(name)}",
            todo="The list has an entry SEQUENCE SET. Or setval().",
        )
    start = positions(attempt.start)
    for other, value in start.items():
        if after.get(other) != value:
            raise Wrong(
                f"The sequence {other} stands where it stood in the night.",
                expected=f"{value}, as at noon",
                found=f"{after.get(other)}: the next row collides with one that is there",
                todo=RESET,
            )
    return "The table is back with all that hangs on it, and the morning is still there."


# 6.6

STEPS = "abcdefghijkl"
FORBIDDEN = {
    "i": "with it the old database is gone before anybody knows whether the dump is any good",
    "f": "the dump has its own alembic_version, and it fits",
}
BEFORE = [
    ("d", "j", "what is written after the copy is in no copy"),
    ("j", "a", "the copy of the present state is called shop; after the renaming it is another"),
    ("e", "b", "the database must be there before something goes into it"),
    ("b", "c", "one compares what has been restored"),
    ("b", "h", "ANALYZE looks at rows: they must be there"),
    ("h", "a", "after the renaming there is no shop_new any more"),
    ("c", "a", "only what has been proved may take the place of the old one"),
    ("a", "k", "the orders are found in shop_broken, and there is none before the renaming"),
    ("k", "g", "customers who do not see their orders order again"),
    ("a", "g", "the web site would start on the broken database"),
    ("g", "l", "weeks come after the opening"),
]


@check("6.6")
def safe_restore(attempt):
    order = attempt.answers.get("order")
    if order is None:
        raise NotAttempted("There is no answer yet.", todo='lab.answer(order="…")')
    letters = re.sub(r"[^a-z]", "", "".join(map(str, order)).lower())
    if strange := sorted(set(letters) - set(STEPS)):
        raise Wrong(f"There is no step {', '.join(strange)}.", expected="letters from a to l")
    if twice := sorted({letter for letter in letters if letters.count(letter) > 1}):
        raise Wrong(f"A step comes twice: {', '.join(twice)}.", expected="each step once")
    for letter, why in FORBIDDEN.items():
        if letter in letters:
            raise Wrong(f"One of your steps must not be done: {letter}.", found=f"{letter}: {why}")
    if missing := [x for x in STEPS if x not in letters and x not in FORBIDDEN]:
        raise Wrong(f"Steps are missing: {', '.join(missing)}.", found=letters)
    for first, second, why in BEFORE:
        if letters.index(first) > letters.index(second):
            raise Wrong(
                f"{first} must come before {second}: {why}.",
                found=letters,
            )
    return "Restored beside, compared, renamed; and the old one was there until the end."


# 6.7

SERVICES = {"shop": 18, "archive": 17, "statistics": 18, "staging": 18}
HOME = PurePosixPath("/var/lib/postgresql")


@check("6.7")
def volumes(attempt):
    text = attempt.text("docker-compose.yml")
    if text is None:
        raise Wrong("There is no docker-compose.yml in the folder any more.", todo=RESET)
    given = (attempt.workspace.start.files / "docker-compose.yml").read_text("utf-8")
    try:
        file = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Wrong("docker-compose.yml is no YAML.", found=str(error).splitlines()[0]) from None
    services = file.get("services") if isinstance(file, dict) else None
    if not isinstance(services, dict):
        raise Wrong("docker-compose.yml has no services any more.", todo=RESET)
    services = {name: value or {} for name, value in services.items()}
    if file == yaml.safe_load(given) or not any(s.get("volumes") for s in services.values()):
        raise NotAttempted("docker-compose.yml has not been mended yet.")
    declared = file.get("volumes") or {}
    used = {}
    for name, major in SERVICES.items():
        service = services.get(name)
        if not service:
            raise Wrong(f"The service {name} is missing.", todo=RESET)
        image = str(service.get("image"))
        if not re.match(rf"postgres:{major}(\D|$)", image):
            raise Wrong(
                f"{name} has another image.",
                expected=f"postgres:{major}, as given: the data belong to this version",
                found=image,
            )
        place = where(name, major, service, declared)
        if other := used.get(place):
            raise Wrong(
                f"{other} and {name} have their data in the same place: {place}.",
                expected="a volume for each: two servers in one data directory destroy it",
            )
        used[place] = name
    return "Four servers, four places, and each of them is still there after `down`."


def where(name: str, major: int, service: dict, declared: dict) -> str:
    """The volume or folder that holds a service's data. Raises Wrong when nothing keeps them."""
    environment = service.get("environment") or {}
    if isinstance(environment, list):
        environment = dict(str(item).partition("=")[::2] for item in environment)
    usual = HOME / "18" / "docker" if major >= 18 else HOME / "data"
    data = PurePosixPath(str(environment.get("PGDATA") or usual))
    moved = "PGDATA" in environment
    mounts = [mount(entry) for entry in service.get("volumes") or []]
    if major >= 18 and not moved and any(target == HOME / "data" for _, target, _ in mounts):
        raise Wrong(
            f"{name} does not start: from 18 on the image refuses a volume at {HOME / 'data'}.",
            expected=f"the volume at {HOME}; the data are in {usual}",
        )
    # The nearest one counts; up to 17 the image itself declares a nameless volume at …/data.
    if major < 18:
        mounts.append(("", HOME / "data", False))
    near = [m for m in mounts if m[1] == data or m[1] in data.parents]
    if not near:
        raise Wrong(
            f"{name} writes into the container itself, and its data go with it.",
            expected=f"a volume that holds {data}",
            found=", ".join(str(m[1]) for m in mounts) or "no volume",
        )
    # With two at the same place the one that is written in the file wins over the image's own.
    source, target, read_only = max(near, key=lambda m: (len(m[1].parts), bool(m[0])))
    if not source:
        raise Wrong(
            f"The data of {name} are in a volume without a name: after `down` the next container "
            "gets a new one.",
            expected="a name before the colon",
            found=f"the image writes to {data}; what lies at {target} has no name",
        )
    if source == "tmpfs":
        raise Wrong(f"{name} keeps its data in memory: they go with the container.")
    if read_only:
        raise Wrong(f"{name} may not write into its volume.", found=f"{source}:{target}:ro")
    if not re.match(r"[./~$]|[A-Za-z]:\\", source) and source not in declared:
        raise Wrong(
            f"The volume {source} is not declared.",
            expected=f"{source}: at the end, under volumes:",
            found="Compose refuses the whole file: service refers to undefined volume",
        )
    return source


def mount(entry) -> tuple[str, PurePosixPath, bool]:
    """(source, target, read-only) of one line of `volumes:`, in its short or its long form."""
    if isinstance(entry, dict):
        if entry.get("type") == "tmpfs":
            return "tmpfs", PurePosixPath(str(entry.get("target"))), False
        target = PurePosixPath(str(entry.get("target")))
        return str(entry.get("source") or ""), target, bool(entry.get("read_only"))
    # ${NAME:-value} has colons of its own; a drive letter as well
    parts = re.split(r":(?![\\-])(?![^{]*\})", str(entry))
    if len(parts) == 1:
        return "", PurePosixPath(parts[0]), False
    return parts[0], PurePosixPath(parts[1].rstrip("/")), "ro" in parts[2:]


# 6.8

BACKUPS = "abcdefghijk"
KEPT = {
    "a": "it is the newest of all",
    "b": "it is the second of the last three days",
    "c": "it is the third of the last three days",
    "d": "it is the newest of the week from 9 to 15 March",
    "g": "it is the newest of February",
    "i": "it is the newest of January",
    "j": "it is the last one that somebody has restored: of all later ones nobody knows",
}
GONE = {
    "e": "the week from 9 to 15 March has a newer one",
    "f": "its week is the third from the end, and March has newer ones",
    "h": "February has a newer one, and its week is long ago",
    "k": "December is the fourth month, and a later one has been proved",
}
PLANS = {
    "x": "all three are in one room: a fire takes them together",
    "z": "a replica repeats DROP TABLE at once: there is no copy of before",
}


@check("6.8")
def what_may_go(attempt):
    delete, plan = attempt.answers.get("delete"), attempt.answers.get("plan")
    if delete is None and plan is None:
        raise NotAttempted("There is no answer yet.", todo='lab.answer(delete="…", plan="…")')
    if delete is None or plan is None:
        missing = "delete" if delete is None else "plan"
        raise Wrong("One of the two answers is missing.", expected=f'lab.answer({missing}="…")')
    letters = set(re.sub(r"[^a-z]", "", "".join(map(str, delete)).lower()))
    if strange := sorted(letters - set(BACKUPS)):
        raise Wrong(f"There is no backup {', '.join(strange)}.", expected="letters from a to k")
    if wrong := sorted(letters & KEPT.keys()):
        raise Wrong(
            f"You would delete something that the plan keeps: {', '.join(wrong)}.",
            found="; ".join(f"{letter}: {KEPT[letter]}" for letter in wrong),
        )
    if rest := [letter for letter in GONE if letter not in letters]:
        raise Wrong(
            f"Something more may go: {len(rest)} of the others.",
            found="; ".join(GONE[letter] for letter in rest),
        )
    chosen = str(plan).strip(" .").lower()
    if chosen not in ("x", "y", "z"):
        raise Wrong(f"There is no plan {plan!r}.", expected="x, y or z")
    if chosen != "y":
        raise Wrong(f"Plan {chosen} is not 3-2-1.", found=PLANS[chosen])
    return "Seven are kept, four may go, and one of the copies is out of everybody's reach."
