"""One bit of a table is turned over on the disk; at night one more, in another table."""

import random
import re
import struct

from migrationlab.api import DrillEnvironment, Findings, LabError, read_baseline

PAGE = 8192
COLUMNS = {"orders": "price", "customers": "name", "books": "title"}
"""Where the bit is turned over: in a value that the till never changes."""
SYMPTOMS = {
    "orders": "“Some customers cannot see what they bought. Others can.”",
    "customers": "“For some customers the till takes no order, and I cannot open their address. "
    "For the others it works.”",
    "books": "“Some books cannot be sold, and I see no price. The others sell.”",
}
NEWER = "- a base backup that a colleague has taken just now, `backups/newer`"
ROWS = """
SELECT (ctid::text::point)[0]::int AS block, (ctid::text::point)[1]::int AS item, {column}::text
FROM {table} WHERE id <= {last} ORDER BY 1, 2
"""


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    env.workload.sell_well(30)
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast --no-sync")
    env.events.note("The base backup is taken.")
    env.workload.sell_well(20 + env.seed % 25)


def accident(env: DrillEnvironment) -> None:
    """The machine goes down, and comes up again with a disk that forgets."""
    tables = random.Random(env.seed).sample(sorted(COLUMNS), k=2 if env.level > 2 else 1)
    with env.workload.paused():  # no row moves between the choice and the damage
        victims = [_choose(env, table) for table in tables]
        env.clusters.stop()  # every page is on the disk, and none in the server's memory any more
        for file, offset in victims:
            _turn_over(env.folder / "data" / file, offset)
        env.clusters.start()
    env.remember(
        table=tables[0],
        symptom=" ".join(SYMPTOMS[table] for table in tables),
        newer=NEWER if env.level > 1 else "",
    )


def _choose(env: DrillEnvironment, table: str) -> tuple[str, int]:
    """A bit in an older row, whose page the till does not write to: file and place in it."""
    chance = random.Random(f"{env.seed} {table}")
    last = len(read_baseline(env).rows[table])  # ids begin at 1
    column = COLUMNS[table]
    rows = env.ask(ROWS.format(column=column, table=table, last=last))
    [(file, pages)] = env.ask(
        "SELECT pg_relation_filepath(%s), pg_relation_size(%s) / %s", table, table, PAGE
    )
    env.ask("CHECKPOINT")  # so that the tuple is in the file
    block, item, value = chance.choice([row for row in rows if row[0] < pages - 1] or rows)
    page = (env.folder / "data" / file).read_bytes()[block * PAGE : (block + 1) * PAGE]
    # A page begins with 24 bytes; then come the items, 4 bytes each: where the row is, how long.
    place = struct.unpack_from("<I", page, 24 + 4 * (item - 1))[0]
    begin, length = place & 0x7FFF, place >> 17
    data = begin + page[begin + 22]  # t_hoff: the length of the row's header
    sought = _as_stored(column, value)
    at = page.index(sought, data, begin + length)
    return file, block * PAGE + at + len(sought) - (2 if column == "price" else 1)


def _as_stored(column: str, value: str) -> bytes:
    """A text is kept as it is. A price without øre is one number behind a short header."""
    if column != "price":
        return value.encode()
    return bytes((0x0B, 0x00, 0x81)) + struct.pack("<h", int(float(value)))


def _turn_over(path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def afterwards(env: DrillEnvironment) -> None:
    said = env.run("pg_dump --format=custom --file=backups/tonight.dump shop", fails=True)
    env.files.write("backups/tonight.log", said)
    if "invalid page" not in said:
        raise LabError("The drill has damaged nothing.", todo=said)
    if env.level > 1:  # the fresh backup that a colleague has “made work”
        option = "--no-verify-checksums"
        env.run(f"pg_basebackup --pgdata=backups/newer --checkpoint=fast --no-sync {option}")


def findings(env: DrillEnvironment) -> Findings:
    """Is there damage on the disk, read by nobody yet, or a setting that hides it?"""
    where = env.database.address()
    place = {"port": int(where["port"]), "database": where["dbname"]}
    names = "ignore_checksum_failure", "zero_damaged_pages", "data_checksums"
    asked = ", ".join(f"current_setting('{name}')" for name in names)
    [(ignoring, zeroing, checksums)] = env.ask(f"SELECT {asked}", **place)
    faults = []
    if ignoring == "on" or zeroing == "on":
        faults.append("The server is told to hide damage. The next damaged page goes unnoticed.")
    if checksums == "off":
        faults.append("The checksums are off. The next damaged page goes unnoticed.")
    said = env.run(
        "pg_basebackup --target=blackhole --wal-method=none --checkpoint=fast "
        f"--port={place['port']}",
        fails=True,
    )
    for number, block in re.findall(r'file ".*/(\d+)[.\d]*", block (\d+):', said):
        [(name,)] = env.ask("SELECT pg_filenode_relation(0, %s)::text", number, **place)
        faults.append(f"On the disk, page {block} of {name or f'the file {number}'} is damaged.")
    return Findings(faults=tuple(faults))
