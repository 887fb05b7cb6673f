"""The forms in which SQLite files write dates and times; SQLite itself has no type for them.

A form answers with SQL: `matches(x)`, `value(x)` as PostgreSQL is to read it, and `plain(x)` as
PostgreSQL prints it (DateStyle ISO, TimeZone UTC). Years 1 to 9999: SQLite knows no others.
"""

import re
from dataclasses import dataclass

from migrationlab.errors import LabError

D2, D4 = "[0-9][0-9]", "[0-9][0-9][0-9][0-9]"
DAY = f"{D4}-{D2}-{D2}"
CLOCK = {
    "": "",
    "HH24:MI": "[0-2][0-9]:[0-5][0-9]",
    "HH24:MI:SS": "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]",
}
FIRST, LAST = -62135596800, 253402300799  # unix seconds of 0001-01-01 and 9999-12-31 23:59:59
PIECES = {
    "YYYY": D4,
    "MM": D2,
    "DD": D2,
    "HH24": "[0-2][0-9]",
    "MI": "[0-5][0-9]",
    "SS": "[0-5][0-9]",
}
NAMED = ("unix seconds", "unix milliseconds", "julian day", "midnight")


def forms(kind: str, convert: str) -> list:
    """The forms of a column: its kind's ISO form, or those of `convert`, separated by "|".

    Raises LabError when a conversion is unknown, or none for this kind.
    """
    if not convert:
        return [_iso(kind)]
    names = [part.strip() for part in convert.split("|")]
    if names == ["midnight"]:  # a decision about some values; the others are written as usual
        names = ["iso", "midnight"]
    return [_named(kind, name) for name in names]


def _iso(kind: str):
    return {
        "date": IsoDate(),
        "time": IsoTime(),
        "timestamp": IsoTimestamp(),
        "timestamptz": IsoWithZone(),
    }[kind]


def _named(kind: str, name: str):
    if name == "iso":
        return _iso(kind)
    if kind == "time" or (name == "midnight" and kind != "timestamp"):
        raise LabError(
            f"The conversion “{name}” is none for a {kind}.", todo="Leave it out of the mapping."
        )
    if name == "midnight":
        return Midnight()
    if name in NAMED:
        base = {
            "unix seconds": UnixSeconds,
            "unix milliseconds": UnixMilliseconds,
            "julian day": JulianDay,
        }
        return base[name](kind)
    pieces = re.findall(r"YYYY|MM|DD|HH24|MI|SS|[^A-Za-z]", name)
    words = [piece for piece in pieces if piece in PIECES]
    known = "".join(pieces) == name and len(words) == len(set(words))
    clock = {"HH24", "MI", "SS"} & set(words)
    if not known or not {"YYYY", "MM", "DD"} <= set(words) or (kind == "date" and clock):
        raise LabError(
            f"The conversion “{name}” is none for a {kind}.",
            expected="a pattern such as DD/MM/YYYY or DD.MM.YYYY HH24:MI, or one of "
            + ", ".join(("iso", *NAMED)),
        )
    return Pattern(kind, tuple(pieces))


def _is_day(text: str) -> str:
    """SQLite's date() moves 30 February on to March, so a day that it leaves alone exists."""
    return f"date({text}) IS {text} AND {text} >= '0001-01-01'"


def _is_all(x: str) -> str:
    """GLOB, length() and substr() see nothing behind a NUL character."""
    return f"instr({x}, char(0)) = 0"


def _is_rest(x: str, start: int) -> str:
    """What may stand behind HH:MM: nothing, or seconds with up to six decimals."""
    rest = f"substr({x}, {start})"
    return (
        f"({rest} = '' OR {rest} GLOB ':[0-5][0-9]' OR {rest} GLOB ':[0-5][0-9].[0-9]*'"
        f" AND length({rest}) <= 10 AND substr({rest}, 5) NOT GLOB '*[^0-9]*')"
    )


