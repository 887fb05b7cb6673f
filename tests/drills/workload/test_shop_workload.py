"""The till sells whatever happens to the server, and tells what the server has answered."""

import random
import time

import pytest

from migrationlab.drills import definitions
from migrationlab.drills.workload import ledger, random_sales
from migrationlab.drills.workload.ledger import OK, UNKNOWN
from migrationlab.drills.workload.shop_workload import Workload
from migrationlab.drills.workload.workload_process import END


@pytest.mark.slow
def test_the_till_comes_back_after_a_restart(begin):
    """Assert that one connection that breaks leaves at most one sale without an answer."""
    env = begin(definitions.find("dropped_table"), level=1, seed=7)
    before = len(env.workload.sales())
    env.clusters.stop(mode="immediate")
    env.clusters.start()
    env.workload.sell_well(5)
    # The sale that is under way at this moment has no answer yet: `at` is 0.
    said = [sale.said for sale in env.workload.sales()[before:] if sale.at]
    assert said.count(OK) >= 5
    assert said.count(UNKNOWN) <= 1


class Recording(Workload):
    """Sells a few sales to nobody, and then closes."""

    def connect(self):
        return (self.notes / "nothing").open("w")

    def write(self, connection, sold):
        if self._n % 4 == 0:
            (self.notes / END).touch()
        return {}


def test_after_a_restart_customers_go_on_where_they_were(tmp_path):
    """Assert that a till that was killed repeats no wish, and changes by hand count for none."""
    (tmp_path / ".drill").mkdir()
    file = tmp_path / ".drill" / ledger.FILE
    with file.open("w", encoding="utf-8") as book:
        told = dict(what="phone", table="customers", key="1", values={"phone": "1"}, new=False)
        ledger.note(book, n=-1, said=ledger.TRY, tried_at=time.time(), **told)
    for _ in range(3):
        Recording(tmp_path, 11).run()
        (tmp_path / ".drill" / END).unlink()
    chance = random.Random(11)
    wanted = [random_sales.draw(n, chance) for n in range(1, 13)]
    sales = [sale for sale in ledger.read(file) if sale.n > 0]
    assert [sale.n for sale in sales] == list(range(1, 13))
    assert [(sale.what, sale.key) for sale in sales] == [(w["what"], w["key"]) for w in wanted]
