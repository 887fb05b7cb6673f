"""The second step of a measurement: compare what the shop holds with what it must hold.

What it must hold is the shop of the beginning and every acknowledged sale since.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from migrationlab.backup import inventory
from migrationlab.drills.measurement.evidence import Findings, Inventory, Rows, ShopReading
from migrationlab.drills.workload.ledger import KEYS, OK, UNKNOWN, Sale


@dataclass(frozen=True)
class Differences:
    """What a rescue has not brought back.

    faults       what keeps the shop from being repaired, a sentence each
    lost         acknowledged sales that are not there any more, by the time of their answer
    collateral   what else has changed, a line each
    """

    faults: list[str] = field(default_factory=list)
    lost: list[Sale] = field(default_factory=list)
    collateral: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RowDifferences:
    """How the rows differ from what they must be.

    lost      as in Differences
    damaged   table -> what is wrong with rows that no sale of today has written, by row
    extra     table -> how many rows nobody has sold
    """

    lost: list[Sale] = field(default_factory=list)
    damaged: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)


def compare(
    shop: ShopReading,
    sales: Sequence[Sale],
    counts: Callable[[str, Findings], bool] = lambda line, findings: True,
) -> Differences:
    """Everything that is not as it must be.

    counts   whether a change of the inventory is collateral damage in this drill: (line, findings)
    """
    rows = compare_rows(shop.expected, shop.rows, sales)
    damage = [f"{table}: {told}" for table, told in count_damage(rows.damaged).items()]
    changes = inventory_changes(shop.before, shop.inventory) if shop.inventory else []
    extra = [f"{table}: {count} rows that nobody has sold" for table, count in rows.extra.items()]
    return Differences(
        faults=[*shop.refusals, *shop.unreadable, *damage, *shop.findings.faults],
        lost=rows.lost,
        collateral=[
            *[line for line in changes if counts(line, shop.findings)],
            *shop.findings.collateral,
            *extra,
        ],
    )


# Rows


def compare_rows(expected: Rows, rows: Rows, sales: Sequence[Sale]) -> RowDifferences:
    """What is missing, altered or too much. A sale without an answer may be there or not.

    expected   the rows before the sales
    A table that is not in `rows` is not compared.
    """
    must = {table: dict(its) for table, its in expected.items() if table in rows}
    last: dict[tuple[str, str, str], Sale] = {}  # (table, key, column) -> who wrote it last
    maybe: dict[tuple[str, str], list[Sale]] = {}
    for sale in (sale for sale in sales if sale.table in rows):
        if sale.said == UNKNOWN:
            maybe.setdefault((sale.table, sale.key), []).append(sale)
        if sale.said == OK:
            row = must[sale.table].get(sale.key, {})
            must[sale.table][sale.key] = row | sale.values
            last |= {(sale.table, sale.key, column): sale for column in sale.values}
    lost: dict[int, Sale] = {}
    damaged: dict[str, list[str]] = {}
    extra: dict[str, int] = {}
    for table, its in must.items():
        for key, row in its.items():
            there = rows[table].get(key)
            for column in _unlike(row, there, maybe.get((table, key), [])):
                if sale := last.get((table, key, column)):
                    lost[sale.n] = _missed(lost.get(sale.n, sale), column, there)
                    continue
                told = f"{key}: {_what_is_wrong(column, there)}"
                if told not in damaged.setdefault(table, []):
                    damaged[table].append(told)
        unsold = [key for key in rows[table] if key not in its and (table, key) not in maybe]
        if unsold:
            extra[table] = len(unsold)
    return RowDifferences(sorted(lost.values(), key=lambda sale: sale.at), damaged, extra)


def _unlike(row: dict, there: dict | None, maybe: list[Sale]) -> list[str]:
    """The columns in which a row is not as it must be, nor as an unanswered sale would have it."""
    if there is None:
        return list(row)
    return [
        column
        for column, value in row.items()
        if there.get(column, "gone") != value
        and not (column in there and there[column] in [sale.values.get(column) for sale in maybe])
    ]


def _missed(sale: Sale, column: str, there: dict | None) -> Sale:
    """The lost sale; of a new row that is there it tells the column that is another one."""
    if sale.new and there is not None and not sale.altered:
        return replace(sale, altered=column)
    return sale


def _what_is_wrong(column: str, there: dict | None) -> str:
    if there is None:
        return "missing"
    return f"with another {column}" if column in there else f"without {column}"


def count_damage(damaged: dict[str, list[str]]) -> dict[str, str]:
    """table -> "120 rows missing, 3 rows with another price", for the tables with damage."""
    told = {}
    for table, lines in damaged.items():
        counts = Counter(line.partition(": ")[2] for line in lines)
        told[table] = ", ".join(
            f"{count} {'row' if count == 1 else 'rows'} {what}" for what, count in counts.items()
        )
    return told


# Everything else


def inventory_changes(before: dict, now: Inventory) -> list[str]:
    """What is not as it was: schema, owners, grants, settings, other tables, the counter."""
    if now.facts is None:
        return [now.unread]
    lines = []
    after = _without_repeated_grants(before, now.facts)
    for told in inventory.differences(
        _without_the_shops_rows(before), _without_the_shops_rows(after)
    ):
        told = told.replace(": not in the backup", " is new").replace(", restored ", ", now ")
        lines.append(told.replace(": missing", " is gone"))
    if now.highest is not None and now.counter < now.highest:  # it hands out a number twice
        lines.append(
            f"the counter of orders.id stands at {now.counter}, the highest id is {now.highest}"
        )
    return lines


def _without_repeated_grants(before: dict, after: dict) -> dict:
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


def _without_the_shops_rows(facts: dict) -> dict:
    """They are compared one by one; and without counters, which only grow."""
    tables = {name: told for name, told in facts["tables"].items() if name not in KEYS}
    return facts | {"tables": tables, "sequences": {}}