def _plain_clock(text: str) -> str:
    """HH:MM[:SS[.f]] with seconds, without needless zeros behind the point."""
    return (
        f"CASE length({text}) WHEN 8 THEN {text} WHEN 5 THEN {text} || ':00'"
        f" ELSE rtrim(rtrim({text}, '0'), '.') END"
    )


@dataclass(frozen=True)
class IsoDate:
    def matches(self, x):
        return _is_day(x)

    def value(self, x):
        return x

    plain = value


@dataclass(frozen=True)
class IsoTime:
    def matches(self, x):
        return (
            f"typeof({x}) = 'text' AND {x} GLOB '{CLOCK['HH24:MI']}*' AND substr({x}, 1, 2) < '24'"
            f" AND {_is_rest(x, 6)} AND {_is_all(x)}"
        )

    def value(self, x):
        return x

    def plain(self, x):
        return _plain_clock(x)


@dataclass(frozen=True)
class IsoTimestamp:
    def matches(self, x):
        day = f"substr({x}, 1, 10)"
        usual = f"datetime({x}) IS {x} AND {x} >= '0001'"  # most are as SQLite writes them
        return (
            f"{usual} OR typeof({x}) = 'text' AND {x} GLOB '{DAY}[ T]{CLOCK['HH24:MI']}*'"
            f" AND {_is_day(day)}"
            f" AND substr({x}, 12, 2) < '24' AND {_is_rest(x, 17)} AND {_is_all(x)}"
        )

    def value(self, x):
        return x

    def plain(self, x):
        clock = _plain_clock(f"substr({x}, 12)")
        return (
            f"CASE WHEN datetime({x}) IS {x} THEN {x} WHEN length({x}) = 19"
            f" THEN replace({x}, 'T', ' ')"
            f" ELSE substr({x}, 1, 10) || ' ' || {clock} END"
        )


@dataclass(frozen=True)
class IsoWithZone:
    """Behind the time of day stands Z, +HH:MM or -HH:MM."""

    def base(self, x):
        short = f"substr({x}, 1, length({x}) - 6)"
        return f"CASE WHEN {x} LIKE '%z' THEN rtrim({x}, 'zZ') ELSE {short} END"

    def zone(self, x):
        return f"CASE WHEN {x} LIKE '%z' THEN 'Z' ELSE substr({x}, -6) END"

    def matches(self, x):
        offset = f"substr({x}, -6) GLOB '[+-][0-1][0-9]:[0-5][0-9]' AND substr({x}, -5, 2) < '15'"
        suffix = f"({x} LIKE '%z' AND {x} NOT LIKE '%zz' OR {offset})"
        return (
            f"typeof({x}) = 'text' AND {suffix} AND ({IsoTimestamp().matches(f'({self.base(x)})')})"
            f" AND {x} BETWEEN '0001-01-02' AND '9999-12-31'"  # no day before the first in UTC
        )

    def value(self, x):
        return x

    def plain(self, x):
        base = f"({self.base(x)})"
        decimals = f"rtrim(rtrim(substr({base}, 20), '0'), '.')"
        return f"datetime(substr({base}, 1, 19) || {self.zone(x)}) || {decimals}"


@dataclass(frozen=True)
class Midnight:
    """A date alone, in a column of timestamps."""

    def matches(self, x):
        return IsoDate().matches(x)

    def value(self, x):
        return f"{x} || ' 00:00:00'"

    def plain(self, x):
        return f"datetime({x})"


@dataclass(frozen=True)
class UnixSeconds:
    kind: str

    def matches(self, x):
        whole = f"{x} % 86400 = 0" if self.kind == "date" else "1"
        return f"typeof({x}) = 'integer' AND {x} BETWEEN {FIRST} AND {LAST} AND {whole}"

    def value(self, x):
        if self.kind == "date":
            return f"date({x}, 'unixepoch')"
        return f"datetime({x}, 'unixepoch')" + (" || 'Z'" if self.kind == "timestamptz" else "")

    def plain(self, x):
        return f"strftime('{'%F' if self.kind == 'date' else '%F %T'}', {x}, 'unixepoch')"


