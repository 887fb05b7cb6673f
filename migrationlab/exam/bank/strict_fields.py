"""Read plain data strictly: every complaint names the file, the question and the field."""

from collections.abc import Callable
from dataclasses import dataclass

from migrationlab.errors import LabError


def fields(raw, place: str) -> "Fields":
    """A mapping to be read. Raises LabError when it is something else."""
    if not isinstance(raw, dict):
        raise LabError(f"{place}: is {raw!r}.", expected="fields with names")
    return Fields(raw, place)


@dataclass(frozen=True)
class Fields:
    """A mapping from a YAML file, and where it stands."""

    raw: dict
    place: str

    def complain(self, what: str, expected: str = "") -> LabError:
        return LabError(f"{self.place}: {what}", expected=expected)

    def only(self, *names: str) -> None:
        """Raise LabError when the mapping has another field."""
        if unknown := [str(name) for name in self.raw if name not in names]:
            there = ", ".join(str(name) for name in names)
            raise self.complain(f"unknown {', '.join(unknown)}.", f"some of {there}")

    def has(self, name) -> bool:
        return self.raw.get(name) not in (None, "", [], {})

    def text(self, name, *, required: bool = True) -> str:
        """A text, stripped; "" when it may be absent and is."""
        value = self.raw.get(name)
        if value is None or value == "":
            return self._absent(name, required, "")
        if not isinstance(value, str) or not value.strip():
            raise self.complain(f"{name} is {value!r}.", "a text (in quotation marks if need be)")
        return value.strip()

    def one_of(self, name, allowed: tuple[str, ...], *, required: bool = True) -> str:
        value = self.text(name, required=required)
        if value and value not in allowed:
            raise self.complain(f"{name} is {value!r}.", "one of " + ", ".join(allowed))
        return value

    def texts(self, name, least: int, most: int = 99, *, required: bool = True) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        values = self._list(name, least, most, required)
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.complain(f"{name} has {value!r}.", "texts only (use quotation marks)")
        return tuple(value.rstrip() for value in values)

    def numbers(self, name, *, required: bool = True) -> tuple[int, ...]:
        values = self._list(name, 1, 99, required)
        if wrong := [value for value in values if type(value) is not int]:
            raise self.complain(f"{name} has {wrong[0]!r}.", "whole numbers")
        return tuple(values)

    def each(self, name, least: int, most: int, read: Callable, *, required: bool = True) -> tuple:
        """A list of mappings, each read by `read(Fields)`."""
        values = self._list(name, least, most, required)
        return tuple(
            read(fields(value, f"{self.place}, {name}[{number}]"))
            for number, value in enumerate(values, 1)
        )

    def inner(self, name, *, required: bool = True) -> "Fields":
        """The mapping in a field; an empty one when it may be absent and is."""
        value = self.raw.get(name)
        if value is None:
            value = self._absent(name, required, {})
        return fields(value, f"{self.place}, {name}")

    def flag(self, name) -> bool:
        value = self.raw.get(name, False)
        if not isinstance(value, bool):
            raise self.complain(f"{name} is {value!r}.", "true or false")
        return value

    def _list(self, name, least, most, required) -> list:
        value = self.raw.get(name)
        if value is None or value == []:
            return self._absent(name, required and least > 0, [])
        values = value if isinstance(value, list) else [value]
        if not least <= len(values) <= most:
            raise self.complain(f"{name} has {len(values)} entries.", f"{least} to {most}")
        return values

    def _absent(self, name, required: bool, empty):
        if required:
            raise self.complain(f"{name} is missing.")
        return empty
