"""Days and times: SQLite has no type for them, and PostgreSQL reads more than it should."""

from datetime import UTC, date, datetime, time

from tests.transfer.nasty.model import Case, one_table, stops


def table(type_: str, *values: str) -> str:
    """A table with a column `at`; the rows are numbered from 1."""
    rows = ", ".join(f"({number}, {value})" for number, value in enumerate(values, 1))
    return f"CREATE TABLE t (id INTEGER PRIMARY KEY, at {type_}); INSERT INTO t VALUES {rows}"


def rows(type_: str, *values, **keywords):
    return one_table({"id": "bigint", "at": type_}, list(enumerate(values, 1)), **keywords)


def mapping(**column) -> dict:
    return {"tables": {"t": {"columns": {"at": column}}}}


NAIVE, ZONED = "timestamp without time zone", "timestamp with time zone"

CASES = [
    Case(
        "valid_days",
        table("DATE", "'2024-02-29'", "'0001-01-01'", "'9999-12-31'", "NULL", "'1900-01-01'"),
        rows(
            "date",
            date(2024, 2, 29),
            date(1, 1, 1),
            date(9999, 12, 31),
            None,
            date(1900, 1, 1),
        ),
    ),
    Case(
        "days_that_are_none",
        table("DATE", "'2023-02-29'", "'2024-01-31'", "'2023-13-01'", "'2023-04-31'"),
        stops(("not_a_date", "t", "at", {"1": "2023-02-29", "3": "2023-13-01", "4": ""})),
    ),
    Case(
        "the_29th_of_february_1900",
        table("DATE", "'1900-02-29'", "'2000-02-29'", "'2100-02-29'"),
        stops(("not_a_date", "t", "at", {"1": "1900-02-29", "3": "2100-02-29"})),
    ),
    Case(
        "zero_day",
        table("DATE", "'0000-00-00'", "'2024-01-31'", "'0000-01-01'"),
        stops(("not_a_date", "t", "at", {"1": "0000-00-00", "3": "0000-01-01"})),
    ),
    Case(
        "zero_day_means_null",
        table("DATE", "'0000-00-00'", "'2024-01-31'", "''", "NULL"),
        rows("date", None, date(2024, 1, 31), None, None),
        mapping=mapping(null_for=["", "0000-00-00"]),
    ),
    Case(
        "empty_day",
        table("DATE", "''", "'2024-01-31'"),
        stops(("not_a_date", "t", "at", {"1": ""})),
    ),
    Case(
        "words_for_days",  # PostgreSQL would take them, and today would be another day tomorrow
        table("DATE", "'today'", "'infinity'", "'epoch'", "'2024-01-31'"),
        stops(("not_a_date", "t", "at", {"1": "today", "2": "infinity", "3": "epoch"})),
    ),
    Case(
        "now_in_a_datetime",
        table("DATETIME", "'now'", "'tomorrow'", "'2024-01-31 10:00'"),
        stops(("not_a_timestamp", "t", "at", {"1": "now", "2": "tomorrow"})),
    ),
    Case(
        "danish_day",
        table("DATE", "'31/01/2024'", "'2024-01-31'"),
        stops(("not_a_date", "t", "at", {"1": "31/01/2024"})),
    ),
    Case(
        "ambiguous_day",  # PostgreSQL would read 2 January
        table("DATE", "'01/02/2024'", "'01-02-2024'"),
        stops(("not_a_date", "t", "at", {"1": "01/02/2024", "2": "01-02-2024"})),
    ),
    Case(
        "danish_days_explained",
        table("DATE", "'31/01/2024'", "'01/02/2024'", "NULL"),
        rows("date", date(2024, 1, 31), date(2024, 2, 1), None),
        mapping=mapping(convert="DD/MM/YYYY"),
    ),
    Case(
        "danish_days_explained_but_one",
        table("DATE", "'31/01/2024'", "'31/02/2024'", "'1/2/2024'"),
        stops(("not_a_date", "t", "at", {"2": "31/02/2024", "3": "1/2/2024"})),
        mapping=mapping(convert="DD/MM/YYYY"),
    ),
    Case(
        "days_with_dots_explained",
        table("TEXT", "'24.12.2024'", "'29.02.2024'"),
        rows("date", date(2024, 12, 24), date(2024, 2, 29)),
        mapping=mapping(type="date", convert="DD.MM.YYYY"),
    ),
    Case(
        "days_written_together",  # DATE has NUMERIC affinity: the text '20240131' became a number
        table("DATE", "'20240131'", "20240229"),
        stops(("not_a_date", "t", "at", {"1": "20240131", "2": "20240229"})),
    ),
    Case(
        "days_written_together_explained",
        table("DATE", "'20240131'", "20240229"),
        rows("date", date(2024, 1, 31), date(2024, 2, 29)),
        mapping=mapping(convert="YYYYMMDD"),
    ),
    Case(
        "sloppy_days",
        table("DATE", "'2024-1-5'", "' 2024-01-05'", "'2024-01-05 '", "'2024-01-05'"),
        stops(("not_a_date", "t", "at", {"1": "2024-1-5", "2": "2024-01-05", "3": ""})),
    ),
    Case(
        "year_10000",
        table("DATE", "'10000-01-01'", "'-0044-03-15'", "'2024-01-05'"),
        stops(("not_a_date", "t", "at", {"1": "10000-01-01", "2": "-0044-03-15"})),
    ),
    Case(
        "a_time_of_day_in_a_date",  # date would drop it
        table("DATE", "'2024-01-05 10:30:00'", "'2024-01-05'"),
        stops(("not_a_date", "t", "at", {"1": "10:30"})),
    ),
    Case(
        "julian_day",
        table("DATE", "2460000.5", "2460001.5"),
        stops(("not_a_date", "t", "at", {"1": "2460000.5", "2": "2460001.5"})),
    ),
    Case(
        "julian_day_explained",
        table("DATE", "2460000.5", "2440587.5", "2415020.5"),
        rows("date", date(2023, 2, 25), date(1970, 1, 1), date(1900, 1, 1)),
        mapping=mapping(convert="julian day"),
    ),
    Case(
        "timestamps",
        table(
            "DATETIME",
            "'2024-03-31 02:30'",  # does not exist in Copenhagen
            "'2024-10-27T02:30:00'",  # exists twice there
            "'2024-01-05 23:59:59.123456'",
            "'2024-01-05 00:00:00.5'",
            "'0001-01-01 00:00:00'",
            "'9999-12-31 23:59:59.999999'",
            "NULL",
        ),
        rows(
            NAIVE,
            datetime(2024, 3, 31, 2, 30),
            datetime(2024, 10, 27, 2, 30),
            datetime(2024, 1, 5, 23, 59, 59, 123456),
            datetime(2024, 1, 5, 0, 0, 0, 500000),
            datetime(1, 1, 1),
            datetime(9999, 12, 31, 23, 59, 59, 999999),
            None,
        ),
        target="ALTER DATABASE {database} SET timezone = 'Europe/Copenhagen';"
        "ALTER DATABASE {database} SET datestyle = 'German'",
    ),
    Case(
        "seventh_digit_of_a_second",  # PostgreSQL would round it away
        table("TIMESTAMP", "'2024-01-05 10:00:00.1234567'", "'2024-01-05 10:00:00.123456'"),
        stops(("not_a_timestamp|too_precise", "t", "at", {"1": "1234567"})),
    ),
    Case(
        "times_that_postgres_moves",  # it would make the next day, or the next minute, of them
        table("DATETIME", "'2024-01-05 24:00:00'", "'2024-01-05 23:59:60'", "'2024-01-05 23:59'"),
        stops(("not_a_timestamp", "t", "at", {"1": "24:00:00", "2": "23:59:60"})),
    ),
    Case(
        "a_timestamp_on_no_day",
        table("DATETIME", "'2023-02-29 10:00:00'", "'0000-00-00 00:00:00'", "''"),
        stops(("not_a_timestamp", "t", "at", {"1": "2023-02-29", "2": "0000-00-00", "3": ""})),
    ),
    Case(
        "timestamps_with_zones",
        table(
            "TIMESTAMP",
            "'2024-07-01 12:00:00+02:00'",
            "'2024-07-01T12:00:00Z'",
            "'2024-07-01 12:00:00.25-05:30'",
            "NULL",
        ),
        rows(
            ZONED,
            datetime(2024, 7, 1, 10, tzinfo=UTC),
            datetime(2024, 7, 1, 12, tzinfo=UTC),
            datetime(2024, 7, 1, 17, 30, 0, 250000, tzinfo=UTC),
            None,
        ),
        target="ALTER DATABASE {database} SET timezone = 'Asia/Kathmandu'",
    ),
    Case(
        "some_timestamps_with_zones",
        table("TIMESTAMP", "'2024-07-01 12:00:00+02:00'", "'2024-07-01 12:00:00'"),
        stops(("mixed_zones", "t", "at")),
    ),
    Case(
        "an_impossible_zone",
        table("TIMESTAMP", "'2024-07-01 12:00:00+25:00'", "'2024-07-01 12:00:00+01:00'"),
        stops(("not_a_timestamp|mixed_zones", "t", "at", {"1": "+25:00"})),
    ),
    Case(
        "a_zone_by_name",
        table("TIMESTAMP", "'2024-07-01 12:00:00 CET'", "'2024-07-01 12:00:00'"),
        stops(("not_a_timestamp", "t", "at", {"1": "CET"})),
    ),
    Case(
        "a_day_alone_in_a_datetime",
        table("DATETIME", "'2024-07-01'", "'2024-07-01 12:00:00'"),
        stops(("not_a_timestamp", "t", "at", {"1": "2024-07-01"})),
    ),
    Case(
        "a_day_alone_means_midnight",
        table("DATETIME", "'2024-07-01'", "'2024-07-01 12:00:00'"),
        rows(NAIVE, datetime(2024, 7, 1), datetime(2024, 7, 1, 12)),
        mapping=mapping(convert="midnight"),
    ),
    Case(
        "epoch_seconds",
        table("DATETIME", "1704067200", "'2024-07-01 12:00:00'"),
        stops(("not_a_timestamp", "t", "at", {"1": "1704067200"})),
    ),
    Case(
        "epoch_seconds_explained",
        table("DATETIME", "1704067200", "-1", "0", "NULL"),
        rows(
            ZONED,
            datetime(2024, 1, 1, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            None,
        ),
        mapping=mapping(type="timestamptz", convert="unix seconds"),
        target="ALTER DATABASE {database} SET timezone = 'Europe/Copenhagen'",
    ),
    Case(
        "epoch_milliseconds_explained",
        table("INTEGER", "1704067200123", "-1", "999"),
        rows(
            ZONED,
            datetime(2024, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 0, 0, 999000, tzinfo=UTC),
        ),
        mapping=mapping(type="timestamp with time zone", convert="unix milliseconds"),
    ),
    Case(
        "times_of_day",
        table("TIME", "'10:00'", "'23:59:59.5'", "'00:00:00'", "NULL"),
        rows("time without time zone", time(10), time(23, 59, 59, 500000), time(0), None),
    ),
    Case(
        "times_of_no_day",
        table("TIME", "'24:00'", "'25:61'", "'10:00'", "'10:00 PM'"),
        stops(("not_a_time", "t", "at", {"1": "24:00", "2": "25:61", "4": "10:00 PM"})),
    ),
    Case(
        "a_day_and_a_time_explained",
        table("TEXT", "'24/12/2024 18:30'", "'01/02/2024 00:00'"),
        rows(NAIVE, datetime(2024, 12, 24, 18, 30), datetime(2024, 2, 1)),
        mapping=mapping(type="timestamp", convert="DD/MM/YYYY HH24:MI"),
    ),
]
