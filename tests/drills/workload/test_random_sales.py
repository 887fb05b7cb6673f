"""What customers want is drawn by chance, and the same for the same seed: without a server."""

import random

from migrationlab.drills.workload import ledger, random_sales


def sales(seed, count=200):
    chance = random.Random(seed)
    return [random_sales.draw(n, chance) for n in range(1, count + 1)]


def test_the_same_seed_draws_the_same_sales():
    assert sales(11) == sales(11) != sales(12)


def test_every_type_of_sale_is_drawn_and_has_its_statement():
    """Assert that a sale knows its row, and its statement gets every value that it names."""
    drawn = sales(11)
    assert {sale["what"] for sale in drawn} == set(random_sales.SALE_TYPES)
    for sale in drawn:
        statement, _ = random_sales.STATEMENTS[sale["what"]]
        assert sale["table"] in ledger.KEYS and f" {sale['table']} " in statement
        for name in random_sales.parameters(sale):
            assert f"%({name})s" in statement


def test_new_rows_have_keys_of_their_own():
    """Assert that no receipt and no voucher is sold twice."""
    keys = [(sale["table"], sale["key"]) for sale in sales(11) if sale["new"]]
    assert len(keys) == len(set(keys))
