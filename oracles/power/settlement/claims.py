"""The account of a reading: a book states it for its aggregator's own customers only.

A book's curves are those of the chain; its meters are its own statement. A hostile aggregator may claim the
customers of others, so a claim counts only for accounts that its aggregator sponsors on the chain, and
for meters that the operator has under an account of the same aggregator.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oracles.power.settlement.papers import METERS
from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
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
        raise refused(
            "SETTLEMENT_BOOK_FOREIGN",
            foreign=foreign[0],
            bidder=book.bidder,
            interval=book.interval,
            accounts=foreign[:SHOWN],
        )


def claims_of(books: Sequence[BidBook]) -> Claims:
    """What books say of meters."""
    found: Claims = {}
    for book in books:
        for meter, account in book.turns.items():
            found.setdefault(meter, {})[book.bidder] = account
    return found


@dataclass(frozen=True, slots=True)
class StandingAccounts:
    """The account of each meter as who settles has it, and meters that changed places for it."""

    accounts: dict[int, int]
    places: dict[int, int]  # the meter in each place
    displaced: list[int]  # by a meter that their own owner entered

    def claims(self, claims: Claims) -> Claims:
        """With those on a meter's place for who has it now: else a book would name two for one account."""
        moved = {m: claims.get(place, {}) | claims.get(m, {}) for m, place in self.places.items()}
        return claims | moved


def standing_of(
    told: Mapping[int, int],
    read: Iterable[int],
    entered: Mapping[int, int],
    members: Iterable[int],
    owners: AccountOwners,
) -> StandingAccounts:
    """The operator's accounts of meters (`told`), except for a meter with an `entered` reading: that gets an
    account of its owner among the `members`, because its owner can dispute a run with another's line.

    An owner has as many member accounts as entered meters. The search first takes an account without a
    reading; otherwise a meter that its owner did not enter gives its account up.
    SETTLEMENT_METER_ENTERED if there is no such account.
    """
    whose = owners.of(told.values())
    there = sorted(told.keys() & read)
    wrong = [m for m in there if m in entered and whose[told[m]] != entered[m]]
    if not wrong:
        return StandingAccounts(dict(told), {}, [])
    found, places, on = dict(told), dict[int, int](), defaultdict[int, list[int]](list)
    for meter in there:
        on[told[meter]].append(meter)
    written = set(told.values())
    its = defaultdict[int, list[int]](list)
    for account, owner in sorted(owners.of(members).items()):
        its[owner].append(account)
    displaced = set[int]()
    for meter in wrong:
        owner, left = entered[meter], found[meter]
        if left in its[owner]:  # it changed places with one before
            continue
        open_ = [a for a in its[owner] if all(entered.get(m) != owner for m in on[a])]
        if not open_:
            raise _entered(meter, owner, left)
        own = min(open_, key=lambda a: (bool(on[a]), a in written))
        others = on[own]
        on[left].remove(meter)
        on[left] += others
        on[own] = [meter]
        place = places.get(meter, meter)
        if others:
            places[meter] = places.get(others[0], others[0])
        places |= dict.fromkeys(others, place)
        found |= {meter: own} | dict.fromkeys(others, left)
        displaced.update(m for m in others if m not in entered)
    return StandingAccounts(found, places, sorted(displaced))


def _entered(meter: int, owner: int, account: int) -> TonneError:
    return refused(
        "SETTLEMENT_METER_ENTERED", meter=meter, owner=owner, meters=METERS, account=account
    )


def accounts_of(
    meters: Sequence[int],
    claims: Claims,
    standing: Mapping[int, int],
    owners: AccountOwners,
    present: Container[int],
) -> list[int]:
    """The account of each meter's reading: by the book with the account that the operator has for it
    (`standing`), or without such a book that account itself.

    A book with an absent account, or with two readings for one, is ignored: otherwise its
    aggregator could stop the node's settlement. SETTLEMENT_METER_UNKNOWN without an operator's account:
    a book alone might name another's customer.
    """
    # In order: readings come shuffled, and one sentence covers all intervals.
    unknown = sorted(meter for meter in meters if meter not in standing)
    if unknown:
        raise refused(
            "SETTLEMENT_METER_UNKNOWN", unknown=unknown[0], meters=METERS, numbers=unknown[:SHOWN]
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
