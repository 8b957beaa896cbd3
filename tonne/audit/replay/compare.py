"""Comparison of replayed values with the chain: views and their expected answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from tonne.chain.client import Chain

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Check:
    """One view call. `expected` is its answer, or its named fields, or its items in order.
    An item of None is not compared."""

    contract: str
    function: str
    args: tuple[Any, ...]
    expected: Any
    about: str  # name of the value, for people


@dataclass(frozen=True, slots=True)
class Between:
    """Expected value that events only bound; both ends included."""

    low: int
    high: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and self.low <= other <= self.high

    def __hash__(self) -> int:
        raise TypeError("a range equals many values")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs from the events."""

    contract: str
    about: str
    expected: Any
    found: Any
    code: ClassVar[str] = "AUDIT_VALUE_DIFFERS"

    def __str__(self) -> str:
        return f"{self.contract}: {self.about}: events say {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Surplus:
    """Money that a contract holds beyond what it owes: a plain transfer, by any account."""

    contract: str
    about: str
    amount: int  # in the unit of the comparison

    def __str__(self) -> str:
        return f"{self.contract}: {self.about}: {self.amount:,} more than it owes"


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that an officer named and no contract of this deployment answers for."""

    contract: str
    about: str

    def __str__(self) -> str:
        return f"{self.contract}: not checked: {self.about}"


@dataclass(slots=True)
class Tally:
    """Values compared, by contract, and those that differ."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    surpluses: list[Surplus] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)

    def value(self, contract: str, about: str, expected: Any, found: Any) -> None:
        """Compares one value."""
        self.compared[contract] = self.compared.get(contract, 0) + 1
        if expected != found:
            self.add(Difference(contract, about, expected, found))

    def backed(self, contract: str, about: str, owed: int, held: int) -> None:
        """Compares what a contract owes with the money it holds: less differs, more is a surplus."""
        self.value(contract, about, owed, min(owed, held))
        if held > owed:
            self.surpluses.append(Surplus(contract, about, held - owed))

    def leave(self, contract: str, about: str) -> None:
        """Names what is left unchecked."""
        self.unchecked.append(Unchecked(contract, about))

    def add(self, difference: Difference) -> None:
        self.differences.append(difference)


def compare(chain: Chain, checks: Sequence[Check], block: int, tally: Tally) -> None:
    """Asks the chain at `block` and adds every value to the tally; a refused view is a difference."""
    answers = chain.call_many(
        ((c.contract, c.function, c.args) for c in checks), block=block, check=False
    )
    for check, answer in zip(checks, answers, strict=True):
        if isinstance(answer, Exception):
            tally.value(check.contract, check.about, check.expected, str(answer))
        elif isinstance(check.expected, dict):
            for name, wanted in check.expected.items():
                tally.value(check.contract, f"{check.about}.{name}", wanted, getattr(answer, name))
        elif isinstance(check.expected, (list, tuple)):
            found = list(answer)
            if len(found) != len(check.expected):
                tally.value(check.contract, check.about, len(check.expected), len(found))
            for place, (wanted, got) in enumerate(zip(check.expected, found, strict=False)):
                if wanted is None:
                    continue
                tally.value(check.contract, f"{check.about}[{place}]", wanted, got)
        else:
            tally.value(check.contract, check.about, check.expected, answer)


def in_groups(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Lists of at most `size` items, in order."""
    group: list[_Item] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
