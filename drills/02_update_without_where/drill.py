"""An UPDATE without WHERE writes every price anew, while the shop sells."""

from migrationlab.api import DrillEnvironment, Rows, ledger

SCRIPT = """\
-- Monday's changes
UPDATE vouchers SET worth = worth + 50 WHERE code LIKE 'JUL-%' AND worth = 100;
UPDATE books SET price = {offer}; -- 'Bind {book}' is on offer
UPDATE books SET title = title || ' (hardback)' WHERE id % 7 = {hardback};
"""


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    prices_change(env, 2)
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    env.events.note("The base backup is taken.")
    prices_change(env, 1)
    if env.level > 1:  # it writes every book too, and changes nothing
        env.ask("UPDATE books SET title = trim(title)")
    prices_change(env, 2)
    env.workload.sell(env.seed % 20)


def accident(env: DrillEnvironment) -> None:
    env.remember(**mistake(env.level, env.seed))
    if env.level < 3:
        env.ask("UPDATE books SET price = {offer}".format(**env.facts))
    else:
        env.files.write("monday.sql", SCRIPT.format(**env.facts))
        # No price is changed between its statements: nobody could tell such a row from a wrong one.
        with env.workload.paused():
            env.run("psql --set=ON_ERROR_STOP=1 --file=monday.sql")


def mistake(level: int, seed: int) -> dict:
    """What was typed, for which book it was meant, and what the shop sees."""
    facts = {"book": 11 + seed * 37 % 280, "hardback": seed % 7}
    if level == 1 or level == 3 and seed % 2:
        price = (39, 49, 59, 79, 99)[seed % 5]
        return facts | {"offer": price, "symptom": f"Every book costs {price} kr."}
    percent = (10, 20, 30, 40)[seed % 4]
    return facts | {
        "percent": percent,
        "offer": f"round(price * {1 - percent / 100:.1f}, -1) - 1",
        "symptom": "Every book is too cheap, and every price ends in 9.",
    }


def afterwards(env: DrillEnvironment) -> None:
    prices_change(env, 2)
    book = str(env.facts["book"])
    with env.workload.paused():  # the one that was meant is entered again, and this time alone
        [(price,)] = env.ask("SELECT price::text FROM books WHERE id = %s", book)
        env.change_by_hand("books", book, "price", price)
    env.events.note(f"The price of “Bind {book}” is entered properly.")
    if env.level > 2:
        env.ask("UPDATE customers SET name = trim(name)")
    prices_change(env, 1)


def prices_change(env: DrillEnvironment, count: int) -> None:
    """Wait until the till has changed `count` more prices."""
    wanted = _prices(env) + count
    while _prices(env) < wanted:
        env.workload.sell_well(1)


def _prices(env: DrillEnvironment) -> int:
    return sum(sale.what == "price" for sale in ledger.acknowledged(env.workload.sales()))


def expected(rows: Rows, level: int, facts: dict) -> Rows:
    """At night the script did two innocent things as well: they stay."""
    if level < 3:
        return rows
    vouchers, books = dict(rows["vouchers"]), dict(rows["books"])
    for code, row in vouchers.items():
        if row["worth"] == "100.00":
            vouchers[code] = row | {"worth": "150.00"}
    for id, row in books.items():
        if int(id) % 7 == facts["hardback"]:
            books[id] = row | {"title": row["title"] + " (hardback)"}
    return rows | {"vouchers": vouchers, "books": books}
