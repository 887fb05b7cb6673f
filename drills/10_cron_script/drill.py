"""Nothing is broken yet: the script that cron runs each night makes backups that nobody can use."""

import gzip
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import psycopg2

from migrationlab.api import PINNED_SETTINGS as PINNED
from migrationlab.api import (
    Differences,
    DrillEnvironment,
    LabError,
    RowDifferences,
    Rows,
    comparison,
    ledger,
    read_baseline,
    read_inventory,
    read_rows,
    throwaway,
    trial_sale,
)

KEEP = 3  # backups stay, as the briefing says
SECONDS = 120  # that the script may take here
SCHEMA = """
CREATE ROLE bookkeeping;
GRANT SELECT ON orders, vouchers TO bookkeeping;
"""

# The script as it is found


def script(env: DrillEnvironment) -> str:
    """With at least six mistakes: which ones, level and seed decide."""
    chance = random.Random(env.seed)
    over_and_over = chance.random() < 0.5  # else each night has its file, and old ones go first
    faulty = {"tables", "acl"} if env.level == 3 else {chance.choice(["tables", "acl"])}
    careful = env.level == 1  # about the folder, and who may read the backups
    options, tables, first = "", "", ""
    if "acl" in faulty:
        options += ', "--no-owner", "--no-acl"'
    if "tables" in faulty:
        names = ["alembic_version", "books", "customers", "orders", "vouchers"]
        at = chance.randrange(1, len(names))
        names[at] = names[at].removesuffix("s")  # pg_dump takes no notice
        tables = f"TABLES = {names}\n".replace("'", '"')
        options += ', *[f"--table={name}" for name in TABLES]'
    name = '"shop.dump"'
    if not over_and_over:
        name = 'datetime.now().strftime("shop_%Y-%m-%d_%H%M%S.dump")'
        first = (
            "\n# The disk is small: first make room.\n"
            'for old in sorted(FOLDER.glob("shop_*.dump"))[: 1 - KEEP]:\n    old.unlink()\n'
        )
    return (
        '"""Back up the shop. Cron runs this each night."""\n\n'
        + ("import os\n" if careful else "")
        + "import subprocess\n"
        + ("" if over_and_over else "from datetime import datetime\n")
        + "from pathlib import Path\n\n"
        + ("" if over_and_over else f"KEEP = {KEEP}\n")
        + ("os.umask(0o077)  # nobody else may read the backups\n" if careful else "")
        + f"FOLDER = {'Path(__file__).resolve().parent / ' * careful}"
        + ('"backups"\n' if careful else 'Path("backups")\n')
        + f"{tables}{first}\ntarget = FOLDER / {name}\n"
        + f'subprocess.run(["pg_dump", "--format=custom"{options}, f"--file={{target}}"])\n'
        + 'print("Backup done:", target)\n'
    )


def before(env: DrillEnvironment) -> None:
    """The nights until now: the files that this script has left, made with its own options."""
    text = script(env)
    env.files.write("backup.py", text)
    if env.level > 1:
        (env.folder / "backups").chmod(0o755)
    options = ["--no-owner --no-acl"] * ("--no-acl" in text)
    if names := re.search(r"TABLES = \[(.*)\]", text):
        options += ["--table=" + name.strip('" ') for name in names[1].split(",")]
    nights = [1] if '"shop.dump"' in text else [3, 2, 1]
    for days in nights:
        night = datetime.now().replace(hour=3, minute=15, second=2) - timedelta(days=days)
        name = "shop.dump" if nights == [1] else night.strftime("shop_%Y-%m-%d_%H%M%S.dump")
        env.run(f"pg_dump --format=custom {' '.join(options)} --file=backups/{name} shop")
        path = env.folder / "backups" / name
        path.chmod(0o600 if env.level == 1 else 0o644)
        os.utime(path, (night.timestamp(), night.timestamp()))
        env.workload.sell(10)
    env.remember(python=python(env), programs=str(env.access.programs))


def accident(env: DrillEnvironment) -> None:
    env.events.note("Nothing breaks. The backups do not either: nobody has ever looked.")


# The script as cron runs it


def python(env: DrillEnvironment) -> str:
    """A Python that the server's user may start: the lab's own may lie in /root."""
    for found in (sys.executable, shutil.which("python3", path=os.defpath)):
        if found and (env.account.uid is None or env.account.can_run(found)):
            return found
    raise LabError("The user of the server can start no Python here.", todo="Install python3.")


