"""Whose account a reading goes to: a book says it of its aggregator's own customers, and of no one else's.

A book's curves are those of the chain; which meter is whose, it says itself. Who hands in a book may be
hostile to the customers of all others, so that a claim counts for accounts that its aggregator answers for on
the chain, and for meters that neither another book claims nor who settles has under another's account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from oracles.power.settlement.papers import METERS
from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.power.bid_books import BidBook
from tonne.power.encoding import FIRST_PSEUDONYM

#: Numbers that a message names at most.
SHOWN: Final = 10

#: Account by aggregator, by meter.
Claims = dict[int, dict[int, int]]


class AccountOwners:
    """Participants that answer for accounts: a pseudonym's sponsor, which is for good, or the account's own
    number."""

    def __init__(self, chain: Chain, nodes: RpcPool) -> None:
        self._chain = chain
        self._nodes = nodes
        self._known: dict[int, int] = {}

    def of(self, accounts: Iterable[int]) -> dict[int, int]:
        """The participant of each; 0 of an account that is not open. `NoQuorum` where nodes differ."""
        asked = set(accounts)
        new = sorted({a for a in asked if a >= FIRST_PSEUDONYM} - self._known.keys())
        if new:
            told = self._nodes.agreed("the sponsors of accounts", lambda: self._told(new))
            self._known |= {a: owner for a, owner in zip(new, told, strict=True) if owner}
        return {a: a if a < FIRST_PSEUDONYM else self._known.get(a, 0) for a in asked}

    def _told(self, accounts: Sequence[int]) -> tuple[int, ...]:
        views = (("PowerMarket", "accountOf", (account,)) for account in accounts)
        return tuple(int(found.sponsor) for found in self._chain.call_many(views))


def require_own(book: BidBook, owners: AccountOwners) -> None:
    """SETTLEMENT_BOOK_FOREIGN where a book has bids or readings for an account that is no customer's of its
    aggregator."""
    named = {int(bid.account) for bid in book.own.bids} | set(book.turns.values())
    foreign = sorted(a for a, owner in owners.of(named).items() if owner != book.bidder)
    if foreign:
        raise TonneError(
            "SETTLEMENT_BOOK_FOREIGN",
            f"The book of participant {book.bidder}, interval {book.interval}, names accounts"
            f" {foreign[:SHOWN]}, which are not its customers'.",
            field="account",
            value=foreign[0],
            remedy="Have it hand over a book of its own customers; without one it is bought and sold itself.",
        )


def claims_of(books: Sequence[BidBook]) -> Claims:
    """What books say of meters."""
    found: Claims = {}
    for book in books:
        for meter, account in book.turns.items():
            found.setdefault(meter, {})[book.bidder] = account
    return found


def accounts_of(
    meters: Sequence[int], claims: Claims, standing: Mapping[int, int], owners: AccountOwners
) -> list[int]:
    """The account of each meter's reading; `standing` has those that who settles wrote down.

    SETTLEMENT_METER_UNKNOWN where neither tells, SETTLEMENT_METER_CLAIMED where several books do.
    """
    listed = owners.of(standing[meter] for meter in meters if meter in standing)
    found: list[int] = []
    unknown: list[int] = []
    disputed: list[int] = []
    for meter in meters:
        claimed = claims.get(meter, {})
        own = standing.get(meter)
        if own is not None:
            found.append(claimed.get(listed[own], own))
        elif len(claimed) == 1:
            found += claimed.values()
        else:
            (disputed if claimed else unknown).append(meter)
    if unknown:
        raise _untold("SETTLEMENT_METER_UNKNOWN", unknown, f"neither a book nor {METERS} tells")
    if disputed:
        raise _untold("SETTLEMENT_METER_CLAIMED", disputed, "the books of several aggregators tell")
    return found


def _untold(code: str, meters: Sequence[int], reason: str) -> TonneError:
    return TonneError(
        code,
        f"Of meters {list(meters[:SHOWN])} {reason} the accounts.",
        field="meter",
        value=meters[0],
        remedy=f"Write `{meters[0]} = ACCOUNT` below `[meters]` in {METERS}, with an account of the"
        " aggregator whose customer it is.",
    )
