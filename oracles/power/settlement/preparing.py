"""Builds a run: from the chain's clearing, loss and prices, the oracle's leaves, the aggregators' books.

A majority of nodes confirms the facts that no total of a run shows: the clearing and bilateral contracts. A
false line costs the bond. While a part is missing, no run is built, and the log has the reason once.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from oracles.power.settlement import papers
from oracles.power.settlement.accepted import IntervalBids, Taken, bids_of
from oracles.power.settlement.claims import (
    SHOWN,
    AccountOwners,
    accounts_of,
    require_own,
    standing_of,
)
from oracles.power.settlement.journal import KeptRun, SettlementJournal
from oracles.power.settlement.members import Members
from oracles.power.settlement.traders import Traders
from oracles.runtime.daemon import Workplace
from tonne.chain.block_times import first_since
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S, ZERO_WORD
from tonne.errors import TonneError, refused
from tonne.meters.leaves import IntervalLeaves
from tonne.power.bid_books import BidBook
from tonne.power.deliveries import metered_positions, unread_positions
from tonne.power.encoding import Clearing, Round
from tonne.power.intervals import MarketTerms
from tonne.power.rounds import read_whole
from tonne.power.settlement import Tariff, settle
from tonne.power.settlement_runs import hash_of, lines_of, sums_of, totals
from tonne.power.shown_bids import Opening

#: `LossStatus` of IPowerLosses: booked as measured, and held but decided.
BOOKED: Final = (1, 3)
HELD: Final = 2
#: `RootStatus` aside, a root of which nothing was posted has run 0.
NOT_POSTED: Final = 0


#: Gets a code, a sentence and a remedy.
Tell = Callable[[str, str, str | None], None]
#: A round and its clearing, and opened curves, by bidder.
Cleared = tuple[Round, Clearing | None, tuple[tuple[int, Opening], ...]]


@dataclass(frozen=True, slots=True)
class NodeDay:
    """A node's day and its operator."""

    node: int
    day: int
    turn: int  # [s] 0 for the operator; else until when the day is taken over
    area: int  # the node of meters
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class AreaReadings:
    """An interval's readings under a root that is final, and the loss that the area's book has."""

    leaves: IntervalLeaves
    charged_wh: int


