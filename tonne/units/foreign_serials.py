"""Serial numbers of other registries: every way to write a block, read into the one block it names.

A block is `(registry, series, first, last)`. The series is the serial's own fields without the range,
written one way: capitals, no leading zeros, no spaces; it is empty where a registry counts through all
its issuances, as Verra does. What two extracts write differently is thus one block, and the chain's
interval sets see an overlap where there is one. The registry's own string is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tonne.errors import TonneError

#: Registries that number through the whole registry; the others number within an issuance.
COUNTS_THROUGH: Final[Mapping[str, bool]] = {
    "VERRA": True,
    "GOLD": False,
    "CAR": False,
    "ACR": False,
}

#: A block ends before this: the first number after it must fit 64 bits too.
LIMIT: Final = 2**64 - 1

#: A longer string is no serial number.
MOST_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class SerialBlock:
    """A run of serial numbers, both ends included."""

    registry: str
    series: str  #   canonical text of the issuance series; empty where the registry counts through
    first: int
    last: int
    raw: str  #      as the registry wrote it
    project: (
        str  #  the project's number in that registry, as the serial says it; empty if it does not
    )

    @property
    def quantity(self) -> int:
        """Units of the block: both ends count."""
        return self.last - self.first + 1

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Equal for all ways to write one block."""
        return self.registry, self.series, self.first, self.last


def parse(registry: str, raw: str, quantity: int | None = None) -> SerialBlock:
    """The block that `raw` names in `registry`; refused if it is not `quantity` units, where that
    is stated."""
    grammars = GRAMMARS.get(registry)
    if grammars is None:
        raise TonneError(
            "SERIAL_REGISTRY",
            "The serial numbers of this registry cannot be read.",
            field="registry",
            value=registry,
            remedy=f"Known registries: {', '.join(GRAMMARS)}.",
        )
    if not raw.strip():
        raise TonneError(
            "SERIAL_MISSING",
            "There is no serial number.",
            field="serial",
            value=raw,
            remedy="Ask the registry for the block: without it the units cannot be told apart.",
        )
    fields = _fields(raw)
    for grammar in grammars:
        found = grammar.read(fields)
        if found is not None:
            series, first, last, project = found
            block = SerialBlock(registry, series, first, last, raw, project)
            _check(block, quantity)
            return block
    raise TonneError(
        "SERIAL_FORM",
        f"This is not a serial number as {registry} writes it.",
        field="serial",
        value=raw[:MOST_CHARACTERS],
        remedy="Copy it from the registry whole: " + " or ".join(g.sample for g in grammars) + ".",
    )


def _fields(raw: str) -> list[str]:
    """The parts between hyphens, in their one form; ` to ` between numbers separates like a hyphen."""
    if len(raw) > MOST_CHARACTERS:
        return []
    text = re.sub(r"(?<=[0-9])\s+TO\s+(?=[0-9])", "-", raw.strip().upper())
    parts = [part.strip() for part in text.split("-")]
    return [part.lstrip("0") or "0" if _is_number(part) else part for part in parts]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


@dataclass(frozen=True, slots=True)
class Grammar:
    """One form of serial number: a pattern for each field. The fields named first and last are the
    range; the others, in order, are the series."""

    fields: Sequence[str]
    first: int
    last: int
    project: int
    sample: str
    through: bool = False  # the registry counts through: the other fields do not tell blocks apart
    dates: tuple[int, ...] = ()

    def read(self, fields: Sequence[str]) -> tuple[str, int, int, str] | None:
        """(series, first, last, project), or None if this is another form."""
        if len(fields) != len(self.fields):
            return None
        if not all(re.fullmatch(p, f) for p, f in zip(self.fields, fields, strict=True)):
            return None
        if not all(_is_date(fields[place]) for place in self.dates):
            return None
        rest = [f for place, f in enumerate(fields) if place not in (self.first, self.last)]
        series = "" if self.through else "-".join(rest)
        return series, int(fields[self.first]), int(fields[self.last]), fields[self.project]


