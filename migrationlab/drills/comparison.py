"""Measure a rescue: what the shop's database holds now, against what it must hold.

What it must hold is the shop of the beginning and every acknowledged sale since. The till stands
still while this is read. Judged is the database that the till uses (shop.conf).
"""

import time
from contextlib import closing
from dataclasses import dataclass, field

import psycopg2

from migrationlab.backup import inventory
from migrationlab.drills import definitions, rescue_result, workload
from migrationlab.drills.environment import ADMIN, Scene
from migrationlab.drills.ledger import KEYS, NO, OK, UNKNOWN, Sale
from migrationlab.drills.rescue_result import Verdict
from migrationlab.errors import LabError
from migrationlab.postgres.fingerprint import SETTINGS

Rows = dict[str, dict[str, dict[str, str]]]
"""table -> key -> column -> value as text (None is NULL)."""

PROBES = ("order", "voucher", "address", "price")


@dataclass
class Losses:
    """How the rows differ from what they must be."""

    lost: list[Sale] = field(default_factory=list)
    older: dict[str, list[str]] = field(default_factory=dict)  # table -> what is wrong, by row
    extra: dict[str, int] = field(default_factory=dict)  # table -> rows that nobody has sold


def read_rows(connection, unread: list[str] | None = None) -> Rows:
    """Every row of the tables that the till knows; a table that is not there has none.

    `unread` gets a sentence for each table that cannot be read (a damaged page), and the table is
    left out; without it that is an error.
    """
    found = {}
    with connection.cursor() as cursor:
        for table, key in KEYS.items():
            cursor.execute(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s)"
                " AND attnum > 0 AND NOT attisdropped",
                (f"public.{table}",),
            )
            columns = [name for (name,) in cursor.fetchall()]
            found[table] = {}
            if key in columns:
                texts = ", ".join(f'"{name}"::text' for name in columns)
                try:
                    cursor.execute(f"SELECT {texts} FROM public.{table}")
                except psycopg2.Error as error:
                    if unread is None:
                        raise
                    del found[table]
                    why = str(error).splitlines()[0]
                    unread.append(f"{table} cannot be read, its sales are not counted: {why}")
                    continue
                for values in cursor.fetchall():
                    row = dict(zip(columns, values, strict=True))
                    found[table][row[key]] = row
    return found


def measure(scene: Scene) -> Verdict:
    """The verdict on the scene as it is now. The till waits meanwhile. Raises LabError."""
    drill = definitions.find(scene.drill)
    with scene.paused():
        now = time.time()
        faults, losses, collateral = _look(scene, drill)
        sales = scene.sales()
        unavoidable = drill.call("unavoidable", scene, default=set())
    gone = [sale for sale in losses.lost if sale.n not in unavoidable]
    if faults:
        outcome = rescue_result.NOT_REPAIRED
    elif gone:
        outcome = rescue_result.LOSSES
    else:
        outcome = rescue_result.COLLATERAL if collateral else rescue_result.RESCUED
    return Verdict(
        scene.drill,
        scene.level,
        scene.seed,
        outcome,
        losses.lost,
        len(losses.lost) - len(gone),
        faults,
        collateral,
        sum(sale.said == OK for sale in sales),
        sum(sale.said == NO for sale in sales),
        now - scene.broke,
        outage(sales, scene.broke, now),
        scene.hints,
    )


def _look(scene: Scene, drill: definitions.Drill) -> tuple[list[str], Losses, list[str]]:
    """Faults, losses and collateral."""
    own = drill.call("judge", scene)
    if own is not None:  # a drill whose result is not the shop's database
        return own
    try:
        connection = connect(scene)
    except (psycopg2.OperationalError, LabError) as error:
        why = str(error).strip().splitlines()[0]
        return [f"The till cannot reach the database of shop.conf: {why}"], Losses(), []
    try:
        return _measure_database(scene, drill, connection)
    except (psycopg2.Error, LabError) as error:  # it went away, or its catalog cannot be read
        why = str(error).strip().splitlines()[0]
        return [f"The database cannot be measured: {why}"], Losses(), []


