"""What a rescue was worth. The data go one way, from the first step to the last:

1. evidence_collection.py   read once: the shop, the ledger, what the drill expects. The result is
                            plain data (evidence.py). shop_rows.py and baseline.py help it
2. comparison.py            compare: which sales and rows are missing, what else has changed
3. rpo_rto.py               price: RPO, RTO, collateral, and the outcome
4. rescue_result.py         say: the result in words; drill_timeline.py draws what happened

measure_rescue.py runs the four. Only the first step needs a server.
"""
