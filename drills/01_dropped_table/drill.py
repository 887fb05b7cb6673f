"""A table is dropped while the shop sells."""

from migrationlab.api import Scene

NOISE = "CREATE TABLE import_{0} AS SELECT n, md5(n::text) AS line FROM generate_series(1, 50) AS n"


def before(scene: Scene) -> None:
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    scene.sell(30)
    scene.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    scene.event("The base backup is taken.")
    if scene.level > 1:  # an innocent DROP before the guilty one
        scene.ask(NOISE.format("monday"))
        scene.sell(15 + scene.seed % 20)
        scene.ask("DROP TABLE import_monday")
    scene.sell(15 + scene.seed % 25)


def accident(scene: Scene) -> None:
    scene.ask("DROP TABLE vouchers")


def afterwards(scene: Scene) -> None:
    if scene.level > 2:  # and one after it
        scene.ask(NOISE.format("tuesday"))
        scene.sell(10)
        scene.ask("DROP TABLE import_tuesday")
        scene.sell(20)
