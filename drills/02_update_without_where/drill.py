"""An UPDATE without WHERE writes every price anew, while the shop sells."""

from migrationlab.api import Scene, ledger

SCRIPT = """\
-- Monday's changes
UPDATE vouchers SET worth = worth + 50 WHERE code LIKE 'JUL-%' AND worth = 100;
UPDATE books SET price = {offer}; -- 'Bind {book}' is on offer
UPDATE books SET title = title || ' (hardback)' WHERE id % 7 = {hardback};
"""


def before(scene: Scene) -> None:
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    prices_change(scene, 2)
    scene.run("pg_basebackup --pgdata=backups/base --checkpoint=fast")
    scene.event("The base backup is taken.")
    prices_change(scene, 1)
    if scene.level > 1:  # it writes every book too, and changes nothing
        scene.ask("UPDATE books SET title = trim(title)")
    prices_change(scene, 2)
    scene.sell(scene.seed % 20)


def accident(scene: Scene) -> None:
    scene.remember(**mistake(scene.level, scene.seed))
    if scene.level < 3:
        scene.ask("UPDATE books SET price = {offer}".format(**scene.facts))
    else:
        scene.write("monday.sql", SCRIPT.format(**scene.facts))
        # No price is changed between its statements: nobody could tell such a row from a wrong one.
        with scene.paused():
            scene.run("psql --set=ON_ERROR_STOP=1 --file=monday.sql")


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


def afterwards(scene: Scene) -> None:
    prices_change(scene, 2)
    book = str(scene.facts["book"])
    with scene.paused():  # the one that was meant is entered again, and this time alone
        [(price,)] = scene.ask("SELECT price::text FROM books WHERE id = %s", book)
        scene.enter("books", book, "price", price)
    scene.event(f"The price of “Bind {book}” is entered properly.")
    if scene.level > 2:
        scene.ask("UPDATE customers SET name = trim(name)")
    prices_change(scene, 1)


def prices_change(scene: Scene, count: int) -> None:
    """Wait until the till has changed `count` more prices."""
    wanted = _prices(scene) + count
    while _prices(scene) < wanted:
        scene.sell_well(1)


def _prices(scene: Scene) -> int:
    return sum(sale.what == "price" for sale in ledger.acknowledged(scene.sales()))


def expected(scene: Scene, rows: dict) -> dict:
    """At night the script did two innocent things as well: they stay."""
    if scene.level < 3:
        return rows
    vouchers, books = dict(rows["vouchers"]), dict(rows["books"])
    for code, row in vouchers.items():
        if row["worth"] == "100.00":
            vouchers[code] = row | {"worth": "150.00"}
    for id, row in books.items():
        if int(id) % 7 == scene.facts["hardback"]:
            books[id] = row | {"title": row["title"] + " (hardback)"}
    return rows | {"vouchers": vouchers, "books": books}
