"""A plant's or a large user's own curves of an interval, from its orders to the file that opens them.

The file has the salt: who loses it cannot open, and pays for silence; who reads it before the gate knows
the bid.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tonne import files
from tonne.chain.client import Chain
from tonne.errors import TonneError, refused, why
from tonne.power.bid_tree import Portfolio
from tonne.power.encoding import BID, CurveStep
from tonne.power.shown_bids import Opening
from tonne.types.ids import PowerAccountId

CONTRACT = "PowerMarket"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)

#: Side, energy [Wh], price [micro-credit/kWh].
Order = tuple[int, int, int]


def curves_of(bidder: int, node: int, orders: Iterable[Order]) -> Portfolio:
    """The curves of orders at a node: one step for each price, the best first."""
    energy: dict[tuple[int, int], int] = {}
    for side, wh, price in orders:
        energy[side, price] = energy.get((side, price), 0) + wh
    own = PowerAccountId(bidder)
    ranked = sorted(energy, key=lambda key: (key[0], -key[1] if key[0] == BID else key[1]))
    steps = tuple(CurveStep(own, node, side, energy[side, price], price) for side, price in ranked)
    return Portfolio(own, steps)


@dataclass(frozen=True, slots=True)
class OwnBid:
    """What opens a participant's curves of an interval, and where."""

    chain: int
    contract: str
    interval: int
    bidder: int
    salt: bytes
    words: tuple[int, ...]

    @classmethod
    def draw(cls, chain: Chain, interval: int, own: Portfolio) -> OwnBid:
        """With a salt of its own."""
        contract = chain[CONTRACT].address
        salt, words = secrets.token_bytes(32), tuple(own.words())
        return cls(chain.chain_id, contract, interval, own.bidder, salt, words)

    @property
    def opening(self) -> Opening:
        """`Opening` of IPowerBids: no tree, for no customers stand behind it."""
        return self.salt, 0, 0, self.words

    def write(self, path: Path) -> None:
        """Only its owner may read it; a file that is there is kept."""
        told = {
            **{"chain": self.chain, "contract": self.contract, "interval": self.interval},
            **{"bidder": self.bidder, "salt": "0x" + self.salt.hex()},
            "words": [hex(word) for word in self.words],
        }
        files.create(path, json.dumps(told, indent=1) + "\n")


def read(path: Path, chain: Chain) -> OwnBid:
    """BID_FILE_UNREADABLE where the file is no bid, BID_FILE_ELSEWHERE where it is of another market."""
    try:
        raw = files.read_json(path)
        found = OwnBid(
            *(int(raw["chain"]), str(raw["contract"]), int(raw["interval"]), int(raw["bidder"])),
            bytes.fromhex(raw["salt"][2:]),
            tuple(int(word, 16) for word in raw["words"]),
        )
    except UNREADABLE as error:
        raise refused("BID_FILE_UNREADABLE", path=str(path), reason=why(error)) from error
    here = chain.chain_id, chain[CONTRACT].address.lower()
    if (found.chain, found.contract.lower()) != here:
        raise TonneError(
            "BID_FILE_ELSEWHERE",
            "The bid is of another chain or another deployment.",
            field="chain" if found.chain != here[0] else "contract",
            value=found.chain if found.chain != here[0] else found.contract,
            remedy="Connect to its chain: `tonne status --rpc URL`.",
        )
    return found
