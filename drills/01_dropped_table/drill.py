"""A table is dropped while the shop sells."""

from migrationlab.api import DrillEnvironment

NOISE = "CREATE TABLE import_{0} AS SELECT n, md5(n::text) AS line FROM generate_series(1, 50) AS n"


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    env.workload.sell(30)
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    env.events.note("The base backup is taken.")
    if env.level > 1:  # an innocent DROP before the guilty one
        env.ask(NOISE.format("monday"))
        env.workload.sell(15 + env.seed % 20)
        env.ask("DROP TABLE import_monday")
    env.workload.sell(15 + env.seed % 25)


def accident(env: DrillEnvironment) -> None:
    env.ask("DROP TABLE vouchers")


def afterwards(env: DrillEnvironment) -> None:
    if env.level > 2:  # and one after it
        env.ask(NOISE.format("tuesday"))
        env.workload.sell(10)
        env.ask("DROP TABLE import_tuesday")
        env.workload.sell(20)
