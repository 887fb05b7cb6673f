"""Find comparisons in a row without brackets, which not everybody reads alike.

SQLite: =, <>, IS, IN, LIKE and BETWEEN are of one rank, < and > of a higher one. sqlglot reads
`a <> b BETWEEN c AND d` as `a <> (b BETWEEN c AND d)`, and SQLite as `(a <> b) BETWEEN c AND d`.
Source: https://www.sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes
"""

from migrationlab.transfer.sqlite.tokenizer import Token, tokens

WORDS = ("IS", "ISNULL", "NOTNULL", "IN", "BETWEEN", "LIKE", "GLOB", "REGEXP", "MATCH")
MARKS = "=<>!"
ENDS = ("OR", "WHEN", "THEN", "ELSE", ",")  # after them another comparison may begin


class Level:
    """What stands between two brackets, or CASE and END, since the last AND or OR."""

    def __init__(self, opening: str):
        self.opening = opening
        self.begin()

    def begin(self) -> None:
        self.comparisons, self.empty, self.between = 0, True, False


def is_ambiguous(expression: str) -> bool:
    """Whether a comparison or a NOT is the operand of another comparison without brackets."""
    found = tokens(expression)
    levels = [Level("")]
    for place, token in enumerate(found):
        before = found[place - 1] if place else None
        after = found[place + 1] if place + 1 < len(found) else None
        level = levels[-1]
        if token.says("NOT"):
            if not (level.empty or _belongs(before, after)):
                return True
            if _is_null(after):
                level.comparisons += not before.says("IS") if before else 1
        elif token.says("AND") and level.between:
            level.between = False
        elif token.says("AND", *ENDS):
            level.begin()
        elif token.says("(", "CASE"):
            level.empty = False
            levels.append(Level(token.text.upper()))
        elif token.says(")") and len(levels) > 1:
            levels.pop()
        elif token.says("END") and level.opening == "CASE":
            levels.pop()
        else:
            level.empty = False
            # <= and <> are two marks and one comparison, -> is none.
            double = before and before.says(*MARKS, "-") and before.end == token.start
            if token.says(*WORDS) or token.says(*MARKS) and not double:
                level.comparisons += 1
                level.between = token.says("BETWEEN")
        if level.comparisons > 1:
            return True
    return False


def _belongs(before: Token | None, after: Token | None) -> bool:
    """Whether this NOT is a part of IS NOT, NOT IN, NOT NULL …"""
    return (before is not None and before.says("IS")) or (
        after is not None and after.says(*WORDS, "NULL")
    )


def _is_null(after: Token | None) -> bool:
    return after is not None and after.says("NULL")
