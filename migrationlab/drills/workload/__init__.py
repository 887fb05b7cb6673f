"""The workload of a drill: the shop's till, which sells whatever happens to the database.

shop_workload.py      the process itself: sells, and writes the ledger
random_sales.py       what customers want, and the statements for it
workload_process.py   started, paused, waited for, ended
ledger.py             what was tried and what the database has answered
manual_change.py      somebody changes a value by hand
trial_sale.py         could it sell now?
"""
