"""The few SQL functions that SQLite lacks; every connection to a source file has them."""

import math
import struct
from decimal import Decimal

SHORTEST, IS_FLOAT4, DECODE = "lab_shortest", "lab_is_float4", "lab_decode"
ENCODINGS = {"latin-1": "latin-1", "windows-1252": "cp1252"}
"""Conversions for texts that are no UTF-8: name in the mapping -> Python's codec."""


def register(connection) -> None:
    """Add the functions to an APSW connection."""
    connection.create_scalar_function(SHORTEST, shortest, 1, deterministic=True)
    connection.create_scalar_function(IS_FLOAT4, is_float4, 1, deterministic=True)
    connection.create_scalar_function(DECODE, decode, 2, deterministic=True)


def decode(raw: bytes, encoding: str):
    """The text itself where it is UTF-8, else what it is in another encoding.

    Bytes that mean nothing there stay bytes, so that they are found as a problem.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        try:
            return raw.decode(ENCODINGS[encoding])
        except UnicodeDecodeError:
            return raw


def shortest(number: float) -> str:
    """A double as PostgreSQL prints it: the fewest digits that read back as the same number.

    PostgreSQL takes no text that lies exactly half-way to the next double, Python does; there
    the 17 digits are PostgreSQL's. Source: src/common/d2s.c, STRICTLY_SHORTEST.
    """
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    text = repr(number)
    if abs(Decimal(text) - Decimal(number)) * 2 == Decimal(math.ulp(number)):
        text = f"{number:.16e}"
    value = Decimal(text)
    sign, digits, _ = value.as_tuple()
    digits = "".join(map(str, digits)).rstrip("0") or "0"
    exponent, minus = value.adjusted(), "-" if sign else ""
    if not value:
        return f"{minus}0"
    if exponent < -4 or exponent >= 15:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{minus}{digits[0]}{rest}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{minus}0.{'0' * (-exponent - 1)}{digits}"
    whole, rest = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{minus}{whole}.{rest}" if rest else minus + whole


def is_float4(number: float) -> bool:
    """Whether PostgreSQL's `real` holds it without loss."""
    try:
        return struct.unpack("f", struct.pack("f", number))[0] == number
    except OverflowError:
        return False
