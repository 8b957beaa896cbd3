"""Base class of one contract's replay: its events in, its state out.

A method `_on_NAME` is the handler of the event NAME of the replay's own contract. `@of(contract)` makes
it the handler of another contract's event; `@follows(contract)` lets it hear that event before the
contract's own handler does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated
from tonne.audit.replay.slots import SlotValue
from tonne.constants import ZERO_ADDRESS

#: Decoded arguments of an event, by name.
Args = dict[str, Any]
Handler = Callable[[Args, Dated], None]


#: Raised by a handler at an event that does not follow from the earlier ones.
UNFOUNDED: Final = (LookupError, AttributeError, ValueError, ArithmeticError)

#: Name of the list of faults in an audit's comparison.
FAULTS: Final = "events that break a rule"

_PREFIX: Final = "_on_"
_Marked = TypeVar("_Marked", bound=Callable[..., None])
#: Handlers of other contracts' events: the contract, and whether they only follow.
_MARKS: Final[dict[Callable[..., None], tuple[str, bool]]] = {}


def of(contract: str) -> Callable[[_Marked], _Marked]:
    """Marks the handler of another contract's event."""
    return _mark(contract, follower=False)


def follows(contract: str) -> Callable[[_Marked], _Marked]:
    """Marks a follower of another contract's event; it runs before that event's handler."""
    return _mark(contract, follower=True)


def _mark(contract: str, follower: bool) -> Callable[[_Marked], _Marked]:
    def mark(handler: _Marked) -> _Marked:
        _MARKS[handler] = (contract, follower)
        return handler

    return mark


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one event to one replay."""

    contract: str
    event: str
    handler: Handler
    follower: bool


class ContractReplay:
    """State of one contract, rebuilt from its events; `faults` are events that break a rule."""

    contract: str

    def __init__(self) -> None:
        self.faults: list[str] = []

    # Events

    def routes(self) -> Iterator[Route]:
        """Every event that this replay handles or follows."""
        for name in dir(type(self)):
            if name.startswith(_PREFIX):
                contract, follower = _MARKS.get(getattr(type(self), name), (self.contract, False))
                yield Route(contract, name[len(_PREFIX) :], getattr(self, name), follower)

    def take(self, handler: Handler, at: Dated) -> None:
        """Applies one event. One that the earlier events do not lead up to is a fault."""
        try:
            handler(at.event.args, at)
        except UNFOUNDED as error:
            self.faults.append(f"{at.event.name} does not follow: {error!r}")

    def watch(self, at: Dated) -> None:
        """Sees every event of every contract, before its handlers."""

    def end_transaction(self) -> None:
        """Called when all events of a transaction have been applied."""

    def _require(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        """Identities among events alone; a replay adds its own to the list of faults."""
        tally.value(self.contract, FAULTS, [], self.faults)

    def slots(self) -> Iterator[SlotValue]:
        """Storage of a ledger, to be proven without a view."""
        return iter(())

    def checks(self, now: int) -> Iterator[Check]:
        """Views of the contract at time `now` [s], with the values that the events give."""
        yield from ()


class AccessManagedReplay(ContractReplay):
    """Replay of a contract whose restricted functions an AccessManager guards."""

    def __init__(self) -> None:
        super().__init__()
        self.authority = ZERO_ADDRESS

    def _on_AuthorityUpdated(self, a: Args, _: Dated) -> None:
        self.authority = a["authority"]

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "authority", (), self.authority, "authority")
