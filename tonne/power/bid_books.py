"""The book of an aggregator's bids of an interval, as it hands it to who settles: `books/INTERVAL.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne import files
from tonne.errors import TonneError, refused, why
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.types.ids import PowerAccountId

#: Errors of reading a file that is no book.
UNREADABLE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError),
    TonneError,
)
#: [bytes] Of a file: a bid takes less than 300.
MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BidBook:
    """Bids of customers, what opens their curves, and whose account is whose."""

    interval: int
    own: Portfolio
    opening: tuple[bytes, int, int, tuple[int, ...]]  # `Opening` of IPowerBids
    turns: dict[int, PowerAccountId]  # by meter
    text: str  # as it was read

    @property
    def accounts(self) -> set[PowerAccountId]:
        """All that it names: of bids, and of meters."""
        return {bid.account for bid in self.own.bids} | set(self.turns.values())

    @property
    def bidder(self) -> int:
        """The aggregator's participant."""
        return self.own.bidder


def parse(text: str, path: Path) -> BidBook:
    """A book from its text; SETTLEMENT_BOOK_UNREADABLE where it is none, or its bids are not those opened."""
    try:
        raw = json.loads(text)
        words = tuple(int(word, 16) for word in raw["words"])
        salt = bytes.fromhex(raw["salt"][2:])
        opening = salt, int(raw["root"], 16), int(raw["leaves"]), words
        bids = [
            CustomerBid(
                _account(row["account"]),
                *(row["node"], row["side"], row["price"], row["wh"]),
                bytes.fromhex(row["salt"][2:]),
            )
            for row in raw["bids"]
        ]
        own = Portfolio.of(PowerAccountId(raw["bidder"]), bids)
        turns = {int(meter): _account(account) for meter, account in raw["turns"].items()}
        book = BidBook(int(raw["interval"]), own, opening, turns, text)
        made = own.opening(salt)
    except UNREADABLE as error:
        raise _unreadable(path, why(error)) from error
    if (*made[:3], tuple(made[3])) != opening:
        raise _unreadable(path, "its bids do not come to its curves")
    return book


def read(path: Path) -> BidBook:
    """A book from its file; errors as of `parse`."""
    try:
        text = files.text(path, MOST_BYTES)
    except UNREADABLE as error:
        raise _unreadable(path, why(error)) from error
    return parse(text, path)


def _account(value: object) -> PowerAccountId:
    if type(value) is not int or not 0 < value < 2**32:
        raise ValueError(f"{value!r} is no account's number")
    return PowerAccountId(value)


def _unreadable(path: Path, reason: str) -> TonneError:
    return refused("SETTLEMENT_BOOK_UNREADABLE", path=str(path), reason=reason)