def _measure_database(
    scene: Scene, drill: definitions.Drill, connection
) -> tuple[list[str], Losses, list[str]]:
    """The same of the shop's database; the connection is closed."""
    with closing(connection):
        faults = probe(scene)
        unread: list[str] = []
        found = read_rows(connection, unread)
        faults += unread
        must = drill.call("expected", scene, scene_rows(scene), default=scene_rows(scene))
        losses = compare(must, found, scene.sales())
        collateral = [] if unread else changed(scene, connection)
        collateral = drill.call("collateral", scene, collateral, default=collateral)
    faults += [f"{table}: {told}" for table, told in words(losses.older).items()]
    faults += drill.call("faults", scene, default=[])
    collateral += [
        f"{table}: {count} rows that nobody has sold" for table, count in losses.extra.items()
    ]
    return faults, losses, collateral


def connect(scene: Scene, database: str = ""):
    """To the database that the till uses, as the administrator, with texts as they were noted.

    As the till's user when a new server has another administrator; see `changed`.
    """
    where = scene.shop() | {"connect_timeout": 5, "application_name": "drill"}
    where |= {"dbname": database} if database else {}
    try:
        connection = psycopg2.connect(**where | {"user": ADMIN, "password": scene.password})
    except psycopg2.OperationalError:
        connection = psycopg2.connect(**where)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    return connection


def probe(scene: Scene) -> list[str]:
    """Whether each kind of sale is possible now, as the shop's user; nothing of it stays."""
    where, faults = scene.shop(), []
    try:
        connection = psycopg2.connect(**where, **workload.GIVES_UP)
    except psycopg2.Error as error:
        return [f"The till cannot connect: {str(error).strip().splitlines()[0]}"]
    with closing(connection), connection.cursor() as cursor:
        for number, what in enumerate(PROBES):
            statement, _ = workload.SQL[what]
            values = {"receipt": f"probe-{number}", "code": "probe", "id": "7", "price": "99.00"}
            values |= {"customer_id": "7", "book_id": "7", "worth": "100", "email": "a@example.dk"}
            try:
                cursor.execute(statement, values)
                if cursor.rowcount != 1:
                    faults.append(f"The till cannot sell (a new {what}): there is no such row.")
            except psycopg2.Error as error:
                why = str(error).strip().splitlines()[0]
                faults.append(f"The till cannot sell (a new {what}): {why}")
            if connection.closed:
                break
            connection.rollback()
    return faults


def scene_rows(scene: Scene) -> Rows:
    """The rows of the beginning."""
    return scene.baseline()["rows"]


def compare(must: Rows, found: Rows, sales: list[Sale]) -> Losses:
    """What is missing, altered or too much. A sale without an answer may be there or not.

    A table that is not in `found` is not compared.
    """
    must = {table: dict(rows) for table, rows in must.items() if table in found}
    last: dict[tuple[str, str, str], Sale] = {}  # (table, key, column) -> who wrote it last
    maybe: dict[tuple[str, str], list[Sale]] = {}
    for sale in (sale for sale in sales if sale.table in found):
        if sale.said == UNKNOWN:
            maybe.setdefault((sale.table, sale.key), []).append(sale)
        if sale.said == OK:
            row = must[sale.table].get(sale.key, {})
            must[sale.table][sale.key] = row | sale.values
            last |= {(sale.table, sale.key, column): sale for column in sale.values}
    losses, lost = Losses(), {}
    for table, rows in must.items():
        for key, row in rows.items():
            _judge_row(table, key, row, found[table].get(key), last, maybe, losses, lost)
        extra = [key for key in found[table] if key not in rows and (table, key) not in maybe]
        if extra:
            losses.extra[table] = len(extra)
    losses.lost = sorted(lost.values(), key=lambda sale: sale.at)
    return losses