def cron(env: DrillEnvironment, most: int | None = None) -> tuple[int | None, str]:
    """Run backup.py in an empty environment, in another folder, without a terminal.

    Its exit code (None: it did not end) and why, in its words. `most`: no file grows beyond it.
    """
    next_of(1)
    words = [python(env), str(env.folder / "backup.py")]
    if most:
        words = [words[0], "-c", LIMITED, str(most), *words]
    keywords = env.shell.options()
    home = keywords["env"].get("HOME", "/")
    keywords["env"] = {"PATH": os.defpath.strip(":"), "HOME": home, "LC_ALL": "C"}
    keywords["env"]["PYTHONUTF8"] = "1"
    if os.name == "nt":
        kept = ("SYSTEMROOT", "USERPROFILE", "APPDATA", "TEMP", "TMP")
        keywords["env"] = {name: os.environ[name] for name in kept if name in os.environ}
        keywords["creationflags"] = subprocess.CREATE_NO_WINDOW
    else:
        keywords |= {"umask": 0o022, "start_new_session": True}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        env.account.own(Path(folder))
        keywords["cwd"] = folder
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, **keywords
        )
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
            process.wait()
        said.seek(0)
        lines = said.read().decode("utf-8", errors="replace").strip().splitlines()
    reasons = [line for line in lines if re.match(r"[\w.]+: (error|detail)", line)] or lines
    return code, reasons[-1] if reasons else "it says nothing."


def next_of(seconds: int) -> None:
    """Wait for the next second, or minute: names of backups often have the time in them."""
    now = time.time() // seconds
    while time.time() // seconds == now:
        time.sleep(0.02)


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def refused(env: DrillEnvironment):
    """Inside the block the server lets nobody in anew; the till keeps its connection."""
    rules, kept = env.folder / "data" / "pg_hba.conf", env.notes / "pg_hba.conf"
    kept.write_bytes(rules.read_bytes())
    try:
        rules.write_text("host all all all reject\n", "utf-8")
        _reload(env, opens=False)
        yield
    finally:
        mend(env)


def mend(env: DrillEnvironment) -> None:
    """Undo `refused`, also that of a judge who was interrupted."""
    rules, kept = env.folder / "data" / "pg_hba.conf", env.notes / "pg_hba.conf"
    if kept.exists():
        rules.write_bytes(kept.read_bytes())
        _reload(env, opens=True)
        kept.unlink()


def _reload(env: DrillEnvironment, opens: bool) -> None:
    env.run("pg_ctl reload -D data")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            env.ask("SELECT")
            open_now = True
        except psycopg2.OperationalError:
            open_now = False
        if open_now == opens:
            return
        time.sleep(0.02)
    raise LabError("The server does not take its new pg_hba.conf.", todo=env.clusters.log())


# What lies in backups/

UNFINISHED = re.compile(r"^[._~]|tmp|temp|part|new|incomplete|unfinished|draft|fail|bad", re.I)
LOGS = (".log", ".txt")


def backups(env: DrillEnvironment) -> dict[str, str]:
    """What can be taken for a backup: path in backups/ -> hash of its content, "" for a folder."""
    place, found = env.folder / "backups", {}
    for path in sorted(place.rglob("*"), key=lambda path: (path.lstat().st_mtime, path)):
        name = path.relative_to(place)
        if path.suffix not in LOGS and not any(map(UNFINISHED.search, name.parts)):
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[name.as_posix()] = content
    return found


def format_of(path: Path) -> str:
    """ "archive" (for pg_restore), "sql", "roles" or "", by what is inside, not by the name."""
    if not path.is_file():
        return ""
    head = text(path)[:1000]
    if head.startswith(b"PGDMP") or path.name == "toc.dat" or head.startswith(b"toc.dat"):
        return "archive"
    if b"PostgreSQL database cluster dump" in head:
        return "sql" if b"\\connect shop" in text(path) else "roles"
    return "sql" if b"PostgreSQL database dump" in head else ""


def text(path: Path) -> bytes:
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            return gzip.decompress(content)
        except (EOFError, OSError):
            return b""
    return content


# The verdict


