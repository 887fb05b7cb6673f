"""A migration drops a column that is still needed, while the shop sells."""

from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from migrationlab.api import LabError, Scene, catalog, ledger

SCHEMA = """
CREATE INDEX orders_by_book ON orders (book_id);
UPDATE alembic_version SET version_num = '0002';
"""
NOISE = "CREATE TABLE import_monday AS SELECT n, md5(n::text) AS line FROM generate_series(1, 50) n"
VERSION = "SELECT string_agg(version_num, ' and ' ORDER BY version_num) FROM alembic_version"
VERSIONS = "migrations/versions"


def before(scene: Scene) -> None:
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    customers = [str(1 + (scene.seed * 31 + k * 17) % 200) for k in range(10)]
    numbers = [f"+45 {31000000 + (scene.seed * 7919 + k * 104729) % 9000000}" for k in range(10)]
    phones = list(zip(customers, numbers, strict=True))
    new_phones(scene, phones[:2])
    scene.sell(10)
    scene.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    scene.event("The base backup is taken.")
    new_phones(scene, phones[2 : 5 + scene.seed % 5])
    if scene.level > 1:
        scene.ask(NOISE)
        scene.sell(10)
        scene.ask("DROP TABLE import_monday")
    scene.sell(15 + scene.seed % 25)
    for path in deployed(scene):
        scene.write(f"{VERSIONS}/{path.name}", path.read_text("utf-8"))


def new_phones(scene: Scene, phones: list[tuple[str, str]]) -> None:
    """Customers tell their new number at the counter."""
    for customer, number in phones:
        scene.enter("customers", customer, "phone", number)
        scene.sell(2)


def deployed(scene: Scene) -> list[Path]:
    """The migrations that are run today."""
    when = "night" if scene.level > 2 else "day"
    return sorted((Path(__file__).parent / "deploy" / when).glob("*.py"))


def accident(scene: Scene) -> None:
    scene.run("alembic upgrade 0003" if scene.level > 2 else "alembic upgrade head")


def afterwards(scene: Scene) -> None:
    if scene.level > 2:
        for k in range(3 + scene.seed % 3):
            customer = str(1 + (scene.seed * 41 + k * 19) % 200)
            scene.enter("customers", customer, "newsletter", "true")
        scene.run("alembic upgrade head")  # a second deploy, an innocent one
        scene.event("Another migration is deployed: 0004.")
    wanted = addresses(scene) + 2
    while addresses(scene) < wanted:
        scene.sell_well(1)


def addresses(scene: Scene) -> int:
    return sum(sale.what == "address" for sale in ledger.acknowledged(scene.sales()))


def expected(scene: Scene, rows: dict) -> dict:
    """At night the migration has done something good as well: it stays."""
    if scene.level < 3:
        return rows
    customers = {id: row | {"newsletter": "false"} for id, row in rows["customers"].items()}
    return rows | {"customers": customers}


def collateral(scene: Scene, lines: list[str]) -> list[str]:
    """The schema is judged by the migrations: they must build what the shop has.

    So a new revision on top of all is right, and a downgrade is, when the revision goes too.
    """
    kept = [line for line in lines if not line.startswith(("schema", "table alembic_version"))]
    return kept + edited(scene) + history(scene)


def edited(scene: Scene) -> list[str]:
    """A migration that was run is not changed any more."""
    lines = []
    for path in sorted((Path(__file__).parent / "files" / VERSIONS).glob("*.py")) + deployed(scene):
        there = scene.folder / VERSIONS / path.name
        if there.exists() and there.read_text("utf-8") != path.read_text("utf-8"):
            lines.append(
                f"{path.name} was edited after it had been run: whoever has run it already does "
                "not get the change"
            )
    return lines


def history(scene: Scene) -> list[str]:
    """What a new database, built by `alembic upgrade head`, has otherwise than the shop's."""
    where = scene.shop()
    live, port = where["dbname"], int(where["port"])
    try:
        scene.ask("DROP DATABASE IF EXISTS built WITH (FORCE)", port=port, database="postgres")
        scene.ask("CREATE DATABASE built", port=port, database="postgres")
        scene.run("alembic upgrade head", DATABASE_URL=scene.server(port).url("built"))
        with closing(scene.server(port).connect("built")) as connection:
            built = catalog.snapshot(connection)
        with closing(scene.server(port).connect(live)) as connection:
            there = catalog.snapshot(connection)
        [(newest,)] = scene.ask(VERSION, port=port, database="built")
        [(current,)] = scene.ask(VERSION, port=port, database=live)
    except LabError as error:
        last = str(error).strip().splitlines()[-1]
        return [f"“alembic upgrade head” does not build a new database any more: {last}"]
    except psycopg2.Error as error:
        return [f"the migrations cannot be compared: {str(error).strip().splitlines()[0]}"]
    finally:
        with suppress(psycopg2.Error):
            scene.ask("DROP DATABASE IF EXISTS built WITH (FORCE)", port=port, database="postgres")
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