class Preparing:
    """Builds runs; remembers recently read intervals."""

    def __init__(self, place: Workplace[SettlementJournal], tell: Tell) -> None:
        self._tell = tell
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._folder = place.folder
        self._terms = MarketTerms.read(place.chain)
        self.per_day = DAY_S // self._terms.interval_s
        self.late_s = int(place.chain.call("PowerSettlement", "LATE"))
        self.members = Members(place.chain, place.nodes, self.per_day)
        self._markets: dict[int, IntervalBids] = {}
        self._traders = Traders(place.chain, place.nodes)
        self._owners = AccountOwners(place.chain, place.nodes)

    def late(self, day: int) -> int:
        """[s] When a day's readings and losses are due."""
        return (day + 1) * DAY_S + self.late_s

    # Readings

    def readings(self, of: NodeDay, interval: int, now: int) -> AreaReadings | None:
        """The readings of a run; None once the wait for them is over.

        Raises SETTLEMENT_WAITS, or another code for a missing part, during the wait.
        """
        start = self._terms.start(interval)
        loss = self._chain.call("PowerLosses", "areaLoss", of.area, start)
        shown = self.final_leaves(of.area, start)
        if loss.status in BOOKED and shown is not None:
            return AreaReadings(shown, loss.chargedWh)
        if loss.status not in BOOKED and now > self.late(of.day):
            return None
        if shown is None:
            raise self._no_readings(of, start)
        raise _waits("loss", f"node {of.node}: the loss of {start} is not booked yet")

    def final_leaves(self, area: int, start: int) -> IntervalLeaves | None:
        """Leaves of the final root; None without a final root or without its leaves here."""
        for leaves in papers.leaves_of(self._folder, area, start)[0]:
            view = ("MeterOracle", "checkRoot", (area, start, leaves.root, leaves.tree.sums))
            (told,) = self._chain.call_many([view], check=False)
            if not isinstance(told, TonneError) and told[1]:
                return leaves
        return None

    def _no_readings(self, of: NodeDay, start: int) -> TonneError:
        state = self._chain.call("MeterOracle", "stateOf", of.area, start)
        if state.run == NOT_POSTED or not state.commitment:
            return _waits("readings", f"node {of.node}: no root of {start} is posted yet")
        found, faults = papers.leaves_of(self._folder, of.area, start)
        if any(leaves.commitment == state.commitment for leaves in found):
            return _waits("readings", f"node {of.node}: the root of {start} is not final yet")
        if faults:
            return faults[0]
        return refused(
            "SETTLEMENT_READINGS_MISSING",
            readings=f"{papers.READINGS}/{of.area}/{start}-{state.run}.leaves",
            run=state.run,
            area=of.area,
            start=start,
        )

    # The market

    def market(self, interval: int, now: int) -> IntervalBids:
        """Accepted bids by account. A missing book is awaited until half of the time for readings is over;
        then the aggregator itself bought and sold."""
        known = self._markets.get(interval)
        if known is not None:
            return known
        about = f"the clearing of interval {interval}"
        round_, clearing, told = self._nodes.settled(about, lambda: self._cleared(interval))
        openings = dict(told)
        books = self._books(interval, openings, now)
        found = bids_of(interval, round_, clearing, books, openings)
        self._markets = {i: m for i, m in self._markets.items() if i > interval - self.per_day}
        self._markets[interval] = found
        return found

    def _cleared(self, interval: int) -> Cleared:
        """The round and the clearing of an interval, and opened curves, from one node."""
        first = first_since(self._chain, self._terms.gate(interval))
        round_, clearing = read_whole(self._chain, interval, self._terms.interval_s, first)
        topics = [f"0x{interval:064x}"]
        told = self._chain.logs("PowerMarket", "BidOpened", first=first, topics=topics)
        openings = tuple(
            (
                int(event["participant"]),
                (bytes(event["salt"]), event["root"], event["leaves"], tuple(event["words"])),
            )
            for event in told
        )
        return round_, clearing, openings

    def _books(self, interval: int, opened: Mapping[int, Opening], now: int) -> list[BidBook]:
        """Books with the opened curves, one for each aggregator; raises while an awaited one is
        missing."""
        told, faults = papers.books_of(self._folder, interval)
        good: dict[int, BidBook] = {}
        for book in told:
            if book.interval != interval or opened.get(book.bidder) != book.opening:
                continue
            try:
                require_own(book, self._owners)
            except RpcUnreachable:
                raise
            except TonneError as fault:
                faults.append(fault)
            else:
                good[book.bidder] = book
        missing = [bidder for bidder, o in opened.items() if o[2] and bidder not in good]
        day = self._terms.start(interval) // DAY_S
        if missing and now <= self.late(day) - self.late_s // 2:
            raise faults[0] if faults else _no_books(interval, missing)
        return list(good.values())

    # The run

    def made(self, of: NodeDay, interval: int, now: int) -> tuple[KeptRun, IntervalBids]:
        """A run and its sources; raises with a code if a part is missing."""
        readings = self.readings(of, interval, now)
        market = self.market(interval, now)
        meters = [leaf.meter for leaf in readings.leaves.leaves] if readings else []
        accounts, taken = self._accounts(of, meters, market)
        traded = self._traded(of.node, interval, accounts)
        if readings is None:
            positions = unread_positions(of.node, accounts, taken, traded)
            root, sums, charged, open_wh = ZERO_WORD, 0, 0, 0
        else:
            leaves, charged = readings.leaves, readings.charged_wh
            counted = [leaf.interval.counted for leaf in leaves.leaves]
            flows = [(flow.import_wh, flow.export_wh) for flow in counted]
            positions = metered_positions(of.node, accounts, flows, charged, taken, traded)
            root, sums = leaves.root, leaves.tree.sums
            open_wh = charged - sum(p.metered_wh for p in positions)
        price, _ = self._chain.call("PowerMarket", "priceOf", interval, of.node)
        reference = self._chain.call("ReferencePrices", "referenceOf", of.node, interval)
        settled = settle(positions, price, of.tariff, open_wh, reference)
        salts = [self._salt(of.node, interval, p.account) for p in positions]
        lines = lines_of(positions, settled, salts, self._before(of, interval))
        said = totals(lines, settled, root, sums, charged)
        run = KeptRun(of.node, interval, of.turn, "", said, hash_of(lines), lines, meters)
        return run, market

    def _before(self, of: NodeDay, interval: int) -> Mapping[int, Any]:
        if interval % self.per_day == 0:
            return {}
        past = self._journal.run(of.node, interval - 1)
        if past is None or past.turn != of.turn:
            raise TonneError(
                "SETTLEMENT_RUN_UNKNOWN",
                f"The run of node {of.node} ahead of interval {interval} is not in this journal.",
                field="journal",
                value=interval - 1,
                remedy="Restore the newest backup, or let the copy that posted it go on.",
            )
        return sums_of(past.lines)

    def _accounts(
        self, of: NodeDay, meters: Sequence[int], market: IntervalBids
    ) -> tuple[list[int], Taken]:
        """Accounts of the readings in their order, then those without one; and their sales and purchases."""
        members = self.members.of(of.node, of.day)
        present = {*members, *self.members.enrolled(of.node, market.interval)}
        taken, claims = market.at(of.node, present)
        # Bidders' own accounts and bilateral traders: the daemon enrols them ahead of the run.
        present |= {account for account, _, _ in taken}
        others = sorted(self._traders.at(of.node, market.interval) - present)
        traded = self._traded(of.node, market.interval, others)
        present |= {account for account, energy in traded.items() if energy}
        standing = standing_of(
            papers.standing_accounts(self._folder),
            meters,
            self.members.meters(of.node, of.day),
            members,
            self._owners,
        )
        if standing.displaced:
            self._tell(
                "SETTLEMENT_METER_DISPLACED",
                f"Node {of.node}: {papers.METERS} has meters {standing.displaced[:SHOWN]} on accounts that"
                " other meters of their owners need, which those entered: they are in the places of these.",
                f"Give each in {papers.METERS} a separate account: `tonne energy admit --help` opens one.",
            )
        named = standing.claims(claims)
        read = accounts_of(meters, named, standing.accounts, self._owners, present)
        strangers = sorted(set(read) - present)
        twice = sorted(account for account, count in Counter(read).items() if count > 1)
        if strangers or twice:
            raise _unfit(of, market.interval, strangers, twice)
        return [*read, *sorted(present - set(read))], taken

    def _traded(self, node: int, interval: int, accounts: Sequence[int]) -> dict[int, int]:
        views = [("PowerTrades", "positionOf", (account, node, interval)) for account in accounts]
        told = self._nodes.agreed(
            f"contracts at node {node} in interval {interval}",
            lambda: tuple(sold - bought for sold, bought in self._chain.call_many(views)),
        )
        return dict(zip(accounts, told, strict=True))

    def _salt(self, node: int, interval: int, account: int) -> bytes:
        words = f"line {node} {interval} {account}".encode()
        return hmac.digest(self._journal.secret, words, sha256)


def _no_books(interval: int, bidders: Sequence[int]) -> TonneError:
    return refused(
        "SETTLEMENT_BOOK_MISSING",
        books=f"{papers.BOOKS}/AGGREGATOR/{interval}.json",
        bidders=bidders,
        interval=interval,
        folder=papers.BOOKS,
    )


def _waits(field: str, reason: str) -> TonneError:
    return TonneError(
        "SETTLEMENT_WAITS", f"{reason}.", field=field, value="", remedy="It is looked at again."
    )


def _unfit(of: NodeDay, interval: int, strangers: list[int], twice: list[int]) -> TonneError:
    which = strangers or twice
    said = "do not belong to it" if strangers else "have two readings"
    return refused(
        "SETTLEMENT_ACCOUNT_UNFIT",
        account=which[0],
        node=of.node,
        interval=interval,
        accounts=which[:10],
        fault=said,
        meters=papers.METERS,
    )
