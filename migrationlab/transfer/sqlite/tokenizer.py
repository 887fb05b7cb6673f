"""Cut SQLite's SQL into tokens: no word inside a string, a quoted name or a comment misleads us.

Source: https://www.sqlite.org/lang_keywords.html (four ways to quote) and src/tokenize.c.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
      | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """kind: "string", "name" (quoted), "word" (bare), "number" or "mark" (one character).

    start, end: where it stands in the statement.
    """

    kind: str
    text: str
    start: int
    end: int

    def says(self, *words: str) -> bool:
        """Whether it is one of these bare words (given in capitals) or marks."""
        if self.kind == "word":
            return self.text.upper() in words
        return self.kind == "mark" and self.text in words

    @property
    def value(self) -> str:
        """The name or text that it stands for, without its quotes."""
        if self.kind not in ("string", "name"):
            return self.text
        mark = self.text[-1]
        inner = self.text[1:-1]
        return inner if mark == "]" else inner.replace(mark * 2, mark)


def tokens(sql: str) -> list[Token]:
    """All tokens but spaces and comments."""
    return [
        Token(match.lastgroup, match.group(), match.start(), match.end())
        for match in TOKEN.finditer(sql)
        if match.lastgroup != "space"
    ]


def group_end(found: list[Token], start: int) -> int:
    """The place after the bracket that closes the one at `start`. Raises ValueError without one."""
    depth = 0
    for place in range(start, len(found)):
        depth += found[place].says("(") - found[place].says(")")
        if depth == 0:
            return place + 1
    raise ValueError("a bracket is not closed")


def split(found: list[Token]) -> list[list[Token]]:
    """The parts between the commas that stand in no brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += token.says("(") - token.says(")")
        if depth == 0 and token.says(","):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def text(found: list[Token]) -> str:
    """The tokens as they were written, on one line and without comments."""
    words = []
    for before, token in zip([None, *found], found, strict=False):
        if before and before.end != token.start:
            words.append(" ")
        words.append(token.text)
    return "".join(words)
