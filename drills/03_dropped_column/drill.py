"""A migration drops a column that is still needed, while the shop sells."""

from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from migrationlab.api import DrillEnvironment, Findings, LabError, Rows, catalog, ledger

SCHEMA = """
CREATE INDEX orders_by_book ON orders (book_id);
UPDATE alembic_version SET version_num = '0002';
"""
NOISE = "CREATE TABLE import_monday AS SELECT n, md5(n::text) AS line FROM generate_series(1, 50) n"
VERSION = "SELECT string_agg(version_num, ' and ' ORDER BY version_num) FROM alembic_version"
VERSIONS = "migrations/versions"


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    customers = [str(1 + (env.seed * 31 + k * 17) % 200) for k in range(10)]
    numbers = [f"+45 {31000000 + (env.seed * 7919 + k * 104729) % 9000000}" for k in range(10)]
    phones = list(zip(customers, numbers, strict=True))
    new_phones(env, phones[:2])
    env.workload.sell(10)
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    env.events.note("The base backup is taken.")
    new_phones(env, phones[2 : 5 + env.seed % 5])
    if env.level > 1:
        env.ask(NOISE)
        env.workload.sell(10)
        env.ask("DROP TABLE import_monday")
    env.workload.sell(15 + env.seed % 25)
    for path in deployed(env):
        env.files.write(f"{VERSIONS}/{path.name}", path.read_text("utf-8"))


def new_phones(env: DrillEnvironment, phones: list[tuple[str, str]]) -> None:
    """Customers tell their new number at the counter."""
    for customer, number in phones:
        env.change_by_hand("customers", customer, "phone", number)
        env.workload.sell(2)


def deployed(env: DrillEnvironment) -> list[Path]:
    """The migrations that are run today."""
    when = "night" if env.level > 2 else "day"
    return sorted((Path(__file__).parent / "deploy" / when).glob("*.py"))


def accident(env: DrillEnvironment) -> None:
    env.run("alembic upgrade 0003" if env.level > 2 else "alembic upgrade head")


def afterwards(env: DrillEnvironment) -> None:
    if env.level > 2:
        for k in range(3 + env.seed % 3):
            customer = str(1 + (env.seed * 41 + k * 19) % 200)
            env.change_by_hand("customers", customer, "newsletter", "true")
        env.run("alembic upgrade head")  # a second deploy, an innocent one
        env.events.note("Another migration is deployed: 0004.")
    wanted = addresses(env) + 2
    while addresses(env) < wanted:
        env.workload.sell_well(1)


def addresses(env: DrillEnvironment) -> int:
    return sum(sale.what == "address" for sale in ledger.acknowledged(env.workload.sales()))


def expected(rows: Rows, level: int, facts: dict) -> Rows:
    """At night the migration has done something good as well: it stays."""
    if level < 3:
        return rows
    customers = {id: row | {"newsletter": "false"} for id, row in rows["customers"].items()}
    return rows | {"customers": customers}


def findings(env: DrillEnvironment) -> Findings:
    """The schema is judged by the migrations: they must build what the shop has.

    So a new revision on top of all is right, and a downgrade is, when the revision goes too.
    """
    return Findings(collateral=(*edited(env), *history(env)))


def is_collateral(line: str, findings: Findings) -> bool:
    return not line.startswith(("schema", "table alembic_version"))


def edited(env: DrillEnvironment) -> list[str]:
    """A migration that was run is not changed any more."""
    lines = []
    for path in sorted((Path(__file__).parent / "files" / VERSIONS).glob("*.py")) + deployed(env):
        there = env.folder / VERSIONS / path.name
        if there.exists() and there.read_text("utf-8") != path.read_text("utf-8"):
            lines.append(
                f"{path.name} was edited after it had been run: whoever has run it already does "
                "not get the change"
            )
    return lines


def history(env: DrillEnvironment) -> list[str]:
    """What a new database, built by `alembic upgrade head`, has otherwise than the shop's."""
    where = env.database.address()
    live, port = where["dbname"], int(where["port"])
    try:
        env.ask("DROP DATABASE IF EXISTS built WITH (FORCE)", port=port, database="postgres")
        env.ask("CREATE DATABASE built", port=port, database="postgres")
        env.run("alembic upgrade head", DATABASE_URL=env.access.server(port).url("built"))
        with closing(env.access.server(port).connect("built")) as connection:
            built = catalog.snapshot(connection)
        with closing(env.access.server(port).connect(live)) as connection:
            there = catalog.snapshot(connection)
        [(newest,)] = env.ask(VERSION, port=port, database="built")
        [(current,)] = env.ask(VERSION, port=port, database=live)
    except LabError as error:
        last = str(error).strip().splitlines()[-1]
        return [f"“alembic upgrade head” does not build a new database any more: {last}"]
    except psycopg2.Error as error:
        return [f"the migrations cannot be compared: {str(error).strip().splitlines()[0]}"]
    finally:
        with suppress(psycopg2.Error):
            env.ask("DROP DATABASE IF EXISTS built WITH (FORCE)", port=port, database="postgres")
    lines = []
    if unlike := [catalog.as_fault(change) for change in catalog.difference(there, built)]:
        told = "; ".join(unlike)
        lines.append(f"a new database, built by the migrations, is not like the shop's: {told}")
    if newest != current:
        lines.append(
            f"alembic_version says {current or 'nothing'}, the newest migration is {newest}: the "
            "next deploy runs what is in between"
        )
    return lines