def _judge_row(table, key, row, there, last, maybe, losses: Losses, lost: dict) -> None:
    for column, value in row.items():
        if there is not None and there.get(column, "gone") == value:
            continue
        allowed = [sale.values.get(column) for sale in maybe.get((table, key), [])]
        if there is not None and column in there and there[column] in allowed:
            continue
        if sale := last.get((table, key, column)):
            lost[sale.n] = sale
            if sale.new and there is not None:
                sale.altered = sale.altered or column
            continue
        what = "missing" if there is None else f"with another {column}"
        if there is not None and column not in there:
            what = f"without {column}"
        if f"{key}: {what}" not in losses.older.setdefault(table, []):
            losses.older[table].append(f"{key}: {what}")


def words(older: dict[str, list[str]]) -> dict[str, str]:
    """table -> "120 rows missing, 3 rows with another price", for the tables with a fault."""
    told = {}
    for table, lines in older.items():
        kinds: dict[str, int] = {}
        for line in lines:
            what = line.partition(": ")[2]
            kinds[what] = kinds.get(what, 0) + 1
        told[table] = ", ".join(
            f"{count} {'row' if count == 1 else 'rows'} {what}" for what, count in kinds.items()
        )
    return told


def changed(scene: Scene, connection) -> list[str]:
    """What else is not as it was: schema, owners, grants, settings, other tables, counters."""
    if connection.info.parameter_status("is_superuser") != "on":  # it may not look at everything
        return [
            f"the administrator {ADMIN} cannot log in with the password of before (PGPASSWORD), so "
            "schema, owners and grants were not compared"
        ]
    before, after = scene.baseline()["facts"], inventory.gather(connection)
    lines = []
    for told in inventory.differences(_judged(before), _judged(_told_once(before, after))):
        told = told.replace(": not in the backup", " is new").replace(", restored ", ", now ")
        lines.append(told.replace(": missing", " is gone"))
    return lines + _counters(connection)


def _told_once(before: dict, after: dict) -> dict:
    """The facts after it, without a table's grants where the schema tells the difference too."""
    owners = dict(after["owners"])
    for name, table in after["schema"]["tables"].items():
        place = name if "." in name else f"public.{name}"
        was, now = before["owners"].get(place), owners.get(place)
        old = before["schema"]["tables"].get(name)
        if was and now and old and was[0] == now[0]:
            if old["settings"].get("grants") != table["settings"].get("grants"):
                owners[place] = was
    return after | {"owners": owners}


def _judged(found: dict) -> dict:
    """Without the rows that are judged one by one, and without counters, which only grow."""
    tables = {name: told for name, told in found["tables"].items() if name not in KEYS}
    return found | {"tables": tables, "sequences": {}}


def _counters(connection) -> list[str]:
    """A counter that stands behind its column hands out a number twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_serial_sequence(c.oid::regclass::text, attname) FROM pg_attribute"
            " JOIN pg_class c ON c.oid = attrelid"
            " WHERE c.oid = to_regclass('public.orders') AND attname = 'id'"
        )
        name = (cursor.fetchone() or [None])[0]  # there may be no such table any more
        if not name:
            return []
        cursor.execute(f"SELECT (SELECT last_value FROM {name}), (SELECT max(id) FROM orders)")
        counter, highest = cursor.fetchone()
    if highest is not None and counter < highest:
        return [f"the counter of orders.id stands at {counter}, the highest id is {highest}"]
    return []


def outage(sales: list[Sale], since: float, until: float) -> float:
    """Seconds in which the till could not sell: from each refusal to the next try."""
    after = [sale for sale in sales if sale.tried_at >= since]
    ends = [sale.tried_at for sale in after[1:]] + [until]
    return sum(
        max(end - sale.tried_at, 0.0)
        for sale, end in zip(after, ends, strict=True)
        if sale.said != OK
    )
