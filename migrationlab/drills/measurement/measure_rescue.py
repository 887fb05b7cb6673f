"""Measure a rescue: read, compare, price, say."""

import time

from migrationlab.drills import definitions
from migrationlab.drills.definitions import Drill
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.measurement import comparison, evidence_collection, rescue_result, rpo_rto
from migrationlab.drills.measurement.comparison import Differences
from migrationlab.drills.measurement.evidence import DrillRecord, ShopReading
from migrationlab.drills.measurement.rescue_result import RescueResult


def measure(env: DrillEnvironment, given_up: bool = False) -> RescueResult:
    """The result as the shop is now. The till waits meanwhile. Raises LabError."""
    drill = definitions.find(env.drill)
    with env.workload.paused():
        now = time.time()
        # A drill whose result is not the shop's database reads and compares by itself.
        own = drill.hook("differences", env)
        shop = None if own else evidence_collection.read_shop(env, drill)
        record = evidence_collection.read_record(env, now)
    found = own or _compare(drill, shop, record)
    unavoidable = drill.hook("unavoidable", record.sales, record.facts, default=())
    return rescue_result.say(rpo_rto.price(record, found, unavoidable, given_up))


def _compare(drill: Drill, shop: ShopReading | str, record: DrillRecord) -> Differences:
    if isinstance(shop, str):  # why it cannot be measured
        return Differences(faults=[shop])
    return comparison.compare(
        shop,
        record.sales,
        lambda line, findings: drill.hook("is_collateral", line, findings, default=True),
    )