@dataclass(frozen=True, slots=True)
class PairGrammar:
    """A block written as its first and its last unit, which differ in their number only."""

    half: Grammar

    @property
    def sample(self) -> str:
        return self.half.sample

    def read(self, fields: Sequence[str]) -> tuple[str, int, int, str] | None:
        size = len(self.half.fields)
        if len(fields) != 2 * size:
            return None
        left, right = self.half.read(fields[:size]), self.half.read(fields[size:])
        if left is None or right is None:
            return None
        if left[0] != right[0]:
            raise TonneError(
                "SERIAL_PAIR",
                "The two ends of the block are of different series.",
                field="serial",
                value=f"{left[0]} and {right[0]}",
                remedy="A block lies in one issuance: enter one row for each.",
            )
        return left[0], left[1], right[2], ""


def _is_date(text: str) -> bool:
    """Whether these are day, month and year, as Verra writes them; the leading zero may be gone."""
    digits = text.rjust(8, "0")
    try:
        date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return False
    return True


def _check(block: SerialBlock, quantity: int | None) -> None:
    if block.first == 0 or block.last >= LIMIT:
        raise TonneError(
            "SERIAL_NUMBER",
            "Serial numbers begin at 1 and fit 64 bits.",
            field="serial",
            value=block.raw,
            remedy="Copy the serial number from the registry whole.",
        )
    if block.last < block.first:
        raise TonneError(
            "SERIAL_ORDER",
            f"The block ends at {block.last:,} before it begins at {block.first:,}.",
            field="serial",
            value=block.raw,
            remedy="Write the first number first.",
        )
    if quantity is not None and quantity != block.quantity:
        raise TonneError(
            "SERIAL_QUANTITY",
            f"The block holds {block.quantity:,} units, but {quantity:,} are stated.",
            field="quantity_t",
            value=quantity,
            remedy="Both ends count. Ask the registry which of the two is wrong.",
        )


NUMBER, COUNTRY, LETTERS, WORD = "[0-9]+", "[A-Z]{2}", "[A-Z]+", "[A-Z0-9]+"

_VERRA_TAIL = (COUNTRY, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER)

#: The forms of each registry's serial numbers. A form tells itself by its number of fields and words.
GRAMMARS: Final[Mapping[str, Sequence[Grammar | PairGrammar]]] = {
    "VERRA": (
        Grammar(
            (NUMBER, NUMBER, NUMBER, LETTERS, "VCU", NUMBER, LETTERS, *_VERRA_TAIL),
            first=1,
            last=2,
            project=9,
            sample="13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0",
            through=True,
            dates=(10, 11),
        ),
        Grammar(
            (NUMBER, NUMBER, NUMBER, "VCU", NUMBER, LETTERS, *_VERRA_TAIL),
            first=1,
            last=2,
            project=8,
            sample="240-7863589-7889021-VCU-003-APX-IN-1-101-01042006-18032007-0",
            through=True,
            dates=(9, 10),
        ),
    ),
    "GOLD": (
        Grammar(
            ("GS[0-9]+", NUMBER, COUNTRY, "GS[0-9]+", *(NUMBER,) * 5),
            first=7,
            last=8,
            project=3,
            sample="GS1-1-UG-GS11236-16-2024-30307-1-19149",
        ),
        PairGrammar(
            Grammar(
                (COUNTRY, *(NUMBER,) * 6),
                first=2,
                last=2,
                project=6,
                sample="RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014",
            )
        ),
    ),
    "CAR": (
        Grammar(
            ("CAR", WORD, COUNTRY, NUMBER, NUMBER, NUMBER, WORD, *(NUMBER,) * 4),
            first=9,
            last=10,
            project=3,
            sample="CAR-1-US-293-1-120-CA-2006-102-1 to 29251",
        ),
    ),
    "ACR": (
        Grammar(
            ("ACR", COUNTRY, *(NUMBER,) * 5),
            first=5,
            last=6,
            project=2,
            sample="ACR-US-192-2010-203-1 to 5000",
        ),
    ),
}
