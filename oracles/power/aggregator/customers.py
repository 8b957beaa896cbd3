"""Customers, from their files: `instructions/METER.toml`, and `accounts.toml` with the accounts that take
turns at each node."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne.constants import DAY_S
from tonne.errors import TonneError, refused
from tonne.power.batteries import Order
from tonne.power.bid_tree import CustomerBid
from tonne.power.instructions import (
    ACCOUNTS,
    AccountRange,
    StandingInstruction,
    read_accounts,
    read_instruction,
)
from tonne.power.settlement_runs import Rotation
from tonne.types.ids import PowerAccountId

INSTRUCTIONS: Final = "instructions"

#: Orders of batteries by meter, from all instructions and the interval.
BatteryOrders = Callable[[Mapping[int, StandingInstruction], int], Mapping[int, list[Order]]]
#: Accounts among some that are settled at a node on a day.
Settled = Callable[[int, Iterable[int], int], Container[int]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Customers' demand in an interval, each under the account in turn."""

    bids: list[CustomerBid]
    turns: dict[int, int]  # account by meter


class CustomerFiles:
    """Reads the files again where one has changed; one that cannot be read keeps no other from counting."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret
        self._read: dict[Path, tuple[int, StandingInstruction | TonneError]] = {}
        (folder / INSTRUCTIONS).mkdir(parents=True, exist_ok=True)

    def instructions(self) -> tuple[dict[int, StandingInstruction], list[TonneError]]:
        """By meter, and the faults of files that cannot be read."""
        found: dict[int, StandingInstruction] = {}
        faults: list[TonneError] = []
        paths = sorted((self._folder / INSTRUCTIONS).glob("*.toml"))
        for gone in self._read.keys() - set(paths):
            del self._read[gone]
        for path in paths:
            told = self._told(path)
            if isinstance(told, TonneError):
                faults.append(told)
            else:
                found[int(path.stem)] = told
        return found, faults

    def _told(self, path: Path) -> StandingInstruction | TonneError:
        try:
            changed = path.stat().st_mtime_ns
            if path not in self._read or self._read[path][0] != changed:
                self._read[path] = changed, read_instruction(path)[1]
        except OSError:  # it was taken away meanwhile
            return read_error(path)
        except TonneError as fault:
            self._read[path] = changed, fault
        return self._read[path][1]

    def wishes(
        self, interval: int, start: int, batteries: BatteryOrders, settled: Settled
    ) -> tuple[Wishes, list[TonneError]]:
        """Bids of an interval that begins at `start` [s], before they are made fit for the market."""
        told, faults = self.instructions()
        stored = batteries(told, interval)
        ranges = read_accounts(self._folder / ACCOUNTS) if told else {}
        members: dict[int, list[int]] = defaultdict(list)
        for meter, instruction in sorted(told.items()):
            members[instruction.node].append(meter)
        turns: dict[int, int] = {}
        for node, meters in members.items():
            own = self._turns(node, meters, ranges.get(node), interval)
            there = settled(node, own.values(), start // DAY_S)
            turns |= {meter: account for meter, account in own.items() if account in there}
            if any(account not in there for account in own.values()):
                faults.append(_not_settled(node))
        bids = [
            CustomerBid(
                PowerAccountId(turns[meter]),
                instruction.node,
                side,
                price,
                wh,
                secrets.token_bytes(32),
            )
            for meter, instruction in sorted(told.items())
            if meter in turns
            for side, wh, price in stored.get(meter) or instruction.at(start)
        ]
        return Wishes(bids, turns), faults

    def _turns(
        self, node: int, meters: list[int], known: AccountRange | None, interval: int
    ) -> dict[int, int]:
        order = Rotation(self._secret, _enough(node, len(meters), known).accounts).of(interval)
        return dict(zip(meters, order, strict=False))


def accounts_named(folder: Path) -> str:
    """Whether a folder names an account for each of its customers, for `check`.

    ACCOUNTS_UNREADABLE and AGGREGATOR_ACCOUNTS where it does not; instructions that cannot be read are
    counted.
    """
    told: list[StandingInstruction] = []
    faults = 0
    for path in sorted((folder / INSTRUCTIONS).glob("*.toml")):
        try:
            told.append(read_instruction(path)[1])
        except TonneError:
            faults += 1
    nodes = Counter(instruction.node for instruction in told)
    ranges = read_accounts(folder / ACCOUNTS) if told else {}
    for node, customers in sorted(nodes.items()):
        _enough(node, customers, ranges.get(node))
    at = ", ".join(map(str, sorted(nodes))) or "none"
    unread = f"; {faults} instructions cannot be read" if faults else ""
    return f"for each of {len(told)} customers, at nodes: {at}{unread}"


def _enough(node: int, customers: int, known: AccountRange | None) -> AccountRange:
    """The accounts of a node, where they are one for each customer; AGGREGATOR_ACCOUNTS otherwise."""
    count = known.count if known else 0
    if known is None or count < customers:
        raise refused(
            "AGGREGATOR_ACCOUNTS", count=count, node=node, customers=customers, accounts=ACCOUNTS
        )
    return known


def _not_settled(node: int) -> TonneError:
    return refused("AGGREGATOR_ACCOUNTS_NEW", node=node)


def read_error(path: Path) -> TonneError:
    """A file that is gone before it was read."""
    return refused("INSTRUCTION_UNREADABLE", path=str(path), path_name=path.name)
