"""What the plan says of each kind of problem: (the reason, what the user can decide)."""

REASONS = {
    "not_a_number": (
        "SQLite holds a text or a blob here, and the type is a number",
        'mend the rows, or in the mapping: convert = "number" for texts of digits, null_for = '
        '[...] for texts that mean nothing, or type = "text"',
    ),
    "not_an_integer": (
        "numbers with decimals in a column of integers",
        'in the mapping: type = "numeric" or type = "double precision"',
    ),
    "out_of_range": (
        "numbers outside the range of {type}",
        'in the mapping a wider type, for example type = "numeric"',
    ),
    "too_precise": (
        "numbers with more digits than {type} holds",
        'in the mapping a wider type, for example type = "numeric"',
    ),
    "blob_in_text": (
        "blobs in a column of texts",
        'mend the rows, or in the mapping: type = "bytea" if all are blobs',
    ),
    "text_in_blob": (
        "values that are no blobs in a column of blobs",
        'mend the rows, or in the mapping: type = "text" if all are texts',
    ),
    "mixed_classes": (
        "numbers among the texts: 5 and '5' are two values in SQLite, and would be one",
        'in the mapping: convert = "digits" writes numbers as their digits',
    ),
    "invalid_utf8": (
        "bytes that are no UTF-8, so no text",
        'mend the rows, or in the mapping: convert = "latin-1" or "windows-1252", if they are that',
    ),
    "nul_character": (
        "texts with the character NUL, which no text in PostgreSQL can hold",
        "mend the rows; nobody can see what stands behind a NUL in most programs",
    ),
    "not_a_boolean": (
        "values other than 0 and 1 in a boolean column",
        'in the mapping: true_for = ["yes"] and false_for = ["no"], or type = "bigint" or "text"',
    ),
    "not_a_date": (
        "values that are no day in the form YYYY-MM-DD",
        'in the mapping: convert = "DD/MM/YYYY" (or "iso | DD/MM/YYYY" for several forms), '
        '"unix seconds" or "julian day"; null_for = [""]; or type = "text"',
    ),
    "not_a_timestamp": (
        "values that are no moment in the form YYYY-MM-DD HH:MM:SS",
        'in the mapping: convert = "unix seconds", "unix milliseconds", "julian day", or '
        '"iso | midnight" where a date alone means midnight; null_for = [""]; or type = "text"',
    ),
    "mixed_zones": (
        "moments with and without a time zone in one column",
        'mend the rows, or in the mapping: type = "text"; the tool invents no zone',
    ),
    "not_a_time": (
        "values that are no time of day in the form HH:MM:SS",
        'mend the rows, or in the mapping: null_for = [""] or type = "text"',
    ),
    "not_a_uuid": (
        "texts that are no UUID in lower case, 8-4-4-4-12",
        'in the mapping: type = "text"',
    ),
    "not_json": ("texts that are no JSON", 'in the mapping: type = "text"'),
    "too_long": (
        "texts longer than {type} allows, or with spaces at the end that it would cut",
        "make the column wider with a migration, or mend the rows",
    ),
    "not_a_label": (
        "texts that are no label of the type {type}",
        "add the label with a migration (ALTER TYPE … ADD VALUE), or mend the rows",
    ),
    "null_in_key": (
        "NULL in the primary key; SQLite allows it, PostgreSQL does not",
        "give these rows a key, or delete them",
    ),
    "null_not_allowed": (
        "NULL where the column is NOT NULL",
        "mend the rows, or make the column nullable",
    ),
    "broken_foreign_key": (
        "the row that it points to does not exist in {parent}",
        "mend the rows, use --quarantine, or give the key up: skip_foreign_keys in the mapping",
    ),
    "impossible_foreign_key": (
        "a foreign key that PostgreSQL cannot have: {fault}",
        "give it up with skip_foreign_keys in the mapping, or mend the schema",
    ),
    "check_violated": (
        "rows that break the rule CHECK ({check})",
        "mend the rows; they came in before the rule, or past it",
    ),
    "too_large": (
        "values too large for PostgreSQL, whose limit is 1 GB",
        "keep them as files, or leave the column behind: skip = true",
    ),
    "no_place": ("the target has no such {what}", "add it with a migration, or skip = true"),
    "nothing_for": (
        "the target wants a value here (NOT NULL without a default), and the file has none",
        "give the column a default with a migration, or name the source column in the mapping",
    ),
    "reserved_name": (
        "PostgreSQL keeps this name for itself",
        'in the mapping: name = "another_name"',
    ),
    "name_clash": ("two of them would have the name {name}", 'in the mapping: name = "…"'),
    "exists": (
        "the target has a relation of this name already",
        "--existing puts rows into it; or another --schema, or a new database",
    ),
    "not_empty": (
        "the target table has rows already",
        "empty it, or name it with --append to add to what is there",
    ),
    "duplicate_key": (
        "values that are different in SQLite are the same in PostgreSQL, and the key ({key}) must "
        "be unique",
        "mend the rows, or choose a type that keeps them apart",
    ),
    "too_many_columns": (
        "it has {columns} columns, and a table of PostgreSQL has at most 1,600",
        "leave columns behind with skip = true in the mapping",
    ),
    "no_name": ("the name is empty, which PostgreSQL does not allow", 'in the mapping: name = "…"'),
    "no_key": (
        "no way to name a row: all three names of the rowid are hidden by columns",
        "rename one of the columns rowid, _rowid_ and oid",
    ),
}
