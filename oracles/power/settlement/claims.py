"""Whose account a reading goes to: a book says it of its aggregator's own customers, and of no one else's.

A book's curves are those of the chain; which meter is whose, it says itself. Who hands in a book may be
hostile to the customers of all others, so that a claim counts for accounts that its aggregator answers for on
the chain, and for meters that who settles has under an account of the same aggregator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
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
    foreign = sorted(a for a, owner in owners.of(book.accounts).items() if owner != book.bidder)
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


def standing_of(
    told: Mapping[int, int],
    entered: Mapping[int, int],
    members: Iterable[int],
    owners: AccountOwners,
) -> dict[int, int]:
    """The accounts that who settles wrote down for meters (`told`), but of a meter that was `entered` one of
    its owner's among the `members`: its owner has a run fall where the reading is on another's line.

    As many of an owner's accounts are members as it entered meters.
    """
    found, whose = dict(told), owners.of(told.values())
    wrong = sorted(m for m, owner in entered.items() if m in told and whose[told[m]] != owner)
    if not wrong:
        return found
    free = sorted(set(members) - set(told.values()))
    of_free = owners.of(free)
    for meter in wrong:
        own = next((account for account in free if of_free[account] == entered[meter]), None)
        if own is not None:
            free.remove(own)
            found[meter] = own
    return found


def accounts_of(
    meters: Sequence[int],
    claims: Claims,
    standing: Mapping[int, int],
    owners: AccountOwners,
    present: Container[int],
) -> list[int]:
    """The account of each meter's reading: that of the book of whose account who settles wrote down for it
    (`standing`), or without such a book that account itself.

    A book that names an account which is not `present`, or two readings for one, is not asked: its
    aggregator would keep the node from being settled. SETTLEMENT_METER_UNKNOWN where none is written down:
    a book alone might name another's customer.
    """
    # In order: readings come shuffled, and one sentence for all intervals is told once.
    unknown = sorted(meter for meter in meters if meter not in standing)
    if unknown:
        raise TonneError(
            "SETTLEMENT_METER_UNKNOWN",
            f"{METERS} has no accounts of meters {unknown[:SHOWN]}.",
            field="meter",
            value=unknown[0],
            remedy=f"Write `{unknown[0]} = ACCOUNT` below `[meters]` in {METERS}, with an account of the"
            " aggregator whose customer it is, or of its participant.",
        )
    owner = owners.of(standing[meter] for meter in meters)
    whose = {meter: owner[standing[meter]] for meter in meters}
    named = {meter: claims.get(meter, {}).get(whose[meter], standing[meter]) for meter in meters}
    count = Counter(named.values())
    false = {
        whose[meter]
        for meter, account in named.items()
        if count[account] > 1 or (account != standing[meter] and account not in present)
    }
    return [standing[meter] if whose[meter] in false else named[meter] for meter in meters]
