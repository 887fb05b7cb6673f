"""What lessons, drills and the bookshop import from the engine: this module, and no room of it.

So rooms can move and nobody's lesson breaks. A name is looked up when it is first used: a check
that needs the catalog does not pay for the drills.
"""

from importlib import import_module

_HOMES = {
    # errors, places, command lines
    "LabError": "errors:LabError",
    "commands": "commands",
    "locked": "file_locks:locked",
    "paths": "paths",
    # PostgreSQL
    "Catalog": "postgres.catalog:Catalog",
    "Change": "postgres.catalog:Change",
    "PINNED_SETTINGS": "postgres.fingerprint:SETTINGS",
    "as_fault": "postgres.catalog:as_fault",
    "catalog": "postgres.catalog",
    "databases": "postgres.databases",
    "difference": "postgres.catalog:difference",
    "fingerprint": "postgres.fingerprint",
    "in_words": "postgres.catalog:in_words",
    "rows_differ": "postgres.fingerprint:rows_differ",
    # servers
    "Cluster": "server.cluster:Cluster",
    "cluster": "server.cluster",
    "embedded": "server.embedded",
    "ports": "server.ports",
    "postgres_programs": "server.postgres_programs",
    "postmaster": "server.postmaster",
    "server": "server",
    "system_account": "server.system_account",
    "throwaway": "server.throwaway:throwaway",
    # the tools
    "Address": "backup.connection_url:Address",
    "BROKEN": "stairway.step_result:BROKEN",
    "IRREVERSIBLE": "stairway.step_result:IRREVERSIBLE",
    "LOSES": "stairway.step_result:LOSES",
    "REVERSIBLE": "stairway.step_result:REVERSIBLE",
    "base_backup": "backup.recovery.base_backup",
    "find_transaction": "backup.recovery.find_transaction",
    "findings": "stairway.step_descriptions:findings",
    "sqlite_backup": "backup.sqlite_backup",
    "stairway": "stairway",
    "wal_archive": "backup.recovery.wal_archive",
    # lessons and their checks
    "Database": "exercises.attempt:Database",
    "NotAttempted": "exercises:NotAttempted",
    "RIGHT": "exercises.verdict:RIGHT",
    "Start": "course.lessons:Start",
    "TerminalMagic": "notebook.terminal_magic:TerminalMagic",
    "Verdict": "exercises.verdict:Verdict",
    "Wrong": "exercises:Wrong",
    "chain_assertions": "exercises.chain_assertions",
    "check": "exercises:check",
    "start_states": "course.start_states",
    "student_programs": "exercises.student_programs",
    "tables": "pictures:tables",
    # drills
    "CALL": "drills.environment.event_log:CALL",
    "COLLATERAL": "drills.measurement.rpo_rto:COLLATERAL",
    "DRILL_SETTINGS": "drills.environment.drill_clusters:SETTINGS",
    "DRILL_TIMEOUT": "drills.environment.drill_state:TIMEOUT",
    "Differences": "drills.measurement.comparison:Differences",
    "DrillEnvironment": "drills.environment:DrillEnvironment",
    "Findings": "drills.measurement.evidence:Findings",
    "LOSSES": "drills.measurement.rpo_rto:LOSSES",
    "NOT_REPAIRED": "drills.measurement.rpo_rto:NOT_REPAIRED",
    "RowDifferences": "drills.measurement.comparison:RowDifferences",
    "Rows": "drills.measurement.evidence:Rows",
    "SALE_TYPES": "drills.workload.random_sales:SALE_TYPES",
    "Workload": "drills.workload.shop_workload:Workload",
    "comparison": "drills.measurement.comparison",
    "ledger": "drills.workload.ledger",
    "note_baseline": "drills.measurement.baseline:note_baseline",
    "read_baseline": "drills.measurement.baseline:read_baseline",
    "read_inventory": "drills.measurement.evidence_collection:read_inventory",
    "read_rows": "drills.measurement.shop_rows:read",
    "right": "drills.definitions:right",
    "trial_sale": "drills.workload.trial_sale",
    "wrong": "drills.definitions:wrong",
}
"""Name -> where it lives, "module" or "module:attribute", below migrationlab."""

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    found = import_module(f"migrationlab.{module}")
    if attribute:
        found = getattr(found, attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
