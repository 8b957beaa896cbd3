"""Energy sold at an agreed price, from the ticket that the parties sign to what became of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event, topic
from tonne.constants import DAY_S, ZERO_WORD
from tonne.crypto import eip712
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused, why
from tonne.market.signed_papers import (
    UNREADABLE,
    Paper,
    check,
    number_of,
    opened,
    place_of,
    signatures_in,
)
from tonne.meters import leaves
from tonne.power.trade_settlement import PowerContract, TradeOutcome, energy_of, trades_domain
from tonne.types import lanes

SIDES: Final = ("seller", "buyer", "carrier")


#: Intervals of one call; more would fit, but not with the leaves of two meters each.
AT_ONCE: Final = 40

#: [s] `AHEAD` of IPowerTrades: no interval is booked that begins later.
AHEAD_S: Final = 2 * DAY_S

#: A reading that is left out, which counts as nothing once the grace is over.
NO_LEAF: Final = (ZERO_WORD, ((ZERO_WORD, 0, ZERO_WORD), 0, 0, b""))

Shown = tuple[bytes, tuple[tuple[bytes, int, bytes], int, int, bytes]]


@dataclass(frozen=True, slots=True)
class TradeFile(Paper):
    """A contract of PowerTrades with the words of its profile, on its way from hand to hand."""

    ticket: PowerContract
    profile: tuple[int, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        keys = {side: getattr(self.ticket, side) for side in SIDES}
        return {side: key for side, key in keys.items() if int(key, 16)}

    def arguments(self) -> tuple[Any, ...]:
        """Of `agree`; a side that has not signed yet has an empty signature."""
        terms = tuple(getattr(self.ticket, name) for name in PowerContract.__slots__)
        return terms, tuple(self.signatures.get(side, b"") for side in SIDES), list(self.profile)

    def as_json(self) -> dict[str, Any]:
        terms = eip712.as_json(self.ticket)
        return {"contractTerms": terms, "profileWords": list(self.profile), **self._around()}


def read(path: Path) -> TradeFile:
    """Reads a file; its hash must be that of its terms, its words those of the profile they name."""
    try:
        raw = opened(path)
        terms = eip712.from_json(PowerContract, raw["contractTerms"])
        domain = trades_domain(*place_of(raw))
        words = tuple(map(number_of, raw["profileWords"]))
        found = TradeFile(terms, domain, signatures_in(raw), words)
        check(found, raw)
        if hash_of(words) != terms.profile:
            raise ValueError("the words of its profile are not those that are signed")
    except (*UNREADABLE, OverflowError) as error:
        raise refused("TRADE_UNREADABLE", path=str(path), reason=why(error)) from error
    return found


def hash_of(words: Sequence[int]) -> bytes:
    """How a contract names a profile; nothing without one."""
    return keccak(b"".join(word.to_bytes(32, "big") for word in words)) if words else ZERO_WORD


def read_profile(path: Path, per_day: int) -> tuple[int, ...]:
    """Words of a file with the energy [Wh] of each interval of a day, one to a line."""
    try:
        energies = [int(line) for line in path.read_text("utf-8").split()]
    except (OSError, ValueError) as error:
        raise _bad_profile(path, why(error)) from error
    if len(energies) != per_day:
        raise _bad_profile(path, f"it has {len(energies)} numbers, a day has {per_day} intervals")
    if min(energies) < 0 or max(energies) > lanes.LARGEST:
        raise _bad_profile(path, "an interval has 0 to 4,294,967,295 Wh")
    return tuple(lanes.pack(energies))


def _bad_profile(path: Path, said: str) -> TonneError:
    return refused("TRADE_PROFILE", path=str(path), reason=said)


@dataclass(slots=True)
class Agreed:
    """A contract on the chain, and what its events tell of its intervals."""

    number: int
    digest: bytes
    terms: Any  # `PowerContract`, as it was signed
    state: Any  # `PowerContractState`
    profile: list[int]
    booked: set[int] = field(default_factory=set)
    executed: set[int] = field(default_factory=set)
    lapsed: set[int] = field(default_factory=set)
    outcome: TradeOutcome = field(default_factory=TradeOutcome)

    @property
    def intervals(self) -> range:
        return range(self.state.fromInterval, self.state.untilInterval + 1)

    @property
    def meters(self) -> list[int]:
        """Those whose readings carry it out, the seller's first."""
        return [m for m in (self.state.sellerMeter, self.state.buyerMeter) if m]

    def energy_wh(self, interval: int, step: int) -> int:
        """Of an interval [Wh]."""
        return energy_of(self.state.energyWh, self.profile, interval, DAY_S // step)

    def bookable(self, now: int, step: int) -> list[int]:
        """Not booked, and not ended."""
        near = range(now // step, (now + AHEAD_S) // step + 1)
        return [i for i in self.intervals if i not in self.booked and i in near]

    def due(self, now: int, step: int) -> list[int]:
        """Booked, ended, and not carried out."""
        ended = [i for i in self.intervals if now >= (i + 1) * step]
        return [i for i in ended if i in self.booked and i not in self.executed]

    def lost(self, now: int, step: int) -> list[int]:
        """Ended without having been booked, and still bound."""
        ended = [i for i in self.intervals if now >= (i + 1) * step]
        return [i for i in ended if i not in self.booked and i not in self.lapsed]

    def apply(self, event: Event) -> None:
        covered = range(event["first"], event["first"] + event["count"])
        if event.name == "IntervalsBooked":
            self.booked.update(covered)
        elif event.name == "IntervalsExecuted":
            self.executed.update(covered)
            self.outcome += TradeOutcome(*event["executed"])
        else:
            self.lapsed.update(covered)


def contracts(chain: Chain, number: int | None = None, first_block: int = 0) -> list[Agreed]:
    """All contracts, or the one of this number, in order."""
    topics = [] if number is None else [topic(number)]
    found = {
        event["id"]: Agreed(
            *(event["id"], event["digest"], event["terms"], event["state"], list(event["profile"]))
        )
        for event in chain.logs("PowerTrades", "ContractAgreed", first_block, topics=topics)
    }
    for name in ("IntervalsBooked", "IntervalsExecuted", "IntervalsLapsed"):
        for event in chain.logs("PowerTrades", name, first_block, topics=topics):
            found[event["id"]].apply(event)
    return list(found.values())


def contract(chain: Chain, number: int, first_block: int = 0) -> Agreed:
    found = contracts(chain, number, first_block)
    if not found:
        count = chain.call("PowerTrades", "contractCount")
        raise TonneError(
            "TRADE_UNKNOWN",
            f"There is no contract {number}.",
            field="contract",
            value=number,
            remedy=f"Known: 1 to {count}, see `tonne energy trade show`."
            if count
            else "None was agreed yet: `tonne energy trade offer --help`.",
        )
    return found[0]


def stretches(intervals: Iterable[int], most: int = AT_ONCE) -> Iterator[tuple[int, int]]:
    """(first, count) of intervals that follow one another, no more at once than a call may have."""
    first = count = 0
    for interval in intervals:
        if count in (0, most) or interval != first + count:
            if count:
                yield first, count
            first, count = interval, 0
        count += 1
    if count:
        yield first, count


class Readings:
    """Leaves of meters out of the oracle's files, as far as the chain calls them final."""

    def __init__(self, chain: Chain, folder: Path, step: int) -> None:
        self._chain = chain
        self._folder = folder
        self._step = step
        self._nodes: dict[int, int] = {}
        self._read: dict[tuple[int, int], leaves.IntervalLeaves | None] = {}

    def leaf(self, meter: int, interval: int) -> Shown | None:
        """`MeteredLeaf` of an interval's final run; None where there is none yet, or not here."""
        if meter not in self._nodes:
            self._nodes[meter] = self._chain.call("MeterOracle", "meter", meter).node
        place = self._nodes[meter], interval * self._step
        if place not in self._read:
            self._read[place] = self._final(*place)
        tree = self._read[place]
        if tree is None:
            return None
        index = next((i for i, leaf in enumerate(tree.leaves) if leaf.meter == meter), None)
        if index is None:
            return None
        return tree.leaves[index].salt, tree.proof(index)

    def _final(self, node: int, start: int) -> leaves.IntervalLeaves | None:
        run = self._chain.call("MeterOracle", "stateOf", node, start).run
        path = leaves.path_of(self._folder, node, start, run)
        if run == 0 or not path.is_file():
            return None
        tree = leaves.IntervalLeaves.read(path)
        sums = tree.tree.sums
        _, final = self._chain.call("MeterOracle", "checkRoot", node, start, tree.root, sums)
        return tree if final else None
