"""What one key of a rule pack holds: unit, bounds, and the integer the contracts keep for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tonne.types.packing import bit_set

#: `NO_VALUE` of ISchemes.sol: from that day on a parameter has none.
NO_VALUE: Final = 2**192 - 1

#: Products with a benchmark, and the unit of each.
PRODUCTS: Final = {"power": "MWh", "heat": "GJ"}

#: Tables of a pack that hold dated values, in the order they are read.
SECTIONS: Final = (
    "coverage", "cap", "benchmark", "allocation", "obligation", "offset", "banking", "borrowing", "link",
    "supply", "penalty", "mrv", "market", "auction", "installation", "disclosure",
)  # fmt: skip

#: Sections that hold for reporting years, and what is worked out for one; others for the day of an act.
OF_YEARS: Final = (
    "coverage", "cap", "benchmark", "allocation", "obligation", "borrowing", "period",
)  # fmt: skip

SESSION = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Spec:
    """One key. `unit` may name the scheme's {measure} and {currency}."""

    unit: str
    scale: int = 1  # the chain's integer is value x scale, which must be whole
    chain_key: str | None = None  # the text of the key in Schemes; None: not kept there
    # unit "rule": the words allowed, numbered from 1 on chain; unit "set": those, each a bit
    words: tuple[str, ...] = ()
    most: int | None = None  # highest value allowed; of sessions, the highest number of them
    built: object = None  # the one value that the contracts can do; None: any
    says: str = ""  # in plain words what the key does
    left: str = ""  # why a run that does not read it leaves it out; empty: it must be applied

    def problem(self, value: object) -> str | None:
        """Why a value cannot be, as a sentence; None when it can."""
        return self._misfit(value) or self._unbuilt(value)

    def _unbuilt(self, value: object) -> str | None:
        if self.built is None or value == self.built:
            return None
        return f"is {_written(value)}; the contracts can do {_written(self.built)} only."

    def _misfit(self, value: object) -> str | None:
        if self.unit == "flag":
            return None if isinstance(value, bool) else "is not true or false."
        if self.unit == "rule":
            known = ", ".join(self.words)
            return None if value in self.words else f"is {value!r}; known: {known}."
        if self.unit == "set":
            listed = isinstance(value, tuple) and value and all(one in self.words for one in value)
            return None if listed else f"is {value!r}; it lists some of: {', '.join(self.words)}."
        if self.unit == "local time":
            return _session_problem(value, self.most)
        if self.unit == "date":
            return None if type(value) is date else "is not a date."
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return "is not a number."
        number = Decimal(value)
        if not number.is_finite() or number < 0:
            return f"is {value}; it cannot be below 0."
        if self.most is not None and number > self.most:
            return f"is {value}; it cannot be above {self.most}."
        if number * self.scale != int(number * self.scale):
            return f"is {value}, finer than the 1/{self.scale} that contracts keep."
        return None

    def to_chain(self, value: object) -> int:
        """The integer the contracts keep."""
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, str):
            return self.words.index(value) + 1
        if isinstance(value, tuple) and self.unit == "set":
            return bit_set(self.words.index(one) + 1 for one in value)
        if isinstance(value, int | Decimal):
            return int(Decimal(value) * self.scale)
        raise TypeError(f"{value!r} has no integer")


def _written(value: object) -> str:
    """A value as a pack has it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _session_problem(value: object, most: int | None) -> str | None:
    if not isinstance(value, tuple):
        return "is not a list of sessions like 09:30-11:30."
    if most is not None and len(value) > most:
        return f"holds {len(value)} sessions; the contracts know {most} a day."
    end = ""
    for session in value:
        if not SESSION.fullmatch(session):
            return f"holds {session!r}, which is not a session like 09:30-11:30."
        start, stop = session.split("-")
        if int(start[3:]) % 15 or int(stop[3:]) % 15:
            return f"holds {session!r}; the contracts know quarter hours only."
        if not end <= start < stop:
            return f"holds {session!r}, which does not follow the one before it."
        end = stop
    return None