def differences(env: DrillEnvironment) -> Differences:
    """Run the script as cron does, and believe only what can be restored."""
    mend(env)
    with closing(env.database.connect()) as connection:
        now = read_inventory(connection)
    collateral = comparison.inventory_changes(read_baseline(env).facts, now)
    earlier = backups(env)
    faults, lost = a_good_night(env)
    if not any(fault.startswith("Under cron") for fault in faults):
        faults += more_nights(env, earlier)
        faults += a_bad_night(env, "the server refuses it")
    faults += secrets(env)
    if not faults and os.name != "nt":
        biggest = max(path.stat().st_size for path in (env.folder / "backups").rglob("*"))
        faults += a_bad_night(env, "the disk is full in the middle", biggest // 2)
    return Differences(faults + trial_sale.refusals(env.database.address()), lost, collateral)


def a_good_night(env: DrillEnvironment) -> tuple[list[str], list[ledger.Sale]]:
    """The script while the shop sells: is what it makes whole? Faults, and lost sales."""
    earlier = backups(env)
    with env.workload.resumed():
        env.workload.sell(5)
        began = time.time()
        code, said = cron(env)
    if code is None:
        return [f"Under cron it has not ended after {SECONDS} seconds."], []
    if code:
        return [f"Under cron it ends with exit code {code}: {said}"], []
    now = backups(env)
    place = env.folder / "backups"
    fresh = [place / name for name, content in now.items() if content != earlier.get(name)]
    files = [path for path in fresh if path.is_file()]
    dumps = [path for path in files if format_of(path) in ("archive", "sql")]
    if not dumps:
        told = "Under cron it ends with exit code 0, but there is no new dump in backups/"
        return [f"{told} (as pg_dump writes it, or packed with gzip)."], []
    faults = spared(env, earlier, now) + readable(env, files)
    roles = [path for path in files if format_of(path) == "roles"]
    more, lost = restored(env, dumps[-1], roles, began)
    return more + faults, lost


def spared(env: DrillEnvironment, earlier: dict[str, str], now: dict[str, str]) -> list[str]:
    """Whether a good night leaves the backups before it; one of the same day may be replaced."""
    dumps = [name for name, content in earlier.items() if content][1 - KEEP :]
    today = datetime.now().strftime("%Y%m%d")
    gone = [name for name in dumps if name not in now and today not in re.sub(r"\D", "", name)]
    over = [name for name in dumps if name in now and now[name] != earlier[name]]
    over = [name for name in over if today not in re.sub(r"\D", "", name)]
    if over:
        return [f"It writes over the backup before it ({over[-1]}): {KEEP} should stay."]
    if gone:
        return [f"It removes too much ({gone[-1]}): the {KEEP} newest backups should stay."]
    return []


def readable(env: DrillEnvironment, files: list[Path]) -> list[str]:
    """Files that others on this machine may read, through every folder above them."""
    if os.name == "nt":
        return []
    for path in files:
        above = [one for one in path.parents if one.is_relative_to(env.folder / "backups")]
        if path.stat().st_mode & 0o077 and all(one.stat().st_mode & 0o011 for one in above):
            name = path.relative_to(env.folder).as_posix()
            return [f"Everybody on this machine may read {name}, with all customers in it."]
    return []


def restored(
    env: DrillEnvironment, dump: Path, roles: list[Path], began: float
) -> tuple[list[str], list[ledger.Sale]]:
    """What a new, empty server has after the restore, against what had been acknowledged.

    Faults, and lost sales.
    """
    sales = [_if_before(sale, began) for sale in env.workload.sales()]
    with throwaway() as server:
        environment = server.environment("postgres")
        for path in roles:
            _load(["psql", "--quiet", f"--file={path}"], environment)
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
        environment["PGDATABASE"] = "shop"
        if format_of(dump) == "archive":
            source = dump.parent if dump.name == "toc.dat" else dump
            whole = _load(["pg_restore", f"--file={os.devnull}", str(source)], environment) == 0
            _load(["pg_restore", "--dbname=shop", str(source)], environment)
        else:
            whole = b"dump complete" in text(dump)[-300:]
            with tempfile.TemporaryDirectory() as folder:
                plain = Path(folder, "dump.sql")
                plain.write_bytes(text(dump))
                _load(["psql", "--quiet", f"--file={plain}"], environment)
        if not whole:
            return [f"{dump.name} is not whole: it cannot be read to its end."], []
        logs_in = _till_logs_in(env, server)
        with closing(server.connect("shop")) as connection:
            with connection.cursor() as cursor:
                for name, value in PINNED.items():
                    cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            rows = read_rows(connection)
            now = read_inventory(connection)
    baseline = read_baseline(env)
    lines = comparison.inventory_changes(baseline.facts, now)
    found = comparison.compare_rows(baseline.rows, rows, sales)
    gone = set(re.findall(r"^(?:schema tables ›|table) (\w+) is gone$", "\n".join(lines), re.M))
    faults = _rows_told(found, rows, gone)
    if not logs_in:
        told = "A new server made from it has no role for the till: roles are in no dump"
        faults.append(f"{told} of a database.")
    return faults + _schema_told(lines, gone, logs_in), found.lost


def _if_before(sale: ledger.Sale, began: float) -> ledger.Sale:
    """What was answered after the script had begun may be in the backup or not."""
    return sale if sale.said == ledger.NO or sale.at < began else replace(sale, said=ledger.UNKNOWN)


def _load(words: list[str], environment: dict[str, str]) -> int | None:
    """The exit code of psql or pg_restore; errors are found in what they have made."""
    words[0] = shutil.which(words[0], path=environment["PATH"])
    try:
        quiet = {"stdin": subprocess.DEVNULL, "capture_output": True}
        return subprocess.run(words, env=environment, timeout=SECONDS, **quiet).returncode
    except subprocess.TimeoutExpired:
        return None


def _till_logs_in(env: DrillEnvironment, server) -> bool:
    where = env.database.address() | {"host": server.host, "port": server.port, "dbname": "shop"}
    try:
        psycopg2.connect(**where).close()
    except psycopg2.OperationalError:
        return False
    return True


def _rows_told(found: RowDifferences, rows: Rows, gone: set[str]) -> list[str]:
    empty = [table for table in ledger.KEYS if not rows[table] and table not in gone]
    faults = [f"Not in the backup: the tables {', '.join(sorted(gone))}."] if gone else []
    faults += [f"Not in the backup: the rows of {', '.join(empty)}."] if empty else []
    told = comparison.count_damage(found.damaged).items()
    faults += [f"In the backup, {table}: {how}." for table, how in told if rows[table]]
    lost = [sale for sale in found.lost if rows[sale.table]]
    if lost:
        many = "1 sale" if len(lost) == 1 else f"{len(lost)} sales"
        faults.append(f"The newest backup lacks {many} from before it began.")
    return faults


def _schema_told(lines: list[str], gone: set[str], logs_in: bool) -> list[str]:
    lines = [line for line in lines if not line.startswith("database")]
    lines = [line for line in lines if not gone & set(re.findall(r"\w+", line))]
    rights = [line for line in lines if "grants" in line or "owner" in line]
    others = [line for line in lines if line not in rights]
    faults = []
    if rights and logs_in:  # without the roles that is no wonder
        faults.append("Owners and grants are not in the backup: the till may do nothing there.")
    if others and not gone:  # a key that pointed to a table goes with it
        more = f" (and {len(others) - 1} more)" if len(others) > 1 else ""
        faults.append(f"What is restored is not the whole shop: {others[0]}{more}.")
    return faults


def a_bad_night(env: DrillEnvironment, when: str, most: int | None = None) -> list[str]:
    """The script when the backup cannot succeed: loud, and no earlier backup is touched."""
    earlier = backups(env)
    with refused(env) if most is None else nullcontext():
        code, said = cron(env, most)
        if code and re.search(r"exists|not empty", said):  # a name with minutes only is taken
            next_of(60)
            code, _ = cron(env, most)
    now, faults = backups(env), []
    if code is None:
        return [f"When {when}, it has not ended after {SECONDS} seconds."]
    if code == 0:
        faults.append(f"When {when}, it ends with exit code 0 all the same: nobody hears of it.")
    hurt = [name for name in earlier if now.get(name) != earlier[name]]
    if gone := [name for name in hurt if name not in now]:
        faults.append(f"When {when}, it removes older backups all the same: {gone[0]} is gone.")
    if over := [name for name in hurt if name in now]:
        faults.append(f"When {when}, it has already spoilt an older backup: {over[0]}.")
    if left := [name for name in now if name not in earlier]:
        faults.append(f"When {when}, it leaves {left[0]}, which looks like a whole backup.")
    return faults


def secrets(env: DrillEnvironment) -> list[str]:
    """Where the administrator's password stands."""
    faults = []
    for path in sorted(env.folder.iterdir()):
        if not path.is_file() or path.stat().st_size > 100_000:
            continue
        if env.password.encode() not in path.read_bytes():
            continue
        if path.name == "backup.py":
            faults.append("The password stands in backup.py: who may read the script has it.")
        elif os.name != "nt" and path.stat().st_mode & 0o077:
            faults.append(f"The password stands in {path.name}, which everybody may read.")
    return faults


def more_nights(env: DrillEnvironment, earlier: dict[str, str]) -> list[str]:
    """Whether it keeps as many backups as it should; `earlier` was there before all nights."""
    place, made, minutes = env.folder / "backups", set(), []
    for night in range(KEEP + 1):
        if night:  # the first one has been
            minutes.append(time.time() // 60)
            code, said = cron(env)
            if code != 0 and minutes.count(minutes[-1]) < 3:  # two good ones: names have seconds
                next_of(60)
                code, said = cron(env)
                if code == 0:
                    break  # a name with minutes only was taken
            if code != 0:
                return [f"It works in the first night, and fails in one of the next: {said}"]
        there = [name for name in backups(env) if name not in earlier]
        left = {name for name in there if format_of(place / name) in ("archive", "sql")}
        made |= left
    if len(left) > KEEP:
        return [f"Old backups never go: after {KEEP + 1} good nights there are {len(left)}."]
    if len(made) >= KEEP > len(left):
        return [f"It removes too much: after {len(made)} good nights only {len(left)} are left."]
    return []