@dataclass(frozen=True)
class UnixMilliseconds(UnixSeconds):
    def matches(self, x):
        whole = f"{x} % 86400000 = 0" if self.kind == "date" else "1"
        return f"typeof({x}) = 'integer' AND {x} BETWEEN {FIRST}000 AND {LAST}999 AND {whole}"

    def _parts(self, x):
        rest = f"(({x} % 1000 + 1000) % 1000)"
        return f"(({x} - {rest}) / 1000)", rest

    def value(self, x):
        seconds, rest = self._parts(x)
        if self.kind == "date":
            return f"date({seconds}, 'unixepoch')"
        zone = " || 'Z'" if self.kind == "timestamptz" else ""
        return f"datetime({seconds}, 'unixepoch') || format('.%03d', {rest}){zone}"

    def plain(self, x):
        seconds, rest = self._parts(x)
        if self.kind == "date":
            return f"date({seconds}, 'unixepoch')"
        decimals = f"rtrim(rtrim(format('.%03d', {rest}), '0'), '.')"
        return f"strftime('%F %T', {seconds}, 'unixepoch') || {decimals}"


@dataclass(frozen=True)
class JulianDay:
    """Days since noon in Greenwich on 24 November 4714 BC. A double holds them to about 40 µs;
    SQLite, and so we, to a millisecond."""

    kind: str

    def matches(self, x):
        day = f"julianday(date({x})) IS {x}" if self.kind == "date" else "1"
        return (
            f"typeof({x}) IN ('integer', 'real') AND {x} BETWEEN 1721425.5 AND 5373484.4 AND {day}"
        )

    def value(self, x):
        if self.kind == "date":
            return f"date({x})"
        return f"strftime('%Y-%m-%d %H:%M:%f', {x})" + (
            " || 'Z'" if self.kind == "timestamptz" else ""
        )

    def plain(self, x):
        if self.kind == "date":
            return f"date({x})"
        return f"rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', {x}), '0'), '.')"


@dataclass(frozen=True)
class Pattern:
    """YYYY, MM, DD, HH24, MI and SS in any order, with signs between them."""

    kind: str
    pieces: tuple[str, ...]

    def _part(self, x, word):
        start = 1
        for piece in self.pieces:
            length = 4 if piece == "YYYY" else 2 if piece in PIECES else len(piece)
            if piece == word:
                return f"substr({x}, {start}, {length})"
            start += length
        return "'00'"

    def _classes(self):
        """20240131 without a sign in it is an integer in a column of SQLite's dates."""
        signs = any(piece not in PIECES for piece in self.pieces)
        return "'text'" if signs else "'text', 'integer'"

    def _day(self, x):
        return " || '-' || ".join(self._part(x, word) for word in ("YYYY", "MM", "DD"))

    def _clock(self, x):
        return " || ':' || ".join(self._part(x, word) for word in ("HH24", "MI", "SS"))

    def matches(self, x):
        glob = "".join(
            PIECES.get(piece, f"[{piece}]" if piece in "*?[" else piece.replace("'", "''"))
            for piece in self.pieces
        )
        hours = f" AND {self._part(x, 'HH24')} < '24'" if "HH24" in self.pieces else ""
        day = _is_day(f"({self._day(x)})")
        return (
            f"typeof({x}) IN ({self._classes()}) AND {x} GLOB '{glob}' AND {day}{hours}"
            f" AND {_is_all(x)}"
        )

    def value(self, x):
        if self.kind == "date":
            return self._day(x)
        zone = " || 'Z'" if self.kind == "timestamptz" else ""
        return f"{self._day(x)} || ' ' || {self._clock(x)}{zone}"

    def plain(self, x):
        if self.kind == "date":
            return f"date({self._day(x)})"
        return f"datetime({self._day(x)} || ' ' || {self._clock(x)})"
