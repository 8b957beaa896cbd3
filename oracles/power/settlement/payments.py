"""The list of a day: posted when all its intervals are valid, paid when its window is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from oracles.power.settlement.journal import KeptList, SettlementJournal
from oracles.power.settlement.preparing import NodeDay, Tell
from oracles.power.settlement.standing import standing_run
from oracles.power.settlement.told_calls import ToldCalls
from oracles.runtime.daemon import Workplace
from oracles.runtime.journal import Rank
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.power.settlement_runs import CHUNK, chunks, day_amounts, day_list, sums_of
from tonne.types.ids import PowerAccountId

log = structlog.get_logger()

#: Words of a list in one call.
LIST_WORDS: Final = 10 * CHUNK
#: Gas of a call: its base, and each word of it, with room.
GAS_BASE: Final = 400_000
GAS_LISTED: Final = 8_000
GAS_PAID: Final = 40_000


def shown_by(node: int, day: int) -> str:
    """The command that shows the outcome of a node's day."""
    on = datetime.fromtimestamp(day * DAY_S, UTC).date()
    return f"See `tonne energy settle show {node} {on}`."


def _owed(amounts: Mapping[PowerAccountId, int]) -> dict[PowerAccountId, int]:
    """Without accounts that are owed nothing, which a list need not name: joining costs its gas once, a word
    each day, and a list has room for 96,000. One at least: no list is empty."""
    found = {account: amount for account, amount in amounts.items() if amount}
    return found or dict(sorted(amounts.items())[:1])


class Payments:
    """Posts lists part by part, and pays each chunk of them."""

    def __init__(self, place: Workplace[SettlementJournal], per_day: int, tell: Tell) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._dry = place.dry
        self._tell = tell
        self._per_day = per_day
        self._contract = place.chain["PowerSettlement"]
        self.window_s = int(place.chain.call(self._contract, "WINDOW"))
        self._calls = ToldCalls(place.journal, tell)

    # The list

    def post(self, of: NodeDay, list_: Any) -> int:
        """Posts the next part of a day's list, unless that is on its way."""
        begun = list_.chunks if list_.poster else 0
        kept = self._journal.list_of(of.node, of.day)
        if kept is None or kept.turn != of.turn:
            if self._dry:
                return 0
            words = self._words(of)
            if words is None:
                return 0
            kept = KeptList(of.node, of.day, of.turn, words)
        first = begun * CHUNK
        part = kept.words[first : first + LIST_WORDS]
        last = first + LIST_WORDS >= len(kept.words)
        upto = -(-min(first + LIST_WORDS, len(kept.words)) // CHUNK)
        key = f"list/{of.node}/{of.day}/{of.turn}/{begun}/{upto}"
        about = f"The list of node {of.node}, day {of.day}"
        remedy = shown_by(of.node, of.day)
        if not self._calls.is_due(key, about, remedy, fell="SETTLEMENT_LIST_FELL"):
            return 0
        args = of.node, of.day, begun, part, last
        data = self._contract.encode("postPayments", *args)
        with self._journal.transaction():
            self._journal.keep_list(of.node, of.day, of.turn, kept.words)
            gas = GAS_BASE + GAS_LISTED * len(part)
            self._calls.enqueue(key, self._contract.address, data, gas)
        log.info("listing", node=of.node, day=of.day, first=begun, words=len(part), last=last)
        return int(last)

    def _words(self, of: NodeDay) -> list[int] | None:
        """A word for each account of the day's last lines."""
        interval = (of.day + 1) * self._per_day - 1
        try:
            last = standing_run(self._chain, self._journal, of.node, interval)
        except RpcUnreachable:
            raise
        except TonneError as fault:
            self._tell(fault.code, fault.message, fault.remedy)
            return None
        about = f"what day {of.day} of node {of.node} returns"
        back, volume_wh = self._nodes.agreed(about, lambda: self._returning(of))
        return day_list(_owed(day_amounts(sums_of(last.lines), back, volume_wh)))

    def _returning(self, of: NodeDay) -> tuple[int, int]:
        """[micro-credit, Wh] The surplus that a day returns, and the energy that shares it, by one node."""
        day = self._chain.call(self._contract, "dayOf", of.node, of.day)
        back = max(day.surplus, 0) + day.carried if day.volumeWh else 0
        return int(back), int(day.volumeWh)

    # Payments

    def pay(self, now: int) -> int:
        """Pays chunks of lists with a closed window; returns the number of days paid in full."""
        unpaid = self._journal.unpaid()
        if self._dry or not unpaid:
            return 0
        states = self._chain.call_many(
            (self._contract, "listOf", (kept.node, kept.day)) for kept in unpaid
        )
        return sum(self._pay(kept, state, now) for kept, state in zip(unpaid, states, strict=True))

    def _pay(self, kept: KeptList, state: Any, now: int) -> int:
        if not state.complete or now <= state.postedAt + self.window_s:
            return 0
        if state.paid == state.chunks:
            self._journal.mark_paid(kept.node, kept.day)
            log.info("paid", node=kept.node, day=kept.day)
            return 1
        place = kept.node, kept.day
        left = self._chain.call_many(
            (self._contract, "chunkOf", (*place, index)) for index in range(state.chunks)
        )
        for index, words in enumerate(chunks(kept.words)):
            if index >= state.chunks or not left[index]:
                continue
            key = f"pay/{kept.node}/{kept.day}/{state.postedAt}/{index}"
            about = f"Chunk {index} of node {kept.node}, day {kept.day}"
            if not self._calls.is_due(key, about, shown_by(*place)):
                continue
            data = self._contract.encode("pay", *place, index, words)
            gas = GAS_BASE + GAS_PAID * len(words)
            self._calls.enqueue(key, self._contract.address, data, gas, Rank.LATE)
        return 0
