"""Events made by hand, as a replay takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TypeVar

from tonne.audit.compliance.allocation import AllocationReplay
from tonne.audit.compliance.obligations import ComplianceReplay
from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.unit_balances import Unit1155Replay
from tonne.chain.contract import Event

_Replay = TypeVar("_Replay", bound=ContractReplay)


def dated(
    event: str, time: int = 0, tx: str = "0x1", contract: str = "", log: int = 0, **args: Any
) -> Dated:
    """An event; without a contract, of the one whose event of that name the replay takes."""
    return Dated(Event(contract, event, args, "0x", 1, tx, log), time)


def feed(replay: _Replay, *events: Dated) -> _Replay:
    """Applies whole transactions to one replay."""
    tell([replay], *events)
    return replay


def tell(replays: list[ContractReplay], *events: Dated) -> None:
    """Applies whole transactions to several replays."""
    dispatcher = Dispatcher(replays)
    dispatcher.feed(named(replays, event) for event in events)
    dispatcher.end_transaction()


def named(replays: Sequence[ContractReplay], at: Dated) -> Dated:
    """The event with its contract: else that of a handler of its name, else of a follower."""
    routes = [r for replay in replays for r in replay.routes() if r.event == at.event.name]
    contracts = [route.contract for route in sorted(routes, key=lambda route: route.follower)]
    contract = at.event.contract or next(iter(contracts), "")
    return replace(at, event=replace(at.event, contract=contract))


class Struct(SimpleNamespace):
    """Fields by name, as those of a decoded struct."""

    def _replace(self, **changed: Any) -> Struct:
        return Struct(**{**vars(self), **changed})


def struct(**fields: Any) -> Struct:
    return Struct(**fields)


def units(contract: str = "Allowances", address: str = "0x1") -> Unit1155Replay:
    """A unit contract of a market without parties or schemes."""
    return Unit1155Replay(contract, address, ParticipantsReplay(), SchemesReplay())


def compliance(
    parties: ParticipantsReplay,
    schemes: SchemesReplay,
    traded: Callable[[int, int], tuple[str, int, int]] = lambda unit, month: ("", 0, 0),
) -> ComplianceReplay:
    """Allocation and Compliance over an empty oracle."""
    allocation = AllocationReplay(
        parties, schemes, EmissionsOracleReplay(schemes, parties), units()
    )
    return ComplianceReplay(allocation, units("OffsetCredits", "0x2"), traded)
