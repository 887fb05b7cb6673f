"""Booleans: SQLite has none, only 0 and 1, and whatever a program wrote instead."""

from tests.transfer.nasty.model import Case, one_table, stops

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, paid BOOLEAN);"


def mapping(**column) -> dict:
    return {"tables": {"t": {"columns": {"paid": column}}}}


CASES = [
    Case(
        "booleans_with_null",
        TABLE + "INSERT INTO t VALUES (1, 1), (2, 0), (3, NULL), (4, TRUE), (5, '1')",
        one_table(
            {"id": "bigint", "paid": "boolean"},
            [(1, True), (2, False), (3, None), (4, True), (5, True)],
        ),
    ),
    Case(
        "a_two_in_a_boolean",
        TABLE + "INSERT INTO t VALUES (1, 1), (2, 2), (3, -1), (4, 0.5)",
        stops(("not_a_boolean", "t", "paid", {"2": "2", "3": "-1", "4": "0.5"})),
    ),
    Case(
        "words_in_a_boolean",  # each of them PostgreSQL would take for true or false
        TABLE + "INSERT INTO t VALUES (1, 'true'), (2, 'f'), (3, 'on'), (4, 0)",
        stops(("not_a_boolean", "t", "paid", {"1": "true", "2": "f", "3": "on"})),
    ),
    Case(
        "words_in_a_boolean_explained",
        TABLE + "INSERT INTO t VALUES (1, 'yes'), (2, 'N'), (3, ''), (4, 1), (5, 0), (6, NULL)",
        one_table(
            {"id": "bigint", "paid": "boolean"},
            [(1, True), (2, False), (3, None), (4, True), (5, False), (6, None)],
        ),
        mapping=mapping(true_for=["yes", "Y"], false_for=["no", "N"], null_for=[""]),
    ),
    Case(
        "a_word_in_a_boolean_not_explained",
        TABLE + "INSERT INTO t VALUES (1, 'yes'), (2, 'N'), (3, 'perhaps'), (4, 'YES')",
        stops(("not_a_boolean", "t", "paid", {"3": "perhaps", "4": "YES"})),
        mapping=mapping(true_for=["yes"], false_for=["N"]),
    ),
    Case(
        "danish_words_in_a_text_made_boolean",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, paid TEXT);"
        "INSERT INTO t VALUES (1, 'ja'), (2, 'nej'), (3, NULL)",
        one_table({"id": "bigint", "paid": "boolean"}, [(1, True), (2, False), (3, None)]),
        mapping=mapping(type="boolean", true_for=["ja"], false_for=["nej"]),
    ),
]
